// Where a document comes from: a URL, the body itself, or the provider's own store (spec §10).
#pragma once

#include "codec/request_faults.hpp"
#include "phigate/codec/request.hpp"

namespace phigate::codec {

// Reads the value of `document` at `cursor` into `asked`, what it points to included.
void read_document_source(json_cursor& cursor, request_facts& facts, fault_keeper& faults, document_request& asked);

}  // namespace phigate::codec
