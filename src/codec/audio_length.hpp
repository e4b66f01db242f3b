// How long a recording is, as far as its bytes tell: what is metered where a provider doesn't say (spec §7).
#pragma once

#include <cstdint>
#include <string_view>

namespace phigate::codec {

// Milliseconds, rounded up. A WAVE file's as its head says; anything else is taken for 64 kbit/s.
std::int64_t audio_milliseconds(std::string_view file);

}  // namespace phigate::codec
