// Whether a text is JSON: asked once of every text from outside, before anything in it is read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string_view>

namespace phigate::codec {

inline constexpr std::size_t max_depth = 64;  // nested objects and arrays (threats §1)

struct json_fault {
  enum class kind : std::uint8_t { empty, grammar, encoding, depth };
  kind what = kind::grammar;
  std::size_t offset = 0;  // of the first byte that cannot stand where it does; the text's size when it ends too early
};

// Keeps simdjson's buffers between calls. Not shared between threads.
class json_validator {
 public:
  json_validator();
  ~json_validator();
  json_validator(const json_validator&) = delete;
  json_validator& operator=(const json_validator&) = delete;

  // Grammar, UTF-8, no byte order mark, nothing behind the value, at most max_depth levels (one more may pass when the
  // innermost is empty: a reader that walks the whole text counts them). Numbers may be of any size. `text` has
  // `padding` readable bytes behind it.
  std::expected<void, json_fault> check(std::string_view text);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

// The same judgement byte by byte, exact in every respect, without buffers, padding or allocation: slower where there
// is much structure, as fast where there are long strings.
std::expected<void, json_fault> check_bytewise(std::string_view text);

}  // namespace phigate::codec
