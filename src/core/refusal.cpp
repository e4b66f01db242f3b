#include "refusal.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "eligibility_rules.hpp"

namespace phigate::core {
namespace {

template <typename Enum, std::size_t Size>
std::string joined(const enum_set<Enum, Size>& members, std::span<const Enum> all) {
  std::string text;
  for (Enum member : all) {
    if (!members.contains(member)) continue;
    if (!text.empty()) text += ", ";
    text += to_string(member);
  }
  return text;
}

std::string joined(const region_set& members) {
  return joined(members, all_regions());
}
std::string joined(const modality_set& members) {
  return joined(members, all_modalities());
}

bool passes_all_but(exclusion_reason dropped, const rule_check& rules, const route& candidate) {
  return std::ranges::all_of(all_exclusion_reasons,
                             [&](exclusion_reason rule) { return rule == dropped || rules.passes(rule, candidate); });
}

// The phi_blocked row of spec §3. A disabled host still counts as one of the region's hosts, verified or not: to lack a
// credential today is no statement about PHI.
bool blocked_for_phi(const policy& wanted, const registry& known, const rule_check& rules) {
  if (wanted.data_class != data_class::phi) return false;
  const auto hosts = known.routes_in(wanted.region, wanted.modality);
  const auto is_verified = [&](route_id id) { return rules.passes(exclusion_reason::phi, known.at(id)); };
  if (!hosts.empty() && std::ranges::none_of(hosts, is_verified)) return true;
  return std::ranges::any_of(hosts,
                             [&](route_id id) { return passes_all_but(exclusion_reason::phi, rules, known.at(id)); });
}

std::string model_text(const model_selector& model) {
  return model.kind == model_kind::automatic ? std::string("any model") : "'" + model.name + "'";
}

api_error phi_blocked(const policy& wanted, const registry& known, std::chrono::sys_days today) {
  const std::string what(to_string(wanted.modality));
  const std::string where(to_string(wanted.region));
  const region_set verified = verified_regions(known, wanted.modality, today);
  std::string message =
      "No host of " + model_text(wanted.model) + " in " + where + " may process PHI for " + what + ". ";
  if (verified.empty()) {
    message += "No region has a verified host for " + what + " today.";
    return {.code = error_code::phi_blocked, .message = std::move(message)};
  }
  message += "Regions with a verified host for " + what + ": " + joined(verified) + "; name one in X-Region.";
  if (verified.contains(wanted.region)) message += " To stay in " + where + ", name another model or send 'auto'.";
  return {.code = error_code::phi_blocked, .message = std::move(message)};
}

std::vector<exclusion_count> count_exclusions(const registry& known, const rule_check& rules) {
  std::array<std::size_t, all_exclusion_reasons.size()> removed{};
  for (const route& candidate : known.routes()) {
    if (const auto failed = rules.first_failure(candidate)) ++removed[static_cast<std::size_t>(*failed)];
  }
  std::vector<exclusion_count> counts;
  for (exclusion_reason rule : all_exclusion_reasons) {
    const std::size_t routes = removed[static_cast<std::size_t>(rule)];
    if (routes > 0) counts.push_back({.reason = to_string(rule), .routes = routes});
  }
  return counts;
}

// Where the same request would find a route if it named that region.
region_set other_regions(const policy& wanted, const registry& known, std::chrono::sys_days today) {
  region_set regions;
  policy moved = wanted;
  for (region where : all_regions()) {
    moved.region = where;
    const rule_check rules(moved, known, today);
    const auto is_eligible = [&](route_id id) { return !rules.first_failure(known.at(id)); };
    if (std::ranges::any_of(known.routes_in(where, wanted.modality), is_eligible)) regions.insert(where);
  }
  return regions;
}

// What the model asked for serves, anywhere.
modality_set served_modalities(const registry& known, const rule_check& rules) {
  modality_set served;
  for (const route& candidate : known.routes()) {
    if (rules.passes(exclusion_reason::model, candidate)) served.insert(candidate.modality);
  }
  return served;
}

bool counts_rule(const std::vector<exclusion_count>& counts, exclusion_reason rule) {
  return std::ranges::find(counts, to_string(rule), &exclusion_count::reason) != counts.end();
}

std::string asked_for(const policy& wanted) {
  std::string text;
  for (const std::string& word : wanted.required_features) text += (text.empty() ? "" : ", ") + word;
  if (wanted.dimensions) text += (text.empty() ? "dimensions " : ", dimensions ") + std::to_string(*wanted.dimensions);
  return text;
}

std::string advice(const policy& wanted, const registry& known, const rule_check& rules,
                   const std::vector<exclusion_count>& counts, std::chrono::sys_days today) {
  const std::string what(to_string(wanted.modality));
  const modality_set served = served_modalities(known, rules);
  if (!served.contains(wanted.modality)) {
    if (wanted.model.kind == model_kind::automatic) return "No provider here serves " + what + ".";
    return "It serves " + joined(served) + "; name a model for " + what + " or send 'auto'.";
  }
  std::string text;
  if (counts_rule(counts, exclusion_reason::parameters)) {
    text = "A host there can't do all that the request asks for (" + asked_for(wanted) + "); without it, it can. ";
  }
  const region_set regions = other_regions(wanted, known, today);
  if (!regions.empty()) return text + "Regions that can serve it: " + joined(regions) + "; name one in X-Region.";
  return text + "No other region can serve it either; GET /v1/models lists what can be used.";
}

api_error no_route(const policy& wanted, const registry& known, const rule_check& rules, std::chrono::sys_days today) {
  api_error error{.code = error_code::no_route};
  error.excluded = count_exclusions(known, rules);
  error.message = "No route serves " + model_text(wanted.model) + " for " + std::string(to_string(wanted.modality)) +
                  " in " + std::string(to_string(wanted.region)) + " (class " +
                  std::string(to_string(wanted.data_class)) + "). " +
                  advice(wanted, known, rules, error.excluded, today);
  return error;
}

}  // namespace

api_error refusal(const policy& wanted, const registry& known, std::chrono::sys_days today) {
  if (!is_hosted(wanted.model, known)) return model_not_found(wanted.model.name);
  const rule_check rules(wanted, known, today);
  if (blocked_for_phi(wanted, known, rules)) return phi_blocked(wanted, known, today);
  return no_route(wanted, known, rules, today);
}

}  // namespace phigate::core
