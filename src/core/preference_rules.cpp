#include "preference_rules.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "phigate/core/stated_terms.hpp"
#include "price_rules.hpp"

namespace phigate::core {
namespace {

std::vector<bool> marked(const std::vector<provider_id>& listed, const registry& known) {
  std::vector<bool> marks(known.tables().providers.size());
  // at(): an id of another registry would let the wrong provider pass.
  for (provider_id one : listed) marks.at(static_cast<std::size_t>(one)) = true;
  return marks;
}

bool is_eea_owned(const provider& owner) {
  return owner.headquarters && std::ranges::binary_search(eea_members(), *owner.headquarters);
}

bool keeps_at_most(std::int64_t days, const endpoint& host, const provider& owner) {
  const auto kept = retention_days(host, owner);
  return kept && *kept <= days;
}

std::string days_text(std::int64_t days) {
  return std::to_string(days) + (days == 1 ? " day" : " days");
}

std::string residency_detail(const country_list& location, const residency& wanted) {
  if (location.global) return "may process anywhere, outside " + wanted.name + " too";
  country_list outside;
  std::ranges::copy_if(location.countries, std::back_inserter(outside.countries), [&wanted](const country& one) {
    return std::ranges::find(wanted.countries, one) == wanted.countries.end();
  });
  if (outside.countries.empty()) return "does not say where it processes";
  return "processes in " + outside.text() + ", outside " + wanted.name;
}

std::string ownership_detail(const provider& owner) {
  if (!owner.headquarters) return "where its headquarters are is unknown";
  return "its headquarters are in " + std::string(owner.headquarters->text()) + ", outside the EEA";
}

std::string retention_detail(std::int64_t most, const endpoint& host, const provider& owner) {
  const auto kept = retention_days(host, owner);
  if (!kept) return "how long it keeps data is unknown";
  return "keeps data for " + days_text(*kept) + ", longer than the " + std::to_string(most) + " allowed";
}

std::string collection_detail(const endpoint& host, const provider& owner) {
  return trains_on_data(host, owner) ? "trains on data" : "whether it trains on data is unknown";
}

}  // namespace

preference_rules::preference_rules(const policy& wanted, const registry& known) : wanted_(&wanted), known_(&known) {
  if (wanted.preferences.only) only_ = marked(*wanted.preferences.only, known);
  if (!wanted.preferences.ignore.empty()) ignored_ = marked(wanted.preferences.ignore, known);
}

bool preference_rules::is_in_force(exclusion_reason rule) const {
  const preferences& asked = wanted_->preferences;
  switch (rule) {
    case exclusion_reason::only:
      return asked.only.has_value();
    case exclusion_reason::ignore:
      return !asked.ignore.empty();
    case exclusion_reason::data_residency:
      return asked.data_residency.has_value();
    case exclusion_reason::eu_owned:
      return asked.eu_owned;
    case exclusion_reason::retention:
      return asked.max_retention_days.has_value();
    case exclusion_reason::data_collection:
      return asked.denies_data_collection;
    case exclusion_reason::variant_free:
      return wanted_->model.variant == model_variant::free;
    case exclusion_reason::max_price:
      return !asked.max_price.empty();
    default:
      std::unreachable();
  }
}

// A rule that is not in force is not asked, so what it needs is there.
bool preference_rules::passes(exclusion_reason rule, const route& candidate) const {
  const preferences& asked = wanted_->preferences;
  const endpoint& host = known_->endpoint_of(candidate);
  const provider& owner = known_->provider_of(candidate);
  switch (rule) {
    case exclusion_reason::only:
      return only_[static_cast<std::size_t>(host.owner)];
    case exclusion_reason::ignore:
      return !ignored_[static_cast<std::size_t>(host.owner)];
    case exclusion_reason::data_residency:
      return host.location.within(asked.data_residency->countries);
    case exclusion_reason::eu_owned:
      return is_eea_owned(owner);
    case exclusion_reason::retention:
      return keeps_at_most(*asked.max_retention_days, host, owner);
    case exclusion_reason::data_collection:
      return trains_on_data(host, owner) == std::optional(false);
    case exclusion_reason::variant_free:
      return is_free(known_->model_of(candidate).cost);
    case exclusion_reason::max_price:
      return is_within(known_->model_of(candidate).cost, asked.max_price);
    default:
      std::unreachable();
  }
}

std::string preference_rules::detail(exclusion_reason rule, const route& candidate) const {
  const preferences& asked = wanted_->preferences;
  const endpoint& host = known_->endpoint_of(candidate);
  const provider& owner = known_->provider_of(candidate);
  switch (rule) {
    case exclusion_reason::only:
      return "provider.only does not list " + owner.slug;
    case exclusion_reason::ignore:
      return "provider.ignore lists " + owner.slug;
    case exclusion_reason::data_residency:
      return residency_detail(host.location, *asked.data_residency);
    case exclusion_reason::eu_owned:
      return ownership_detail(owner);
    case exclusion_reason::retention:
      return retention_detail(*asked.max_retention_days, host, owner);
    case exclusion_reason::data_collection:
      return collection_detail(host, owner);
    case exclusion_reason::variant_free:
      return free_detail(known_->model_of(candidate).cost);
    case exclusion_reason::max_price:
      return ceiling_detail(known_->model_of(candidate).cost, asked.max_price);
    default:
      std::unreachable();
  }
}

}  // namespace phigate::core
