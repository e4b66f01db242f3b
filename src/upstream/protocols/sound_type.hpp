// Whether what a provider says of its sound fits what was asked for: audio is never labelled as what it is not (spec
// §10).
#pragma once

#include <string_view>

namespace phigate::upstream {

// `content_type`: the provider's, with any parameters; `format`: one of core::speech_formats. A type that says no more
// than that it is sound, or bytes, fits each; one that is known to be another sound's, no sound's, or empty, fits none.
bool may_be_sound_in(std::string_view content_type, std::string_view format);

}  // namespace phigate::upstream
