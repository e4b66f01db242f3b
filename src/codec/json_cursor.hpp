// A walk over JSON text that json_validator has accepted: finds values with their places, decodes only what is asked
// for. On any other text it stays inside its bounds and ends, and what it says has no meaning.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace phigate::codec {

enum class json_kind : std::uint8_t { none, object, array, string, number, boolean, null };

// A string as it stands between its quotes.
class json_string {
 public:
  explicit json_string(std::string_view raw) : raw_(raw) {}
  [[nodiscard]] std::string_view raw() const { return raw_; }
  [[nodiscard]] bool has_escapes() const { return raw_.find('\\') != std::string_view::npos; }
  [[nodiscard]] std::size_t size() const;  // bytes once unescaped
  [[nodiscard]] std::string text() const;  // unescaped
  bool operator==(std::string_view other) const;

 private:
  std::string_view raw_;
};

class json_cursor {
 public:
  // At the first value of `text`.
  explicit json_cursor(std::string_view text) : text_(text) { skip_space(); }

  // Of the value at the cursor; none at the end and where no value begins.
  [[nodiscard]] json_kind kind() const;
  // Of the first element of the array at the cursor; none for an empty one, and where no array stands.
  [[nodiscard]] json_kind first_element() const;
  [[nodiscard]] std::size_t offset() const { return at_; }
  // The most levels of nesting met so far.
  [[nodiscard]] std::size_t deepest() const { return deepest_; }

  // Each of these takes the value at the cursor and stops right behind it.
  void skip();
  std::string_view raw();
  json_string string();                   // empty when the value is no string
  bool is_true();                         // false for everything but `true`
  std::optional<std::int64_t> integer();  // nothing for a fraction, an exponent or more than 18 digits
  std::optional<double> real();  // nothing for what is no number or beyond a double's range; then it does not move

  // visit(key) with the cursor at the key's value; a value that it leaves is skipped. No visit when this is no object.
  template <typename Visit>
  void members(Visit&& visit);
  // visit(index), likewise, for an array.
  template <typename Visit>
  void elements(Visit&& visit);

 private:
  void skip_space();
  bool take(char c);
  void enter();
  void skip_container();
  void skip_scalar();

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::size_t deepest_ = 0;
};

// Bytes, once unescaped, of all string values in `text` at any depth. Keys do not count, nor do data: URIs.
std::int64_t string_bytes(std::string_view text);

template <typename Visit>
void json_cursor::members(Visit&& visit) {
  if (kind() != json_kind::object) return skip();
  enter();
  if (!take('}')) {
    while (kind() == json_kind::string) {
      const json_string key = string();
      skip_space();
      take(':');
      skip_space();
      const std::size_t value = at_;
      visit(key);
      if (at_ == value) skip();
      skip_space();
      if (!take(',')) break;
      skip_space();
    }
    take('}');
  }
  --depth_;
}

template <typename Visit>
void json_cursor::elements(Visit&& visit) {
  if (kind() != json_kind::array) return skip();
  enter();
  if (!take(']')) {
    for (std::size_t index = 0;; ++index) {
      const std::size_t value = at_;
      visit(index);
      if (at_ == value) skip();
      skip_space();
      if (!take(',')) break;
      skip_space();
    }
    take(']');
  }
  --depth_;
}

// Keys are compared often, so the text is only unescaped where that can matter: an escape is longer than what it stands
// for, by up to five bytes.
inline bool json_string::operator==(std::string_view other) const {
  if (raw_.size() == other.size()) return raw_ == other && !has_escapes();
  return raw_.size() > other.size() && raw_.size() <= 6 * other.size() && has_escapes() && text() == other;
}

inline void json_cursor::skip_space() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c != ' ' && c != '\n' && c != '\t' && c != '\r') return;
    ++at_;
  }
}

inline bool json_cursor::take(char c) {
  if (at_ >= text_.size() || text_[at_] != c) return false;
  ++at_;
  return true;
}

}  // namespace phigate::codec
