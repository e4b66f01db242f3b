// Character classes and small productions of RFC 9110 and RFC 3986. ASCII only, never the locale.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace phigate::http::grammar {

enum class char_class : std::uint8_t {
  token = 1,       // of names and methods
  text = 2,        // of field values: HTAB, SP, printable ASCII, obs-text
  plain_text = 4,  // SP and printable ASCII
  path = 8,        // of an origin-form path; `%` needs its two digits besides
  host = 16,       // of a registered name or an IPv4 address
};

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_alpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr std::optional<std::uint8_t> hex_value(char c) {
  if (is_digit(c)) return static_cast<std::uint8_t>(c - '0');
  const char lower = to_lower(c);
  if (lower >= 'a' && lower <= 'f') return static_cast<std::uint8_t>(lower - 'a' + 10);
  return std::nullopt;
}

namespace detail {

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const char c = static_cast<char>(i);
    const bool word = is_digit(c) || is_alpha(c);
    const auto among = [c](std::string_view set) { return set.find(c) != std::string_view::npos; };
    const bool plain = i >= 0x20 && i <= 0x7e;
    const auto mark = [&classes, i](char_class which, bool belongs) {
      if (belongs) classes[i] = static_cast<std::uint8_t>(classes[i] | static_cast<std::uint8_t>(which));
    };
    mark(char_class::token, word || among("!#$%&'*+-.^_`|~"));
    mark(char_class::text, plain || i == 0x09 || i >= 0x80);
    mark(char_class::plain_text, plain);
    mark(char_class::path, word || among("/-._~!$&'()*+,;=:@%"));
    mark(char_class::host, word || among("-._~"));
  }
  return classes;
}

inline constexpr std::array<std::uint8_t, 256> classes = make_classes();

}  // namespace detail

constexpr bool is(char c, char_class which) {
  return (detail::classes[static_cast<unsigned char>(c)] & static_cast<std::uint8_t>(which)) != 0;
}

constexpr bool all_of(std::string_view text, char_class which) {
  for (const char c : text) {
    if (!is(c, which)) return false;
  }
  return true;
}

constexpr bool is_token(std::string_view text) {
  return !text.empty() && all_of(text, char_class::token);
}

// Without the SP and HTAB around it.
constexpr std::string_view trim_blanks(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Takes the next element off the front of a comma-separated list, without the blanks around it. Call while it returns
// one.
constexpr std::optional<std::string_view> next_element(std::optional<std::string_view>& list) {
  if (!list) return std::nullopt;
  const auto comma = list->find(',');
  const auto element = trim_blanks(list->substr(0, comma));
  if (comma == std::string_view::npos) {
    list.reset();
  } else {
    list->remove_prefix(comma + 1);
  }
  return element;
}

}  // namespace phigate::http::grammar
