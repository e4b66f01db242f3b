// The body of POST /v1/ocr (spec §10).
#pragma once

#include <string_view>

#include "codec/request_faults.hpp"
#include "phigate/codec/request.hpp"

namespace phigate::codec {

struct document_members {
  document_request asked;
  bool has_document = false;
};

// Reads the members of the object at `cursor`, which stands in `body`.
document_members read_document_members(json_cursor& cursor, std::string_view body, request_facts& facts,
                                       fault_keeper& faults);
// The same, with a fault where the document is missing.
document_request read_document_body(json_cursor& cursor, std::string_view body, request_facts& facts,
                                    fault_keeper& faults);

}  // namespace phigate::codec
