// The body of POST /v1/audio/speech (spec §10).
#pragma once

#include <string_view>

#include "codec/request_faults.hpp"
#include "phigate/codec/request.hpp"

namespace phigate::codec {

struct speech_members {
  speech_request asked;
  bool has_input = false;
  bool has_voice = false;
};

// Reads the members of the object at `cursor`, which stands in `body`.
speech_members read_speech_members(json_cursor& cursor, std::string_view body, request_facts& facts,
                                   fault_keeper& faults);
// The same, with a fault where the text or the voice is missing.
speech_request read_speech_body(json_cursor& cursor, std::string_view body, request_facts& facts, fault_keeper& faults);

}  // namespace phigate::codec
