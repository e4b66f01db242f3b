// An embeddings request's body (spec §2).
#pragma once

#include <string_view>

#include "codec/request_faults.hpp"
#include "phigate/codec/request.hpp"

namespace phigate::codec {

// Reads the members of the object at `cursor`, which stands in `body`; whether `input` is among them.
bool read_embeddings_members(json_cursor& cursor, std::string_view body, request_facts& facts, fault_keeper& faults);
// The same, with a fault where it is not.
void read_embeddings_body(json_cursor& cursor, std::string_view body, request_facts& facts, fault_keeper& faults);

}  // namespace phigate::codec
