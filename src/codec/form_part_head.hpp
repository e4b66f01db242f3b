// The head of one part of a form (RFC 7578 §4).
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "phigate/codec/multipart.hpp"

namespace phigate::codec {

core::api_error malformed_form(std::string what);

// `text`: the head's lines, each with its CRLF; without the empty one. Other fields than Content-Disposition,
// Content-Type and Content-Transfer-Encoding mean nothing in a form and are passed over; what could be read in two
// ways, or as a form within the form, is refused.
std::expected<part_head, core::api_error> read_part_head(std::string_view text);

}  // namespace phigate::codec
