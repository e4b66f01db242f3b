#include "refusal_advice.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "model_routes.hpp"
#include "parameter_rule.hpp"

namespace phigate::core {
namespace {

// More names than this help nobody.
constexpr std::size_t most_named_providers = 5;

// Rules of a policy that a client can change only by naming another region.
constexpr rule_set rules_of_place{exclusion_reason::region, exclusion_reason::phi};

void append_item(std::string& list, std::string_view item, std::string_view separator = ", ") {
  if (!list.empty()) list += separator;
  list += item;
}

template <typename Enum, std::size_t Size>
std::string joined(const enum_set<Enum, Size>& members, std::span<const Enum> all) {
  std::string text;
  for (Enum member : all) {
    if (members.contains(member)) append_item(text, to_string(member));
  }
  return text;
}

std::string joined(const region_set& members) {
  return joined(members, all_regions());
}
std::string joined(const modality_set& members) {
  return joined(members, all_modalities());
}

// What the model asked for serves, anywhere.
modality_set served_modalities(const model_selector& wanted, const registry& known) {
  modality_set served;
  for (modality what : all_modalities()) {
    if (!routes_of_model(wanted, what, known).empty()) served.insert(what);
  }
  return served;
}

// Where the same request would find a route if it named that region. `hosts` are the routes of its model and modality.
region_set other_regions(const policy& wanted, const registry& known, const rule_check& rules,
                         std::span<const route_id> hosts, std::chrono::sys_days today) {
  region_set regions;
  for (route_id id : hosts) {
    const route& candidate = known.at(id);
    if (rules.first_failure(candidate, rules_of_place)) continue;
    for (region where : all_regions()) {
      if (regions.contains(where) || !known.endpoint_of(candidate).regions.contains(where)) continue;
      const bool may = wanted.data_class == data_class::general || !find_phi_gap(candidate, where, known, today);
      if (may) regions.insert(where);
    }
  }
  return regions;
}

// A rule that the client can give up, as the client wrote it.
std::string name_of_choice(exclusion_reason rule, const policy& wanted) {
  switch (rule) {
    case exclusion_reason::only:
      return "provider.only";
    case exclusion_reason::ignore:
      return "provider.ignore";
    case exclusion_reason::data_residency:
      return "provider.data_residency";
    case exclusion_reason::eu_owned:
      return "provider.eu_owned";
    case exclusion_reason::retention:
      return wanted.preferences.max_retention_days == 0 ? "provider.max_retention_days (or zdr)"
                                                        : "provider.max_retention_days";
    case exclusion_reason::data_collection:
      return "provider.data_collection (or zdr)";
    case exclusion_reason::variant_free:
      return "the variant ':free'";
    case exclusion_reason::max_price:
      return "provider.max_price";
    default:
      return "what it needs of the route (" + parameter_rule(wanted).asked_for() + ")";
  }
}

// The routes that only the client's own choices keep from the request.
struct choices {
  std::size_t routes = 0;
  rule_set first;  // what removes them
  rule_set sole;   // each alone removes a route that nothing else does
};

choices removed_by_choice(const registry& known, const rule_check& rules, std::span<const route_id> hosts) {
  choices found;
  for (route_id id : hosts) {
    const route& candidate = known.at(id);
    if (rules.first_failure(candidate, rules_of_choice)) continue;
    const auto first = rules.first_failure(candidate);
    if (!first) continue;
    ++found.routes;
    found.first.insert(*first);
    if (!rules.first_failure(candidate, {*first})) found.sole.insert(*first);
  }
  return found;
}

std::string joined_choices(rule_set chosen, const policy& wanted, std::string_view separator) {
  std::string text;
  for (exclusion_reason rule : all_exclusion_reasons) {
    if (chosen.contains(rule)) append_item(text, name_of_choice(rule, wanted), separator);
  }
  return text;
}

// Empty where every route is kept out by something else as well.
std::string choice_advice(const policy& wanted, const registry& known, const rule_check& rules,
                          std::span<const route_id> hosts) {
  const choices found = removed_by_choice(known, rules, hosts);
  if (found.routes == 0) return {};
  const std::string routes = found.routes == 1 ? "1 route" : std::to_string(found.routes) + " routes";
  const std::string text = "Only what the request itself asks for stands in the way of " + routes +
                           " there: " + joined_choices(found.first, wanted, ", ") + ". ";
  if (found.sole.empty()) return text + "No single one of its wishes would do if given up. ";
  return text + "It would be served without " + joined_choices(found.sole, wanted, ", or without ") + ". ";
}

}  // namespace

std::string model_text(const model_selector& model) {
  return model.kind == model_kind::automatic ? std::string("any model") : "'" + model.name + "'";
}

std::string no_route_text(const policy& wanted) {
  return "No route serves " + model_text(wanted.model) + " for " + std::string(to_string(wanted.modality)) + " in " +
         std::string(to_string(wanted.region)) + " (class " + std::string(to_string(wanted.data_class)) + ")";
}

std::string advice_on_place(const policy& wanted, const registry& known, const rule_check& rules,
                            std::chrono::sys_days today) {
  const std::vector<route_id> hosts = routes_of_model(wanted.model, wanted.modality, known);
  const region_set regions = other_regions(wanted, known, rules, hosts, today);
  return regions.empty() ? "" : "Regions that can serve it: " + joined(regions) + "; name one in X-Region.";
}

std::string advice(const policy& wanted, const registry& known, const rule_check& rules, std::chrono::sys_days today) {
  const std::string what(to_string(wanted.modality));
  const std::vector<route_id> hosts = routes_of_model(wanted.model, wanted.modality, known);
  if (hosts.empty()) {
    if (wanted.model.kind == model_kind::automatic) return "No provider here serves " + what + ".";
    return "It serves " + joined(served_modalities(wanted.model, known)) + "; name a model for " + what +
           " or send 'auto'.";
  }
  const std::string text = choice_advice(wanted, known, rules, hosts);
  const std::string elsewhere = advice_on_place(wanted, known, rules, today);
  if (!elsewhere.empty()) return text + elsewhere;
  return text + "No other region can serve it either; GET /v1/models lists what can be used.";
}

std::string advice_on_cut(const registry& known, std::span<const route_id> cut) {
  std::vector<provider_id> owners;
  for (route_id id : cut) owners.push_back(known.endpoint_of(known.at(id)).owner);
  std::ranges::sort(owners);
  const auto repeated = std::ranges::unique(owners);
  owners.erase(repeated.begin(), repeated.end());

  std::string names;
  for (std::size_t i = 0; i < std::min(owners.size(), most_named_providers); ++i) {
    append_item(names, known.tables().providers[static_cast<std::size_t>(owners[i])].slug);
  }
  if (owners.size() > most_named_providers) names += ", …";
  return "None of the providers in provider.order can serve it, and provider.allow_fallbacks is false. Providers that "
         "can: " +
         names + "; add one to provider.order, or allow fallbacks.";
}

std::string advice_on_phi(const policy& wanted, const registry& known, std::chrono::sys_days today) {
  const std::string what(to_string(wanted.modality));
  const std::string where(to_string(wanted.region));
  const region_set verified = verified_regions(known, wanted.modality, today);
  if (verified.empty()) return "No region has a verified host for " + what + " today.";
  std::string text = "Regions with a verified host for " + what + ": " + joined(verified) + "; name one in X-Region.";
  if (verified.contains(wanted.region)) text += " To stay in " + where + ", name another model or send 'auto'.";
  return text;
}

}  // namespace phigate::core
