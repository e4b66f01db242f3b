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

// The cached part of the prompt, as OpenAI names it and as Mistral does, in two places.
struct cached_counts {
  count openais;
  count in_details;
  count alone;

  void read(json_string key, json_cursor& cursor) {
    if (key == "prompt_tokens_details") {
      read_details(cursor, openais);
    } else if (key == "prompt_token_details") {
      read_details(cursor, in_details);
    } else if (key == "num_cached_tokens") {
      alone.read(cursor);
    }
  }

  [[nodiscard]] bool are_sound() const { return openais.sound && in_details.sound && alone.sound; }
  // One and the same number, so it is not added up; the first that is given.
  [[nodiscard]] std::int64_t value() const {
    return openais.value.value_or(in_details.value.value_or(alone.value.value_or(0)));
  }
};

}  // namespace

std::optional<core::token_usage> read_usage(json_cursor& cursor, completion_count completion) {
  count prompt;
  count completed;
  cached_counts cached;
  cursor.members([&](json_string key) {
    if (key == "prompt_tokens") {
      prompt.read(cursor);
    } else if (key == "completion_tokens") {
      completed.read(cursor);
    } else {
      cached.read(key, cursor);
    }
  });
  if (!prompt.sound || !completed.sound || !cached.are_sound() || !prompt.value) return std::nullopt;
  if (!completed.value && completion == completion_count::required) return std::nullopt;
  return core::token_usage{
      .prompt = *prompt.value, .cached = cached.value(), .completion = completed.value.value_or(0)};
}

}  // namespace phigate::codec
