#include "phigate/core/routing.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

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
using test::slugs;

// Two hosts of `m` at one price, one of `other`; and a board that starts empty.
class routing : public testing::Test {
 protected:
  routing() : known_(make_registry()), health_(*known_, {}) {}

  static std::shared_ptr<const registry> make_registry() {
    registry_builder builder;
    host(builder, "a", "m", "1");
    host(builder, "b", "m", "1");
    host(builder, "c", "other", "1");
    return builder.build();
  }

  [[nodiscard]] names routed(const policy& wanted) const {
    const auto order = route_request(wanted, *known_, health_, when_);
    return order ? test::names_of(order->routes()) : names{std::string(traits_of(order.error().code).code)};
  }

  void fail(route_id route) {
    attempt_failure failure;
    failure.kind = failure_kind::server_error;
    failure.reach = reach::head_received;
    failure.status = 503;
    health_.record_failure(route, failure, when_.now);
  }

  std::shared_ptr<const registry> known_;
  health_board health_;
  moment when_{.today = test::ordering_day, .now = std::chrono::steady_clock::time_point(1h)};
};

TEST_F(routing, of_an_empty_board_is_by_price_and_registry) {
  EXPECT_EQ(routed(pinned("m")), (names{"a m", "b m"}));
}

TEST_F(routing, tries_a_cooling_route_last_until_its_cooldown_ends) {
  fail(route_id{0});
  EXPECT_EQ(routed(pinned("m")), (names{"b m", "a m"}));
  fail(route_id{1});
  EXPECT_EQ(routed(pinned("m")), (names{"a m", "b m"}));
  health_.record_success(route_id{1}, {}, when_.now);
  EXPECT_EQ(routed(pinned("m")), (names{"b m", "a m"}));
}

TEST_F(routing, remembers_a_failure_after_the_cooldown) {
  fail(route_id{0});
  when_.now += 31s;
  const auto order = route_request(pinned("m"), *known_, health_, when_);
  ASSERT_TRUE(order.has_value());
  EXPECT_EQ(test::names_of(order->routes()), (names{"b m", "a m"}));
  EXPECT_EQ(order->routes()[1].health, 5.0 / 6);
  EXPECT_FALSE(order->routes()[1].cooling);
}

TEST_F(routing, gives_each_route_its_own_signals_where_others_are_not_eligible) {
  fail(route_id{1});
  policy wanted = automatic();
  wanted.preferences.ignore = slugs(*known_, {"a"});
  EXPECT_EQ(routed(wanted), (names{"c other", "b m"}));
}

TEST_F(routing, sorts_by_what_the_board_measured) {
  for (int i = 0; i < 3; ++i) {
    health_.record_success(route_id{0}, {.latency = 300ms, .tokens_per_second = 90}, when_.now);
    health_.record_success(route_id{1}, {.latency = 200ms, .tokens_per_second = 80}, when_.now);
  }
  policy wanted = pinned("m");
  wanted.preferences.sort = sort_metric::latency;
  EXPECT_EQ(routed(wanted), (names{"b m", "a m"}));
  wanted.preferences.sort = sort_metric::throughput;
  EXPECT_EQ(routed(wanted), (names{"a m", "b m"}));
}

TEST_F(routing, refuses_as_select_does) {
  EXPECT_EQ(routed(pinned("absent")), names{"model_not_found"});
  policy wanted = pinned("m");
  wanted.region = region::us;
  EXPECT_EQ(routed(wanted), names{"no_route"});
  wanted.data_class = data_class::phi;
  wanted.region = region::eu;
  EXPECT_EQ(routed(wanted), names{"phi_blocked"});
}

TEST_F(routing, judges_agreements_by_the_day) {
  registry_builder builder;
  builder.region(region::eu, "DE");
  host(builder, "a", "m", "1").agreement({region::eu}, {modality::chat});  // to the end of 2026
  const auto known = builder.build();
  const health_board health(*known, {});
  policy wanted = pinned("m");
  wanted.data_class = data_class::phi;
  when_.today = test::day(2026, 12, 31);
  EXPECT_TRUE(route_request(wanted, *known, health, when_).has_value());
  when_.today = test::day(2027, 1, 1);
  EXPECT_FALSE(route_request(wanted, *known, health, when_).has_value());
}

using counts = std::vector<std::string>;

counts counts_of(const api_error& error) {
  counts all;
  for (const exclusion_count& one : error.excluded) {
    all.push_back(std::string(one.reason) + " " + std::to_string(one.routes));
  }
  return all;
}

TEST_F(routing, refuses_where_no_fallback_is_allowed_and_no_listed_provider_is_eligible) {
  policy wanted = pinned("m");
  wanted.preferences.allow_fallbacks = false;
  wanted.preferences.order = slugs(*known_, {"c"});
  const auto order = route_request(wanted, *known_, health_, when_);
  ASSERT_FALSE(order.has_value());
  EXPECT_EQ(order.error().http_status(), 422);
  EXPECT_EQ(traits_of(order.error().code).code, "no_route");
  EXPECT_EQ(counts_of(order.error()), (counts{"model 1", "allow_fallbacks 2"}));
}

TEST_F(routing, counts_an_embeddings_route_of_another_model_as_such_where_the_cut_leaves_none) {
  registry_builder builder;
  host(builder, "a", "e1", "1", modality::embeddings);
  host(builder, "b", "e2", "1", modality::embeddings);
  const auto known = builder.build();
  const health_board health(*known, {});
  policy wanted = automatic(modality::embeddings);
  wanted.preferences.allow_fallbacks = false;
  wanted.preferences.order = slugs(*known, {"b"});
  const auto order = route_request(wanted, *known, health, when_);
  ASSERT_FALSE(order.has_value());
  EXPECT_EQ(counts_of(order.error()), (counts{"model 1", "allow_fallbacks 1"}));
}

// More routes than fit the space that a decision has on the stack.
TEST_F(routing, orders_long_lists_by_the_same_keys) {
  registry_builder builder;
  names expected;
  for (int i = 1000; i < 2000; ++i) {
    host(builder, "h" + std::to_string(i), "m" + std::to_string(i), std::to_string(3000 - i));
    expected.insert(expected.begin(), "h" + std::to_string(i) + " m" + std::to_string(i));
  }
  const auto known = builder.build();
  const health_board health(*known, {});
  const auto order = route_request(automatic(), *known, health, when_);
  ASSERT_TRUE(order.has_value());
  EXPECT_EQ(test::names_of(order->routes()), expected);
}

}  // namespace
}  // namespace phigate::core
