// One provider on the page of GET /vendors: its terms, its agreements, where it is and what it hosts.
#pragma once

#include <chrono>
#include <string>

#include "phigate/core/registry.hpp"
#include "server/markup.hpp"

namespace phigate::server {

markup vendor_section(const core::registry_tables& tables, core::provider_id id, std::chrono::sys_days today);

// The section's id in the document, for links to it.
std::string section_id(const core::provider& provider);

// A name and its value, for inside a `dl`.
markup fact(const markup& name, const markup& value);

// The words of a set of regions or modalities, in the order of `all`: "CH, EU".
template <typename Set, typename All>
std::string listed(const Set& set, const All& all) {
  std::string out;
  for (const auto each : all) {
    if (!set.contains(each)) continue;
    if (!out.empty()) out += ", ";
    out += core::to_string(each);
  }
  return out;
}

}  // namespace phigate::server
