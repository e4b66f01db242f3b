// Providers and their agreements (spec §11).
#include <array>

#include "config/registry_reader.hpp"

namespace phigate::config {
namespace {

constexpr std::int64_t longest_retention = 100'000;  // days

std::optional<core::agreement_kind> read_kind(const node& from, reading& in) {
  static constexpr std::array<std::pair<std::string_view, core::agreement_kind>, 2> kinds{
      {{"dpa", core::agreement_kind::dpa}, {"baa", core::agreement_kind::baa}}};
  return read_choice<core::agreement_kind>(from, in, kinds);
}

core::agreement read_agreement(const node& from, reading& in, const core::registry_tables& known) {
  core::agreement out;
  read_map(from, in, "an agreement's settings", [&](map_reader& map) {
    map.must_set("kind", out.kind, read_kind);
    if (const node* regions = map.require("regions")) {
      out.regions = read_regions(*regions, in, [&](const node& item, core::region region) {
        if (!known.regions[static_cast<std::size_t>(region)]) in.fault(item, not_configured(item));
      });
    }
    if (const node* modalities = map.require("modalities")) out.modalities = read_modalities(*modalities, in);
    std::optional<std::chrono::sys_days> begin;
    std::optional<std::chrono::sys_days> end;
    map.must_set("valid_from", begin, read_date);
    const node* until = map.require("valid_until");
    if (until != nullptr) end = read_date(*until, in);
    if (begin && end && *end <= *begin) in.fault(*until, "is not after valid_from: it would never be valid");
    out.valid_from = begin.value_or(std::chrono::sys_days{});
    out.valid_until = end.value_or(std::chrono::sys_days{});
    map.set("reference", out.reference, read_text);
  });
  return out;
}

void read_agreements(const node& from, reading& in, const core::registry_tables& known, core::provider& into) {
  if (!expect_list(from, in, "agreements")) return;
  for (const node& item : from.children) into.agreements.push_back(read_agreement(item, in, known));
}

}  // namespace

void read_retention(map_reader& map, std::optional<int>& days, std::optional<bool>& trains) {
  map.set("retention_days", days, [](const node& from, reading& in) -> std::optional<int> {
    const auto value = read_integer(from, in, 0, longest_retention);
    return value ? std::optional(static_cast<int>(*value)) : std::nullopt;
  });
  map.set("trains_on_data", trains, read_flag);
}

void read_providers(const node& from, reading& in, core::registry_tables& into) {
  if (!expect_map(from, in, "providers")) return;
  for (const node& entry : from.children) {
    core::provider provider;
    provider.slug = entry.key;
    provider.name = entry.key;
    if (!is_word(entry.key)) in.fault(entry, "a provider's slug is letters, digits, . _ -, 64 at most");
    const auto id = static_cast<core::provider_id>(into.providers.size());
    read_map(entry, in, "a provider's settings", [&](map_reader& map) {
      map.set("name", provider.name, read_text);
      map.set("headquarters", provider.headquarters, read_country);
      read_retention(map, provider.retention_days, provider.trains_on_data);
      map.set("enabled", provider.enabled, read_flag);
      if (const node* agreements = map.take("agreements")) read_agreements(*agreements, in, into, provider);
      if (const node* endpoints = map.take("endpoints")) read_endpoints(*endpoints, in, id, provider.enabled, into);
    });
    into.providers.push_back(std::move(provider));
  }
}

}  // namespace phigate::config
