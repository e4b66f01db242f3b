// What an endpoint's terms are: its own statement wins over its provider's; nothing where neither says.
#pragma once

#include <optional>

#include "phigate/core/registry.hpp"

namespace phigate::core {

inline std::optional<bool> trains_on_data(const endpoint& host, const provider& owner) {
  return host.trains_on_data ? host.trains_on_data : owner.trains_on_data;
}

inline std::optional<int> retention_days(const endpoint& host, const provider& owner) {
  return host.retention_days ? host.retention_days : owner.retention_days;
}

}  // namespace phigate::core
