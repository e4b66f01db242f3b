// What a client whose request has no route can do about it: the second half of a refusal's message (spec §8).
#pragma once

#include <chrono>
#include <span>
#include <string>

#include "eligibility_rules.hpp"
#include "phigate/core/policy.hpp"
#include "phigate/core/registry.hpp"

namespace phigate::core {

// "'m'", or "any model".
std::string model_text(const model_selector& model);

// How a message begins that says for what there is no route: "No route serves 'm' for tts in EU (class general)".
std::string no_route_text(const policy& wanted);

// "Regions that can serve it: CH, EU; name one in X-Region." Empty where no other can. `rules` are those of `wanted`.
std::string advice_on_place(const policy& wanted, const registry& known, const rule_check& rules,
                            std::chrono::sys_days today);

// For no_route: what the model serves, which preferences stand in the way, which regions could serve the request.
// `rules` are those of `wanted`.
std::string advice(const policy& wanted, const registry& known, const rule_check& rules, std::chrono::sys_days today);

// For no_route after `allow_fallbacks: false` left none of `cut`.
std::string advice_on_cut(const registry& known, std::span<const route_id> cut);

// For phi_blocked: the regions that have a verified host for the modality.
std::string advice_on_phi(const policy& wanted, const registry& known, std::chrono::sys_days today);

}  // namespace phigate::core
