// The rules of spec §3 once more, from the tables alone: shares no code with what it checks.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "phigate/core/policy.hpp"
#include "phigate/core/registry.hpp"

namespace phigate::test {

// Both arguments must outlive it.
class plain_rules {
 public:
  plain_rules(const core::registry_tables& tables, const core::policy& wanted, std::chrono::sys_days today)
      : tables_(tables), wanted_(wanted), today_(today) {}

  [[nodiscard]] bool admits(std::size_t model_index, core::modality what) const {
    const core::hosted_model& model = tables_.models[model_index];
    const core::endpoint& host = host_of(model_index);
    if (!model.enabled || !host.enabled || !owner_of(model_index).enabled) return false;
    if (what != wanted_.modality || !host.regions.contains(wanted_.region)) return false;
    return fits_class(model_index) && is_wanted(model.id) && fits_terms(model_index) && fits_price(model.cost) &&
           fits_body(model) && fits_required_parameters(model_index);
  }

  [[nodiscard]] bool is_verified(std::size_t model_index) const {
    const core::endpoint& host = host_of(model_index);
    const core::provider& owner = owner_of(model_index);
    bool agreed = false;
    for (const core::agreement& one : owner.agreements) {
      agreed = agreed || (one.regions.contains(wanted_.region) && one.modalities.contains(wanted_.modality) &&
                          !(today_ < one.valid_from) && today_ < one.valid_until);
    }
    if (!agreed || host.location.global || host.location.countries.empty()) return false;
    const auto& facts = tables_.regions[static_cast<std::size_t>(wanted_.region)];
    if (!facts) return false;
    for (const core::country& one : host.location.countries) {
      if (std::find(facts->countries.begin(), facts->countries.end(), one) == facts->countries.end()) return false;
    }
    if (host.trains_on_data.has_value()) return !*host.trains_on_data;
    return owner.trains_on_data.has_value() && !*owner.trains_on_data;
  }

 private:
  [[nodiscard]] const core::endpoint& host_of(std::size_t model_index) const {
    return tables_.endpoints[static_cast<std::size_t>(tables_.models[model_index].host)];
  }
  [[nodiscard]] const core::provider& owner_of(std::size_t model_index) const {
    return tables_.providers[static_cast<std::size_t>(host_of(model_index).owner)];
  }
  [[nodiscard]] bool fits_class(std::size_t model_index) const {
    return wanted_.data_class == core::data_class::general || is_verified(model_index);
  }
  [[nodiscard]] bool is_wanted(const std::string& id) const {
    if (wanted_.model.kind == core::model_kind::automatic) return true;
    if (wanted_.model.kind == core::model_kind::concrete) return id == wanted_.model.name;
    for (const core::alias& one : tables_.aliases) {
      if (one.name == wanted_.model.name) return std::count(one.models.begin(), one.models.end(), id) > 0;
    }
    return false;
  }
  // Rules 6 and 7.
  [[nodiscard]] bool fits_terms(std::size_t model_index) const {
    const core::preferences& asked = wanted_.preferences;
    const core::endpoint& host = host_of(model_index);
    const core::provider& owner = owner_of(model_index);
    if (asked.only && std::count(asked.only->begin(), asked.only->end(), host.owner) == 0) return false;
    if (std::count(asked.ignore.begin(), asked.ignore.end(), host.owner) > 0) return false;
    if (asked.data_residency) {
      const std::set<core::country> inside(asked.data_residency->countries.begin(),
                                           asked.data_residency->countries.end());
      if (host.location.global || host.location.countries.empty()) return false;
      for (const core::country& one : host.location.countries) {
        if (!inside.contains(one)) return false;
      }
    }
    const std::set<core::country> area(core::eea_members().begin(), core::eea_members().end());
    if (asked.eu_owned && (!owner.headquarters || !area.contains(*owner.headquarters))) return false;
    const int days = host.retention_days.value_or(owner.retention_days.value_or(std::numeric_limits<int>::max()));
    if (asked.max_retention_days && days > *asked.max_retention_days) return false;
    return !asked.denies_data_collection || !host.trains_on_data.value_or(owner.trains_on_data.value_or(true));
  }

