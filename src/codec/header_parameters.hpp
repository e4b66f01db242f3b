// A header's value with parameters: `form-data; name="file"; filename="a b.wav"` (RFC 9110 §5.6.6).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace phigate::codec {

struct header_parameter {
  std::string_view name{};   // as written; its case means nothing
  std::string_view value{};  // of a quoted one what stands between the quotes, its escapes as they are
  bool quoted = false;
};

struct header_value {
  std::string_view value{};
  std::vector<header_parameter> parameters{};
};

// Nothing where it breaks the grammar. An unquoted value may hold what lists and other parameters are not told from by:
// everything visible in ASCII but `;`, `,`, a quote and a backslash.
std::optional<header_value> read_header_value(std::string_view text);

bool is_token(std::string_view text);                         // RFC 9110 §5.6.2; not empty
std::string_view without_outer_space(std::string_view text);  // spaces and tabs

}  // namespace phigate::codec
