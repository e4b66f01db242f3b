#include "codec/base64.hpp"

#include <algorithm>
#include <array>

namespace phigate::codec {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t no_digit = 0xFF;

constexpr std::array<std::uint8_t, 256> digit_values = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(no_digit);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}();

// How many `=` end the text: two at most.
std::size_t padding_of(std::string_view text) {
  return text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
}

}  // namespace

bool is_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return false;
  return std::ranges::all_of(text.substr(0, text.size() - padding_of(text)),
                             [](char c) { return digit_values[static_cast<unsigned char>(c)] != no_digit; });
}

void append_base64(std::string& out, std::span<const std::uint8_t> bytes) {
  out.reserve(out.size() + (bytes.size() + 2) / 3 * 4);
  std::size_t at = 0;
  for (; at + 3 <= bytes.size(); at += 3) {
    const std::uint32_t group =
        (std::uint32_t{bytes[at]} << 16U) | (std::uint32_t{bytes[at + 1]} << 8U) | bytes[at + 2];
    const std::array digits = {alphabet[group >> 18U], alphabet[(group >> 12U) & 63U], alphabet[(group >> 6U) & 63U],
                               alphabet[group & 63U]};
    out.append(digits.data(), digits.size());
  }
  const std::size_t rest = bytes.size() - at;
  if (rest == 0) return;
  const std::uint32_t second = rest == 2 ? bytes[at + 1] : 0U;
  const std::uint32_t group = (std::uint32_t{bytes[at]} << 16U) | (second << 8U);
  out += alphabet[group >> 18U];
  out += alphabet[(group >> 12U) & 63U];
  out += rest == 2 ? alphabet[(group >> 6U) & 63U] : '=';
  out += '=';
}

std::optional<std::vector<std::uint8_t>> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  const std::string_view digits = text.substr(0, text.size() - padding_of(text));
  std::vector<std::uint8_t> bytes;
  bytes.reserve(text.size() / 4 * 3);
  std::uint32_t group = 0;
  unsigned bits = 0;
  for (const char c : digits) {
    const std::uint8_t value = digit_values[static_cast<unsigned char>(c)];
    if (value == no_digit) return std::nullopt;
    group = (group << 6U) | value;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push_back(static_cast<std::uint8_t>(group >> bits));
  }
  return bytes;
}

}  // namespace phigate::codec