  // Rule 8, the prices. A long double holds the products of generated prices and rates exactly.
  [[nodiscard]] bool fits_price(const core::price& cost) const {
    std::vector<core::decimal> amounts;
    if (cost.tokens) {
      amounts = {cost.tokens->input, cost.tokens->output, cost.tokens->cached_input.value_or(core::decimal{})};
    }
    for (const auto& unit : {cost.per_minute, cost.per_million_chars, cost.per_page}) {
      if (unit) amounts.push_back(*unit);
    }
    const bool is_free = !amounts.empty() && *std::max_element(amounts.begin(), amounts.end()) == core::decimal{};
    if (wanted_.model.variant == core::model_variant::free && !is_free) return false;

    const core::price_ceiling& most = wanted_.preferences.max_price;
    if (!most.prompt && !most.completion) return true;
    if (!cost.tokens) return false;
    const auto rate = static_cast<long double>(cost.usd_per_unit.micros());
    const auto is_over = [rate](core::decimal amount, const std::optional<core::int128>& bound) {
      return bound && static_cast<long double>(amount.micros()) * rate > static_cast<long double>(*bound);
    };
    return !is_over(cost.tokens->input, most.prompt) && !is_over(cost.tokens->output, most.completion) &&
           !(cost.tokens->cached_input && is_over(*cost.tokens->cached_input, most.prompt));
  }

  // Rule 8, what the body needs in any case.
  [[nodiscard]] bool fits_body(const core::hosted_model& model) const {
    if (!gives_format(model)) return false;
    if (!wanted_.voice.empty() && !model.voices.empty()) {
      const auto names_it = [this](const auto& one) {
        return one.first == wanted_.voice || one.second == wanted_.voice;
      };
      if (std::count_if(model.voices.begin(), model.voices.end(), names_it) == 0) return false;
    }
    const std::set<std::string> declared(model.features.begin(), model.features.end());
    for (const std::string& word : wanted_.required_features) {
      if (!declared.contains(word)) return false;
    }
    if (!wanted_.dimensions) return true;
    if (!model.dimensions) return declared.contains("dimensions");
    return *wanted_.dimensions >= model.dimensions->smallest && *wanted_.dimensions <= model.dimensions->largest;
  }

  [[nodiscard]] bool gives_format(const core::hosted_model& model) const {
    const std::string& wanted = wanted_.response_format;
    const std::set<std::string> own(model.formats.begin(), model.formats.end());
    if (wanted.empty()) return true;
    if (wanted_.modality == core::modality::tts) return own.empty() || own.contains(wanted);
    if (wanted_.modality != core::modality::stt) return true;
    const std::set<std::string> transcripts{"json", "text", "srt", "vtt", "verbose_json"};
    if (!transcripts.contains(wanted)) return false;
    if (own.contains(wanted)) return true;
    // From which of the provider's own forms each can be rendered.
    if (own.contains("verbose_json")) return true;
    if (wanted == "text" && own.contains("json")) return true;
    if (wanted == "json" && own.contains("text")) return true;
    return std::ranges::none_of(transcripts, [&own](const std::string& one) { return own.contains(one); });
  }

  [[nodiscard]] bool fits_required_parameters(std::size_t model_index) const {
    if (!wanted_.preferences.require_parameters) return true;
    const core::hosted_model& model = tables_.models[model_index];
    const std::set<std::string> declared(model.features.begin(), model.features.end());
    for (const std::vector<std::string>& any_of : wanted_.parameters) {
      std::size_t found = 0;
      for (const std::string& word : any_of) found += declared.count(word);
      if (found == 0) return false;
    }
    const std::set<std::string> fields(wanted_.fields.begin(), wanted_.fields.end());
    for (const auto& drop : {model.request.drop, host_of(model_index).request.drop}) {
      for (const std::string& key : drop) {
        if (fields.contains(key)) return false;
      }
    }
    return true;
  }

  const core::registry_tables& tables_;
  const core::policy& wanted_;
  std::chrono::sys_days today_;
};

}  // namespace phigate::test
