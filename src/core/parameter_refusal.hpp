// The refusal of a voice request that one of its parameters alone keeps from every route (spec §10).
#pragma once

#include <chrono>
#include <optional>

#include "eligibility_rules.hpp"
#include "phigate/core/error.hpp"
#include "phigate/core/policy.hpp"
#include "phigate/core/registry.hpp"

namespace phigate::core {

// For a policy of the modality stt or tts under which no route is eligible: unsupported_parameter, where the rule
// `parameters` alone removes routes, with the parameter that is to blame and what those routes can do. To blame is the
// first one, in the order of `demand`, without which a route would be left; else the first that some route can't meet.
// Nothing where another rule stands in the way of every route, or what is to blame is no such parameter. `rules` are
// those of `wanted`.
std::optional<api_error> parameter_refusal(const policy& wanted, const registry& known, const rule_check& rules,
                                           std::chrono::sys_days today);

}  // namespace phigate::core
