// UTF-8, one sequence at a time: for the paths that must say where a text goes wrong, or mend it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace phigate::codec {

// Bytes of the well-formed sequence that `text` begins with (RFC 3629: no overlong form, no surrogate, at most
// U+10FFFF); 0 when there is none.
std::size_t utf8_sequence(std::string_view text);

bool is_utf8(std::string_view text);

// Of well-formed text.
std::size_t code_points(std::string_view text);
bool holds_control(std::string_view text);  // U+0000 to U+001F, U+007F to U+009F

// `code_point` is a Unicode scalar value.
void append_utf8(std::string& out, std::uint32_t code_point);
std::size_t utf8_size(std::uint32_t code_point);

// The longest prefix of at most `limit` bytes that does not cut a sequence. `text` is well-formed.
std::string_view utf8_prefix(std::string_view text, std::size_t limit);

}  // namespace phigate::codec
