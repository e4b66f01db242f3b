// The body of a question how a request would be routed (spec §10): any request's, and it may name its modality.
#pragma once

#include <string_view>

#include "codec/request_faults.hpp"
#include "phigate/codec/request.hpp"

namespace phigate::codec {

// Reads the members of the object at `cursor`, which stands in `body`.
void read_explain_body(json_cursor& cursor, std::string_view body, request_facts& facts, fault_keeper& faults);

}  // namespace phigate::codec
