// Which error a request gets when no route is eligible (the table of spec §3).
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "phigate/core/eligibility.hpp"
#include "support/registry_builder.hpp"

namespace phigate::core {
namespace {

using test::day;
using test::registry_builder;

const std::chrono::sys_days today = day(2026, 6, 1);

policy request(region where, data_class tier, modality what, std::string_view model) {
  return {.region = where,
          .data_class = tier,
          .modality = what,
          .model = {.kind = model == "auto" ? model_kind::automatic : model_kind::concrete, .name = std::string(model)}};
}

api_error refused(const policy& wanted, const registry_builder& builder) {
  const auto known = builder.build();
  const auto selected = select(wanted, *known, today);
  EXPECT_FALSE(selected);
  return selected ? api_error{} : selected.error();
}

std::string counts(const api_error& error) {
  std::string text;
  for (const exclusion_count& one : error.excluded) {
    text += (text.empty() ? "" : " ") + std::string(one.reason) + ":" + std::to_string(one.routes);
  }
  return text;
}

bool says(const api_error& error, std::string_view part) {
  return error.message.find(part) != std::string::npos;
}

// CH: alpha, verified for chat. EU: beta, not verified. US: gamma, embeddings only.
registry_builder three_regions() {
  registry_builder builder;
  builder.region(region::ch, "CH").region(region::eu, "DE").region(region::us, "US");
  builder.provider("alpha").agreement({region::ch}, {modality::chat});
  builder.endpoint("alpha-ch", "CH", {region::ch}).model("m", {modality::chat});
  builder.provider("beta")
      .endpoint("beta-eu", "DE", {region::eu})
      .model("m", {modality::chat})
      .model("n", {modality::chat});
  builder.provider("gamma").endpoint("gamma-us", "US", {region::us}).model("e", {modality::embeddings});
  return builder;
}

TEST(refusal, is_404_for_a_model_that_no_route_has_whatever_the_class) {
  for (data_class tier : {data_class::general, data_class::phi}) {
    const api_error error = refused(request(region::eu, tier, modality::chat, "unknown"), three_regions());
    EXPECT_EQ(error.code, error_code::model_not_found);
    EXPECT_EQ(error.param, "model");
    EXPECT_TRUE(says(error, "GET /v1/models"));
  }
}

TEST(refusal, is_404_for_an_alias_whose_models_no_route_has) {
  registry_builder builder = three_regions();
  builder.alias("nobody", {"gone"});
  policy wanted = request(region::eu, data_class::general, modality::chat, "nobody");
  wanted.model.kind = model_kind::alias;
  EXPECT_EQ(refused(wanted, builder).code, error_code::model_not_found);
}

TEST(refusal, is_phi_blocked_where_no_host_of_the_region_is_verified_and_names_those_that_have_one) {
  const api_error error = refused(request(region::eu, data_class::phi, modality::chat, "auto"), three_regions());
  EXPECT_EQ(error.code, error_code::phi_blocked);
  EXPECT_EQ(error.http_status(), 403);
  EXPECT_TRUE(says(error, "Regions with a verified host for chat: CH;"));
}

TEST(refusal, is_phi_blocked_by_an_unverified_region_even_for_a_model_that_it_does_not_host) {
  registry_builder builder = three_regions();
  builder.provider("delta").endpoint("delta-us", "US", {region::us}).model("only-us", {modality::chat});
  EXPECT_EQ(refused(request(region::eu, data_class::phi, modality::chat, "only-us"), builder).code,
            error_code::phi_blocked);
}

TEST(refusal, is_phi_blocked_where_all_unverified_hosts_are_disabled_too) {
  registry_builder builder;
  builder.region(region::eu, "DE")
      .provider("beta")
      .endpoint("beta-eu", "DE", {region::eu})
      .model("m", {modality::chat});
  builder.endpoint_now().enabled = false;
  const api_error error = refused(request(region::eu, data_class::phi, modality::chat, "m"), builder);
  EXPECT_EQ(error.code, error_code::phi_blocked);
  EXPECT_TRUE(says(error, "No region has a verified host for chat today."));
}

TEST(refusal, is_phi_blocked_where_dropping_the_phi_rule_alone_would_leave_a_route) {
  // CH has a verified host, but the pinned model is at an unverified one alone.
  registry_builder builder = three_regions();
  builder.provider("delta").endpoint("delta-ch", "CH", {region::ch}).model("n", {modality::chat});
  const api_error error = refused(request(region::ch, data_class::phi, modality::chat, "n"), builder);
  EXPECT_EQ(error.code, error_code::phi_blocked);
  EXPECT_TRUE(says(error, "To stay in CH, name another model"));
}

TEST(refusal, is_no_route_where_the_only_verified_host_is_disabled_and_no_other_is_left) {
  registry_builder builder;
  builder.region(region::ch, "CH").provider("alpha").agreement({region::ch}, {modality::chat});
  builder.endpoint("alpha-ch", "CH", {region::ch}).model("m", {modality::chat});
  builder.endpoint_now().enabled = false;
  const api_error error = refused(request(region::ch, data_class::phi, modality::chat, "m"), builder);
  EXPECT_EQ(error.code, error_code::no_route);
  EXPECT_EQ(counts(error), "disabled:1");
}

TEST(refusal, is_phi_blocked_where_the_verified_host_is_disabled_and_an_unverified_one_is_not) {
  registry_builder builder;
  builder.region(region::ch, "CH").provider("alpha").agreement({region::ch}, {modality::chat});
  builder.endpoint("alpha-ch", "CH", {region::ch}).model("m", {modality::chat});
  builder.endpoint_now().enabled = false;
  builder.provider("delta").endpoint("delta-ch", "CH", {region::ch}).model("m", {modality::chat});
  EXPECT_EQ(refused(request(region::ch, data_class::phi, modality::chat, "m"), builder).code, error_code::phi_blocked);
}

TEST(refusal, is_no_route_for_phi_where_another_rule_stands_in_the_way_as_well) {
  // CH has a verified host; the pinned model is hosted in the EU and, unverified, nowhere in CH.
  const api_error error = refused(request(region::ch, data_class::phi, modality::chat, "n"), three_regions());
  EXPECT_EQ(error.code, error_code::no_route);
  EXPECT_EQ(error.http_status(), 422);
  EXPECT_EQ(counts(error), "modality:1 region:2 model:1");
}

TEST(refusal, is_no_route_where_the_region_has_no_host_for_the_modality_for_either_class) {
  for (data_class tier : {data_class::general, data_class::phi}) {
    for (region where : {region::us, region::world, region::mena}) {
      const api_error error = refused(request(where, tier, modality::chat, "auto"), three_regions());
      EXPECT_EQ(error.code, error_code::no_route);
      EXPECT_EQ(counts(error), "modality:1 region:3");
    }
  }
}

TEST(refusal, of_no_route_names_the_regions_that_could_serve_the_same_request) {
  EXPECT_TRUE(says(refused(request(region::us, data_class::general, modality::chat, "m"), three_regions()),
                   "Regions that can serve it: CH, EU;"));
  EXPECT_TRUE(says(refused(request(region::us, data_class::phi, modality::chat, "m"), three_regions()),
                   "Regions that can serve it: CH;"));
  EXPECT_TRUE(says(refused(request(region::us, data_class::phi, modality::chat, "n"), three_regions()),
                   "No other region can serve it either"));
}

TEST(refusal, of_a_pin_of_the_wrong_modality_is_no_route_and_names_what_the_model_serves) {
  const api_error error = refused(request(region::eu, data_class::general, modality::vision, "m"), three_regions());
  EXPECT_EQ(error.code, error_code::no_route);
  EXPECT_TRUE(says(error, "It serves chat; name a model for vision"));
  EXPECT_EQ(counts(error), "modality:4");
}

TEST(refusal, counts_each_route_once_by_its_first_failing_rule_in_rule_order) {
  registry_builder builder = three_regions();
  builder.provider("delta")
      .endpoint("delta-eu", "DE", {region::eu})
      .model("m", {modality::chat})
      .model("off", {modality::chat});
  builder.model_now().enabled = false;
  policy wanted = request(region::eu, data_class::general, modality::chat, "m");
  wanted.required_features = {"file"};
  const api_error error = refused(wanted, builder);
  EXPECT_EQ(counts(error), "disabled:1 modality:1 region:1 model:1 parameters:2");
  EXPECT_TRUE(says(error, "(file)"));
}

TEST(refusal, of_an_empty_registry_is_no_route_for_auto) {
  const api_error error = refused(request(region::eu, data_class::phi, modality::chat, "auto"), registry_builder{});
  EXPECT_EQ(error.code, error_code::no_route);
  EXPECT_TRUE(error.excluded.empty());
  EXPECT_TRUE(says(error, "No provider here serves chat."));
}

}  // namespace
}  // namespace phigate::core
