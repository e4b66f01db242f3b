#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "phigate/core/routing.hpp"
#include "support/generated_registry.hpp"
#include "support/ordering_worlds.hpp"
#include "support/registry_builder.hpp"

namespace phigate::core {
namespace {

using namespace std::chrono_literals;
using test::automatic;
using test::host;
using test::names;
using test::pinned;
using test::registry_builder;
using test::request;
using test::slugs;

constexpr moment noon{.today = test::ordering_day, .now = std::chrono::steady_clock::time_point(12h)};

// "endpoint: reason" of each excluded route.
names exclusions(const explanation& told, const registry& known) {
  names all;
  for (const explained_exclusion& one : told.excluded) {
    all.push_back(known.endpoint_of(known.at(one.route)).id + ": " + std::string(one.reason));
  }
  return all;
}

TEST(explain, tells_of_every_route_once_with_the_first_rule_that_it_fails) {
  registry_builder builder;
  host(builder, "dear", "m", "2");
  host(builder, "off", "m", "1");
  builder.endpoint_now().enabled = false;
  builder.endpoint_now().disabled_because = "OFF_KEY is not set";
  host(builder, "voice", "m", "1", modality::stt);
  host(builder, "far", "m", "1");
  builder.endpoint_now().regions = {region::us};
  host(builder, "other", "n", "1");
  host(builder, "unloved", "m", "1");
  host(builder, "cheap", "m", "1");
  const auto known = builder.build();
  policy wanted = pinned("m");
  wanted.preferences.ignore = slugs(*known, {"unloved"});

  const explanation told = explain(wanted, *known, health_board(*known, {}), noon);
  EXPECT_FALSE(told.error.has_value());
  ASSERT_TRUE(told.order.has_value());
  EXPECT_EQ(test::names_of(told.order->routes()), (names{"cheap m", "dear m"}));
  EXPECT_EQ(exclusions(told, *known),
            (names{"off: disabled", "voice: modality", "far: region", "other: model", "unloved: ignore"}));
  EXPECT_EQ(told.excluded[0].detail, "OFF_KEY is not set");
  for (const explained_exclusion& one : told.excluded) EXPECT_FALSE(one.detail.empty()) << one.reason;
}

TEST(explain, of_a_refusal_has_the_requests_own_error_and_no_candidate) {
  registry_builder builder;
  builder.region(region::eu, "DE");
  host(builder, "a", "m", "1");
  host(builder, "b", "n", "1");
  const auto known = builder.build();
  const health_board health(*known, {});
  policy wanted = pinned("m");
  wanted.data_class = data_class::phi;

  const explanation told = explain(wanted, *known, health, noon);
  EXPECT_FALSE(told.order.has_value());
  ASSERT_TRUE(told.error.has_value());
  EXPECT_EQ(told.error->code, error_code::phi_blocked);
  EXPECT_EQ(told.error->message, route_request(wanted, *known, health, noon).error().message);
  EXPECT_EQ(exclusions(told, *known), (names{"a: phi", "b: phi"}));
}

TEST(explain, of_a_model_that_is_nowhere_excludes_every_route) {
  registry_builder builder;
  host(builder, "a", "m", "1");
  const auto known = builder.build();
  const explanation told = explain(pinned("absent"), *known, health_board(*known, {}), noon);
  ASSERT_TRUE(told.error.has_value());
  EXPECT_EQ(told.error->code, error_code::model_not_found);
  EXPECT_EQ(exclusions(told, *known), names{"a: model"});
}

TEST(explain, of_an_empty_registry_is_a_refusal) {
  const registry known{registry_tables{}};
  const explanation told = explain(automatic(), known, health_board(known, {}), noon);
  EXPECT_TRUE(told.error.has_value());
  EXPECT_TRUE(told.excluded.empty());
}

TEST(explain, names_what_the_cut_for_want_of_fallbacks_took) {
  registry_builder builder;
  host(builder, "a", "m", "2");
  host(builder, "b", "m", "1");
  host(builder, "c", "m", "3");
  host(builder, "d", "n", "3");
  const auto known = builder.build();
  const health_board health(*known, {});
  policy wanted = pinned("m");
  wanted.preferences.allow_fallbacks = false;

  const explanation first_alone = explain(wanted, *known, health, noon);
  ASSERT_TRUE(first_alone.order.has_value());
  EXPECT_EQ(test::names_of(first_alone.order->routes()), names{"b m"});
  EXPECT_EQ(exclusions(first_alone, *known), (names{"a: allow_fallbacks", "c: allow_fallbacks", "d: model"}));
  EXPECT_EQ(first_alone.excluded[0].detail, "'allow_fallbacks' is false, and another route comes first");

  wanted.preferences.order = slugs(*known, {"c", "a"});
  const explanation listed = explain(wanted, *known, health, noon);
  ASSERT_TRUE(listed.order.has_value());
  EXPECT_EQ(test::names_of(listed.order->routes()), (names{"c m", "a m"}));
  EXPECT_EQ(exclusions(listed, *known), (names{"b: allow_fallbacks", "d: model"}));
  EXPECT_EQ(listed.excluded[0].detail, "'allow_fallbacks' is false, and the provider is not listed in 'order'");
}

TEST(explain, of_a_cut_that_left_nothing_names_it_for_every_eligible_route) {
  registry_builder builder;
  host(builder, "a", "m", "2");
  host(builder, "b", "m", "1");
  host(builder, "c", "n", "1");
  const auto known = builder.build();
  policy wanted = pinned("m");
  wanted.preferences.allow_fallbacks = false;
  wanted.preferences.order = slugs(*known, {"c"});
  const explanation told = explain(wanted, *known, health_board(*known, {}), noon);
  EXPECT_FALSE(told.order.has_value());
  ASSERT_TRUE(told.error.has_value());
  EXPECT_EQ(told.error->code, error_code::no_route);
  EXPECT_EQ(exclusions(told, *known), (names{"a: allow_fallbacks", "b: allow_fallbacks", "c: model"}));
}

TEST(explain, names_the_other_models_that_embeddings_keep_out) {
  registry_builder builder;
  host(builder, "a", "e1", "2", modality::embeddings);
  host(builder, "b", "e2", "1", modality::embeddings);
  host(builder, "c", "e1", "1", modality::embeddings);
  builder.alias("family", {"e2", "e1"});
  const auto known = builder.build();
  const health_board health(*known, {});

  const explanation automatic_choice = explain(automatic(modality::embeddings), *known, health, noon);
  EXPECT_EQ(test::names_of(automatic_choice.order.value().routes()), (names{"c e1", "a e1"}));
  EXPECT_EQ(exclusions(automatic_choice, *known), names{"b: model"});
  EXPECT_EQ(automatic_choice.excluded[0].detail, "embeddings keep to one model, here 'e1'");

  policy wanted = request("family", model_kind::alias, modality::embeddings);
  EXPECT_EQ(exclusions(explain(wanted, *known, health, noon), *known), (names{"a: model", "c: model"}));

  wanted.preferences.allow_fallbacks = false;
  wanted.preferences.order = slugs(*known, {"a"});
  const explanation nothing = explain(wanted, *known, health, noon);
  EXPECT_FALSE(nothing.order.has_value());
  EXPECT_EQ(exclusions(nothing, *known), (names{"a: model", "b: allow_fallbacks", "c: model"}));
}

TEST(explain, shows_a_cooling_route_as_a_candidate_that_cools) {
  registry_builder builder;
  host(builder, "a", "m", "1");
  host(builder, "b", "m", "2");
  const auto known = builder.build();
  health_board health(*known, {});
  attempt_failure failure;
  failure.kind = failure_kind::server_error;
  failure.reach = reach::head_received;
  failure.status = 500;
  health.record_failure(route_id{0}, failure, noon.now);

  const explanation told = explain(pinned("m"), *known, health, noon);
  ASSERT_TRUE(told.order.has_value());
  ASSERT_EQ(test::names_of(told.order->routes()), (names{"b m", "a m"}));
  EXPECT_FALSE(told.order->routes()[0].cooling);
  EXPECT_TRUE(told.order->routes()[1].cooling);
  EXPECT_EQ(told.order->routes()[1].health, 5.0 / 6);
  EXPECT_EQ(told.order->routes()[1].score, 5.0 / 6);
}

// Preferences that reorder and cut, on top of whatever rules the policy has.
void prefer_something(policy& wanted, const registry& known) {
  wanted.preferences.order.clear();
  for (std::size_t i = known.tables().providers.size(); i-- > 0;) {
    if (test::generated::chance(30)) wanted.preferences.order.push_back(static_cast<provider_id>(i));
  }
  wanted.preferences.allow_fallbacks = test::generated::chance(40);
}

void let_some_fail(health_board& health, const registry& known) {
  for (std::size_t i = 0; i < known.routes().size(); ++i) {
    attempt_failure failure;
    failure.kind = failure_kind::reset;
    failure.reach = reach::maybe_sent;
    if (test::generated::chance(25)) health.record_failure(static_cast<route_id>(i), failure, noon.now);
  }
}

std::vector<route_id> ids_of(const route_order& order) {
  std::vector<route_id> ids;
  for (const ranked_route& one : order.routes()) ids.push_back(one.route.id());
  return ids;
}

RC_GTEST_PROP(explain, tells_of_each_route_once_and_of_the_same_order_as_the_request, ()) {
  const registry known(*test::registry_tables());
  policy wanted = *test::policies();
  prefer_something(wanted, known);
  health_board health(known, {});
  let_some_fail(health, known);
  const moment when{.today = test::generated_today, .now = noon.now + 1s};

  const explanation told = explain(wanted, known, health, when);
  const auto routed = route_request(wanted, known, health, when);
  RC_ASSERT(told.order.has_value() == routed.has_value());
  RC_ASSERT(told.error.has_value() != routed.has_value());
  std::vector<int> times(known.routes().size());
  if (routed) {
    RC_ASSERT(ids_of(*told.order) == ids_of(*routed));
    for (route_id id : ids_of(*routed)) ++times[static_cast<std::size_t>(id)];
  } else {
    RC_ASSERT(told.error->code == routed.error().code);
    RC_ASSERT(told.error->message == routed.error().message);
  }
  for (const explained_exclusion& one : told.excluded) {
    ++times[static_cast<std::size_t>(one.route)];
    RC_ASSERT(!one.reason.empty());
    RC_ASSERT(!one.detail.empty());
  }
  RC_ASSERT(std::ranges::is_sorted(told.excluded, {}, &explained_exclusion::route));
  RC_ASSERT(times == std::vector<int>(times.size(), 1));
}

// What a refusal counts is what explain names.
RC_GTEST_PROP(explain, names_as_many_routes_of_each_reason_as_the_refusal_counts, ()) {
  const registry known(*test::registry_tables());
  policy wanted = *test::policies();
  prefer_something(wanted, known);
  const health_board health(known, {});
  const moment when{.today = test::generated_today, .now = noon.now};
  const explanation told = explain(wanted, known, health, when);
  RC_PRE(told.error.has_value() && told.error->code == error_code::no_route);
  for (const exclusion_count& counted : told.error->excluded) {
    const auto named = std::ranges::count(told.excluded, counted.reason, &explained_exclusion::reason);
    RC_ASSERT(static_cast<std::size_t>(named) == counted.routes);
  }
}

}  // namespace
}  // namespace phigate::core
