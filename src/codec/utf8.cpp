#include "codec/utf8.hpp"

#include <algorithm>

namespace phigate::codec {
namespace {

std::uint8_t byte_at(std::string_view text, std::size_t index) {
  return static_cast<std::uint8_t>(text[index]);
}

bool is_continuation(std::uint8_t byte) {
  return (byte & 0xC0U) == 0x80U;
}

// The second byte's range is where overlong forms, surrogates and values above U+10FFFF are told from the rest.
bool second_byte_fits(std::uint8_t lead, std::uint8_t second) {
  switch (lead) {
    case 0xE0:
      return second >= 0xA0;
    case 0xED:
      return second <= 0x9F;
    case 0xF0:
      return second >= 0x90;
    case 0xF4:
      return second <= 0x8F;
    default:
      return true;
  }
}

}  // namespace

std::size_t utf8_sequence(std::string_view text) {
  if (text.empty()) return 0;
  const std::uint8_t lead = byte_at(text, 0);
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(byte_at(text, i))) return 0;
  }
  return second_byte_fits(lead, byte_at(text, 1)) ? length : 0;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_sequence(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::size_t code_points(std::string_view text) {
  const auto begins = [](char c) { return !is_continuation(static_cast<std::uint8_t>(c)); };
  return static_cast<std::size_t>(std::ranges::count_if(text, begins));
}

bool holds_control(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::uint8_t byte = byte_at(text, i);
    if (byte < 0x20 || byte == 0x7F) return true;
    if (byte == 0xC2 && i + 1 < text.size() && byte_at(text, i + 1) < 0xA0) return true;
  }
  return false;
}

std::size_t utf8_size(std::uint32_t code_point) {
  if (code_point < 0x80) return 1;
  if (code_point < 0x800) return 2;
  return code_point < 0x10000 ? 3 : 4;
}

void append_utf8(std::string& out, std::uint32_t code_point) {
  const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80U | ((code_point >> shift) & 0x3FU)); };
  switch (utf8_size(code_point)) {
    case 1:
      out += static_cast<char>(code_point);
      return;
    case 2:
      out += static_cast<char>(0xC0U | (code_point >> 6U));
      tail(0);
      return;
    case 3:
      out += static_cast<char>(0xE0U | (code_point >> 12U));
      tail(6);
      tail(0);
      return;
    default:
      out += static_cast<char>(0xF0U | (code_point >> 18U));
      tail(12);
      tail(6);
      tail(0);
  }
}

std::string_view utf8_prefix(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && is_continuation(byte_at(text, limit))) --limit;
  return text.substr(0, limit);
}

}  // namespace phigate::codec
