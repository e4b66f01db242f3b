#include "config/json_scalar.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "config/utf8.hpp"
#include "phigate/core/ascii.hpp"

namespace phigate::config {
namespace {

constexpr std::array<std::string_view, 3> json_words{"true", "false", "null"};
// What some version of YAML reads as a truth value, nothing or a number; compared in lower case.
constexpr std::array<std::string_view, 12> yaml_words{"true", "false", "null", "yes", "no",   "on",
                                                      "off",  "y",     "n",    "~",   ".inf", ".nan"};

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || !any_of.contains(text.front())) return false;
  text.remove_prefix(1);
  return true;
}

bool take_digits(std::string_view& text) {
  const std::size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
  text.remove_prefix(count);
  return count > 0;
}

// RFC 8259, section 6.
bool is_json_number(std::string_view text) {
  take(text, "-");
  if (!take(text, "0") && !take_digits(text)) return false;
  if (take(text, ".") && !take_digits(text)) return false;
  if (take(text, "eE")) {
    take(text, "+-");
    if (!take_digits(text)) return false;
  }
  return text.empty();
}

// Takes more than YAML's numbers, dates for one: quotes always help.
bool looks_like_a_number(std::string_view text) {
  take(text, "+-");
  take(text, ".");
  return !text.empty() && core::ascii::is_digit(text.front());
}

bool is_yaml_word(std::string_view text) {
  std::string lower = core::ascii::to_lower(text.substr(0, 6));
  if (lower.starts_with('+') || lower.starts_with('-')) lower.erase(0, 1);
  return std::ranges::find(yaml_words, lower) != yaml_words.end();
}

std::string json_string(std::string_view text) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20) {
      out += "\\u00";
      out += digits[byte >> 4];
      out += digits[byte & 0x0f];
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace

std::optional<std::string> read_json_scalar(const node& from, reading& in) {
  if (from.shape == shape::null) return "null";
  const auto value = read_scalar(from, in, "a single value");
  if (!value) return std::nullopt;
  const std::string& text = value->text;
  if (first_invalid_utf8(text)) {
    in.fault(from, in_quotes(from.scalar) + " is not UTF-8");
    return std::nullopt;
  }
  if (value->quoted) return json_string(text);
  if (is_json_number(text) || std::ranges::find(json_words, text) != json_words.end()) return text;
  // What a variable brings can't be put in quotes, which say nothing around one: it is text.
  const bool is_as_written = text == from.scalar;
  if (is_as_written && (looks_like_a_number(text) || is_yaml_word(text))) {
    in.fault(from, in_quotes(from.scalar) + " is no number, true, false or null as JSON has them: put text in quotes");
    return std::nullopt;
  }
  return json_string(text);
}

}  // namespace phigate::config
