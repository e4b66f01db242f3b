// A chat completion's body (spec §2): what modality it is, what a route must be able to do, what it asks to be kept.
#pragma once

#include <string_view>

#include "codec/request_faults.hpp"
#include "phigate/codec/request.hpp"

namespace phigate::codec {

// Reads the members of the object at `cursor`, which stands in `body`; whether `messages` is among them.
bool read_chat_members(json_cursor& cursor, std::string_view body, request_facts& facts, fault_keeper& faults);
// The same, with a fault where it is not.
void read_chat_body(json_cursor& cursor, std::string_view body, request_facts& facts, fault_keeper& faults);

}  // namespace phigate::codec
