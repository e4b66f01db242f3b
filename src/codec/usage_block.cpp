#include "codec/usage_block.hpp"

#include "codec/json_cursor.hpp"

namespace phigate::codec {
namespace {

// No answer has a million million tokens; a count that has would overflow a sum of money.
constexpr std::int64_t most_tokens = 1'000'000'000'000;

// Absent and null are told apart from unsound: a count may be left out, never be wrong.
struct count {
  std::optional<std::int64_t> value;
  bool sound = true;

  void read(json_cursor& cursor) {
    value.reset();
    sound = true;
    if (cursor.kind() == json_kind::null) return;
    value = cursor.integer();
    sound = value && *value >= 0 && *value <= most_tokens;
  }
};

void read_details(json_cursor& cursor, count& cached) {
  cached = count{};
  if (cursor.kind() == json_kind::null) return;
  cached.sound = cursor.kind() == json_kind::object;
  cursor.members([&](json_string key) {
    if (key == "cached_tokens") cached.read(cursor);
  });
}

}  // namespace

std::optional<core::token_usage> read_usage(json_cursor& cursor, completion_count completion) {
  count prompt;
  count completed;
  count cached;
  cursor.members([&](json_string key) {
    if (key == "prompt_tokens") {
      prompt.read(cursor);
    } else if (key == "completion_tokens") {
      completed.read(cursor);
    } else if (key == "prompt_tokens_details") {
      read_details(cursor, cached);
    }
  });
  if (!prompt.sound || !completed.sound || !cached.sound || !prompt.value) return std::nullopt;
  if (!completed.value && completion == completion_count::required) return std::nullopt;
  return core::token_usage{
      .prompt = *prompt.value, .cached = cached.value.value_or(0), .completion = completed.value.value_or(0)};
}

}  // namespace phigate::codec
