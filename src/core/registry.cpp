#include "phigate/core/registry.hpp"

#include <algorithm>

namespace phigate::core {
namespace {

constexpr std::uint16_t default_port(bool tls) {
  return tls ? 443 : 80;
}

}  // namespace

std::string_view without_list_mark(std::string_view field) {
  constexpr std::string_view mark = "[]";
  return field.ends_with(mark) ? field.substr(0, field.size() - mark.size()) : field;
}

std::string base_url::authority() const {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  std::string text = is_ipv6 ? "[" + host + "]" : host;
  if (port != default_port(tls)) text += ":" + std::to_string(port);
  return text;
}

std::string base_url::host_only_url() const {
  return (tls ? "https://" : "http://") + authority();
}

bool hosted_model::has_feature(std::string_view word) const {
  return std::ranges::binary_search(features, word);
}

registry::registry(registry_tables tables) : tables_(std::move(tables)) {
  for (std::size_t m = 0; m < tables_.models.size(); ++m) {
    const hosted_model& model = tables_.models[m];
    const core::endpoint& host = tables_.endpoints[static_cast<std::size_t>(model.host)];
    for (core::modality served : all_modalities()) {
      if (!model.modalities.contains(served)) continue;
      const auto id = static_cast<route_id>(routes_.size());
      const auto slot = static_cast<std::size_t>(served);
      routes_.push_back({.endpoint = model.host, .model = static_cast<model_id>(m), .modality = served});
      by_model_[model.id][slot].push_back(id);
      for (core::region r : all_regions()) {
        if (host.regions.contains(r)) by_region_[static_cast<std::size_t>(r)][slot].push_back(id);
      }
    }
  }
  for (std::size_t i = 0; i < tables_.aliases.size(); ++i) alias_index_.emplace(tables_.aliases[i].name, i);
  for (std::size_t i = 0; i < tables_.providers.size(); ++i) {
    provider_index_.emplace(tables_.providers[i].slug, static_cast<provider_id>(i));
  }
}

std::span<const route_id> registry::routes_of(std::string_view model, core::modality m) const {
  const auto found = by_model_.find(model);
  if (found == by_model_.end()) return {};
  return found->second[static_cast<std::size_t>(m)];
}

std::span<const route_id> registry::routes_in(core::region r, core::modality m) const {
  return by_region_[static_cast<std::size_t>(r)][static_cast<std::size_t>(m)];
}

const alias* registry::find_alias(std::string_view name) const {
  const auto found = alias_index_.find(name);
  return found == alias_index_.end() ? nullptr : &tables_.aliases[found->second];
}

bool registry::has_model(std::string_view id) const {
  return by_model_.contains(id);
}

std::optional<provider_id> registry::find_provider(std::string_view slug) const {
  const auto found = provider_index_.find(slug);
  if (found == provider_index_.end()) return std::nullopt;
  return found->second;
}

}  // namespace phigate::core
