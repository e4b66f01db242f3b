// Why no route is eligible, as the error that the client gets (spec §3).
#pragma once

#include <chrono>

#include "phigate/core/error.hpp"
#include "phigate/core/policy.hpp"
#include "phigate/core/registry.hpp"

namespace phigate::core {

// For a policy under which no route is eligible: model_not_found, phi_blocked or no_route. Looks at every route of the
// registry.
api_error refusal(const policy& wanted, const registry& known, std::chrono::sys_days today);

}  // namespace phigate::core
