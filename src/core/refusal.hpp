// Why no route is left, as the error that the client gets (spec §3, §4).
#pragma once

#include <chrono>
#include <span>
#include <string_view>

#include "phigate/core/error.hpp"
#include "phigate/core/policy.hpp"
#include "phigate/core/registry.hpp"

namespace phigate::core {

// What a route is counted under, and what explain calls it, when `allow_fallbacks: false` cut it from the order.
inline constexpr std::string_view cut_reason = "allow_fallbacks";

// For a policy under which no route is eligible: model_not_found, phi_blocked, unsupported_parameter (spec §10: speech
// and transcriptions) or no_route. Looks at every route of the
// registry.
api_error refusal(const policy& wanted, const registry& known, std::chrono::sys_days today);

// For a policy under which routes are eligible, but whose `allow_fallbacks: false` left none: no_route. `cut` are the
// eligible routes that this removed, once each; any other eligible one was left out before, as another model's
// (embeddings), and is counted under `model`.
api_error refusal_of_cut(const policy& wanted, const registry& known, std::chrono::sys_days today,
                         std::span<const route_id> cut);

}  // namespace phigate::core
