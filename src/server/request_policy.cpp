#include "phigate/server/request_policy.hpp"

#include <chrono>
#include <string>
#include <utility>

#include "phigate/codec/preferences.hpp"
#include "server/admission.hpp"

namespace phigate::server {

namespace {

using core::api_error;

// Class phi and preferences about retention admit no field that makes a provider keep data or send it on.
std::expected<void, api_error> check_retention(const codec::request_facts& facts, core::data_class data_class,
                                               const core::preferences& preferences) {
  const bool phi = data_class == core::data_class::phi;
  if (facts.retained_field.empty() || (!phi && !preferences.forbids_retention())) return {};
  const std::string who = phi ? "Class phi admits" : "The provider preferences about retention admit";
  return std::unexpected(
      api_error{.code = core::error_code::unsupported_parameter,
                .message = who + " no field that makes a provider keep data or send it on. Leave it out.",
                .param = facts.retained_field});
}

std::expected<core::region, api_error> settle_region(const policy_inputs& inputs, const core::preferences& preferences,
                                                     const core::registry& known) {
  if (inputs.named_region) return *inputs.named_region;
  if (preferences.data_residency) {
    if (const auto held = core::region_of(*preferences.data_residency, known)) return *held;
    return std::unexpected(invalid_region("No X-Region was given, and data_residency '" +
                                          preferences.data_residency->name + "' does not name one region"));
  }
  if (inputs.key != nullptr && inputs.key->region) return *inputs.key->region;
  return inputs.default_region;
}

// What require_parameters needs to know of the body.
void note_parameters(core::policy& policy, const codec::request_facts& facts) {
  policy.parameters = facts.parameters;
  for (const codec::member& field : facts.members) {
    if (!field.is_null) policy.fields.push_back(field.key);
  }
}

}  // namespace

std::expected<core::policy, api_error> settle_policy(const policy_inputs& inputs, const codec::request_facts& facts,
                                                     const core::registry& known) {
  auto model = core::select_model(facts.model, known);
  if (!model) return std::unexpected(std::move(model.error()));
  core::policy policy;
  if (!facts.provider.empty()) {
    auto preferences = codec::read_preferences(facts.provider, known);
    if (!preferences) return std::unexpected(std::move(preferences.error()));
    if (auto fit = codec::check_preferences(*preferences, facts.modality); !fit)
      return std::unexpected(std::move(fit.error()));
    policy.preferences = std::move(*preferences);
  }
  if (auto kept = check_retention(facts, inputs.data_class, policy.preferences); !kept)
    return std::unexpected(std::move(kept.error()));
  auto region = settle_region(inputs, policy.preferences, known);
  if (!region) return std::unexpected(std::move(region.error()));

  policy.region = *region;
  policy.data_class = inputs.data_class;
  policy.modality = facts.modality;
  policy.model = std::move(*model);
  policy.required_features = facts.required_features;
  policy.feature_fields = facts.feature_fields;
  policy.dimensions = facts.dimensions;
  policy.response_format = facts.response_format;
  policy.voice = facts.voice;
  if (policy.preferences.require_parameters) note_parameters(policy, facts);
  return policy;
}

core::moment this_moment() {
  return {.today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()),
          .now = std::chrono::steady_clock::now()};
}

}  // namespace phigate::server
