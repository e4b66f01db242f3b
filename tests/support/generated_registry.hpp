// rapidcheck generators: a registry's tables, and what a request asks of them. Every preference and variant comes up,
// each seldom enough that many requests can still be served.
#pragma once

#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "phigate/core/policy.hpp"
#include "support/generated_tables.hpp"

namespace phigate::test {
namespace generated {

inline std::vector<core::provider_id> provider_subset(int percent) {
  std::vector<core::provider_id> chosen;
  for (std::size_t i = 0; i < providers; ++i) {
    if (chance(percent))
      chosen.insert(chosen.begin() + static_cast<std::ptrdiff_t>(below(chosen.size() + 1)),
                    static_cast<core::provider_id>(i));
  }
  return chosen;
}

// Around the prices of a generated registry: on them, between them, and off by the least.
inline core::int128 price_bound() {
  constexpr std::int64_t half_dollar = 500'000'000'000;
  const core::int128 bound = core::int128{half_dollar} * *rc::gen::inRange(0, 4) * (chance(70) ? 100 : 108) / 100;
  if (bound == 0 || chance(60)) return bound;
  return chance(50) ? bound - 1 : bound + 1;
}

inline core::preferences preferences() {
  constexpr std::array<std::string_view, 6> residencies{"eu", "eea", "de", "us", "ch", "fr"};
  core::preferences wanted;
  if (chance(25)) wanted.order = provider_subset(50);
  if (chance(15)) wanted.only = provider_subset(60);
  if (wanted.only && wanted.only->empty()) wanted.only.reset();
  if (chance(20)) wanted.ignore = provider_subset(40);
  wanted.allow_fallbacks = chance(85);
  if (chance(30)) wanted.sort = static_cast<core::sort_metric>(below(3));
  if (chance(10)) wanted.data_residency = core::parse_residency(any_of(residencies));
  wanted.eu_owned = chance(8);
  if (chance(12)) wanted.max_retention_days = static_cast<std::int64_t>(below(4));
  wanted.denies_data_collection = chance(12);
  if (chance(10)) wanted.max_price.prompt = price_bound();
  if (chance(10)) wanted.max_price.completion = price_bound();
  wanted.require_parameters = chance(15);
  return wanted;
}

inline core::model_selector model_selector() {
  core::model_selector selected;
  if (chance(25)) selected.variant = static_cast<core::model_variant>(below(3));
  switch (below(3)) {
    case 0:
      selected.kind = core::model_kind::automatic;
      selected.name = "auto";
      return selected;
    case 1:
      selected.kind = core::model_kind::alias;
      selected.name = chance(50) ? "both" : "twice";
      return selected;
    default:
      selected.kind = core::model_kind::concrete;
      selected.name = "m-" + std::to_string(below(models.size() + 1));
      return selected;
  }
}

}  // namespace generated

// A policy that a generated registry can often serve; its model may be hosted nowhere.
inline rc::Gen<core::policy> policies() {
  return at_full_size([] {
    core::policy wanted;
    wanted.region = generated::any_of(generated::regions);
    wanted.data_class = generated::chance(50) ? core::data_class::phi : core::data_class::general;
    wanted.modality = core::all_modalities()[generated::below(core::modality_count)];
    wanted.model = generated::model_selector();
    if (generated::chance(50)) wanted.preferences = generated::preferences();
    if (generated::chance(15)) wanted.required_features.emplace_back(generated::any_of(generated::features));
    if (generated::chance(15)) wanted.dimensions = 128U << generated::below(5);
    const bool speaks = wanted.modality == core::modality::tts;
    if ((speaks || wanted.modality == core::modality::stt) && generated::chance(40)) {
      wanted.response_format = generated::any_of(generated::formats);
    }
    if (speaks && generated::chance(40)) {
      wanted.voice = (generated::chance(50) ? "my-" : "") + std::string(generated::any_of(generated::voices));
    }
    if (generated::chance(30)) wanted.parameters.push_back(generated::word_subset(generated::features, 40));
    wanted.fields = generated::word_subset(generated::fields, 40);
    return wanted;
  });
}

}  // namespace phigate::test

// What rapidcheck prints of a counter-example.
namespace phigate::core {

inline void showValue(const preferences& wanted, std::ostream& out) {
  const auto list = [&out](std::string_view name, const std::vector<provider_id>& providers) {
    out << ' ' << name;
    for (provider_id one : providers) out << ' ' << static_cast<std::uint32_t>(one);
  };
  if (!wanted.order.empty()) list("order", wanted.order);
  if (wanted.only) list("only", *wanted.only);
  if (!wanted.ignore.empty()) list("ignore", wanted.ignore);
  if (!wanted.allow_fallbacks) out << " no fallbacks";
  if (wanted.sort) out << " sort " << static_cast<int>(*wanted.sort);
  if (wanted.data_residency) out << " in " << wanted.data_residency->name;
  if (wanted.eu_owned) out << " eu_owned";
  if (wanted.max_retention_days) out << " retention " << *wanted.max_retention_days;
  if (wanted.denies_data_collection) out << " no collection";
  if (wanted.max_price.prompt) out << " prompt " << static_cast<std::int64_t>(*wanted.max_price.prompt);
  if (wanted.max_price.completion) out << " completion " << static_cast<std::int64_t>(*wanted.max_price.completion);
  if (wanted.require_parameters) out << " all parameters";
}

inline void showValue(const policy& wanted, std::ostream& out) {
  out << wanted.model.name;
  if (wanted.model.variant) out << ':' << to_string(*wanted.model.variant);
  out << ' ' << to_string(wanted.modality) << ' ' << to_string(wanted.region) << ' ' << to_string(wanted.data_class);
  for (const std::string& word : wanted.required_features) out << " +" << word;
  if (wanted.dimensions) out << " dimensions " << *wanted.dimensions;
  if (!wanted.response_format.empty()) out << " as " << wanted.response_format;
  if (!wanted.voice.empty()) out << " by " << wanted.voice;
  showValue(wanted.preferences, out);
  out << '\n';
}

}  // namespace phigate::core
