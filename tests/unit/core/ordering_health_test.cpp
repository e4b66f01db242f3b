// Health and score as an order shows them (spec §4, §9), and the whole sort against a plain second reading of its keys.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "phigate/core/ordering.hpp"
#include "support/generated_registry.hpp"
#include "support/ordering_worlds.hpp"
#include "support/registry_builder.hpp"

namespace phigate::core {
namespace {

using std::chrono::microseconds;
using test::generated_today;
using test::host;
using test::pinned;
using test::registry_builder;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinite = std::numeric_limits<double>::infinity();

// One host for each of the signals, all of `price`; what `make` says of each, in registry order.
std::vector<ranked_route> ranked(const registry& known, const policy& wanted,
                                 const std::vector<route_signals>& signals) {
  const auto eligible = select(wanted, known, test::ordering_day);
  const auto ordered = route_order::make(eligible.value(), wanted, signals);
  std::vector<ranked_route> all(ordered->routes().begin(), ordered->routes().end());
  std::ranges::sort(all, {}, [](const ranked_route& one) { return one.route.id(); });
  return all;
}

std::vector<double> health_of(const std::vector<route_signals>& signals) {
  registry_builder builder;
  for (std::size_t i = 0; i < signals.size(); ++i) host(builder, "h" + std::to_string(i), "m", "1");
  const auto known = builder.build();
  std::vector<double> health;
  for (const ranked_route& one : ranked(*known, pinned("m"), signals)) health.push_back(one.health);
  return health;
}

route_signals measured(double success, std::optional<int> micros) {
  route_signals made;
  made.success = success;
  if (micros) made.latency = microseconds(*micros);
  return made;
}

TEST(health, is_success_times_the_share_of_the_best_latency) {
  EXPECT_EQ(health_of({measured(1, 100), measured(1, 125), measured(0.5, 160)}),
            (std::vector<double>{1, 100.0 / 125, 0.5 * (100.0 / 160)}));
}

TEST(health, of_a_slow_route_is_halved_and_no_more) {
  EXPECT_EQ(health_of({measured(1, 1000), measured(1, 1999), measured(1, 2000), measured(1, 2001),
                       measured(0.25, 2'000'000'000)}),
            (std::vector<double>{1, 1000.0 / 1999, 0.5, 0.5, 0.125}));
}

TEST(health, of_an_unmeasured_route_is_its_success) {
  EXPECT_EQ(health_of({measured(0.75, {}), measured(1, 5)}), (std::vector<double>{0.75, 1}));
  EXPECT_EQ(health_of({measured(0.75, {}), measured(0.5, {})}), (std::vector<double>{0.75, 0.5}));
}

TEST(health, of_a_measured_route_alone_is_its_success) {
  EXPECT_EQ(health_of({measured(0.75, 9'000'000)}), std::vector<double>{0.75});
}

TEST(health, survives_a_latency_of_zero_and_below) {
  EXPECT_EQ(health_of({measured(1, 0), measured(1, 0), measured(1, 10)}), (std::vector<double>{1, 1, 0.5}));
  EXPECT_EQ(health_of({measured(1, -5), measured(1, 100), measured(1, 200)}), (std::vector<double>{1, 1, 0.5}));
}

TEST(health, survives_a_success_that_is_none) {
  EXPECT_EQ(health_of({measured(nan, {}), measured(infinite, {}), measured(-infinite, {}), measured(-1, {}),
                       measured(1.5, {}), measured(0, {})}),
            (std::vector<double>{0, 1, 0, 0, 1, 0}));
}

TEST(health, takes_the_best_latency_of_all_eligible_routes_cooling_and_cut_ones_too) {
  registry_builder builder;
  host(builder, "a", "e1", "1", modality::embeddings);
  host(builder, "b", "e2", "1", modality::embeddings);
  const auto known = builder.build();
  route_signals quick = measured(1, 100);
  quick.cooling = true;
  const policy wanted = test::automatic(modality::embeddings);
  const auto all = ranked(*known, wanted, {measured(1, 160), quick});
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].health, 100.0 / 160);
}

TEST(health, takes_no_best_latency_from_a_route_that_is_not_eligible) {
  registry_builder builder;
  host(builder, "a", "m", "1");
  const auto known = builder.build();
  // A second signal belongs to no route.
  EXPECT_EQ(ranked(*known, pinned("m"), {measured(1, 160), measured(1, 100)})[0].health, 1);
}

TEST(ranked_routes, tell_what_put_them_there) {
  registry_builder builder;
  host(builder, "a", "m", "0.5");
  host(builder, "b", "m", "0");
  host(builder, "c", "m", "2");
  builder.model_now().cost.usd_per_unit = test::dollars("1.25");
  const auto known = builder.build();
  route_signals cooling = measured(0.8, {});
  cooling.cooling = true;
  const auto all = ranked(*known, pinned("m"), {cooling, measured(0.9, {}), measured(1, {})});
  ASSERT_EQ(all.size(), 3U);
  EXPECT_TRUE(all[0].cooling);
  EXPECT_FALSE(all[1].cooling);
  EXPECT_EQ(ordering_price_in_usd(all[0].price), 0.5);
  EXPECT_EQ(all[0].score, 0.8 / (0.5 * 0.5));
  EXPECT_EQ(ordering_price_in_usd(all[1].price), 0);
  EXPECT_EQ(all[1].score, std::nullopt);
  EXPECT_EQ(all[1].health, 0.9);
  EXPECT_EQ(ordering_price_in_usd(all[2].price), 2.5);
  EXPECT_EQ(all[2].score, 1 / (2.5 * 2.5));
}

// Spec §4 once more, one route against another; shares no code with what it checks.
class plain_keys {
 public:
  plain_keys(const policy& wanted, const registry& known, std::span<const ranked_route> all,
             const std::map<route_id, route_signals>& signals)
      : wanted_(wanted), known_(known), signals_(signals) {
    for (const ranked_route& one : all) {
      const std::string& model = one.route.model().id;
      if (!cheapest_.contains(model) || one.price < cheapest_[model]) cheapest_[model] = one.price;
    }
  }

  [[nodiscard]] bool before(const ranked_route& x, const ranked_route& y) const {
    if (is_listed(x) != is_listed(y)) return is_listed(x);
    if (signals_.at(x.route.id()).cooling != signals_.at(y.route.id()).cooling) {
      return signals_.at(y.route.id()).cooling;
    }
    if (is_listed(x) && place(x) != place(y)) return place(x) < place(y);
    const auto metric = wanted_.preferences.sort ? wanted_.preferences.sort : by_variant();
    if (metric) {
      if (const auto decided = by_metric(*metric, x, y)) return *decided;
    } else if (const auto decided = by_default(x, y)) {
      return *decided;
    }
    return by_score(x, y);
  }

 private:
  [[nodiscard]] std::ptrdiff_t place(const ranked_route& one) const {
    const auto& order = wanted_.preferences.order;
    return std::find(order.begin(), order.end(), one.route.endpoint().owner) - order.begin();
  }
  [[nodiscard]] bool is_listed(const ranked_route& one) const {
    return place(one) < std::ssize(wanted_.preferences.order);
  }
  [[nodiscard]] std::optional<sort_metric> by_variant() const {
    if (wanted_.model.variant == model_variant::floor) return sort_metric::price;
    if (wanted_.model.variant == model_variant::nitro) return sort_metric::throughput;
    return std::nullopt;
  }
  // Less is better; nothing: unmeasured.
  [[nodiscard]] std::optional<double> measure(sort_metric metric, const ranked_route& one) const {
    const route_signals& seen = signals_.at(one.route.id());
    if (metric == sort_metric::latency) {
      if (!seen.latency || seen.latency->count() < 0) return std::nullopt;
      return static_cast<double>(seen.latency->count());
    }
    if (!seen.throughput || !(*seen.throughput >= 0 && *seen.throughput < infinite)) return std::nullopt;
    return -*seen.throughput;
  }
  [[nodiscard]] std::optional<bool> by_metric(sort_metric metric, const ranked_route& x, const ranked_route& y) const {
    if (metric == sort_metric::price) return x.price == y.price ? std::nullopt : std::optional(x.price < y.price);
    const auto left = measure(metric, x);
    const auto right = measure(metric, y);
    if (left.has_value() != right.has_value()) return left.has_value();
    if (!left || *left == *right) return std::nullopt;
    return *left < *right;
  }
  [[nodiscard]] std::optional<bool> by_default(const ranked_route& x, const ranked_route& y) const {
    if (wanted_.model.kind == model_kind::concrete) return std::nullopt;
    const auto& facts = known_.region_of(wanted_.region);
    const auto is_resident = [&](const ranked_route& one) {
      return facts && facts->resident && *facts->resident == one.route.endpoint().owner;
    };
    if (is_resident(x) != is_resident(y)) return is_resident(x);
    if (wanted_.model.kind == model_kind::alias) return std::nullopt;
    const int128 left = cheapest_.at(x.route.model().id);
    const int128 right = cheapest_.at(y.route.model().id);
    return left == right ? std::nullopt : std::optional(left < right);
  }
  [[nodiscard]] static bool by_score(const ranked_route& x, const ranked_route& y) {
    if ((x.price == 0) != (y.price == 0)) return x.price == 0;
    // Prices and health of the generated worlds are short enough for the products to be exact.
    const auto weigh = [](const ranked_route& health_of, const ranked_route& price_of) {
      const long double price = price_of.price == 0 ? 1 : static_cast<long double>(price_of.price) / 1e10L;
      return static_cast<long double>(health_of.health) * price * price;
    };
    const long double left = weigh(x, y);
    const long double right = weigh(y, x);
    if (left != right) return left > right;
    return x.route.id() < y.route.id();
  }

  const policy& wanted_;
  const registry& known_;
  const std::map<route_id, route_signals>& signals_;
  std::map<std::string, int128> cheapest_;
};

route_signals any_signals() {
  route_signals made;
  made.success = *rc::gen::element(1.0, 1.0, 0.5, 0.25, 0.0, -1.0, nan, infinite);
  if (test::generated::chance(70)) made.latency = microseconds(*rc::gen::element(100, 200, 400, 0, -1));
  if (test::generated::chance(70)) made.throughput = *rc::gen::element(0.0, -0.0, 20.0, 30.0, nan, infinite, -7.0);
  made.cooling = test::generated::chance(25);
  return made;
}

void prefer_something(policy& wanted, const registry& known) {
  wanted.preferences.order.clear();
  for (std::size_t i = 0; i < known.tables().providers.size(); ++i) {
    if (!test::generated::chance(30)) continue;
    auto& order = wanted.preferences.order;
    order.insert(order.begin() + static_cast<std::ptrdiff_t>(test::generated::below(order.size() + 1)),
                 static_cast<provider_id>(i));
  }
  wanted.preferences.sort = std::nullopt;
  if (test::generated::chance(60)) wanted.preferences.sort = static_cast<sort_metric>(test::generated::below(3));
  if (test::generated::chance(20)) wanted.model.variant = static_cast<model_variant>(test::generated::below(3));
}

RC_GTEST_PROP(whole_order, is_that_of_the_keys_read_plainly, ()) {
  const registry known(*test::registry_tables());
  policy wanted = *test::policies();
  prefer_something(wanted, known);
  wanted.preferences.allow_fallbacks = true;
  const auto eligible = select(wanted, known, generated_today);
  RC_PRE(eligible.has_value());

  std::vector<route_signals> signals;
  std::map<route_id, route_signals> by_id;
  for (const eligible_route& one : eligible->routes()) {
    signals.push_back(any_signals());
    by_id[one.id()] = signals.back();
  }
  const auto ordered = route_order::make(*eligible, wanted, signals);
  RC_ASSERT(ordered.has_value());
  const auto routes = ordered->routes();
  const plain_keys keys(wanted, known, routes, by_id);
  for (std::size_t i = 0; i < routes.size(); ++i) {
    for (std::size_t j = i + 1; j < routes.size(); ++j) RC_ASSERT(keys.before(routes[i], routes[j]));
  }
}

}  // namespace
}  // namespace phigate::core
