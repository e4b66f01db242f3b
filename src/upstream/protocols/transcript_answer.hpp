// A transcript as the client gets it, from every protocol whose provider does not write the form that was asked for.
#pragma once

#include "phigate/codec/transcript.hpp"
#include "phigate/upstream/adapter.hpp"

namespace phigate::upstream {

// Rendered as asked for and metered by its length, where that is known. A failure where the form can't be made of it:
// another provider's transcript may do.
reply_step transcript_answer(const codec::transcript& heard, const codec::transcription_request& asked);

}  // namespace phigate::upstream
