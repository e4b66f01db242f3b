// What a request asks for, from its headers' findings and its body (spec §2), in the order of the checks: the model,
// the preferences, the region.
#pragma once

#include <expected>
#include <optional>

#include "phigate/codec/request.hpp"
#include "phigate/config/settings.hpp"
#include "phigate/core/policy.hpp"
#include "phigate/core/registry.hpp"
#include "phigate/core/routing.hpp"

namespace phigate::server {

struct policy_inputs {
  std::optional<core::region> named_region;  // of X-Region
  core::data_class data_class{};
  const config::api_key* key = nullptr;            // its default region counts; null: none
  core::region default_region = core::region::eu;  // of the configuration
};

// missing_model, invalid_variant, model_not_found, invalid_provider_preferences, unsupported_parameter or
// invalid_region. What the key permits is not asked here.
std::expected<core::policy, core::api_error> settle_policy(const policy_inputs& inputs,
                                                           const codec::request_facts& facts,
                                                           const core::registry& known);

// Now, by both clocks.
core::moment this_moment();

}  // namespace phigate::server
