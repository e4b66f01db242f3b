// The locale that Azure Speech is asked for: it has no plain languages.
#pragma once

#include <string>

#include "phigate/codec/media_request.hpp"
#include "phigate/core/registry.hpp"

namespace phigate::upstream {

// The client's own tag where that is more than a language, else the model's locale for it, else the one that most
// speakers mean. Empty when the client names no language. A language that nobody lists goes as it is, for Azure to
// refuse in its own words.
std::string azure_locale(const codec::transcription_request& asked, const core::hosted_model& model);

}  // namespace phigate::upstream
