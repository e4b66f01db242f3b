// Which error a request gets when no route is eligible (the table of spec §3).
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/refusal.hpp"
#include "phigate/core/eligibility.hpp"
#include "support/registry_builder.hpp"

namespace phigate::core {
namespace {

using test::day;
using test::registry_builder;
using test::token_price;

const std::chrono::sys_days today = day(2026, 6, 1);

policy request(region where, data_class tier, modality what, std::string_view model) {
  return {
      .region = where,
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

// Three hosts of "m" in the EU, all in class general: dear in DE, dearer in FR, unstated in SE.
registry_builder three_hosts() {
  registry_builder builder;
  builder.region(region::eu, "DE FR SE").region(region::us, "US");
  builder.provider("alpha")
      .endpoint("alpha-eu", "DE", {region::eu})
      .model("m", {modality::chat}, token_price("1", "1"));
  builder.provider("beta").endpoint("beta-eu", "FR", {region::eu}).model("m", {modality::chat}, token_price("2", "2"));
  builder.provider("gamma")
      .endpoint("gamma-eu", "SE", {region::eu})
      .model("m", {modality::chat}, token_price("3", "3"));
  return builder;
}

policy chat_of_m() {
  return request(region::eu, data_class::general, modality::chat, "m");
}

TEST(refusal, counts_what_preferences_removed_and_names_the_one_to_give_up) {
  policy wanted = chat_of_m();
  wanted.preferences.only = {provider_id{0}, provider_id{1}};
  wanted.preferences.max_price.prompt = 0;
  const api_error error = refused(wanted, three_hosts());
  EXPECT_EQ(error.code, error_code::no_route);
  EXPECT_EQ(counts(error), "only:1 max_price:2");
  EXPECT_TRUE(says(error,
                   "Only what the request itself asks for stands in the way of 3 routes there: provider.only, "
                   "provider.max_price. It would be served without provider.max_price. "))
      << error.message;
}

TEST(refusal, says_so_where_no_single_preference_would_do) {
  policy wanted = chat_of_m();
  wanted.preferences.eu_owned = true;
  wanted.preferences.max_retention_days = 0;
  wanted.model.variant = model_variant::free;
  const api_error error = refused(wanted, three_hosts());
  EXPECT_EQ(counts(error), "eu_owned:3");
  EXPECT_TRUE(says(error, "3 routes there: provider.eu_owned. No single one of its wishes would do if given up."))
      << error.message;
}

TEST(refusal, names_each_preference_as_the_client_wrote_it) {
  struct row {
    std::function<void(policy&)> change;
    std::string_view name;
  };
  for (const row& one : std::vector<row>{
           {[](policy& p) { p.preferences.only = {provider_id{3}}; }, "without provider.only. "},
           {[](policy& p) { p.preferences.ignore = {provider_id{0}, provider_id{1}, provider_id{2}}; },
            "without provider.ignore. "},
           {[](policy& p) { p.preferences.data_residency = parse_residency("at"); },
            "without provider.data_residency. "},
           {[](policy& p) { p.preferences.eu_owned = true; }, "without provider.eu_owned. "},
           {[](policy& p) { p.preferences.max_retention_days = 30; }, "without provider.max_retention_days. "},
           {[](policy& p) { p.preferences.max_retention_days = 0; }, "without provider.max_retention_days (or zdr). "},
           {[](policy& p) { p.preferences.denies_data_collection = true; },
            "without provider.data_collection (or zdr). "},
           {[](policy& p) { p.model.variant = model_variant::free; }, "without the variant ':free'. "},
           {[](policy& p) { p.preferences.max_price.completion = 0; }, "without provider.max_price. "},
           {[](policy& p) {
              p.preferences.require_parameters = true;
              p.parameters = {{"tools"}, {"json_object", "json_schema"}};
            },
            "(provider.require_parameters, tools, json_object or json_schema). "},
           {[](policy& p) { p.required_features = {"file"}; }, "(file). "}}) {
    policy wanted = chat_of_m();
    one.change(wanted);
    registry_builder builder = three_hosts();
    builder.provider("delta");
    const api_error error = refused(wanted, builder);
    EXPECT_TRUE(says(error, one.name)) << error.message;
  }
}

TEST(refusal, blames_no_preference_where_another_rule_stands_in_the_way_too) {
  policy wanted = chat_of_m();
  wanted.region = region::us;
  wanted.preferences.only = {provider_id{0}};
  const api_error error = refused(wanted, three_hosts());
  EXPECT_EQ(counts(error), "region:3");
  EXPECT_FALSE(says(error, "provider.only")) << error.message;
  EXPECT_TRUE(says(error, "Regions that can serve it: EU;"));
}

TEST(refusal, names_a_region_only_if_the_preferences_hold_there) {
  registry_builder builder = three_hosts();
  builder.endpoint("gamma-us", "US", {region::us}).model("m", {modality::chat}, token_price("0", "0"));
  policy wanted = chat_of_m();
  wanted.model.variant = model_variant::free;
  EXPECT_TRUE(says(refused(wanted, builder), "Regions that can serve it: US;"));
  wanted.preferences.data_residency = parse_residency("eu");
  EXPECT_TRUE(says(refused(wanted, builder), "No other region can serve it either"));
}

TEST(refusal, is_phi_blocked_only_where_the_preferences_would_let_a_route_through) {
  registry_builder builder;
  builder.region(region::ch, "CH").provider("alpha").agreement({region::ch}, {modality::chat});
  builder.endpoint("alpha-ch", "CH", {region::ch}).model("m", {modality::chat});
  builder.provider("delta").endpoint("delta-ch", "CH", {region::ch}).model("m", {modality::chat});
  policy wanted = request(region::ch, data_class::phi, modality::chat, "m");
  wanted.preferences.only = {provider_id{1}};
  EXPECT_EQ(refused(wanted, builder).code, error_code::phi_blocked);
  wanted.preferences.ignore = {provider_id{1}};
  const api_error error = refused(wanted, builder);
  EXPECT_EQ(error.code, error_code::no_route);
  EXPECT_EQ(counts(error), "phi:1 only:1");
}

TEST(refusal_of_cut, counts_the_routes_cut_and_names_who_could_serve) {
  registry_builder builder = three_hosts();
  builder.model("n", {modality::chat});
  const auto known = builder.build();
  policy wanted = chat_of_m();
  wanted.preferences.ignore = {provider_id{2}};
  wanted.preferences.order = {provider_id{2}};
  wanted.preferences.allow_fallbacks = false;
  const std::vector<route_id> cut{route_id{0}, route_id{1}};
  const api_error error = refusal_of_cut(wanted, *known, today, cut);
  EXPECT_EQ(error.code, error_code::no_route);
  EXPECT_EQ(counts(error), "model:1 ignore:1 allow_fallbacks:2");
  EXPECT_TRUE(
      says(error, "No route serves 'm' for chat in EU (class general). None of the providers in provider.order"));
  EXPECT_TRUE(says(error, "Providers that can: alpha, beta; add one")) << error.message;
}

TEST(refusal_of_cut, counts_eligible_routes_that_were_not_cut_under_model) {
  registry_builder builder = three_hosts();
  builder.endpoint("gamma-2", "SE", {region::eu}).model("other", {modality::chat});
  policy wanted = request(region::eu, data_class::general, modality::chat, "auto");
  const std::vector<route_id> cut{route_id{1}};
  EXPECT_EQ(counts(refusal_of_cut(wanted, *builder.build(), today, cut)), "model:3 allow_fallbacks:1");
}

TEST(refusal_of_cut, names_five_providers_at_most_each_once) {
  registry_builder builder;
  builder.region(region::eu, "DE");
  std::vector<route_id> cut;
  for (std::uint32_t i = 0; i < 12; ++i) {
    if (i % 2 == 0) builder.provider("p" + std::to_string(i / 2));
    builder.endpoint("e" + std::to_string(i), "DE", {region::eu}).model("m", {modality::chat});
    cut.push_back(static_cast<route_id>(i));
  }
  const api_error error = refusal_of_cut(chat_of_m(), *builder.build(), today, cut);
  EXPECT_TRUE(says(error, "Providers that can: p0, p1, p2, p3, p4, …;")) << error.message;
}

TEST(refusal, of_an_empty_registry_is_no_route_for_auto) {
  const api_error error = refused(request(region::eu, data_class::phi, modality::chat, "auto"), registry_builder{});
  EXPECT_EQ(error.code, error_code::no_route);
  EXPECT_TRUE(error.excluded.empty());
  EXPECT_TRUE(says(error, "No provider here serves chat."));
}

}  // namespace
}  // namespace phigate::core
