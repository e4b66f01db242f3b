// Rules 6 to 8 of spec §3 at their boundaries, each by itself.
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "phigate/core/eligibility.hpp"
#include "support/registry_builder.hpp"

namespace phigate::core {
namespace {

using test::countries;
using test::day;
using test::dollars;
using test::location;
using test::registry_builder;
using test::token_price;

const std::chrono::sys_days today = day(2026, 6, 1);
constexpr provider_id alpha{0};
constexpr provider_id beta{1};

// Provider 0, without the host under test; provider 1 has it and states every fact well.
registry_builder stated_host() {
  registry_builder builder;
  builder.region(region::eu, "DE FR").provider("alpha").provider("beta");
  builder.provider_now().headquarters = country::parse("DE");
  builder.provider_now().retention_days = 7;
  builder.provider_now().trains_on_data = false;
  builder.endpoint("beta-eu", "DE FR", {region::eu}).model("m", {modality::chat}, token_price("0.2", "0.4"));
  return builder;
}

struct rule_case {
  std::string name;
  std::optional<exclusion_reason> expected;
  std::string detail;
  std::function<void(registry_builder&, policy&)> change;
};

void check(const std::vector<rule_case>& cases) {
  for (const rule_case& one : cases) {
    SCOPED_TRACE(one.name);
    registry_builder builder = stated_host();
    policy wanted{.model = {.kind = model_kind::concrete, .name = "m"}};
    one.change(builder, wanted);
    const auto known = builder.build();
    const auto excluded = exclude(known->at(route_id{0}), wanted, *known, today);
    EXPECT_EQ(excluded.has_value(), one.expected.has_value());
    if (excluded && one.expected) {
      EXPECT_EQ(to_string(excluded->reason), to_string(*one.expected));
      EXPECT_EQ(excluded->detail, one.detail);
    }
    EXPECT_EQ(select(wanted, *known, today).has_value(), !one.expected);
  }
}

rule_case passes(std::string name, std::function<void(registry_builder&, policy&)> change) {
  return {std::move(name), {}, {}, std::move(change)};
}

rule_case fails(std::string name, exclusion_reason reason, std::string detail,
                std::function<void(registry_builder&, policy&)> change) {
  return {std::move(name), reason, std::move(detail), std::move(change)};
}

TEST(preference_rules, only_and_ignore_go_by_the_provider) {
  check({
      passes("listed in only", [](auto&, policy& p) { p.preferences.only = {beta}; }),
      passes("listed in only among others", [](auto&, policy& p) { p.preferences.only = {alpha, beta}; }),
      fails("not listed in only", exclusion_reason::only, "provider.only does not list beta",
            [](auto&, policy& p) { p.preferences.only = {alpha}; }),
      passes("another one ignored", [](auto&, policy& p) { p.preferences.ignore = {alpha}; }),
      fails("ignored", exclusion_reason::ignore, "provider.ignore lists beta",
            [](auto&, policy& p) { p.preferences.ignore = {alpha, beta}; }),
      fails("both listed and ignored", exclusion_reason::ignore, "provider.ignore lists beta",
            [](auto&, policy& p) {
              p.preferences.only = {beta};
              p.preferences.ignore = {beta};
            }),
      passes("an order excludes nobody", [](auto&, policy& p) { p.preferences.order = {alpha}; }),
      passes("no fallbacks exclude nobody here", [](auto&, policy& p) { p.preferences.allow_fallbacks = false; }),
      passes("nor does a sort",
             [](auto&, policy& p) {
               p.preferences.sort = sort_metric::latency;
               p.model.variant = model_variant::nitro;
             }),
  });
}

TEST(preference_rules, refuse_a_provider_of_another_registry_as_a_bug) {
  const auto known = stated_host().build();
  policy wanted{.model = {.kind = model_kind::concrete, .name = "m"}};
  wanted.preferences.only = {provider_id{2}};
  EXPECT_THROW(static_cast<void>(select(wanted, *known, today)), std::out_of_range);
}

TEST(preference_rules, residency_asks_every_country_of_the_endpoint) {
  const auto in = [](std::string_view where) {
    return [where](auto&, policy& p) { p.preferences.data_residency = parse_residency(where); };
  };
  const auto at = [](std::string_view place, std::string_view where) {
    return [place, where](registry_builder& b, policy& p) {
      b.endpoint_now().location = location(place);
      p.preferences.data_residency = parse_residency(where);
    };
  };
  check({
      passes("two members", in("eu")),
      passes("and so of the area", in("eea")),
      fails("one of two countries", exclusion_reason::data_residency, "processes in FR, outside DE", in("de")),
      passes("exactly the country", at("GB", "uk")),
      fails("another country", exclusion_reason::data_residency, "processes in US, outside eu", at("US", "eu")),
      fails("half outside", exclusion_reason::data_residency, "processes in GB,US, outside eu", at("DE GB US", "eu")),
      fails("the area is wider than the union", exclusion_reason::data_residency, "processes in NO, outside eu",
            at("NO", "eu")),
      passes("the area", at("IS LI NO DE", "eea")),
      fails("Switzerland is outside of it", exclusion_reason::data_residency, "processes in CH, outside eea",
            at("CH", "eea")),
      fails("a global endpoint", exclusion_reason::data_residency, "may process anywhere, outside DE too",
            at("global", "de")),
      fails("an unknown place", exclusion_reason::data_residency, "does not say where it processes", at("", "eu")),
  });
}

TEST(preference_rules, ownership_asks_for_headquarters_in_the_area) {
  const auto owned_in = [](std::optional<country> where) {
    return [where](registry_builder& b, policy& p) {
      b.provider_now().headquarters = where;
      p.preferences.eu_owned = true;
    };
  };
  constexpr auto reason = exclusion_reason::eu_owned;
  check({
      passes("a member", owned_in(country::parse("DE"))),
      passes("Norway", owned_in(country::parse("NO"))),
      fails("Switzerland", reason, "its headquarters are in CH, outside the EEA", owned_in(country::parse("CH"))),
      fails("Britain", reason, "its headquarters are in GB, outside the EEA", owned_in(country::parse("GB"))),
      fails("unknown", reason, "where its headquarters are is unknown", owned_in({})),
  });
}

TEST(preference_rules, retention_is_bounded_inclusively_and_the_endpoint_wins) {
  constexpr auto reason = exclusion_reason::retention;
  const auto kept = [](std::optional<int> by_provider, std::optional<int> by_endpoint, std::int64_t most) {
    return [=](registry_builder& b, policy& p) {
      b.provider_now().retention_days = by_provider;
      b.endpoint_now().retention_days = by_endpoint;
      p.preferences.max_retention_days = most;
    };
  };
  check({
      passes("none at all", kept(0, {}, 0)),
      passes("exactly as long", kept(30, {}, 30)),
      fails("a day longer", reason, "keeps data for 31 days, longer than the 30 allowed", kept(31, {}, 30)),
      fails("one day", reason, "keeps data for 1 day, longer than the 0 allowed", kept(1, {}, 0)),
      fails("unknown", reason, "how long it keeps data is unknown", kept({}, {}, 3650)),
      fails("unknown, whatever the limit", reason, "how long it keeps data is unknown",
            kept({}, {}, std::numeric_limits<std::int64_t>::max())),
      passes("the endpoint keeps none", kept(30, 0, 0)),
      passes("the endpoint alone says", kept({}, 0, 0)),
      fails("the endpoint keeps some", reason, "keeps data for 30 days, longer than the 0 allowed", kept(0, 30, 0)),
      passes("a limit above every number of days", kept(std::numeric_limits<int>::max(), {}, 5'000'000'000)),
  });
}

TEST(preference_rules, collection_asks_for_a_stated_no_and_the_endpoint_wins) {
  constexpr auto reason = exclusion_reason::data_collection;
  const auto trains = [](std::optional<bool> provider, std::optional<bool> endpoint) {
    return [=](registry_builder& b, policy& p) {
      b.provider_now().trains_on_data = provider;
      b.endpoint_now().trains_on_data = endpoint;
      p.preferences.denies_data_collection = true;
    };
  };
  check({
      passes("it does not", trains(false, {})),
      fails("it does", reason, "trains on data", trains(true, {})),
      fails("unknown", reason, "whether it trains on data is unknown", trains({}, {})),
      passes("the endpoint does not", trains(true, false)),
      passes("the endpoint alone says", trains({}, false)),
      fails("the endpoint does", reason, "trains on data", trains(false, true)),
  });
}

TEST(preference_rules, free_asks_for_every_price_to_be_zero) {
  constexpr auto reason = exclusion_reason::variant_free;
  const auto costs = [](std::function<void(price&)> change) {
    return [change](registry_builder& b, policy& p) {
      b.model_now().cost = token_price("0", "0");
      change(b.model_now().cost);
      p.model.variant = model_variant::free;
    };
  };
  const decimal least = decimal::from_micros(1);
  check({
      passes("nothing", costs([](price&) {})),
      passes("a cached price of zero", costs([](price& c) { c.tokens->cached_input = decimal{}; })),
      passes("all units of zero", costs([](price& c) { c.per_minute = c.per_million_chars = c.per_page = decimal{}; })),
      fails("input", reason, "input costs 0.000001 USD per million tokens",
            costs([=](price& c) { c.tokens->input = least; })),
      fails("output", reason, "output costs 0.000001 USD per million tokens",
            costs([=](price& c) { c.tokens->output = least; })),
      fails("cached input alone", reason, "cached input costs 0.000001 USD per million tokens",
            costs([=](price& c) { c.tokens->cached_input = least; })),
      fails("minutes, which this modality does not use", reason, "audio costs 2.5 CHF per minute", costs([](price& c) {
              c.per_minute = dollars("2.5");
              c.currency = "CHF";
            })),
      fails("characters", reason, "text costs 0.000001 USD per million characters",
            costs([=](price& c) { c.per_million_chars = least; })),
      fails("pages", reason, "a document costs 0.000001 USD per page", costs([=](price& c) { c.per_page = least; })),
      fails("a currency that is worth nothing", reason, "input costs 3 USD per million tokens", costs([](price& c) {
              c.tokens->input = dollars("3");
              c.usd_per_unit = decimal{};
            })),
      fails("no price at all", reason, "its price is unknown", costs([](price& c) { c.tokens.reset(); })),
      passes("another variant asks for nothing", [](auto&, policy& p) { p.model.variant = model_variant::floor; }),
  });
}

TEST(preference_rules, max_price_is_compared_exactly_in_dollars_and_inclusively) {
  constexpr auto reason = exclusion_reason::max_price;
  struct bounds {
    std::string_view prompt, completion;  // empty: none
  };
  const auto at_most = [](
                           bounds most, std::function<void(price&)> change = [](price&) {}) {
    return [=](registry_builder& b, policy& p) {
      change(b.model_now().cost);
      if (!most.prompt.empty()) p.preferences.max_price.prompt = parse_price_bound(most.prompt);
      if (!most.completion.empty()) p.preferences.max_price.completion = parse_price_bound(most.completion);
    };
  };
  const auto francs = [](price& c) {
    c = token_price("0.1", "0");
    c.currency = "CHF";
    c.usd_per_unit = dollars("1.10");
  };
  check({
      passes("both exactly", at_most({"0.2", "0.4"})),
      fails("input by the least", reason,
            "input costs 0.2 USD per million tokens, over max_price.prompt 0.199999999999",
            at_most({"0.1999999999999999", "1"})),
      fails("output by the least", reason,
            "output costs 0.4 USD per million tokens, over max_price.completion 0.399999999999",
            at_most({"1", "0.399999999999"})),
      passes("a bound of input alone", at_most({"0.2", {}})),
      passes("a bound of output alone", at_most({{}, "0.4"})),
      fails("a bound of zero", reason, "input costs 0.2 USD per million tokens, over max_price.prompt 0",
            at_most({"0", {}})),
      passes("a free model under a bound of zero", at_most({"-0", "0"}, [](price& c) { c = token_price("0", "0"); })),
      passes("converted exactly", at_most({"0.11", {}}, francs)),
      fails("converted, a millionth too dear", reason,
            "input costs 0.11 USD per million tokens, over max_price.prompt 0.109999",
            at_most({"0.109999", {}}, francs)),
      passes("the cached price where it is lower",
             at_most({"0.2", {}}, [](price& c) { c.tokens->cached_input = dollars("0.1"); })),
      fails("the cached price where it is higher", reason,
            "input costs 0.3 USD per million tokens, over max_price.prompt 0.2",
            at_most({"0.2", {}}, [](price& c) { c.tokens->cached_input = dollars("0.3"); })),
      passes("the dearest price under a huge bound", at_most({"1e300", "1e300"},
                                                             [](price& c) {
                                                               c = token_price("999999999.999999", "999999999.999999");
                                                               c.usd_per_unit = dollars("999999999.999999");
                                                             })),
      fails("a model that is not priced by tokens", reason, "its price per token is unknown",
            at_most({"1e300", {}},
                    [](price& c) {
                      c.tokens.reset();
                      c.per_page = decimal{};
                    })),
  });
}

TEST(preference_rules, required_parameters_must_be_declared_and_no_field_dropped) {
  constexpr auto reason = exclusion_reason::parameters;
  const auto requires_all = [](std::vector<std::vector<std::string>> parameters, std::vector<std::string> features) {
    return [=](registry_builder& b, policy& p) {
      p.preferences.require_parameters = true;
      p.parameters = parameters;
      p.fields = {"model", "messages", "logit_bias", "max_tokens"};
      b.model_now().features = features;
    };
  };
  const auto with_dialects = [&](std::vector<std::string> by_endpoint, std::vector<std::string> by_model) {
    return [=](registry_builder& b, policy& p) {
      requires_all({}, {})(b, p);
      b.endpoint_now().request.drop = by_endpoint;
      b.model_now().request.drop = by_model;
    };
  };
  check({
      passes("nothing in use", requires_all({}, {})),
      passes("all declared", requires_all({{"tools"}, {"json_schema"}}, {"json_schema", "tools"})),
      fails("one not declared", reason, "does not declare the feature 'json_schema'",
            requires_all({{"tools"}, {"json_schema"}}, {"tools"})),
      passes("one of two that would do", requires_all({{"json_object", "json_schema"}}, {"json_schema"})),
      fails("neither", reason, "does not declare the feature 'json_object' or 'json_schema'",
            requires_all({{"json_object", "json_schema"}}, {"tools"})),
      passes("drops what the body has not", with_dialects({"seed"}, {"prompt_cache_key"})),
      fails("the endpoint drops a field", reason, "drops the field 'logit_bias'",
            with_dialects({"seed", "logit_bias"}, {})),
      fails("the model drops a field", reason, "drops the field 'max_tokens'", with_dialects({}, {"max_tokens"})),
      passes("a renamed field is none that was dropped",
             [&](registry_builder& b, policy& p) {
               requires_all({}, {})(b, p);
               b.endpoint_now().request.rename = {{"max_tokens", "max_completion_tokens"}};
             }),
      passes("not asked to require them",
             [&](registry_builder& b, policy& p) {
               requires_all({{"tools"}}, {})(b, p);
               b.endpoint_now().request.drop = {"logit_bias"};
               p.preferences.require_parameters = false;
             }),
  });
}

TEST(preference_rules, come_in_their_order_and_after_the_model) {
  registry_builder builder = stated_host();
  builder.provider_now().headquarters.reset();
  builder.provider_now().retention_days.reset();
  builder.provider_now().trains_on_data.reset();
  builder.endpoint_now().location = {};
  const auto known = builder.build();
  policy wanted{.model = {.kind = model_kind::concrete, .name = "n", .variant = model_variant::free}};
  wanted.preferences.only = {alpha};
  wanted.preferences.ignore = {beta};
  wanted.preferences.data_residency = parse_residency("eu");
  wanted.preferences.eu_owned = true;
  wanted.preferences.max_retention_days = 0;
  wanted.preferences.denies_data_collection = true;
  wanted.preferences.max_price.prompt = 0;
  wanted.required_features = {"file"};

  std::string order;
  const auto give_up = [&](auto change) {
    order += std::string(to_string(exclude(known->at(route_id{0}), wanted, *known, today)->reason)) + " ";
    change();
  };
  give_up([&] { wanted.model.name = "m"; });
  give_up([&] { wanted.preferences.only.reset(); });
  give_up([&] { wanted.preferences.ignore.clear(); });
  give_up([&] { wanted.preferences.data_residency.reset(); });
  give_up([&] { wanted.preferences.eu_owned = false; });
  give_up([&] { wanted.preferences.max_retention_days.reset(); });
  give_up([&] { wanted.preferences.denies_data_collection = false; });
  give_up([&] { wanted.model.variant.reset(); });
  give_up([&] { wanted.preferences.max_price = {}; });
  give_up([&] { wanted.required_features.clear(); });
  EXPECT_EQ(order,
            "model only ignore data_residency eu_owned retention data_collection variant_free max_price parameters ");
  EXPECT_TRUE(select(wanted, *known, today));
}

TEST(exclude_all, says_of_each_route_what_exclude_says) {
  registry_builder builder = stated_host();
  builder.provider("gamma").endpoint("gamma-eu", "DE", {region::eu}).model("m", {modality::chat, modality::vision});
  const auto known = builder.build();
  policy wanted{.model = {.kind = model_kind::concrete, .name = "m"}};
  wanted.preferences.only = {beta};
  const auto all = exclude_all(wanted, *known, today);
  ASSERT_EQ(all.size(), 3U);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto one = exclude(known->routes()[i], wanted, *known, today);
    ASSERT_EQ(all[i].has_value(), one.has_value());
    if (!one) continue;
    EXPECT_EQ(all[i]->reason, one->reason);
    EXPECT_EQ(all[i]->detail, one->detail);
  }
  EXPECT_FALSE(all[0]);
  EXPECT_EQ(all[1]->reason, exclusion_reason::only);
  EXPECT_EQ(all[2]->reason, exclusion_reason::modality);
}

}  // namespace
}  // namespace phigate::core
