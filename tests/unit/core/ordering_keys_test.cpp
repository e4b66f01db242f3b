// The keys of spec §4, one by one and against each other.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <chrono>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "phigate/core/ordering.hpp"
#include "support/generated_registry.hpp"
#include "support/ordering_worlds.hpp"
#include "support/registry_builder.hpp"

namespace phigate::core {
namespace {

using std::chrono::microseconds;
using test::automatic;
using test::host;
using test::names;
using test::order;
using test::pinned;
using test::registry_builder;
using test::request;
using test::slugs;
using test::token_price;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinite = std::numeric_limits<double>::infinity();

constexpr sort_metric by_price = sort_metric::price;
constexpr sort_metric by_latency = sort_metric::latency;
constexpr sort_metric by_throughput = sort_metric::throughput;

struct contender {
  std::string_view model = "m";
  std::string_view price = "1";
  route_signals signals{};
};

constexpr route_signals cooling{.success = 1, .latency = {}, .throughput = {}, .cooling = true};

route_signals success(double value) {
  return {.success = value, .latency = {}, .throughput = {}, .cooling = false};
}

route_signals latency(int micros, double successes = 1) {
  return {.success = successes, .latency = microseconds(micros), .throughput = {}, .cooling = false};
}

route_signals throughput(double tokens_per_second) {
  return {.success = 1, .latency = {}, .throughput = tokens_per_second, .cooling = false};
}

contender at(std::string_view price, const route_signals& signals = {}, std::string_view model = "m") {
  return {.model = model, .price = price, .signals = signals};
}

// Two hosts, of which `a` stands first in the registry.
struct two_hosts {
  std::string_view decided_by;
  std::string_view model;  // "auto", "m" or the alias "family"
  std::vector<std::string_view> order{};
  std::optional<sort_metric> sort{};
  std::string_view resident{};
  contender a{};
  contender b{};
};

names order_of(const two_hosts& world) {
  registry_builder builder;
  builder.region(region::eu, "DE", world.resident);
  host(builder, "a", world.a.model, world.a.price);
  host(builder, "b", world.b.model, world.b.price);
  builder.alias("family", {"m", "n"});
  const model_kind kind = world.model == "auto"     ? model_kind::automatic
                          : world.model == "family" ? model_kind::alias
                                                    : model_kind::concrete;
  policy wanted = request(world.model, kind);
  for (std::string_view slug : world.order) {
    wanted.preferences.order.push_back(builder.build()->find_provider(slug).value());
  }
  wanted.preferences.sort = world.sort;
  return order(builder, wanted, {world.a.signals, world.b.signals});
}

// In each world one key is for `b`, and every later one that can be is for `a`.
std::vector<two_hosts> worlds_that_b_wins() {
  return {
      {"listed before cooling", "m", {"b"}, {}, {}, {}, at("1", cooling)},
      {"listed before the metric", "m", {"b"}, by_price, {}, {}, at("2")},
      {"listed before the resident", "auto", {"b"}, {}, "a", {}, {}},
      {"cooling before the position", "m", {"a", "b"}, {}, {}, at("1", cooling), {}},
      {"cooling before the metric", "m", {}, by_price, {}, at("1", cooling), at("2")},
      {"cooling before the resident", "auto", {}, {}, "a", at("1", cooling), at("2", {}, "n")},
      {"cooling before a free route", "m", {}, {}, {}, at("0", cooling), {}},
      {"position before the metric", "m", {"b", "a"}, by_price, {}, {}, at("2")},
      {"position before the resident", "auto", {"b", "a"}, {}, "a", {}, {}},
      {"position before a free route", "m", {"b", "a"}, {}, {}, at("0"), {}},
      // 1/4 for a, 0.1/1 for b.
      {"price before the score", "m", {}, by_price, {}, at("2"), at("1", success(0.1))},
      {"price before the resident", "auto", {}, by_price, "a", at("2"), at("1", {}, "n")},
      {"latency before the score", "m", {}, by_latency, {}, at("1", latency(11)), at("9", latency(10))},
      {"latency before a free route", "m", {}, by_latency, {}, at("0", latency(11)), at("9", latency(10))},
      {"latency before the resident", "auto", {}, by_latency, "a", at("1", latency(11)), at("9", latency(10), "n")},
      {"speed before score", "m", {}, by_throughput, {}, at("1", throughput(10)), at("9", throughput(10.5))},
      {"speed before resident", "auto", {}, by_throughput, "a", at("1", throughput(10)), at("9", throughput(11), "n")},
      {"resident before the cheapest model", "auto", {}, {}, "b", {}, at("2", {}, "n")},
      {"resident before the score", "family", {}, {}, "b", {}, at("2", {}, "n")},
      {"resident before a free route", "family", {}, {}, "b", at("0"), at("2")},
      {"cheapest model before the score", "auto", {}, {}, {}, at("2"), at("1", success(0.1), "n")},
      {"free before health", "m", {}, {}, {}, at("0.000001"), at("0", success(0.01))},
      {"score before the registry", "m", {}, {}, {}, at("1", success(0.5)), at("1", success(0.6))},
      {"health of free routes before the registry", "m", {}, {}, {}, at("0", success(0.5)), at("0", success(0.6))},
  };
}

TEST(keys, decide_each_before_those_after_it) {
  for (const two_hosts& world : worlds_that_b_wins()) {
    EXPECT_EQ(order_of(world).front(), "b " + std::string(world.b.model)) << world.decided_by;
  }
}

// Worlds in which a key must not count.
TEST(keys, that_a_request_does_not_sort_by_leave_the_rest_to_decide) {
  const std::vector<two_hosts> worlds_that_a_wins{
      {"the registry, where all is equal", "m", {}, {}, {}, {}, {}},
      {"the score; a pin has no resident", "m", {}, {}, "b", {}, at("2")},
      {"the score; with a sort there is no resident", "auto", {}, by_price, "b", {}, {}},
      {"the score; throughput is not asked for", "m", {}, {}, {}, {}, at("2", throughput(100))},
      // 0.5/1 for a, 0.1/0.25 for b: its model is the cheapest, which a sort leaves out.
      {"the score, if no model is cheapest",
       "auto",
       {},
       by_latency,
       {},
       at("1", success(0.5)),
       at("0.5", success(0.1), "n")},
      {"the score; cooling both", "m", {}, {}, {}, at("1", cooling), at("2", cooling)},
  };
  for (const two_hosts& world : worlds_that_a_wins) {
    EXPECT_EQ(order_of(world).front(), "a m") << world.decided_by;
  }
}

class sorted : public testing::Test {
 protected:
  sorted() {
    for (std::string_view name : {"a", "b", "c", "d"}) host(builder_, name, "m", "1");
  }

