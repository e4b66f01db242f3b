#include "phigate/core/eligibility.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <concepts>
#include <functional>
#include <string>
#include <type_traits>
#include <vector>

#include "support/registry_builder.hpp"

namespace phigate::core {
namespace {

using test::day;
using test::location;
using test::registry_builder;
using test::token_price;

// Whoever holds one of these was given it by `select`.
static_assert(!std::is_default_constructible_v<eligible_route>);
static_assert(!std::is_constructible_v<eligible_route, const registry&, route_id>);
static_assert(!std::is_default_constructible_v<eligible_routes>);
static_assert(!std::is_constructible_v<eligible_routes, const registry&, std::vector<eligible_route>>);

const std::chrono::sys_days today = day(2026, 6, 1);

policy general_chat(region where, model_selector model) {
  return {.region = where, .data_class = data_class::general, .modality = modality::chat, .model = std::move(model)};
}

model_selector automatic() {
  return {.kind = model_kind::automatic, .name = "auto"};
}
model_selector pin(std::string_view id) {
  return {.kind = model_kind::concrete, .name = std::string(id)};
}
model_selector by_alias(std::string_view name) {
  return {.kind = model_kind::alias, .name = std::string(name)};
}

policy phi_chat(region where, model_selector model) {
  policy wanted = general_chat(where, std::move(model));
  wanted.data_class = data_class::phi;
  return wanted;
}

// One host in the EU that every rule admits, for chat of class phi and for the model "m".
registry_builder one_good_host() {
  registry_builder builder;
  builder.region(region::eu, "DE FR").provider("alpha").agreement({region::eu}, {modality::chat});
  builder.endpoint("alpha-eu", "DE", {region::eu}).model("m", {modality::chat});
  return builder;
}

// What "endpoint model" pairs a policy admits, in order.
std::vector<std::string> admitted(const policy& wanted, const registry& known) {
  std::vector<std::string> names;
  if (const auto selected = select(wanted, known, today)) {
    for (const eligible_route& one : selected->routes()) names.push_back(one.endpoint().id + " " + one.model().id);
  }
  return names;
}

struct rule_case {
  std::string name;
  std::optional<exclusion_reason> expected;
  std::function<void(registry_builder&, policy&)> change;
};

const std::vector<rule_case> rule_cases{
    {"nothing changed", {}, [](auto&, auto&) {}},
    {"provider disabled", exclusion_reason::disabled, [](auto& b, auto&) { b.provider_now().enabled = false; }},
    {"endpoint disabled", exclusion_reason::disabled, [](auto& b, auto&) { b.endpoint_now().enabled = false; }},
    {"model disabled", exclusion_reason::disabled, [](auto& b, auto&) { b.model_now().enabled = false; }},
    {"another modality", exclusion_reason::modality, [](auto&, policy& p) { p.modality = modality::vision; }},
    {"another region", exclusion_reason::region, [](auto&, policy& p) { p.region = region::us; }},
    {"endpoint of no region", exclusion_reason::region, [](auto& b, auto&) { b.endpoint_now().regions = {}; }},
    {"no agreement", exclusion_reason::phi, [](auto& b, auto&) { b.provider_now().agreements.clear(); }},
    {"agreement for another region", exclusion_reason::phi,
     [](auto& b, auto&) { b.provider_now().agreements[0].regions = {region::us, region::world}; }},
    {"agreement for another modality", exclusion_reason::phi,
     [](auto& b, auto&) { b.provider_now().agreements[0].modalities = {modality::vision}; }},
    {"agreement from today", {}, [](auto& b, auto&) { b.provider_now().agreements[0].valid_from = today; }},
    {"agreement from tomorrow", exclusion_reason::phi,
     [](auto& b, auto&) { b.provider_now().agreements[0].valid_from = today + std::chrono::days{1}; }},
    {"agreement until tomorrow",
     {},
     [](auto& b, auto&) { b.provider_now().agreements[0].valid_until = today + std::chrono::days{1}; }},
    {"agreement until today", exclusion_reason::phi,
     [](auto& b, auto&) { b.provider_now().agreements[0].valid_until = today; }},
    {"a BAA", {}, [](auto& b, auto&) { b.provider_now().agreements[0].kind = agreement_kind::baa; }},
    {"two agreements, each half of what is needed", exclusion_reason::phi,
     [](auto& b, auto&) {
       auto& agreements = b.provider_now().agreements;
       agreements.push_back(agreements[0]);
       agreements[0].regions = {region::us};
       agreements[1].modalities = {modality::vision};
     }},
    {"a second agreement that covers it",
     {},
     [](auto& b, auto&) {
       auto& agreements = b.provider_now().agreements;
       agreements.push_back(agreements[0]);
       agreements[0].valid_until = today;
     }},
    {"global endpoint", exclusion_reason::phi, [](auto& b, auto&) { b.endpoint_now().location = location("global"); }},
    {"endpoint of unknown place", exclusion_reason::phi, [](auto& b, auto&) { b.endpoint_now().location = {}; }},
    {"endpoint half outside", exclusion_reason::phi,
     [](auto& b, auto&) { b.endpoint_now().location = location("DE US"); }},
    {"endpoint in two countries of it", {}, [](auto& b, auto&) { b.endpoint_now().location = location("DE FR"); }},
    {"region that lists no countries", exclusion_reason::phi, [](auto& b, auto&) { b.region(region::eu, ""); }},
    {"training unknown", exclusion_reason::phi, [](auto& b, auto&) { b.provider_now().trains_on_data.reset(); }},
    {"provider trains", exclusion_reason::phi, [](auto& b, auto&) { b.provider_now().trains_on_data = true; }},
    {"endpoint trains though its provider does not", exclusion_reason::phi,
     [](auto& b, auto&) { b.endpoint_now().trains_on_data = true; }},
    {"endpoint does not train though its provider does",
     {},
     [](auto& b, auto&) {
       b.provider_now().trains_on_data = true;
       b.endpoint_now().trains_on_data = false;
     }},
    {"class general asks for none of that",
     {},
     [](auto& b, policy& p) {
       b.provider_now().agreements.clear();
       b.provider_now().trains_on_data.reset();
       b.endpoint_now().location = location("global");
       p.data_class = data_class::general;
     }},
    {"another model", exclusion_reason::model, [](auto&, policy& p) { p.model = pin("n"); }},
    {"an id that begins with it", exclusion_reason::model, [](auto&, policy& p) { p.model = pin("m2"); }},
    {"auto", {}, [](auto&, policy& p) { p.model = automatic(); }},
    {"an alias of it",
     {},
     [](auto& b, policy& p) {
       b.alias("family", {"n", "m"});
       p.model = by_alias("family");
     }},
    {"an alias of another", exclusion_reason::model,
     [](auto& b, policy& p) {
       b.alias("family", {"n"});
       p.model = by_alias("family");
     }},
    {"an alias that does not exist", exclusion_reason::model, [](auto&, policy& p) { p.model = by_alias("m"); }},
    {"a feature it lacks", exclusion_reason::parameters,
     [](auto& b, policy& p) {
       b.model_now().features = {"tools"};
       p.required_features = {"tools", "file"};
     }},
    {"features it has",
     {},
     [](auto& b, policy& p) {
       b.model_now().features = {"file", "input_audio", "tools"};
       p.required_features = {"input_audio", "file"};
     }},
    {"dimensions of a model of one size", exclusion_reason::parameters, [](auto&, policy& p) { p.dimensions = 1024; }},
    {"dimensions of a model that declares the feature",
     {},
     [](auto& b, policy& p) {
       b.model_now().features = {"dimensions"};
       p.dimensions = 1024;
     }},
    {"smallest dimensions",
     {},
     [](auto& b, policy& p) {
       b.model_now().dimensions = dimension_range{.smallest = 32, .largest = 1024};
       p.dimensions = 32;
     }},
    {"largest dimensions",
     {},
     [](auto& b, policy& p) {
       b.model_now().dimensions = dimension_range{.smallest = 32, .largest = 1024};
       p.dimensions = 1024;
     }},
    {"dimensions too small by one", exclusion_reason::parameters,
     [](auto& b, policy& p) {
       b.model_now().dimensions = dimension_range{.smallest = 32, .largest = 1024};
       p.dimensions = 31;
     }},
    {"dimensions too large by one, whatever the feature says", exclusion_reason::parameters,
     [](auto& b, policy& p) {
       b.model_now().dimensions = dimension_range{.smallest = 32, .largest = 1024};
       b.model_now().features = {"dimensions"};
       p.dimensions = 1025;
     }},
};

TEST(eligibility, each_rule_admits_and_excludes_by_its_own_facts) {
  for (const rule_case& one : rule_cases) {
    SCOPED_TRACE(one.name);
    registry_builder builder = one_good_host();
    policy wanted = phi_chat(region::eu, pin("m"));
    one.change(builder, wanted);
    const auto known = builder.build();
    const auto excluded = exclude(known->at(route_id{0}), wanted, *known, today);
    EXPECT_EQ(excluded.has_value(), one.expected.has_value());
    if (excluded && one.expected) {
      EXPECT_EQ(to_string(excluded->reason), to_string(*one.expected));
      EXPECT_FALSE(excluded->detail.empty());
    }
    // select says the same of the only route.
    EXPECT_EQ(select(wanted, *known, today).has_value(), !one.expected);
  }
}

TEST(eligibility, names_the_first_rule_that_fails) {
  registry_builder builder = one_good_host();
  builder.endpoint_now().regions = {region::ch};
  builder.provider_now().agreements.clear();
  policy wanted = phi_chat(region::eu, pin("n"));
  wanted.dimensions = 8;
  const auto reason = [&](const registry_builder& of) {
    const auto known = of.build();
    return exclude(known->at(route_id{0}), wanted, *known, today)->reason;
  };
  EXPECT_EQ(reason(builder), exclusion_reason::region);
  wanted.modality = modality::tts;
  EXPECT_EQ(reason(builder), exclusion_reason::modality);
  builder.model_now().enabled = false;
  EXPECT_EQ(reason(builder), exclusion_reason::disabled);
  builder.model_now().enabled = true;
  wanted.modality = modality::chat;
  builder.endpoint_now().regions = {region::eu};
  EXPECT_EQ(reason(builder), exclusion_reason::phi);
  wanted.data_class = data_class::general;
  EXPECT_EQ(reason(builder), exclusion_reason::model);
  wanted.model = automatic();
  EXPECT_EQ(reason(builder), exclusion_reason::parameters);
}

TEST(eligibility, details_tell_a_person_what_to_change) {
  const auto detail = [](const std::function<void(registry_builder&, policy&)>& change) {
    registry_builder builder = one_good_host();
    policy wanted = phi_chat(region::eu, pin("m"));
    change(builder, wanted);
    const auto known = builder.build();
    return exclude(known->at(route_id{0}), wanted, *known, today)->detail;
  };
  EXPECT_EQ(detail([](auto& b, auto&) {
              b.endpoint_now().enabled = false;
              b.endpoint_now().disabled_because = "ALPHA_API_KEY is not set";
            }),
            "ALPHA_API_KEY is not set");
  EXPECT_EQ(detail([](auto& b, auto&) { b.provider_now().agreements.clear(); }),
            "no agreement covers EU and chat today");
  EXPECT_EQ(detail([](auto& b, auto&) { b.endpoint_now().location = location("DE US"); }),
            "processes in DE,US, which is not shown to lie in EU");
  EXPECT_EQ(detail([](auto&, policy& p) { p.required_features = {"file"}; }), "does not declare the feature 'file'");
}

TEST(select, lists_the_admitted_routes_in_registry_order) {
  registry_builder builder;
  builder.region(region::eu, "DE");
  builder.provider("alpha").endpoint("a", "DE", {region::eu}).model("m", {modality::chat, modality::vision});
  builder.endpoint("b", "DE", {region::us}).model("m", {modality::chat});
  builder.endpoint("c", "DE", {region::eu}).model("n", {modality::chat}).model("m", {modality::chat});
  builder.alias("family", {"n", "m", "n"});
  const auto known = builder.build();
  EXPECT_EQ(admitted(general_chat(region::eu, pin("m")), *known), (std::vector<std::string>{"a m", "c m"}));
  EXPECT_EQ(admitted(general_chat(region::eu, by_alias("family")), *known),
            (std::vector<std::string>{"a m", "c n", "c m"}));
  EXPECT_EQ(admitted(general_chat(region::eu, automatic()), *known), (std::vector<std::string>{"a m", "c n", "c m"}));
}

TEST(select, keeps_an_agreement_to_its_days) {
  const auto known = one_good_host().build();
  const policy wanted = phi_chat(region::eu, pin("m"));
  EXPECT_FALSE(select(wanted, *known, day(2025, 12, 31)));
  EXPECT_TRUE(select(wanted, *known, day(2026, 1, 1)));
  EXPECT_TRUE(select(wanted, *known, day(2026, 12, 31)));
  EXPECT_FALSE(select(wanted, *known, day(2027, 1, 1)));
}

TEST(select, of_a_pinned_model_does_not_walk_a_large_registry) {
  registry_builder builder;
  builder.region(region::eu, "DE").provider("alpha").endpoint("a", "DE", {region::eu});
  for (int i = 0; i < 10'000; ++i) builder.model("m-" + std::to_string(i), {modality::chat});
  const auto known = builder.build();
  const policy wanted = general_chat(region::eu, pin("m-9999"));
  constexpr int rounds = 20;

  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < rounds; ++i) ASSERT_EQ(select(wanted, *known, today)->routes().size(), 1U);
  const auto selected = std::chrono::steady_clock::now();
  std::size_t walked = 0;
  for (int i = 0; i < rounds; ++i) {
    for (const route& one : known->routes()) walked += exclude(one, wanted, *known, today) ? 0U : 1U;
  }
  const auto end = std::chrono::steady_clock::now();
  EXPECT_EQ(walked, static_cast<std::size_t>(rounds));
  // In truth thousands of times faster: the margin is for a machine that stops in between.
  EXPECT_LT((selected - start) * 10, end - selected);
}

TEST(verified_regions, are_those_where_an_enabled_host_may_process_phi_today) {
  registry_builder builder = one_good_host();
  builder.region(region::ch, "CH").region(region::us, "US");
  builder.provider("beta").agreement({region::ch, region::us}, {modality::chat, modality::ocr});
  builder.endpoint("beta-ch", "CH", {region::ch}).model("m", {modality::chat});
  builder.endpoint("beta-us", "US", {region::us}).model("o", {modality::ocr});
  const auto regions = [&](modality what) { return verified_regions(*builder.build(), what, today); };
  EXPECT_EQ(regions(modality::chat), (region_set{region::ch, region::eu}));
  EXPECT_EQ(regions(modality::ocr), region_set{region::us});
  EXPECT_EQ(regions(modality::stt), region_set{});
  builder.endpoint_now().enabled = false;
  EXPECT_EQ(regions(modality::ocr), region_set{});
  EXPECT_EQ(verified_regions(*builder.build(), modality::chat, day(2027, 1, 1)), region_set{});
}

}  // namespace
}  // namespace phigate::core
