#include "refusal.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "eligibility_rules.hpp"
#include "parameter_refusal.hpp"
#include "refusal_advice.hpp"

namespace phigate::core {
namespace {

// The phi_blocked row of spec §3. A disabled host still counts as one of the region's hosts, verified or not: to lack a
// credential today is no statement about PHI.
bool blocked_for_phi(const policy& wanted, const registry& known, const rule_check& rules) {
  if (wanted.data_class != data_class::phi) return false;
  const auto hosts = known.routes_in(wanted.region, wanted.modality);
  const auto is_verified = [&](route_id id) { return rules.passes(exclusion_reason::phi, known.at(id)); };
  if (!hosts.empty() && std::ranges::none_of(hosts, is_verified)) return true;
  return std::ranges::any_of(hosts,
                             [&](route_id id) { return !rules.first_failure(known.at(id), {exclusion_reason::phi}); });
}

api_error phi_blocked(const policy& wanted, const registry& known, std::chrono::sys_days today) {
  return {.code = error_code::phi_blocked,
          .message = "No host of " + model_text(wanted.model) + " in " + std::string(to_string(wanted.region)) +
                     " may process PHI for " + std::string(to_string(wanted.modality)) + ". " +
                     advice_on_phi(wanted, known, today)};
}

// Routes by the first rule that each fails, and those that fail none.
struct tally {
  std::array<std::size_t, all_exclusion_reasons.size()> removed{};
  std::size_t eligible = 0;

  [[nodiscard]] std::size_t& of(exclusion_reason rule) { return removed[static_cast<std::size_t>(rule)]; }
};

tally count_routes(const registry& known, const rule_check& rules) {
  tally routes;
  for (const route& candidate : known.routes()) {
    const auto failed = rules.first_failure(candidate);
    ++(failed ? routes.of(*failed) : routes.eligible);
  }
  return routes;
}

std::vector<exclusion_count> listed(tally routes) {
  std::vector<exclusion_count> counts;
  for (exclusion_reason rule : all_exclusion_reasons) {
    if (routes.of(rule) > 0) counts.push_back({.reason = to_string(rule), .routes = routes.of(rule)});
  }
  return counts;
}

}  // namespace

api_error refusal(const policy& wanted, const registry& known, std::chrono::sys_days today) {
  if (!is_hosted(wanted.model, known)) return model_not_found(wanted.model.name);
  const rule_check rules(wanted, known, today);
  if (blocked_for_phi(wanted, known, rules)) return phi_blocked(wanted, known, today);
  if (auto named = parameter_refusal(wanted, known, rules, today)) return *std::move(named);
  return {.code = error_code::no_route,
          .message = no_route_text(wanted) + ". " + advice(wanted, known, rules, today),
          .excluded = listed(count_routes(known, rules))};
}

api_error refusal_of_cut(const policy& wanted, const registry& known, std::chrono::sys_days today,
                         std::span<const route_id> cut) {
  tally routes = count_routes(known, rule_check(wanted, known, today));
  routes.of(exclusion_reason::model) += routes.eligible - std::min(routes.eligible, cut.size());
  api_error error{.code = error_code::no_route,
                  .message = no_route_text(wanted) + ". " + advice_on_cut(known, cut),
                  .excluded = listed(routes)};
  error.excluded.push_back({.reason = cut_reason, .routes = cut.size()});
  return error;
}

}  // namespace phigate::core
