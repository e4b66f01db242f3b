#include "codec/speech_body.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "codec/top_level.hpp"
#include "codec/utf8.hpp"
#include "phigate/core/audio.hpp"

namespace phigate::codec {
namespace {

using namespace std::string_view_literals;

constexpr std::array own_fields = {
    "input"sv, "instructions"sv, "response_format"sv, "speed"sv, "stream"sv, "stream_format"sv, "voice"sv,
};
static_assert(std::ranges::is_sorted(own_fields));

constexpr std::size_t longest_input = 4096;  // code points
constexpr std::size_t longest_voice = 256;   // bytes
constexpr double slowest = 0.25;
constexpr double fastest = 4.0;

// Of one well-formed sequence.
std::uint32_t code_point_of(std::string_view sequence) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(sequence[at]); };
  if (sequence.size() == 1) return byte(0);
  std::uint32_t code_point = byte(0) & (0xFFU >> (sequence.size() + 1));
  for (std::size_t at = 1; at < sequence.size(); ++at) code_point = (code_point << 6U) | (byte(at) & 0x3FU);
  return code_point;
}

// What has neither a sound nor a shape: controls, blanks, marks of direction and of joining, and U+FFFE and U+FFFF,
// which are no characters.
bool is_silent(std::uint32_t code_point) {
  using range = std::pair<std::uint32_t, std::uint32_t>;
  static constexpr std::array ranges{range{0x0000, 0x0020}, range{0x007F, 0x00A0}, range{0x00AD, 0x00AD},
                                     range{0x1680, 0x1680}, range{0x2000, 0x200F}, range{0x2028, 0x202F},
                                     range{0x205F, 0x206F}, range{0x3000, 0x3000}, range{0xFEFF, 0xFEFF},
                                     range{0xFFFE, 0xFFFF}};
  return std::ranges::any_of(ranges, [&](const range& r) { return r.first <= code_point && code_point <= r.second; });
}

// `text` is well-formed.
bool has_nothing_to_say(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = std::max<std::size_t>(utf8_sequence(text), 1);
    if (!is_silent(code_point_of(text.substr(0, length)))) return false;
    text.remove_prefix(length);
  }
  return true;
}

class speech_reader {
 public:
  speech_reader(json_cursor& cursor, request_facts& facts, fault_keeper& faults)
      : cursor_(cursor), facts_(facts), faults_(faults) {}

  void read_member(std::string_view key);
  [[nodiscard]] speech_members take() { return std::move(read_); }

 private:
  void read_input();
  void read_voice();
  void take_voice(std::string_view param);
  void read_format();
  void read_speed();
  void read_instructions();
  void read_stream();
  void read_stream_format();
  void need(std::string_view feature);

  json_cursor& cursor_;
  request_facts& facts_;
  fault_keeper& faults_;
  speech_members read_;
};

void speech_reader::read_member(std::string_view key) {
  if (key == "input") {
    read_input();
  } else if (key == "voice") {
    read_voice();
  } else if (cursor_.kind() == json_kind::null) {
    return;
  } else if (key == "response_format") {
    read_format();
  } else if (key == "speed") {
    read_speed();
  } else if (key == "instructions") {
    read_instructions();
  } else if (key == "stream") {
    read_stream();
  } else if (key == "stream_format") {
    read_stream_format();
  }
}

void speech_reader::read_input() {
  read_.has_input = true;
  if (cursor_.kind() != json_kind::string) return faults_.invalid("input", "\"input\" must be a string.");
  read_.asked.input = cursor_.string().text();
  const std::size_t size = code_points(read_.asked.input);
  facts_.characters = static_cast<std::int64_t>(size);
  if (size == 0) return faults_.invalid("input", "\"input\" must not be empty.");
  // Providers answer with an error, or with a success and no sound: neither is the route's fault.
  if (has_nothing_to_say(read_.asked.input)) {
    return faults_.invalid("input", "\"input\" has blanks and control characters alone: there is nothing to speak.");
  }
  if (size <= longest_input) return;
  faults_.invalid([&] {
    return fault_text{"input", "\"input\" has " + std::to_string(size) + " characters; at most " +
                                   std::to_string(longest_input) + " are taken. Send it in parts."};
  });
}

