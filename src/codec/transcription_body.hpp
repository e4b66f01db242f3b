// A transcription's fields as members of a JSON object: how it is asked where one would be routed (spec §10).
#pragma once

#include <string_view>

#include "codec/request_faults.hpp"
#include "phigate/codec/request.hpp"

namespace phigate::codec {

// Reads the members of the object at `cursor`, which stands in `body`. A list may be named with or without its "[]".
void read_transcription_members(json_cursor& cursor, std::string_view body, request_facts& facts, fault_keeper& faults);

}  // namespace phigate::codec
