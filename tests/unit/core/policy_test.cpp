#include "phigate/core/policy.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/registry_builder.hpp"

namespace phigate::core {
namespace {

using test::registry_builder;

std::shared_ptr<const registry> known_models() {
  registry_builder builder;
  builder.provider("alpha").endpoint("alpha-eu", "DE", {region::eu}).model("gemma-4-31b", {modality::chat});
  builder.endpoint("alpha-off", "DE", {region::eu}).model("sleeping", {modality::chat});
  builder.endpoint_now().enabled = false;
  builder.alias("gemma-4", {"gemma-4-31b", "gemma-4-26b"}).alias("nobody", {"gone-1", "gone-2"});
  return builder.build();
}

TEST(select_model, tells_auto_an_alias_and_a_concrete_id_apart) {
  const auto known = known_models();
  EXPECT_EQ(select_model("auto", *known)->kind, model_kind::automatic);
  EXPECT_EQ(select_model("gemma-4", *known)->kind, model_kind::alias);
  EXPECT_EQ(select_model("gemma-4", *known)->name, "gemma-4");
  EXPECT_EQ(select_model("gemma-4-31b", *known)->kind, model_kind::concrete);
  EXPECT_EQ(select_model("gemma-4-31b", *known)->name, "gemma-4-31b");
}

TEST(select_model, takes_a_model_that_only_a_disabled_host_has) {
  EXPECT_EQ(select_model("sleeping", *known_models())->kind, model_kind::concrete);
}

TEST(select_model, asks_for_a_model_when_there_is_none) {
  const auto refused = select_model("", *known_models());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::missing_model);
  EXPECT_EQ(refused.error().param, "model");
}

TEST(select_model, takes_one_variant_of_any_kind_of_model_and_leaves_it_out_of_the_name) {
  struct row {
    std::string_view text;
    model_kind kind;
    std::string_view name;
    model_variant variant;
  };
  const auto known = known_models();
  for (const row& one : {row{"auto:floor", model_kind::automatic, "auto", model_variant::floor},
                         row{"gemma-4:nitro", model_kind::alias, "gemma-4", model_variant::nitro},
                         row{"gemma-4-31b:free", model_kind::concrete, "gemma-4-31b", model_variant::free},
                         row{"sleeping:floor", model_kind::concrete, "sleeping", model_variant::floor}}) {
    const auto selected = select_model(one.text, *known);
    ASSERT_TRUE(selected) << one.text;
    EXPECT_EQ(selected->kind, one.kind);
    EXPECT_EQ(selected->name, one.name);
    EXPECT_EQ(selected->variant, one.variant);
  }
  EXPECT_FALSE(select_model("auto", *known)->variant);
  EXPECT_FALSE(select_model("gemma-4", *known)->variant);
}

TEST(select_model, refuses_every_other_suffix_and_names_the_three) {
  const auto known = known_models();
  for (std::string_view text :
       {"gemma-4-31b:", "gemma-4-31b:FLOOR", "gemma-4-31b:Free", "gemma-4-31b:online", "gemma-4-31b:free ",
        "gemma-4-31b: free", "auto:floor:nitro", "auto:free:free", "auto::free", "auto:free:", "unknown:online"}) {
    const auto refused = select_model(text, *known);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().code, error_code::invalid_variant) << text;
    EXPECT_EQ(refused.error().param, "model");
    for (std::string_view named : {"':floor'", "':nitro'", "':free'"}) {
      EXPECT_NE(refused.error().message.find(named), std::string::npos);
    }
    EXPECT_EQ(refused.error().message.find("online"), std::string::npos);
  }
}

TEST(select_model, asks_for_a_model_when_a_variant_stands_alone) {
  const auto known = known_models();
  for (std::string_view text : {":floor", ":", ":online", "::"}) {
    EXPECT_EQ(select_model(text, *known).error().code, error_code::missing_model) << text;
  }
}

TEST(select_model, is_404_for_an_unknown_model_with_a_variant) {
  const auto refused = select_model("gemma-5:free", *known_models());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::model_not_found);
  EXPECT_NE(refused.error().message.find("'gemma-5'"), std::string::npos);
}

