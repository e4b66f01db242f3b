#include <cstring>
#include <optional>

#include "codec/json_validator.hpp"
#include "codec/utf8.hpp"
#include "phigate/core/ascii.hpp"

namespace phigate::codec {
namespace {

// Whether one of eight bytes of a string needs a closer look: a quote, a backslash, a control character or anything
// beyond ASCII. It may name one too many, never one too few.
bool needs_a_look(std::uint64_t bytes) {
  constexpr std::uint64_t each = 0x0101010101010101U;
  constexpr std::uint64_t high = each * 0x80U;
  const auto below = [](std::uint64_t word, std::uint64_t limit) { return (word - each * limit) & ~word & high; };
  const auto equals = [&](char c) { return below(bytes ^ (each * static_cast<unsigned char>(c)), 1); };
  return ((bytes & high) | below(bytes, 0x20) | equals('"') | equals('\\')) != 0;
}

// Reads RFC 8259's grammar with one bit a level for a stack: set for an object. Each method returns false once a fault
// is found.
class bytewise_check {
 public:
  explicit bytewise_check(std::string_view text) : text_(text) {}

  std::expected<void, json_fault> run() {
    skip_space();
    if (at_end()) return std::unexpected(json_fault{json_fault::kind::empty, at_});
    if (!values()) return std::unexpected(fault_);
    skip_space();
    if (!at_end()) return std::unexpected(json_fault{json_fault::kind::grammar, at_});
    return {};
  }

 private:
  [[nodiscard]] bool at_end() const { return at_ == text_.size(); }
  [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[at_]; }
  [[nodiscard]] bool in_object() const { return (objects_ & 1U) != 0; }

  bool fail(json_fault::kind what = json_fault::kind::grammar) {
    fault_ = {what, at_};
    return false;
  }

  void skip_space() {
    while (!at_end() && (peek() == ' ' || peek() == '\n' || peek() == '\t' || peek() == '\r')) ++at_;
  }

  bool take(char c) {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  // One value with all that it holds.
  bool values() {
    for (;;) {
      skip_space();
      if (peek() == '{' || peek() == '[') {
        if (!open()) return false;
        skip_space();
        if (!take(in_object() ? '}' : ']')) {
          if (in_object() && !key()) return false;
          continue;
        }
        close();
      } else if (!scalar()) {
        return false;
      }
      if (!behind_value()) return false;
      if (depth_ == 0) return true;
    }
  }

  // Closes what ends here; stops where the next value has to begin.
  bool behind_value() {
    while (depth_ > 0) {
      skip_space();
      if (take(',')) {
        skip_space();
        return !in_object() || key();
      }
      if (!take(in_object() ? '}' : ']')) return fail();
      close();
    }
    return true;
  }

  bool open() {
    if (depth_ == max_depth) return fail(json_fault::kind::depth);
    objects_ = (objects_ << 1U) | (peek() == '{' ? 1U : 0U);
    ++depth_;
    ++at_;
    return true;
  }

  void close() {
    --depth_;
    // The bit of a level that 64 shifts pushed out is never asked for: there are no more levels than bits.
    objects_ >>= 1U;
  }

  bool key() {
    if (!string()) return false;
    skip_space();
    return take(':') || fail();
  }

  bool scalar() {
    switch (peek()) {
      case '"':
        return string();
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

  bool word(std::string_view expected) {
    for (const char c : expected) {
      if (!take(c)) return fail();
    }
    return true;
  }

  bool digits() {
    if (!core::ascii::is_digit(peek())) return fail();
    while (core::ascii::is_digit(peek())) ++at_;
    return true;
  }

  bool number() {
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      return digits();
    }
    return true;
  }

  bool string() {
    if (!take('"')) return fail();
    while (skip_plain(), !at_end()) {
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        return true;
      }
      if (c == '\\') {
        if (!escape()) return false;
      } else if (static_cast<unsigned char>(c) < 0x20) {
        return fail();
      } else {
        const std::size_t length = utf8_sequence(text_.substr(at_));
        if (length == 0) return fail(json_fault::kind::encoding);
        at_ += length;
      }
    }
    return fail();
  }

  void skip_plain() {
    std::uint64_t bytes = 0;
    for (; text_.size() - at_ >= sizeof bytes; at_ += sizeof bytes) {
      std::memcpy(&bytes, text_.data() + at_, sizeof bytes);
      if (needs_a_look(bytes)) return;
    }
  }

  bool escape() {
    ++at_;
    if (at_end()) return fail();
    if (std::string_view("\"\\/bfnrt").find(peek()) != std::string_view::npos) {
      ++at_;
      return true;
    }
    if (!take('u')) return fail();
    const std::size_t digits_begin = at_;
    const auto unit = code_unit();
    if (!unit) return false;
    if (*unit < 0xD800 || *unit > 0xDFFF) return true;
    // Half a pair names no character: no UTF-8 text can carry it on.
    if (*unit < 0xDC00 && take('\\') && take('u')) {
      const auto low = code_unit();
      if (!low) return false;
      if (*low >= 0xDC00 && *low <= 0xDFFF) return true;
    }
    at_ = digits_begin;
    return fail();
  }

  std::optional<std::uint32_t> code_unit() {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) {
      const auto digit = core::ascii::hex_value(peek());
      if (!digit) {
        fail();
        return std::nullopt;
      }
      value = value * 16 + *digit;
      ++at_;
    }
    return value;
  }

  static_assert(max_depth <= 64, "one bit a level");

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::uint64_t objects_ = 0;
  json_fault fault_;
};

}  // namespace

std::expected<void, json_fault> check_bytewise(std::string_view text) {
  return bytewise_check(text).run();
}

}  // namespace phigate::codec
