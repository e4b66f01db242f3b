// Speech to text as OpenAI has it: the client's form is built anew, and where the provider lacks the form that the
// client wants its answer in, another is asked for and rendered (spec §10).
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "phigate/codec/transcript.hpp"
#include "phigate/core/audio.hpp"
#include "upstream/protocols/body_edits.hpp"
#include "upstream/protocols/form_body.hpp"
#include "upstream/protocols/openai_conversations.hpp"
#include "upstream/protocols/parts.hpp"
#include "upstream/protocols/transcript_answer.hpp"

namespace phigate::upstream {
namespace {

using codec::transcript_format;

constexpr std::string_view granularities = "timestamp_granularities[]";

bool wants_events(const call& request) {
  return needs_feature(request, "stream");
}

// What the provider is asked for when the client wants `wanted`. Events come as they are, nothing is rendered of them.
transcript_format format_upstream(const call& request, transcript_format wanted) {
  if (wants_events(request)) return wanted;
  const auto word = core::transcript_format_to_ask(request.model, codec::to_string(wanted));
  const auto format = word ? codec::parse_transcript_format(*word) : std::nullopt;
  if (!format) throw std::logic_error("a route that cannot give the transcript's format was called");
  return *format;
}

bool is_json(transcript_format format) {
  return format == transcript_format::json || format == transcript_format::verbose_json;
}

bool has_cues(transcript_format format) {
  return format == transcript_format::srt || format == transcript_format::vtt;
}

bool is_granularity(std::string_view field) {
  return field == granularities || field == "timestamp_granularities";
}

class transcription final : public conversation {
 public:
  transcription(const call& request, std::string target)
      : call_(request),
        asked_(std::get<codec::transcription_request>(request.asked.media)),
        upstream_(format_upstream(request, asked_.format)),
        target_(std::move(target)) {}

  [[nodiscard]] delivery how() const override { return wants_events(call_) ? delivery::bytes : delivery::whole; }
  [[nodiscard]] std::string_view media_type() const override { return event_stream; }

  wire_request first() override {
    form_body form = write_form(
        fields_for(call_, fields()),
        {.name = "file", .filename = asked_.filename, .media_type = asked_.media_type, .bytes = asked_.audio});
    wire_request request;
    request.target = target_;
    request.header_lines = content_lines(form.content_type, is_native() ? call_.accept : "application/json");
    request.body = std::move(form.body);
    return request;
  }

  std::optional<core::attempt_failure> check(const answer_head& head) override { return check_events(head); }

  reply_step take(const answer_head& head, std::string_view body) override {
    if (is_json(upstream_)) return take_json(body);
    const bool is_page = is_media_type(head.content_type, "text/html");
    if (is_page || !codec::is_written_in(upstream_, body)) return unusable("not the format that was asked for");
    if (is_native())
      return answered{.content_type = std::string(codec::media_type_of(upstream_)), .body = {}, .usage = {}};
    codec::transcript heard;
    heard.text = body.substr(0, body.find_last_not_of("\r\n") + 1);
    return transcript_answer(heard, asked_);
  }

 private:
  [[nodiscard]] bool is_native() const { return upstream_ == asked_.format; }

  // The client's, but for those that say in which form the answer is to be. A list has its brackets and a language no
  // region here, however the client wrote them: OpenAI's API refuses both.
  [[nodiscard]] std::vector<form_field> fields() const {
    std::vector<form_field> out;
    for (const auto& [name, value] : asked_.fields) {
      if (name == "response_format" || (!is_native() && is_granularity(name))) continue;
      out.emplace_back(is_granularity(name) ? granularities : std::string_view(name),
                       name == "language" ? asked_.language : value);
    }
    out.emplace_back("response_format", codec::to_string(upstream_));
    if (!is_native() && has_cues(asked_.format)) out.emplace_back(granularities, "segment");
    return out;
  }

  reply_step take_json(std::string_view body) const {
    const auto heard = codec::read_verbose_transcript(body);
    if (!heard) return unusable("no transcript");
    if (!is_native()) return transcript_answer(*heard, asked_);
    return answered{.content_type = std::string(codec::media_type_of(upstream_)),
                    .body = {},
                    .usage = {.audio_milliseconds = heard->duration_ms}};
  }

  call call_;
  const codec::transcription_request& asked_;
  transcript_format upstream_;  // what the provider is asked for
  std::string target_;
};

}  // namespace

std::unique_ptr<conversation> openai_transcription(const call& request, std::string target) {
  return std::make_unique<transcription>(request, std::move(target));
}

}  // namespace phigate::upstream
