// Hand-written registries for tests: what is not said has a plain, working value.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "phigate/core/registry.hpp"

namespace phigate::test {

// Codes with blanks or commas between them.
inline std::vector<core::country> countries(std::string_view codes) {
  std::vector<core::country> parsed;
  for (std::size_t i = 0; i + 1 < codes.size(); i += 3)
    parsed.push_back(core::country::parse(codes.substr(i, 2)).value());
  std::ranges::sort(parsed);
  return parsed;
}

// A list of codes, or "global".
inline core::country_list location(std::string_view text) {
  core::country_list list;
  list.global = text == "global";
  if (!list.global) list.countries = countries(text);
  return list;
}

inline std::chrono::sys_days day(int year, unsigned month, unsigned day_of_month) {
  return std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day_of_month);
}

inline core::decimal dollars(std::string_view text) {
  return core::decimal::parse(text).value();
}

inline core::price token_price(std::string_view input, std::string_view output) {
  core::price cost;
  cost.tokens = core::token_price{.input = dollars(input), .output = dollars(output), .cached_input = {}};
  return cost;
}

// An endpoint belongs to the provider named before it, a model to the endpoint named before it; `…_now()` gives the
// last one for any change that has no call of its own.
class registry_builder {
 public:
  registry_builder& region(core::region where, std::string_view codes, std::string_view resident = {}) {
    tables_.regions[static_cast<std::size_t>(where)] =
        core::region_facts{.resident = {}, .countries = countries(codes), .strict = false};
    if (!resident.empty()) residents_.emplace_back(where, resident);
    return *this;
  }

  registry_builder& provider(std::string_view slug) {
    core::provider owner;
    owner.slug = owner.name = slug;
    tables_.providers.push_back(std::move(owner));
    return *this;
  }

  // Says of the provider what rule 4 of spec §3 asks for, valid all through 2026; then trains_on_data is false.
  registry_builder& agreement(core::region_set regions, core::modality_set modalities) {
    provider_now().trains_on_data = false;
    provider_now().agreements.push_back({.kind = core::agreement_kind::dpa,
                                         .regions = regions,
                                         .modalities = modalities,
                                         .valid_from = day(2026, 1, 1),
                                         .valid_until = day(2027, 1, 1),
                                         .reference = {}});
    return *this;
  }

  registry_builder& endpoint(std::string_view id, std::string_view country, core::region_set regions) {
    core::endpoint host;
    host.id = id;
    host.owner = static_cast<core::provider_id>(tables_.providers.size() - 1);
    host.url.host = std::string(id) + ".example";
    host.protocol = "openai";
    host.location = location(country);
    host.regions = regions;
    host.credential = core::secret("key-of-" + std::string(id));
    tables_.endpoints.push_back(std::move(host));
    return *this;
  }

  registry_builder& model(std::string_view id, core::modality_set modalities,
                          core::price cost = token_price("1", "1")) {
    core::hosted_model hosted;
    hosted.id = id;
    hosted.upstream = "upstream-" + std::string(id);
    hosted.host = static_cast<core::endpoint_id>(tables_.endpoints.size() - 1);
    hosted.modalities = modalities;
    hosted.cost = std::move(cost);
    tables_.models.push_back(std::move(hosted));
    return *this;
  }

  registry_builder& alias(std::string_view name, std::initializer_list<std::string_view> models) {
    tables_.aliases.push_back({.name = std::string(name), .models = {models.begin(), models.end()}});
    return *this;
  }

  core::provider& provider_now() { return tables_.providers.back(); }
  core::endpoint& endpoint_now() { return tables_.endpoints.back(); }
  core::hosted_model& model_now() { return tables_.models.back(); }

  [[nodiscard]] std::shared_ptr<const core::registry> build() const {
    core::registry_tables tables = tables_;
    for (const auto& [where, slug] : residents_) {
      const auto owner = std::ranges::find(tables.providers, slug, &core::provider::slug);
      if (owner == tables.providers.end()) throw std::invalid_argument("no provider " + slug);
      const auto index = static_cast<core::provider_id>(owner - tables.providers.begin());
      tables.regions[static_cast<std::size_t>(where)]->resident = index;
    }
    return std::make_shared<const core::registry>(std::move(tables));
  }

 private:
  core::registry_tables tables_;
  std::vector<std::pair<core::region, std::string>> residents_;
};

}  // namespace phigate::test
