#include "phigate/codec/vendors.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <vector>

#include "codec/price_json.hpp"
#include "phigate/core/stated_terms.hpp"

namespace phigate::codec {
namespace {

using nlohmann::ordered_json;
using std::chrono::sys_days;

template <typename Value>
ordered_json or_null(const std::optional<Value>& value) {
  return value ? ordered_json(*value) : ordered_json(nullptr);
}

std::string time_text(std::chrono::sys_seconds when) {
  const auto day = std::chrono::floor<std::chrono::days>(when);
  const std::chrono::hh_mm_ss time(when - day);
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "T%02d:%02d:%02dZ", static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()));
  return day_text(day) + text.data();
}

template <typename Set, typename All>
ordered_json names_in(const Set& set, const All& all) {
  ordered_json names = ordered_json::array();
  for (const auto each : all) {
    if (set.contains(each)) names.push_back(core::to_string(each));
  }
  return names;
}

ordered_json region_names_in(const core::region_set& regions) {
  return names_in(regions, core::all_regions());
}

ordered_json modality_names_in(const core::modality_set& modalities) {
  return names_in(modalities, core::all_modalities());
}

ordered_json agreement_json(const core::agreement& agreement, sys_days today) {
  return {{"kind", agreement.kind == core::agreement_kind::dpa ? "dpa" : "baa"},
          {"regions", region_names_in(agreement.regions)},
          {"modalities", modality_names_in(agreement.modalities)},
          {"valid_from", day_text(agreement.valid_from)},
          {"valid_until", day_text(agreement.valid_until)},
          {"reference", agreement.reference},
          {"valid_today", holds_on(agreement, today)}};
}

ordered_json model_json(const core::hosted_model& model) {
  ordered_json out = {{"id", model.id},
                      {"modalities", modality_names_in(model.modalities)},
                      {"context_length", or_null(model.context_length)},
                      {"features", model.features},
                      {"price", price_json(model.cost)},
                      {"enabled", model.enabled}};
  if (!model.formats.empty()) out["formats"] = model.formats;
  if (!model.voices.empty()) {
    out["voices"] = ordered_json::object();
    for (const auto& [name, its_own] : model.voices) out["voices"][name] = its_own;
  }
  return out;
}

ordered_json endpoint_json(const core::registry_tables& tables, std::size_t index) {
  const core::endpoint& endpoint = tables.endpoints[index];
  const core::provider& owner = tables.providers[static_cast<std::size_t>(endpoint.owner)];
  ordered_json countries = ordered_json::array();
  for (const core::country& country : endpoint.location.countries) countries.push_back(country.text());
  ordered_json listed = ordered_json::array();
  for (const core::hosted_model& model : tables.models) {
    if (static_cast<std::size_t>(model.host) == index) listed.push_back(model_json(model));
  }
  const std::string_view unused = why_unused(endpoint);
  ordered_json out;
  out["id"] = endpoint.id;
  out["host"] = endpoint.url.host.empty() ? ordered_json(nullptr) : ordered_json(endpoint.url.host_only_url());
  out["protocol"] = endpoint.protocol;
  out["countries"] = std::move(countries);
  out["global"] = endpoint.location.global;
  out["regions"] = region_names_in(endpoint.regions);
  out["enabled"] = endpoint.enabled;
  out["disabled_because"] = unused.empty() ? ordered_json(nullptr) : ordered_json(unused);
  out["retention_days"] = or_null(core::retention_days(endpoint, owner));
  out["trains_on_data"] = or_null(core::trains_on_data(endpoint, owner));
  out["models"] = std::move(listed);
  return out;
}

ordered_json provider_json(const core::registry_tables& tables, std::size_t index, sys_days today) {
  const core::provider& provider = tables.providers[index];
  ordered_json out = {{"slug", provider.slug}, {"name", provider.name}};
  out["headquarters"] = nullptr;
  out["eu_owned"] = nullptr;
  if (const auto& seat = provider.headquarters) {
    out["headquarters"] = seat->text();
    out["eu_owned"] = std::ranges::binary_search(core::eea_members(), *seat);
  }
  out["enabled"] = provider.enabled;
  out["retention_days"] = or_null(provider.retention_days);
  out["trains_on_data"] = or_null(provider.trains_on_data);
  out["agreements"] = ordered_json::array();
  for (const core::agreement& agreement : provider.agreements) {
    out["agreements"].push_back(agreement_json(agreement, today));
  }
  out["endpoints"] = ordered_json::array();
  for (std::size_t i = 0; i < tables.endpoints.size(); ++i) {
    if (static_cast<std::size_t>(tables.endpoints[i].owner) == index) {
      out["endpoints"].push_back(endpoint_json(tables, i));
    }
  }
  return out;
}

ordered_json matrix_json(const core::coverage_matrix& matrix) {
  ordered_json rows = ordered_json::array();
  for (const core::modality modality : core::all_modalities()) {
    const core::coverage& covered = matrix[static_cast<std::size_t>(modality)];
    rows.push_back({{"modality", core::to_string(modality)},
                    {"regions", region_names_in(covered.general)},
                    {"phi", region_names_in(covered.phi)}});
  }
  return rows;
}

}  // namespace

std::string vendors_object(const core::registry& known, const core::coverage_matrix& matrix,
                           std::chrono::sys_seconds now) {
  const core::registry_tables& tables = known.tables();
  const auto today = std::chrono::floor<std::chrono::days>(now);
  ordered_json providers = ordered_json::array();
  for (std::size_t i = 0; i < tables.providers.size(); ++i) providers.push_back(provider_json(tables, i, today));
  ordered_json residents = ordered_json::object();
  for (const core::region region : core::all_regions()) {
    const auto& facts = known.region_of(region);
    if (!facts || !facts->resident) continue;
    residents[std::string(core::to_string(region))] = tables.providers[static_cast<std::size_t>(*facts->resident)].slug;
  }
  ordered_json aliases = ordered_json::object();
  for (const core::alias& alias : tables.aliases) aliases[alias.name] = alias.models;

  ordered_json out;
  out["providers"] = std::move(providers);
  out["matrix"] = matrix_json(matrix);
  out["residents"] = std::move(residents);
  out["aliases"] = std::move(aliases);
  out["generated_at"] = time_text(now);
  return out.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

// The time is its last member, and always as long.
std::string retold(std::string object, std::chrono::sys_seconds now) {
  const std::string time = time_text(now);
  constexpr std::string_view behind = "\"}";
  object.replace(object.size() - behind.size() - time.size(), time.size(), time);
  return object;
}

std::string day_text(sys_days day) {
  const std::chrono::year_month_day date(day);
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return text.data();
}

std::string_view why_unused(const core::endpoint& endpoint) {
  if (endpoint.enabled) return {};
  return endpoint.switched_off ? "switched off" : "not set up at this gateway";
}

}  // namespace phigate::codec
