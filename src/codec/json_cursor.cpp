#include "codec/json_cursor.hpp"

#include <algorithm>
#include <charconv>

#include "codec/utf8.hpp"
#include "phigate/core/ascii.hpp"

namespace phigate::codec {
namespace {

// The end of a string whose first byte behind the opening quote is at `begin`: where its closing quote stands.
std::size_t closing_quote(std::string_view text, std::size_t begin) {
  for (std::size_t from = begin;;) {
    const std::size_t quote = text.find('"', from);  // memchr: long base64 strings pass at memory speed
    if (quote == std::string_view::npos) return text.size();
    std::size_t backslashes = 0;
    while (quote - backslashes > begin && text[quote - backslashes - 1] == '\\') ++backslashes;
    if (backslashes % 2 == 0) return quote;
    from = quote + 1;
  }
}

// The four hex digits at `at`; 0 where there are none.
std::uint32_t code_unit(std::string_view text, std::size_t at) {
  std::uint32_t value = 0;
  if (at + 4 <= text.size()) std::from_chars(text.data() + at, text.data() + at + 4, value, 16);
  return value;
}

struct escape {
  std::uint32_t code_point = 0;
  std::size_t length = 0;  // in the raw text
};

escape read_escape(std::string_view raw, std::size_t at) {
  if (at + 1 >= raw.size()) return {'\\', 1};
  switch (raw[at + 1]) {
    case 'b':
      return {'\b', 2};
    case 'f':
      return {'\f', 2};
    case 'n':
      return {'\n', 2};
    case 'r':
      return {'\r', 2};
    case 't':
      return {'\t', 2};
    case 'u':
      break;
    default:
      return {static_cast<unsigned char>(raw[at + 1]), 2};
  }
  const std::uint32_t first = code_unit(raw, at + 2);
  if (first < 0xD800 || first > 0xDBFF) return {first, 6};
  const std::uint32_t second = code_unit(raw, at + 8);
  return {0x10000U + ((first - 0xD800U) << 10U) + ((second - 0xDC00U) & 0x3FFU), 12};
}

// plain(text) for what stands for itself, special(code_point) for each escape.
template <typename Plain, typename Special>
void unescape(std::string_view raw, Plain plain, Special special) {
  std::size_t at = 0;
  while (at < raw.size()) {
    const std::size_t backslash = std::min(raw.find('\\', at), raw.size());
    plain(raw.substr(at, backslash - at));
    if (backslash == raw.size()) return;
    const escape found = read_escape(raw, backslash);
    special(found.code_point);
    at = backslash + found.length;
  }
}

// "data:image/png;base64,…": a scheme, a media type and a comma. A sentence that begins with "data:" is none.
bool is_data_uri(std::string_view raw) {
  constexpr std::string_view scheme = "data:";
  constexpr std::size_t longest_media_type = 256;
  if (!core::ascii::starts_with_ignoring_case(raw, scheme)) return false;
  const std::string_view head = raw.substr(scheme.size(), longest_media_type);
  const std::string_view media_type = head.substr(0, head.find(','));
  return media_type.size() < head.size() && media_type.find('/') != std::string_view::npos &&
         media_type.find(' ') == std::string_view::npos;
}

}  // namespace

std::size_t json_string::size() const {
  std::size_t bytes = 0;
  unescape(
      raw_, [&](std::string_view plain) { bytes += plain.size(); },
      [&](std::uint32_t code_point) { bytes += utf8_size(code_point); });
  return bytes;
}

std::string json_string::text() const {
  std::string text;
  text.reserve(raw_.size());
  unescape(
      raw_, [&](std::string_view plain) { text += plain; },
      [&](std::uint32_t code_point) { append_utf8(text, code_point); });
  return text;
}

json_kind json_cursor::kind() const {
  if (at_ >= text_.size()) return json_kind::none;
  const char c = text_[at_];
  switch (c) {
    case '{':
      return json_kind::object;
    case '[':
      return json_kind::array;
    case '"':
      return json_kind::string;
    case 't':
    case 'f':
      return json_kind::boolean;
    case 'n':
      return json_kind::null;
    default:
      return c == '-' || core::ascii::is_digit(c) ? json_kind::number : json_kind::none;
  }
}

json_kind json_cursor::first_element() const {
  return kind() == json_kind::array ? json_cursor(text_.substr(at_ + 1)).kind() : json_kind::none;
}

void json_cursor::enter() {
  ++at_;
  ++depth_;
  deepest_ = std::max(deepest_, depth_);
  skip_space();
}

void json_cursor::skip() {
  switch (kind()) {
    case json_kind::object:
    case json_kind::array:
      return skip_container();
    case json_kind::string:
      string();
      return;
    default:
      return skip_scalar();
  }
}

void json_cursor::skip_container() {
  std::size_t depth = depth_;
  do {
    switch (text_[at_]) {
      case '"':
        at_ = closing_quote(text_, at_ + 1);
        break;
      case '{':
      case '[':
        deepest_ = std::max(deepest_, ++depth);
        break;
      case '}':
      case ']':
        --depth;
        break;
      default:
        break;
    }
    ++at_;
  } while (depth != depth_ && at_ < text_.size());
  at_ = std::min(at_, text_.size());
}

void json_cursor::skip_scalar() {
  at_ = std::min(text_.find_first_of(",]} \n\t\r", at_), text_.size());
}

std::string_view json_cursor::raw() {
  const std::size_t begin = at_;
  skip();
  return text_.substr(begin, at_ - begin);
}

json_string json_cursor::string() {
  if (kind() != json_kind::string) {
    skip();
    return json_string({});
  }
  const std::size_t begin = at_ + 1;
  const std::size_t end = closing_quote(text_, begin);
  at_ = std::min(end + 1, text_.size());
  return json_string(text_.substr(begin, end - begin));
}

bool json_cursor::is_true() {
  return raw() == "true";
}

std::optional<std::int64_t> json_cursor::integer() {
  constexpr std::size_t most_digits = 18;
  const std::string_view digits = raw();
  std::int64_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (error != std::errc() || stop != end || digits.size() > most_digits) return std::nullopt;
  return value;
}

std::optional<double> json_cursor::real() {
  double value = 0;
  const char* const end = text_.data() + text_.size();
  const auto [stop, error] = std::from_chars(text_.data() + at_, end, value);
  if (kind() != json_kind::number || error != std::errc()) return std::nullopt;
  at_ = static_cast<std::size_t>(stop - text_.data());
  return value;
}

std::int64_t string_bytes(std::string_view text) {
  std::size_t bytes = 0;
  std::size_t at = 0;
  while ((at = text.find('"', at)) != std::string_view::npos) {
    const std::size_t end = closing_quote(text, at + 1);
    const std::string_view raw = text.substr(at + 1, end - at - 1);
    if (end == text.size()) break;
    at = end + 1;
    const std::size_t next = text.find_first_not_of(" \n\t\r", at);
    const bool is_key = next != std::string_view::npos && text[next] == ':';
    if (!is_key && !is_data_uri(raw)) bytes += json_string(raw).size();
  }
  return static_cast<std::int64_t>(bytes);
}

}  // namespace phigate::codec
