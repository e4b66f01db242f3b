#include "upstream/protocols/transcript_answer.hpp"

#include <optional>
#include <string>
#include <utility>

#include "upstream/protocols/parts.hpp"

namespace phigate::upstream {

reply_step transcript_answer(const codec::transcript& heard, const codec::transcription_request& asked) {
  std::optional<codec::rendered> shown = codec::render(heard, asked);
  if (!shown) return unusable("no times to make subtitles of");
  answered answer;
  answer.content_type = std::string(shown->content_type);
  answer.body = std::move(shown->body);
  answer.usage.audio_milliseconds = heard.duration_ms;
  return answer;
}

}  // namespace phigate::upstream