  [[nodiscard]] std::string by(sort_metric metric, const std::vector<route_signals>& signals) const {
    policy wanted = pinned("m");
    wanted.preferences.sort = metric;
    std::string text;
    for (const std::string& name : order(builder_, wanted, signals)) text += name.front();
    return text;
  }

  registry_builder builder_;
};

TEST_F(sorted, by_latency_takes_the_unmeasured_last_and_those_by_score) {
  EXPECT_EQ(by(sort_metric::latency, {success(0.5), latency(900'000), success(0.6), latency(1)}), "dbca");
}

TEST_F(sorted, by_throughput_takes_the_unmeasured_last_and_those_by_score) {
  EXPECT_EQ(by(sort_metric::throughput, {success(0.5), throughput(0), success(0.6), throughput(90)}), "dbca");
}

TEST_F(sorted, leaves_equal_measurements_to_the_score_and_then_to_the_registry) {
  EXPECT_EQ(by(sort_metric::latency, {latency(7, 0.5), latency(7, 0.6), latency(7, 0.5), latency(7, 0.7)}), "dbac");
  EXPECT_EQ(by(sort_metric::throughput, {throughput(-0.0), throughput(0.0), throughput(0.0), throughput(1)}), "dabc");
}

TEST_F(sorted, takes_what_is_no_latency_for_unmeasured) {
  EXPECT_EQ(by(sort_metric::latency, {latency(-1), latency(0), latency(5), latency(-900)}), "bcad");
}

TEST_F(sorted, takes_what_is_no_throughput_for_unmeasured) {
  EXPECT_EQ(by(sort_metric::throughput, {throughput(nan), throughput(infinite), throughput(-3), throughput(0.5)}),
            "dabc");
  EXPECT_EQ(by(sort_metric::throughput, {throughput(-infinite), throughput(1), throughput(2), throughput(nan)}),
            "cbad");
}

TEST_F(sorted, keeps_a_cooling_route_at_the_end_of_the_list_and_in_it) {
  route_signals fast_but_cooling = latency(1);
  fast_but_cooling.cooling = true;
  EXPECT_EQ(by(sort_metric::latency, {fast_but_cooling, latency(5), latency(4), {}}), "cbda");
  EXPECT_EQ(by(sort_metric::latency, {cooling, cooling, cooling, cooling}), "abcd");
}

TEST(sort_by_price, is_exact_in_dollars_and_puts_free_routes_first) {
  registry_builder builder;
  host(builder, "francs", "m", "1");
  builder.model_now().cost.usd_per_unit = test::dollars("1.10");
  host(builder, "dear", "m", "1.100001");
  host(builder, "free", "m", "0");
  // Blended (3·1 + 1.4)/4 = 1.1: the same as the francs, so that the score and then the registry decide.
  builder.provider("blend").endpoint("blend", "DE", {region::eu}).model("m", {modality::chat}, token_price("1", "1.4"));
  policy wanted = pinned("m");
  wanted.preferences.sort = sort_metric::price;
  EXPECT_EQ(order(builder, wanted), (names{"free m", "francs m", "blend m", "dear m"}));
}

TEST(variant, sorts_unless_the_request_says_how) {
  registry_builder builder;
  host(builder, "cheap", "m", "1");
  host(builder, "quick", "m", "2");
  host(builder, "apt", "m", "3");
  const std::vector<route_signals> signals{
      {.success = 0.01, .latency = microseconds(30), .throughput = 10.0, .cooling = false},
      {.success = 0.9, .latency = microseconds(20), .throughput = 20.0, .cooling = false},
      {.success = 0.01, .latency = microseconds(10), .throughput = 30.0, .cooling = false}};
  struct row {
    std::optional<model_variant> variant;
    std::optional<sort_metric> sort;
    std::string_view first;
  };
  for (const row& one : std::vector<row>{{{}, {}, "quick m"},
                                         {model_variant::floor, {}, "cheap m"},
                                         {model_variant::nitro, {}, "apt m"},
                                         {model_variant::floor, sort_metric::throughput, "apt m"},
                                         {model_variant::floor, sort_metric::latency, "apt m"},
                                         {model_variant::nitro, sort_metric::price, "cheap m"}}) {
    policy wanted = pinned("m");
    wanted.model.variant = one.variant;
    wanted.preferences.sort = one.sort;
    EXPECT_EQ(order(builder, wanted, signals).front(), one.first);
  }
}

TEST(variant, for_free_routes_sorts_by_nothing_but_their_health) {
  registry_builder builder;
  host(builder, "a", "m", "0");
  host(builder, "b", "m", "0");
  host(builder, "c", "m", "1");
  policy wanted = pinned("m");
  wanted.model.variant = model_variant::free;
  EXPECT_EQ(order(builder, wanted, {success(0.4), success(0.5)}), (names{"b m", "a m"}));
}

TEST(listed, providers_come_in_their_order_each_with_all_its_routes) {
  registry_builder builder;
  host(builder, "a", "m", "1");
  host(builder, "b", "m", "9");
  builder.endpoint("b2", "DE", {region::eu}).model("m", {modality::chat}, token_price("8", "8"));
  host(builder, "c", "m", "5");
  host(builder, "d", "other", "5");
  policy wanted = pinned("m");
  // One that can't serve the request takes no place from the others.
  wanted.preferences.order = slugs(*builder.build(), {"d", "c", "b"});
  EXPECT_EQ(order(builder, wanted), (names{"c m", "b2 m", "b m", "a m"}));
  EXPECT_EQ(order(builder, wanted, {{}, {}, {}, cooling}), (names{"b2 m", "b m", "c m", "a m"}));
}

TEST(order, without_fallbacks_keeps_the_listed_providers_or_the_first_route) {
  registry_builder builder;
  host(builder, "a", "m", "1");
  host(builder, "b", "m", "2");
  host(builder, "c", "m", "3");
  host(builder, "d", "other", "1");
  policy wanted = pinned("m");
  wanted.preferences.allow_fallbacks = false;
  EXPECT_EQ(order(builder, wanted), (names{"a m"}));
  EXPECT_EQ(order(builder, wanted, {cooling, {}, {}}), (names{"b m"}));
  EXPECT_EQ(order(builder, wanted, {cooling, cooling, cooling}), (names{"a m"}));
  wanted.preferences.order = slugs(*builder.build(), {"c", "b"});
  EXPECT_EQ(order(builder, wanted), (names{"c m", "b m"}));
  EXPECT_EQ(order(builder, wanted, {{}, {}, cooling}), (names{"b m", "c m"}));
  wanted.preferences.order = slugs(*builder.build(), {"d"});
  EXPECT_EQ(order(builder, wanted), names{});
}

}  // namespace
}  // namespace phigate::core
