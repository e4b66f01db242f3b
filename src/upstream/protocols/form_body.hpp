// multipart/form-data (RFC 7578) as it is sent: some fields, then one file.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "phigate/codec/splice.hpp"

namespace phigate::upstream {

using form_field = std::pair<std::string, std::string>;  // name and value

// Views outlive the body.
struct form_file {
  std::string_view name;  // of the part: "file"
  std::string_view filename;
  std::string_view media_type;  // empty: application/octet-stream
  std::string_view bytes;
};

struct form_body {
  std::string content_type;  // with the boundary
  codec::spliced_body body;  // its piece for the file is a view of it, everything else its own
};

// The fields in their order, the file last. Names are escaped as browsers do: %22, %0D, %0A. The boundary occurs in no
// value and not in the file, whatever a client puts there.
form_body write_form(std::span<const form_field> fields, const form_file& file);

// The shortest extension of a fixed text that occurs in none of `contents`: at most 40 of RFC 2046's characters.
std::string boundary_outside(std::span<const std::string_view> contents);

}  // namespace phigate::upstream
