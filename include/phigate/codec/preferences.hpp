// The `provider` object of a body (spec §2), read strictly: what is not understood is refused.
#pragma once

#include <expected>
#include <string_view>

#include "phigate/core/error.hpp"
#include "phigate/core/preferences.hpp"
#include "phigate/core/registry.hpp"

namespace phigate::codec {

// `text`: validated JSON, as request_facts::provider holds it (an empty one: no preferences). Providers are looked up
// in `known`. The first fault in the text's order answers: invalid_provider_preferences with the path of what is wrong
// ("provider.ignore[1]") as its param. Whether a limit fits the modality is `check_preferences`' to say.
std::expected<core::preferences, core::api_error> read_preferences(std::string_view text, const core::registry& known);

// Refuses `max_price` where the modality is not priced by tokens.
std::expected<void, core::api_error> check_preferences(const core::preferences& wanted, core::modality modality);

}  // namespace phigate::codec
