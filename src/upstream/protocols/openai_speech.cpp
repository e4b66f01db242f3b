// Text to speech as OpenAI has it: a JSON body with the voice's name changed, and audio that is relayed as it comes.
#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>
#include <variant>

#include "phigate/core/audio.hpp"
#include "upstream/protocols/body_edits.hpp"
#include "upstream/protocols/openai_conversations.hpp"
#include "upstream/protocols/parts.hpp"

namespace phigate::upstream {
namespace {

constexpr std::string_view event_stream = "text/event-stream";

std::string_view media_type_of(std::string_view format) {
  using entry = std::pair<std::string_view, std::string_view>;
  static constexpr std::array<entry, 6> types{{{"mp3", "audio/mpeg"},
                                               {"opus", "audio/ogg"},
                                               {"aac", "audio/aac"},
                                               {"flac", "audio/flac"},
                                               {"wav", "audio/wav"},
                                               {"pcm", "audio/pcm"}}};
  const auto* const found = std::ranges::find(types, format, &entry::first);
  if (found == types.end()) throw std::logic_error("a speech format that no reader admits");
  return found->second;
}

class speech final : public conversation {
 public:
  speech(const call& request, std::string target)
      : call_(request), asked_(std::get<codec::speech_request>(request.asked.media)), target_(std::move(target)) {}

  [[nodiscard]] delivery how() const override { return delivery::bytes; }
  [[nodiscard]] std::string_view media_type() const override {
    return wants_events() ? event_stream : media_type_of(asked_.response_format);
  }

  wire_request first() override {
    codec::body_edits edits = edits_for(call_);
    if (!call_.model.voices.empty()) {
      const auto voice = core::provider_voice(call_.model, asked_.voice);
      if (!voice) throw std::logic_error("a route that lacks the voice was called");
      edits.replace.emplace_back("voice", codec::quote(*voice));
    }
    wire_request request;
    request.target = target_;
    request.header_lines = content_lines(call_.content_type, call_.accept);
    request.body = codec::splice(call_.asked.body, call_.asked.facts, edits);
    return request;
  }

  // An error with a 2xx must not reach a client as sound.
  std::optional<core::attempt_failure> check(const answer_head& head) override {
    const std::string_view type = head.content_type;
    const bool fits = wants_events() ? is_media_type(type, event_stream) : type.empty() || is_audio_type(type);
    if (fits) return std::nullopt;
    return unusable(wants_events() ? "no event stream" : "no audio");
  }

  reply_step take(const answer_head& /*head*/, std::string_view /*body*/) override {
    throw std::logic_error("speech is relayed, not taken");
  }

 private:
  [[nodiscard]] bool wants_events() const {
    const auto& features = call_.asked.facts.required_features;
    return std::ranges::find(features, "sse") != features.end();
  }

  call call_;
  const codec::speech_request& asked_;
  std::string target_;
};

}  // namespace

std::unique_ptr<conversation> openai_speech(const call& request, std::string target) {
  return std::make_unique<speech>(request, std::move(target));
}

}  // namespace phigate::upstream