TEST(model_variant, is_named_as_it_is_written) {
  EXPECT_EQ(to_string(model_variant::floor), "floor");
  EXPECT_EQ(to_string(model_variant::nitro), "nitro");
  EXPECT_EQ(to_string(model_variant::free), "free");
}

policy with(std::optional<model_variant> variant, std::optional<sort_metric> sort,
            std::vector<provider_id> order = {}) {
  policy wanted;
  wanted.model.variant = variant;
  wanted.preferences.sort = sort;
  wanted.preferences.order = std::move(order);
  return wanted;
}

TEST(sort_of, is_the_explicit_metric_and_else_that_of_the_variant) {
  EXPECT_EQ(sort_of(with({}, {})), std::nullopt);
  EXPECT_EQ(sort_of(with(model_variant::floor, {})), sort_metric::price);
  EXPECT_EQ(sort_of(with(model_variant::nitro, {})), sort_metric::throughput);
  EXPECT_EQ(sort_of(with(model_variant::free, {})), std::nullopt);
  for (sort_metric metric : {sort_metric::price, sort_metric::latency, sort_metric::throughput}) {
    EXPECT_EQ(sort_of(with({}, metric)), metric);
    EXPECT_EQ(sort_of(with(model_variant::floor, metric)), metric);
    EXPECT_EQ(sort_of(with(model_variant::nitro, metric)), metric);
    EXPECT_EQ(sort_of(with(model_variant::free, metric)), metric);
  }
}

TEST(strategy_of, names_an_order_before_a_sort) {
  EXPECT_EQ(strategy_of(with({}, {})), "default");
  EXPECT_EQ(strategy_of(with(model_variant::free, {})), "default");
  EXPECT_EQ(strategy_of(with(model_variant::floor, {})), "sorted");
  EXPECT_EQ(strategy_of(with(model_variant::nitro, {})), "sorted");
  EXPECT_EQ(strategy_of(with({}, sort_metric::latency)), "sorted");
  EXPECT_EQ(strategy_of(with({}, {}, {provider_id{0}})), "ordered");
  EXPECT_EQ(strategy_of(with(model_variant::floor, sort_metric::price, {provider_id{0}})), "ordered");
}

TEST(select_model, knows_names_only_in_their_exact_form) {
  const auto known = known_models();
  for (std::string_view text : {"Auto", "AUTO", " auto", "auto ", "gemma", "Gemma-4", "gemma-4-26b", "EU",
                                "openai/gemma-4", "nobody", "gone-1"}) {
    const auto refused = select_model(text, *known);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().code, error_code::model_not_found) << text;
    EXPECT_EQ(refused.error().param, "model");
    EXPECT_NE(refused.error().message.find("GET /v1/models"), std::string::npos);
  }
}

TEST(select_model, repeats_a_name_only_when_it_could_be_one) {
  const auto known = known_models();
  EXPECT_NE(select_model("gemma-5", *known).error().message.find("'gemma-5'"), std::string::npos);
  for (const std::string& text : {std::string("patient Jane Doe"), std::string(101, 'x'), std::string("a\r\nb"),
                                  std::string("m\xc3\xa9tal"), std::string("a\0b", 3)}) {
    EXPECT_EQ(select_model(text, *known).error().message.find(text), std::string::npos);
  }
  const std::string longest(100, 'x');
  EXPECT_NE(select_model(longest, *known).error().message.find(longest), std::string::npos);
}

TEST(is_hosted, counts_disabled_routes_and_an_alias_with_one_hosted_model) {
  const auto known = known_models();
  EXPECT_TRUE(is_hosted({.kind = model_kind::automatic, .name = "auto"}, *known));
  EXPECT_TRUE(is_hosted({.kind = model_kind::concrete, .name = "sleeping"}, *known));
  EXPECT_TRUE(is_hosted({.kind = model_kind::alias, .name = "gemma-4"}, *known));
  EXPECT_FALSE(is_hosted({.kind = model_kind::alias, .name = "nobody"}, *known));
  EXPECT_FALSE(is_hosted({.kind = model_kind::alias, .name = "absent"}, *known));
  EXPECT_FALSE(is_hosted({.kind = model_kind::concrete, .name = "gemma-4"}, *known));
}

}  // namespace
}  // namespace phigate::core
