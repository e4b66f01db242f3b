// What must hold for every registry, policy and run of bad luck.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/eligibility_rules.hpp"
#include "core/refusal.hpp"
#include "phigate/core/eligibility.hpp"
#include "phigate/core/failover.hpp"
#include "phigate/core/ordering.hpp"
#include "support/generated_registry.hpp"
#include "support/plain_rules.hpp"

namespace phigate::core {
namespace {

using test::generated_today;
using test::plain_rules;

std::vector<std::size_t> ids(std::span<const eligible_route> routes) {
  std::vector<std::size_t> plain;
  for (const eligible_route& one : routes) plain.push_back(static_cast<std::size_t>(one.id()));
  return plain;
}

std::vector<std::size_t> ids(std::span<const ranked_route> routes) {
  std::vector<std::size_t> plain;
  for (const ranked_route& one : routes) plain.push_back(static_cast<std::size_t>(one.route.id()));
  return plain;
}

std::vector<std::size_t> ids_by_plain_rules(const registry& known, const policy& wanted) {
  const plain_rules rules(known.tables(), wanted, generated_today);
  std::vector<std::size_t> admitted;
  for (std::size_t i = 0; i < known.routes().size(); ++i) {
    const route& one = known.routes()[i];
    if (rules.admits(static_cast<std::size_t>(one.model), one.modality)) admitted.push_back(i);
  }
  return admitted;
}

// What was measured, nonsense too.
std::vector<route_signals> any_signals(std::size_t routes) {
  std::vector<route_signals> signals;
  for (std::size_t i = 0; i < routes; ++i) {
    route_signals one;
    one.success = *rc::gen::element(1.0, 0.5, 0.25, 0.01, 0.0, -1.0, std::numeric_limits<double>::quiet_NaN(),
                                    std::numeric_limits<double>::infinity());
    if (test::generated::chance(60)) one.latency = std::chrono::microseconds(*rc::gen::element(0, 1, 90, 100, 4'000));
    if (test::generated::chance(60)) one.throughput = *rc::gen::element(0.0, 1.0, 80.0, 1e300);
    one.cooling = test::generated::chance(30);
    signals.push_back(one);
  }
  return signals;
}

RC_GTEST_PROP(generated_routing, selects_exactly_what_the_rules_admit, ()) {
  const registry known(*test::registry_tables());
  const policy wanted = *test::policies();
  const auto selected = select(wanted, known, generated_today);
  const auto expected = ids_by_plain_rules(known, wanted);
  RC_ASSERT(selected.has_value() == !expected.empty());
  if (selected) RC_ASSERT(ids(selected->routes()) == expected);
}

RC_GTEST_PROP(generated_routing, only_ever_shrinks_what_is_eligible_by_preferences_and_variants, ()) {
  const registry known(*test::registry_tables());
  const policy wanted = *test::policies();
  const auto narrowed = select(wanted, known, generated_today);
  RC_PRE(narrowed.has_value());
  policy plain = wanted;
  plain.preferences = {};
  plain.model.variant.reset();
  const auto all = select(plain, known, generated_today);
  RC_ASSERT(all.has_value());
  RC_ASSERT(std::ranges::includes(ids(all->routes()), ids(narrowed->routes())));
}

RC_GTEST_PROP(generated_routing, admits_no_more_for_a_stricter_preference, ()) {
  const registry known(*test::registry_tables());
  const policy loose = *test::policies();
  policy strict = loose;
  const preferences more = *test::at_full_size([] { return test::generated::preferences(); });
  preferences& asked = strict.preferences;
  if (!asked.only) asked.only = more.only;
  asked.ignore.insert(asked.ignore.end(), more.ignore.begin(), more.ignore.end());
  if (!asked.data_residency) asked.data_residency = more.data_residency;
  asked.eu_owned = asked.eu_owned || more.eu_owned;
  if (asked.max_retention_days > 0) --*asked.max_retention_days;
  if (!asked.max_retention_days) asked.max_retention_days = more.max_retention_days;
  asked.denies_data_collection = asked.denies_data_collection || more.denies_data_collection;
  if (asked.max_price.prompt > 0) --*asked.max_price.prompt;
  if (!asked.max_price.completion) asked.max_price.completion = more.max_price.completion;
  const auto narrowed = select(strict, known, generated_today);
  RC_PRE(narrowed.has_value());
  const auto all = select(loose, known, generated_today);
  RC_ASSERT(all.has_value());
  RC_ASSERT(std::ranges::includes(ids(all->routes()), ids(narrowed->routes())));
}

RC_GTEST_PROP(generated_routing, orders_a_permutation_of_a_subset_of_what_is_eligible, ()) {
  const registry known(*test::registry_tables());
  const policy wanted = *test::policies();
  auto selected = select(wanted, known, generated_today);
  RC_PRE(selected.has_value());
  const auto eligible = ids(selected->routes());
  const auto order = route_order::make(*selected, wanted, any_signals(eligible.size()));
  RC_ASSERT(order.has_value() || (!wanted.preferences.allow_fallbacks && !wanted.preferences.order.empty()));
  if (!order) RC_SUCCEED("the cut of allow_fallbacks left none");
  auto ordered = ids(order->routes());
  RC_ASSERT(!ordered.empty());
  const bool is_cut = wanted.modality == modality::embeddings || !wanted.preferences.allow_fallbacks;
  if (!is_cut) RC_ASSERT(ordered.size() == eligible.size());
  std::ranges::sort(ordered);
  RC_ASSERT(std::ranges::adjacent_find(ordered) == ordered.end());
  RC_ASSERT(std::ranges::includes(eligible, ordered));
}

// Every policy of class phi that a generated registry could be asked for.
std::vector<policy> all_phi_policies() {
  std::vector<policy> all;
  for (region where : all_regions()) {
    for (modality what : all_modalities()) {
      policy wanted;
      wanted.region = where;
      wanted.data_class = data_class::phi;
      wanted.modality = what;
      wanted.model = {.kind = model_kind::automatic, .name = "auto"};
      all.push_back(wanted);
      wanted.model = {.kind = model_kind::alias, .name = "both"};
      all.push_back(wanted);
      wanted.model = {.kind = model_kind::concrete, .name = "m-0"};
      all.push_back(wanted);
    }
  }
  return all;
}

RC_GTEST_PROP(generated_routing, orders_nothing_unverified_for_class_phi, ()) {
  const registry known(*test::registry_tables());
  for (const policy& wanted : all_phi_policies()) {
    auto selected = select(wanted, known, generated_today);
    if (!selected) continue;
    const auto order = route_order::make(*selected, wanted, {});
    RC_ASSERT(order.has_value());
    const plain_rules rules(known.tables(), wanted, generated_today);
    for (const ranked_route& one : order->routes()) {
      RC_ASSERT(rules.is_verified(static_cast<std::size_t>(one.route.route().model)));
      RC_ASSERT(one.route.endpoint().regions.contains(wanted.region));
      RC_ASSERT(one.route.route().modality == wanted.modality);
      RC_ASSERT(!one.route.endpoint().location.global);
    }
  }
}

RC_GTEST_PROP(generated_routing, keeps_every_position_of_an_order_inside_region_and_modality, ()) {
  const registry known(*test::registry_tables());
  const policy wanted = *test::policies();
  auto selected = select(wanted, known, generated_today);
  RC_PRE(selected.has_value());
  const auto signals = any_signals(selected->routes().size());
  const auto order = route_order::make(*selected, wanted, signals);
  RC_PRE(order.has_value());
  const plain_rules rules(known.tables(), wanted, generated_today);
  for (const ranked_route& one : order->routes()) {
    RC_ASSERT(rules.admits(static_cast<std::size_t>(one.route.route().model), one.route.route().modality));
  }
}

RC_GTEST_PROP(generated_routing, never_mixes_models_of_embeddings_and_lets_nothing_measured_choose_the_model, ()) {
  const registry known(*test::registry_tables());
  policy wanted = *test::policies();
  wanted.modality = modality::embeddings;
  wanted.preferences.allow_fallbacks = true;
  const auto selected = select(wanted, known, generated_today);
  RC_PRE(selected.has_value());
  const auto chosen = [&] {
    const auto signals = any_signals(selected->routes().size());
    const auto order = route_order::make(*selected, wanted, signals);
    std::set<std::string> models;
    for (const ranked_route& one : order->routes()) models.insert(one.route.model().id);
    return models;
  };
  const auto first = chosen();
  RC_ASSERT(first.size() == 1U);
  RC_ASSERT(chosen() == first);
}

RC_GTEST_PROP(generated_routing, counts_every_route_once_when_it_refuses, ()) {
  const registry known(*test::registry_tables());
  const policy wanted = *test::policies();
  const auto selected = select(wanted, known, generated_today);
  RC_PRE(!selected.has_value());
  const api_error& error = selected.error();
  RC_ASSERT(!error.message.empty());
  if (error.code != error_code::no_route) RC_SUCCEED("counts are no_route's alone");
  std::size_t removed = 0;
  for (const exclusion_count& one : error.excluded) {
    RC_ASSERT(one.routes > 0);
    removed += one.routes;
  }
  RC_ASSERT(removed == known.routes().size());
}

RC_GTEST_PROP(generated_routing, blocks_for_phi_exactly_by_the_two_cases_of_the_rule, ()) {
  const registry known(*test::registry_tables());
  policy wanted = *test::policies();
  wanted.data_class = data_class::phi;
  const auto selected = select(wanted, known, generated_today);
  RC_PRE(!selected.has_value() && selected.error().code != error_code::model_not_found);

  const plain_rules rules(known.tables(), wanted, generated_today);
  bool has_host = false;
  bool has_verified_host = false;
  for (const route& one : known.routes()) {
    if (one.modality != wanted.modality || !known.endpoint_of(one).regions.contains(wanted.region)) continue;
    has_host = true;
    has_verified_host = has_verified_host || rules.is_verified(static_cast<std::size_t>(one.model));
  }
  policy without_phi = wanted;
  without_phi.data_class = data_class::general;
  const bool blocked = (has_host && !has_verified_host) || !ids_by_plain_rules(known, without_phi).empty();
  RC_ASSERT((selected.error().code == error_code::phi_blocked) == blocked);
}

RC_GTEST_PROP(generated_routing, counts_every_route_once_when_the_cut_of_fallbacks_leaves_none, ()) {
  const registry known(*test::registry_tables());
  const policy wanted = *test::policies();
  const auto selected = select(wanted, known, generated_today);
  RC_PRE(selected.has_value());
  std::vector<route_id> cut;
  for (const eligible_route& one : selected->routes()) cut.push_back(one.id());
  if (cut.size() > 1 && test::generated::chance(50)) cut.pop_back();
  const api_error error = refusal_of_cut(wanted, known, generated_today, cut);
  std::size_t removed = 0;
  for (const exclusion_count& one : error.excluded) removed += one.routes;
  RC_ASSERT(removed == known.routes().size());
  RC_ASSERT(error.excluded.back().reason == "allow_fallbacks");
  RC_ASSERT(error.excluded.back().routes == cut.size());
}

// Without this the properties above could all hold of refusals alone, or of rules that never bite.
TEST(generated_registries, reach_every_outcome_and_every_rule_often) {
  std::map<std::string, int> outcomes;
  for (std::uint64_t seed = 0; seed < 600; ++seed) {
    const registry known(test::registry_tables()(rc::Random(seed), 100).value());
    const policy wanted = test::policies()(rc::Random(seed + 1'000'000), 100).value();
    const auto selected = select(wanted, known, generated_today);
    const std::string outcome(selected ? "route" : traits_of(selected.error().code).code);
    ++outcomes[std::string(to_string(wanted.data_class)) + " " + outcome];
    for (const auto& one : exclude_all(wanted, known, generated_today)) {
      if (one) ++outcomes[std::string(to_string(one->reason))];
    }
  }
  for (std::string_view outcome : {"general route", "general no_route", "general model_not_found", "phi route",
                                   "phi phi_blocked", "phi no_route", "phi model_not_found"}) {
    EXPECT_GE(outcomes[std::string(outcome)], 5) << outcome;
  }
  for (exclusion_reason rule : all_exclusion_reasons) {
    EXPECT_GE(outcomes[std::string(to_string(rule))], 5) << to_string(rule);
  }
}

// Runs at full size, as the registries are.
int below(int end) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(0, end));
}

attempt_failure any_failure() {
  attempt_failure failure;
  failure.kind = static_cast<failure_kind>(below(static_cast<int>(failure_kind::misconfigured) + 1));
  // Ends of a request are rarer than in truth, so that runs get long.
  if (failure.kind >= failure_kind::too_large && below(4) != 0) failure.kind = failure_kind::reset;
  failure.reach = static_cast<reach>(below(3));
  failure.sent_whole = below(2) == 0;
  failure.reused_connection = below(2) == 0;
  failure.status = failure.reach == reach::head_received ? 300 + below(300) : 0;
  if (below(2) == 0) failure.retry_after = std::chrono::seconds(below(1'000));
  return failure;
}

RC_GTEST_PROP(failover_runs, bound_attempts_dials_and_time, ()) {
  const auto routes = static_cast<std::size_t>(1 + below(7));
  const int most = 1 + below(5);
  const failover::time_point deadline{std::chrono::milliseconds(1 + below(200))};
  failover machine(std::vector<failover::candidate>(routes, {.provider = "p", .model = "m"}),
                   {.max_attempts = most, .deadline = deadline});
  failover::time_point now{};
  std::map<std::size_t, int> fresh_dials;
  int attempts = 0;
  int allowed = most;
  next_step next = machine.start(now);
  while (const auto* dial = std::get_if<step::dial>(&next)) {
    RC_ASSERT(now < deadline);
    RC_ASSERT(dial->route < routes);
    if (dial->fresh) {
      RC_ASSERT(++fresh_dials[dial->route] == 1);
      RC_ASSERT(dial->route == static_cast<std::size_t>(attempts - 1));
    } else {
      RC_ASSERT(dial->route == static_cast<std::size_t>(attempts));
      ++attempts;
    }
    RC_ASSERT(attempts <= allowed);
    RC_ASSERT(machine.attempts() == attempts);
    RC_ASSERT(machine.current() == dial->route);
    now += std::chrono::milliseconds(below(50));
    const attempt_failure failure = any_failure();
    next = machine.on_failure(failure, now);
    if (failure.kind == failure_kind::timeout && failure.sent_whole) allowed = std::min(allowed, attempts + 1);
  }
  const auto& error = std::get<step::fail>(next).error;
  RC_ASSERT(error.attempts.size() == static_cast<std::size_t>(attempts));
  RC_ASSERT(machine.failures().size() == static_cast<std::size_t>(attempts));
  RC_ASSERT(!error.message.empty());
}

}  // namespace
}  // namespace phigate::core
