#include "phigate/core/policy.hpp"

#include <gtest/gtest.h>

#include <string>

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

TEST(select_model, refuses_every_variant_and_never_drops_one) {
  const auto known = known_models();
  for (std::string_view text : {"auto:floor", "gemma-4:nitro", "gemma-4-31b:free", "gemma-4-31b:", ":floor", ":",
                                "gemma-4-31b:FLOOR", "gemma-4-31b:online", "unknown:floor", "auto:floor:nitro"}) {
    const auto refused = select_model(text, *known);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().code, error_code::invalid_variant) << text;
    EXPECT_EQ(refused.error().param, "model");
    EXPECT_NE(refused.error().message.find("not supported by this version"), std::string::npos);
  }
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
