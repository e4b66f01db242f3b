// Heads and chunk framing, appended to a buffer of the caller's. Nothing is allocated but the buffer's growth.
// A CR, LF or NUL in a name, value, method or target is a bug of the caller's and throws std::invalid_argument: what
// goes out can't be split into two messages.
#pragma once

#include <charconv>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace phigate::http {

// `HTTP/1.1 200 OK`, with the registered reason, or none for a status that has none.
void append_status_line(std::string& out, int status);
void append_request_line(std::string& out, std::string_view method, std::string_view target);

void append_field(std::string& out, std::string_view name, std::string_view value);

template <std::integral Integer>
  requires(!std::same_as<Integer, bool> && !std::same_as<Integer, char>)
void append_field(std::string& out, std::string_view name, Integer value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  append_field(out, name, std::string_view(digits, end));
}

// Ends a head or a trailer section.
void append_blank_line(std::string& out);

// A chunk: this, `size` bytes (not 0), chunk_end.
void append_chunk_header(std::string& out, std::size_t size);
inline constexpr std::string_view chunk_end = "\r\n";

// The end of a chunked body without trailers.
constexpr std::string_view last_chunk() {
  return "0\r\n\r\n";
}
// With trailers: this, append_field for each, append_blank_line.
void append_last_chunk(std::string& out);

// IMF-fixdate (RFC 9110 §5.6.7), 29 characters, for the years 0 to 9999: `Sun, 06 Nov 1994 08:49:37 GMT`.
std::string http_date(std::chrono::system_clock::time_point time);

}  // namespace phigate::http
