// rapidcheck generators of registries: small, dense worlds in which every rule of spec §3 passes and fails often.
#pragma once

#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "phigate/core/registry.hpp"

namespace phigate::test {

// Generated agreements begin and end within a few days of this one.
inline constexpr std::chrono::sys_days generated_today{std::chrono::days{20'000}};

namespace generated {

inline constexpr std::array<std::string_view, 3> models{"m-0", "m-1", "m-2"};
inline constexpr std::array<std::string_view, 5> features{"dimensions", "file", "input_audio", "json_schema", "tools"};
inline constexpr std::array<std::string_view, 3> fields{"logit_bias", "max_tokens", "seed"};
inline constexpr std::array<std::string_view, 5> formats{"json", "mp3", "text", "verbose_json", "wav"};
inline constexpr std::array<std::string_view, 3> voices{"ava", "brian", "emma"};
inline constexpr std::size_t providers = 4;  // of every registry; some may have no endpoint
inline constexpr std::array<std::string_view, 6> codes{"CH", "DE", "FR", "US", "GB", "JP"};
inline constexpr std::array<core::region, 4> regions{core::region::ch, core::region::eu, core::region::us,
                                                     core::region::world};

// True `percent` times of a hundred.
inline bool chance(int percent) {
  return *rc::gen::inRange(0, 100) < percent;
}

inline std::size_t below(std::size_t end) {
  return *rc::gen::inRange<std::size_t>(0, end);
}

template <typename Member, std::size_t Size>
Member any_of(const std::array<Member, Size>& all) {
  return all[below(Size)];
}

inline core::region_set region_subset(int percent) {
  core::region_set chosen{any_of(regions)};
  for (core::region where : regions) {
    if (chance(percent)) chosen.insert(where);
  }
  return chosen;
}

inline core::modality_set modality_subset(int percent) {
  core::modality_set chosen;
  chosen.insert(core::all_modalities()[below(core::modality_count)]);
  for (core::modality what : core::all_modalities()) {
    if (chance(percent)) chosen.insert(what);
  }
  return chosen;
}

inline std::vector<core::country> country_subset(int percent) {
  std::vector<core::country> chosen;
  for (std::string_view code : codes) {
    if (chance(percent)) chosen.push_back(core::country::parse(code).value());
  }
  std::ranges::sort(chosen);
  return chosen;
}

inline std::optional<bool> maybe_bool(int percent_false) {
  if (chance(percent_false)) return false;
  return chance(50) ? std::optional(true) : std::nullopt;
}

template <std::size_t Size>
std::vector<std::string> word_subset(const std::array<std::string_view, Size>& all, int percent) {
  std::vector<std::string> chosen;
  for (std::string_view word : all) {
    if (chance(percent)) chosen.emplace_back(word);
  }
  return chosen;
}

inline core::country any_country() {
  return core::country::parse(any_of(codes)).value();
}

inline std::optional<int> maybe_days(int percent_none) {
  if (chance(percent_none)) return 0;
  return chance(60) ? std::optional(1 + static_cast<int>(below(3))) : std::nullopt;
}

inline core::agreement agreement() {
  return {.kind = chance(50) ? core::agreement_kind::dpa : core::agreement_kind::baa,
          .regions = region_subset(70),
          .modalities = modality_subset(70),
          .valid_from = generated_today + std::chrono::days{*rc::gen::inRange(-9, 2)},
          .valid_until = generated_today + std::chrono::days{*rc::gen::inRange(-1, 9)},
          .reference = {}};
}

inline core::provider provider(std::size_t index) {
  core::provider owner;
  owner.slug = owner.name = "provider-" + std::to_string(index);
  if (chance(85)) owner.headquarters = any_country();
  owner.retention_days = maybe_days(40);
  owner.trains_on_data = maybe_bool(80);
  owner.enabled = chance(95);
  for (std::size_t n = below(4); n > 0; --n) owner.agreements.push_back(agreement());
  return owner;
}

inline core::endpoint endpoint(std::size_t index, std::size_t owners) {
  core::endpoint host;
  host.id = "endpoint-" + std::to_string(index);
  host.owner = static_cast<core::provider_id>(below(owners));
  host.url.host = host.id + ".example";
  host.protocol = "openai";
  host.location.global = chance(15);
  if (!host.location.global) host.location.countries = country_subset(25);
  host.regions = region_subset(40);
  host.credential = core::secret("credential");
  if (chance(30)) host.trains_on_data = maybe_bool(50);
  if (chance(30)) host.retention_days = maybe_days(40);
  if (chance(20)) host.request.drop = word_subset(fields, 50);
  host.enabled = chance(85);
  return host;
}

inline core::price free_of_charge(core::price cost) {
  if (cost.tokens) cost.tokens = core::token_price{};
  cost.per_minute = core::decimal{};
  cost.per_million_chars.reset();
  cost.per_page.reset();
  return cost;
}

inline core::price price() {
  const auto amount = [] { return core::decimal::from_micros(*rc::gen::inRange(0, 4) * 500'000); };
  core::price cost;
  cost.usd_per_unit = core::decimal::from_micros(chance(70) ? 1'000'000 : 1'080'000);
  if (chance(90)) cost.tokens = core::token_price{.input = amount(), .output = amount(), .cached_input = {}};
  if (cost.tokens && chance(25)) cost.tokens->cached_input = amount();
  cost.per_minute = amount();
  if (chance(50)) cost.per_million_chars = amount();
  if (chance(50)) cost.per_page = amount();
  return chance(25) ? free_of_charge(cost) : cost;
}

inline core::hosted_model model(std::size_t endpoints) {
  core::hosted_model hosted;
  hosted.id = any_of(models);
  hosted.upstream = "upstream-" + hosted.id;
  hosted.host = static_cast<core::endpoint_id>(below(endpoints));
  hosted.modalities = modality_subset(60);
  hosted.features = word_subset(features, 50);
  if (chance(50)) hosted.formats = word_subset(formats, 40);
  for (const std::string& voice : chance(50) ? word_subset(voices, 40) : std::vector<std::string>()) {
    hosted.voices.emplace_back("my-" + voice, voice);
  }
  if (chance(20)) hosted.request.drop = word_subset(fields, 40);
  if (chance(50)) hosted.dimensions = core::dimension_range{.smallest = 256, .largest = 1024};
  hosted.cost = price();
  hosted.enabled = chance(90);
  return hosted;
}

}  // namespace generated

// At full size always: rapidcheck begins with small ranges, in which every choice would fall the same way.
template <typename Make>
auto at_full_size(Make make) {
  return rc::gen::resize(rc::kNominalSize, rc::gen::exec(make));
}

inline rc::Gen<core::registry_tables> registry_tables() {
  return at_full_size([] {
    core::registry_tables tables;
    const std::size_t owners = 1 + generated::below(generated::providers);
    const std::size_t endpoints = 1 + generated::below(5);
    for (std::size_t i = 0; i < generated::providers; ++i) tables.providers.push_back(generated::provider(i));
    for (std::size_t i = 0; i < endpoints; ++i) tables.endpoints.push_back(generated::endpoint(i, owners));
    for (std::size_t n = generated::below(16); n > 0; --n) tables.models.push_back(generated::model(endpoints));
    for (core::region where : generated::regions) {
      if (generated::chance(10)) continue;
      core::region_facts facts;
      if (generated::chance(60)) facts.resident = static_cast<core::provider_id>(generated::below(owners));
      if (where != core::region::world) facts.countries = generated::country_subset(75);
      tables.regions[static_cast<std::size_t>(where)] = std::move(facts);
    }
    tables.aliases.push_back({.name = "both", .models = {"m-1", "m-0"}});
    tables.aliases.push_back({.name = "twice", .models = {"m-2", "m-2", "m-9"}});
    return tables;
  });
}

}  // namespace phigate::test

// What rapidcheck prints of a counter-example.
namespace phigate::core {

inline void showValue(const registry_tables& tables, std::ostream& out) {
  for (const hosted_model& model : tables.models) {
    const endpoint& host = tables.endpoints[static_cast<std::size_t>(model.host)];
    out << tables.providers[static_cast<std::size_t>(host.owner)].slug << ' ' << host.id << " (" << host.location.text()
        << (host.enabled ? ") " : ", disabled) ") << model.id << (model.enabled ? ":" : " (disabled):");
    for (modality what : all_modalities()) {
      if (model.modalities.contains(what)) out << ' ' << to_string(what);
    }
    out << '\n';
  }
}

}  // namespace phigate::core
