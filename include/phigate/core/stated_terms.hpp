// What a provider and its endpoints state of themselves, as every rule and every page reads it.
#pragma once

#include <chrono>
#include <optional>

#include "phigate/core/registry.hpp"

namespace phigate::core {

// An endpoint's own statement wins over its provider's; nothing where neither says.
inline std::optional<bool> trains_on_data(const endpoint& host, const provider& owner) {
  return host.trains_on_data ? host.trains_on_data : owner.trains_on_data;
}

inline std::optional<int> retention_days(const endpoint& host, const provider& owner) {
  return host.retention_days ? host.retention_days : owner.retention_days;
}

// Whether the agreement is valid on that day (UTC).
inline bool holds_on(const agreement& contract, std::chrono::sys_days day) {
  return contract.valid_from <= day && day < contract.valid_until;
}

}  // namespace phigate::core