void speech_reader::read_voice() {
  read_.has_voice = true;
  if (cursor_.kind() == json_kind::string) return take_voice("voice");
  if (cursor_.kind() != json_kind::object) {
    return faults_.invalid("voice", "\"voice\" must be a string, or an object with an id.");
  }
  bool has_id = false;
  read_object(
      cursor_, faults_, [] { return "voice"sv; },
      [&](const key_ledger::entry& key) {
        if (key.name != "id") return;
        has_id = true;
        take_voice("voice.id");
      });
  if (!has_id) faults_.invalid("voice.id", "\"voice\" must be a string, or an object with an id.");
}

void speech_reader::take_voice(std::string_view param) {
  std::string name = cursor_.kind() == json_kind::string ? cursor_.string().text() : std::string();
  if (name.empty() || name.size() > longest_voice || holds_control(name)) {
    return faults_.invalid(param, "A voice is named by 1 to 256 bytes without control characters.");
  }
  facts_.voice = name;
  read_.asked.voice = std::move(name);
}

void speech_reader::read_format() {
  if (cursor_.kind() == json_kind::string) {
    const std::string word = cursor_.string().text();
    if (std::ranges::find(core::speech_format_names, word) != core::speech_format_names.end()) {
      read_.asked.response_format = word;
      return;
    }
  }
  faults_.invalid("response_format", "\"response_format\" must be one of mp3, opus, aac, flac, wav and pcm.");
}

void speech_reader::read_speed() {
  const auto speed = cursor_.real();
  if (speed && *speed >= slowest && *speed <= fastest) {
    read_.asked.speed = *speed;
    return;
  }
  faults_.invalid("speed", "\"speed\" must be a number from 0.25 to 4.");
}

void speech_reader::read_instructions() {
  if (cursor_.kind() != json_kind::string) {
    return faults_.invalid("instructions", "\"instructions\" must be a string.");
  }
  read_.asked.instructions = cursor_.string().text();
  if (!read_.asked.instructions.empty()) facts_.parameters.push_back({"instructions"});
}

// Not OpenAI's field, but some providers answer it with a stream of events.
void speech_reader::read_stream() {
  if (cursor_.kind() != json_kind::boolean) return faults_.invalid("stream", "\"stream\" must be true or false.");
  facts_.stream = cursor_.is_true();
  if (facts_.stream) need("stream");
}

void speech_reader::read_stream_format() {
  const std::string word = cursor_.kind() == json_kind::string ? cursor_.string().text() : std::string();
  if (word == "sse") {
    need("sse");
  } else if (word != "audio") {
    faults_.invalid("stream_format", "\"stream_format\" must be \"audio\" or \"sse\".");
  }
}

void speech_reader::need(std::string_view feature) {
  facts_.required_features.emplace_back(feature);
}

}  // namespace

speech_members read_speech_members(json_cursor& cursor, std::string_view body, request_facts& facts,
                                   fault_keeper& faults) {
  facts.modality = core::modality::tts;
  speech_reader reader(cursor, facts, faults);
  read_top_level(cursor, body, own_fields, facts, faults, [&](std::string_view key) { reader.read_member(key); });
  require_model(facts, faults);
  speech_members read = reader.take();
  facts.response_format = read.asked.response_format;
  return read;
}

speech_request read_speech_body(json_cursor& cursor, std::string_view body, request_facts& facts,
                                fault_keeper& faults) {
  speech_members read = read_speech_members(cursor, body, facts, faults);
  if (!read.has_input) faults.invalid("input", "\"input\" is missing: the text to speak.");
  if (!read.has_voice) faults.invalid("voice", "\"voice\" is missing: the name of one.");
  return std::move(read.asked);
}

}  // namespace phigate::codec
