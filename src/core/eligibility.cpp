#include "phigate/core/eligibility.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "eligibility_rules.hpp"
#include "model_routes.hpp"
#include "refusal.hpp"

namespace phigate::core {
namespace {

// Most models have no more hosts than this: their list then grows once.
constexpr std::size_t few_routes = 8;

// Calls `visit` with every route that could be eligible, in registry order.
template <typename Visitor>
void visit_candidates(const policy& wanted, const registry& known, Visitor visit) {
  switch (wanted.model.kind) {
    case model_kind::automatic:
      std::ranges::for_each(known.routes_in(wanted.region, wanted.modality), visit);
      return;
    case model_kind::concrete:
      std::ranges::for_each(known.routes_of(wanted.model.name, wanted.modality), visit);
      return;
    case model_kind::alias:
      if (const alias* found = known.find_alias(wanted.model.name)) {
        std::ranges::for_each(routes_of_alias(*found, wanted.modality, known), visit);
      }
      return;
  }
}

std::optional<exclusion> judged(const rule_check& rules, const route& candidate) {
  const auto failed = rules.first_failure(candidate);
  if (!failed) return std::nullopt;
  return exclusion{.reason = *failed, .detail = rules.detail(*failed, candidate)};
}

}  // namespace

std::string_view to_string(exclusion_reason reason) {
  static constexpr std::array<std::string_view, all_exclusion_reasons.size()> texts{
      "disabled", "modality",  "region",          "phi",          "model",     "only",      "ignore", "data_residency",
      "eu_owned", "retention", "data_collection", "variant_free", "max_price", "parameters"};
  return texts[static_cast<std::size_t>(reason)];
}

std::optional<exclusion> exclude(const route& candidate, const policy& wanted, const registry& known,
                                 std::chrono::sys_days today) {
  return judged(rule_check(wanted, known, today), candidate);
}

std::vector<std::optional<exclusion>> exclude_all(const policy& wanted, const registry& known,
                                                  std::chrono::sys_days today) {
  const rule_check rules(wanted, known, today);
  std::vector<std::optional<exclusion>> exclusions;
  exclusions.reserve(known.routes().size());
  for (const route& candidate : known.routes()) exclusions.push_back(judged(rules, candidate));
  return exclusions;
}

std::expected<eligible_routes, api_error> select(const policy& wanted, const registry& known,
                                                 std::chrono::sys_days today) {
  const rule_check rules(wanted, known, today);
  std::vector<eligible_route> admitted;
  admitted.reserve(few_routes);
  visit_candidates(wanted, known, [&](route_id id) {
    if (!rules.first_failure(known.at(id))) admitted.push_back(eligible_route(known, id));
  });
  if (admitted.empty()) return std::unexpected(refusal(wanted, known, today));
  return eligible_routes(known, std::move(admitted));
}

region_set verified_regions(const registry& known, modality what, std::chrono::sys_days today) {
  region_set verified;
  for (region where : all_regions()) {
    const auto serves_phi = [&](route_id id) {
      return is_enabled(known.at(id), known) && !find_phi_gap(known.at(id), where, known, today);
    };
    if (std::ranges::any_of(known.routes_in(where, what), serves_phi)) verified.insert(where);
  }
  return verified;
}

}  // namespace phigate::core
