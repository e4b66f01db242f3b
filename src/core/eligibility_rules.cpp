#include "eligibility_rules.hpp"

#include <algorithm>
#include <utility>

#include "phigate/core/stated_terms.hpp"

namespace phigate::core {
namespace {

bool covers(const agreement& contract, region where, modality what, std::chrono::sys_days today) {
  return contract.regions.contains(where) && contract.modalities.contains(what) && holds_on(contract, today);
}

std::string disabled_detail(const route& candidate, const registry& known) {
  if (!known.provider_of(candidate).enabled) return "the provider is disabled";
  const endpoint& host = known.endpoint_of(candidate);
  if (host.enabled) return "the model is disabled at this endpoint";
  return host.disabled_because.empty() ? "the endpoint is disabled" : host.disabled_because;
}

}  // namespace

std::optional<phi_gap> find_phi_gap(const route& candidate, region where, const registry& known,
                                    std::chrono::sys_days today) {
  const provider& owner = known.provider_of(candidate);
  const endpoint& host = known.endpoint_of(candidate);
  const auto covers_request = [&](const agreement& contract) {
    return covers(contract, where, candidate.modality, today);
  };
  if (std::ranges::none_of(owner.agreements, covers_request)) return phi_gap::agreement;

  // A region that lists no countries can't show that an endpoint lies inside it.
  const std::optional<region_facts>& facts = known.region_of(where);
  if (!facts || !host.location.within(facts->countries)) return phi_gap::location;
  if (trains_on_data(host, owner) != std::optional(false)) return phi_gap::training;
  return std::nullopt;
}

bool is_enabled(const route& candidate, const registry& known) {
  return known.endpoint_of(candidate).enabled && known.model_of(candidate).enabled &&
         known.provider_of(candidate).enabled;
}

rule_check::rule_check(const policy& wanted, const registry& known, std::chrono::sys_days today)
    : wanted_(&wanted), known_(&known), today_(today), preferences_(wanted, known), parameters_(wanted) {
  if (wanted.model.kind == model_kind::alias) alias_ = known.find_alias(wanted.model.name);
  for (exclusion_reason rule : all_exclusion_reasons) {
    if (is_in_force(rule)) in_force_[in_force_count_++] = rule;
  }
}

bool rule_check::is_in_force(exclusion_reason rule) const {
  switch (rule) {
    case exclusion_reason::disabled:
    case exclusion_reason::modality:
    case exclusion_reason::region:
      return true;
    case exclusion_reason::phi:
      return wanted_->data_class != data_class::general;
    case exclusion_reason::model:
      return wanted_->model.kind != model_kind::automatic;
    case exclusion_reason::parameters:
      return parameters_.is_in_force();
    default:
      return preferences_.is_in_force(rule);
  }
}

bool rule_check::passes(exclusion_reason rule, const route& candidate) const {
  return !is_in_force(rule) || holds(rule, candidate);
}

bool rule_check::holds(exclusion_reason rule, const route& candidate) const {
  switch (rule) {
    case exclusion_reason::disabled:
      return is_enabled(candidate, *known_);
    case exclusion_reason::modality:
      return candidate.modality == wanted_->modality;
    case exclusion_reason::region:
      return known_->endpoint_of(candidate).regions.contains(wanted_->region);
    case exclusion_reason::phi:
      return !find_phi_gap(candidate, wanted_->region, *known_, today_);
    case exclusion_reason::model:
      return matches_model(known_->model_of(candidate));
    case exclusion_reason::parameters:
      return parameters_.passes(known_->model_of(candidate), known_->endpoint_of(candidate));
    default:
      return preferences_.passes(rule, candidate);
  }
}

std::optional<exclusion_reason> rule_check::first_failure(const route& candidate, rule_set dropped) const {
  for (exclusion_reason rule : in_force()) {
    if (!dropped.contains(rule) && !holds(rule, candidate)) return rule;
  }
  return std::nullopt;
}

bool rule_check::matches_model(const hosted_model& model) const {
  switch (wanted_->model.kind) {
    case model_kind::automatic:
      return true;
    case model_kind::concrete:
      return model.id == wanted_->model.name;
    case model_kind::alias:
      return alias_ != nullptr && std::ranges::find(alias_->models, model.id) != alias_->models.end();
  }
  std::unreachable();
}

std::string rule_check::detail(exclusion_reason rule, const route& candidate) const {
  const std::string where(to_string(wanted_->region));
  switch (rule) {
    case exclusion_reason::disabled:
      return disabled_detail(candidate, *known_);
    case exclusion_reason::modality:
      return "serves " + std::string(to_string(candidate.modality)) + ", not " +
             std::string(to_string(wanted_->modality));
    case exclusion_reason::region:
      return "the endpoint does not serve " + where;
    case exclusion_reason::phi:
      return phi_detail(candidate);
    case exclusion_reason::model:
      return "is not the model asked for";
    case exclusion_reason::parameters:
      return parameters_.detail(known_->model_of(candidate), known_->endpoint_of(candidate));
    default:
      return preferences_.detail(rule, candidate);
  }
}

std::string rule_check::phi_detail(const route& candidate) const {
  const auto gap = find_phi_gap(candidate, wanted_->region, *known_, today_);
  if (!gap) return {};
  const std::string where(to_string(wanted_->region));
  const endpoint& host = known_->endpoint_of(candidate);
  switch (*gap) {
    case phi_gap::agreement:
      return "no agreement covers " + where + " and " + std::string(to_string(candidate.modality)) + " today";
    case phi_gap::location:
      if (host.location.text().empty()) return "does not say where it processes";
      return "processes in " + host.location.text() + ", which is not shown to lie in " + where;
    case phi_gap::training:
      return trains_on_data(host, known_->provider_of(candidate)) ? "the provider trains on data"
                                                                  : "whether the provider trains on data is unknown";
  }
  std::unreachable();
}

}  // namespace phigate::core
