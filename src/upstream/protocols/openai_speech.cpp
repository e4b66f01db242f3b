// Text to speech as OpenAI has it: a JSON body with the voice's name changed, and audio that is relayed as it comes.
#include <stdexcept>
#include <utility>
#include <variant>

#include "phigate/core/audio.hpp"
#include "upstream/protocols/body_edits.hpp"
#include "upstream/protocols/openai_conversations.hpp"
#include "upstream/protocols/parts.hpp"
#include "upstream/protocols/sound_type.hpp"

namespace phigate::upstream {
namespace {

class speech final : public conversation {
 public:
  speech(const call& request, std::string target)
      : call_(request), asked_(std::get<codec::speech_request>(request.asked.media)), target_(std::move(target)) {}

  [[nodiscard]] delivery how() const override { return delivery::bytes; }
  [[nodiscard]] std::string_view media_type() const override {
    return wants_events() ? event_stream : core::speech_media_type(asked_.response_format);
  }

  wire_request first() override {
    codec::body_edits edits = edits_for(call_);
    if (!call_.model.voices.empty()) {
      const auto voice = core::provider_voice(call_.model, asked_.voice);
      if (!voice) throw std::logic_error("a route that lacks the voice was called");
      edits.replace.emplace_back("voice", codec::quote(*voice));
    }
    // OpenAI's own API has no such field and refuses it: switched off, it says what is so without it.
    if (!needs_feature(call_, "stream")) edits.drop.emplace_back("stream");
    wire_request request;
    request.target = target_;
    request.header_lines = content_lines(call_.content_type, call_.accept);
    request.body = codec::splice(call_.asked.body, call_.asked.facts, edits);
    return request;
  }

  // An error with a 2xx must not reach a client as sound, nor one sound as another.
  std::optional<core::attempt_failure> check(const answer_head& head) override {
    if (wants_events()) return check_events(head);
    if (may_be_sound_in(head.content_type, asked_.response_format)) return std::nullopt;
    return unusable("a 2xx that is no audio in the format asked for");
  }

  reply_step take(const answer_head& /*head*/, std::string_view /*body*/) override {
    throw std::logic_error("speech is relayed, not taken");
  }

 private:
  [[nodiscard]] bool wants_events() const { return needs_feature(call_, "sse") || needs_feature(call_, "stream"); }

  call call_;
  const codec::speech_request& asked_;
  std::string target_;
};

}  // namespace

std::unique_ptr<conversation> openai_speech(const call& request, std::string target) {
  return std::make_unique<speech>(request, std::move(target));
}

}  // namespace phigate::upstream
