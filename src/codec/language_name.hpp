// Languages as OpenAI's transcriptions name them.
#pragma once

#include <string_view>

namespace phigate::codec {

// The English name in lower case of an ISO 639 code, in any case and with or without a region behind it: "de",
// "de-CH" → "german". Empty for a code that Whisper does not know, and for what is no code. Static storage.
std::string_view language_name(std::string_view code);

}  // namespace phigate::codec
