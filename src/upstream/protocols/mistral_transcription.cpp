#include "upstream/protocols/mistral_transcription.hpp"

#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "phigate/codec/json.hpp"
#include "phigate/codec/transcript.hpp"
#include "upstream/protocols/body_edits.hpp"
#include "upstream/protocols/form_body.hpp"
#include "upstream/protocols/parts.hpp"
#include "upstream/protocols/transcript_answer.hpp"

namespace phigate::upstream {
namespace {

using codec::transcript_format;

enum class granularity : std::uint8_t { none, segment, word };

// It takes one granularity: from words, segments can be made.
granularity needed_for(const codec::transcription_request& asked) {
  const bool verbose = asked.format == transcript_format::verbose_json;
  if (verbose && asked.wants_words) return granularity::word;
  const bool has_cues = asked.format == transcript_format::srt || asked.format == transcript_format::vtt;
  return has_cues || (verbose && asked.wants_segments) ? granularity::segment : granularity::none;
}

std::optional<std::int64_t> milliseconds_of(codec::json_value seconds) {
  const auto value = seconds.number();
  if (!value || *value < 0 || *value > static_cast<double>(codec::longest_recording_ms) / 1000) return std::nullopt;
  return std::llround(*value * 1000);
}

bool ends_sentence(std::string_view word) {
  return word.ends_with('.') || word.ends_with('?') || word.ends_with('!');
}

// One segment a sentence.
std::vector<codec::spoken_segment> segments_of(const std::vector<codec::spoken_word>& words) {
  std::vector<codec::spoken_segment> out;
  bool is_open = false;
  for (const codec::spoken_word& word : words) {
    if (!is_open) out.push_back({.text = {}, .begin_ms = word.begin_ms, .end_ms = word.end_ms, .confidence = {}});
    codec::spoken_segment& segment = out.back();
    segment.text += (is_open ? " " : "") + word.text;
    segment.end_ms = word.end_ms;
    is_open = !ends_sentence(word.text);
  }
  return out;
}

// Asked for words, it lists each as a segment.
void take_segments_for_words(codec::transcript& heard) {
  heard.words.clear();
  for (codec::spoken_segment& one : heard.segments) {
    const std::size_t begin = one.text.find_first_not_of(' ');
    if (begin == std::string::npos) continue;
    const std::size_t end = one.text.find_last_not_of(' ') + 1;
    heard.words.push_back({one.text.substr(begin, end - begin), one.begin_ms, one.end_ms});
  }
  heard.segments = segments_of(heard.words);
}

class transcription final : public conversation {
 public:
  transcription(const call& request, std::string target)
      : call_(request),
        asked_(std::get<codec::transcription_request>(request.asked.media)),
        needed_(needed_for(asked_)),
        target_(std::move(target)) {}

  wire_request first() override {
    form_body form = write_form(
        fields_for(call_, fields()),
        {.name = "file", .filename = asked_.filename, .media_type = asked_.media_type, .bytes = asked_.audio});
    wire_request request;
    request.target = target_;
    request.header_lines = content_lines(form.content_type, "application/json");
    request.body = std::move(form.body);
    return request;
  }

  reply_step take(const answer_head& /*head*/, std::string_view body) override {
    const auto document = codec::json_document::parse(body);
    if (document == nullptr) return unusable("no JSON");
    auto heard = codec::read_verbose_transcript(document->root());
    if (!heard) return unusable("no transcript");
    if (const auto length = milliseconds_of(document->root()["usage"]["prompt_audio_seconds"])) {
      heard->duration_ms = length;
    }
    if (needed_ == granularity::word) take_segments_for_words(*heard);
    return transcript_answer(*heard, asked_);
  }

 private:
  // What it has of the client's fields; of those it lacks, `prompt` and `response_format` are the common ones.
  [[nodiscard]] std::vector<form_field> fields() const {
    std::vector<form_field> out;
    // Its documentation: a language and timestamps exclude each other.
    if (!asked_.language.empty() && needed_ == granularity::none) out.emplace_back("language", asked_.language);
    for (const form_field& field : asked_.fields) {
      if (field.first == "temperature") out.push_back(field);
    }
    if (needed_ != granularity::none) {
      out.emplace_back("timestamp_granularities", needed_ == granularity::word ? "word" : "segment");
    }
    return out;
  }

  call call_;
  const codec::transcription_request& asked_;
  granularity needed_;
  std::string target_;
};

}  // namespace

std::unique_ptr<conversation> mistral_transcription(const call& request, std::string target) {
  return std::make_unique<transcription>(request, std::move(target));
}

}  // namespace phigate::upstream
