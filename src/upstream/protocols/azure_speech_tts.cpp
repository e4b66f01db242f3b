// Azure's text to speech: the text goes as SSML, the audio comes as bytes. Nothing that a client wrote is ever markup.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "phigate/core/ascii.hpp"
#include "phigate/core/audio.hpp"
#include "upstream/protocols/parts.hpp"
#include "upstream/protocols/protocols.hpp"
#include "upstream/protocols/sound_type.hpp"

namespace phigate::upstream {
namespace {

using core::failure_kind;

struct output_format {
  std::string_view name;   // OpenAI's
  std::string_view asked;  // X-Microsoft-OutputFormat
};

constexpr std::array formats{
    output_format{"mp3", "audio-24khz-48kbitrate-mono-mp3"},
    output_format{"opus", "ogg-24khz-16bit-mono-opus"},
    output_format{"wav", "riff-24khz-16bit-mono-pcm"},
    output_format{"pcm", "raw-24khz-16bit-mono-pcm"},
};

constexpr auto format_names = [] {
  std::array<std::string_view, formats.size()> names;
  std::ranges::transform(formats, names.begin(), &output_format::name);
  return names;
}();

constexpr std::array<std::string_view, 1> ignored_fields{"instructions"};

constexpr core::protocol speech_facts{
    .name = "azure_speech_tts",
    .modalities = {core::modality::tts},
    .speech_formats = format_names,
    .needs_voices = true,
    .passes_fields = false,
    .ignored_fields = ignored_fields,
};

const output_format& format_named(std::string_view name) {
  const auto* const found = std::ranges::find(formats, name, &output_format::name);
  if (found == formats.end()) throw std::logic_error("a route that cannot make the speech format was called");
  return *found;
}

// A voice's short name begins with its locale: language, for some a script, region ("de-CH-LeniNeural",
// "iu-Latn-CA-TaqqiqNeural", "es-419-…").
std::string_view locale_of(std::string_view voice) {
  constexpr std::string_view unknown = "en-US";
  std::size_t at = 0;
  const auto next_part = [&] {
    const std::size_t hyphen = voice.find('-', at);
    if (hyphen == std::string_view::npos) return std::string_view();
    const std::string_view part = voice.substr(at, hyphen - at);
    at = hyphen + 1;
    return part;
  };
  const std::string_view language = next_part();
  if (language.size() < 2 || language.size() > 3 || !std::ranges::all_of(language, core::ascii::is_lower))
    return unknown;
  std::string_view region = next_part();
  if (region.size() == 4 && core::ascii::is_upper(region[0]) &&
      std::ranges::all_of(region.substr(1), core::ascii::is_lower))
    region = next_part();
  const bool is_region = (region.size() == 2 && std::ranges::all_of(region, core::ascii::is_upper)) ||
                         (region.size() == 3 && std::ranges::all_of(region, core::ascii::is_digit));
  return is_region ? voice.substr(0, at - 1) : unknown;
}

bool is_noncharacter(std::string_view sequence) {
  return sequence == "\xEF\xBF\xBE" || sequence == "\xEF\xBF\xBF";  // U+FFFE, U+FFFF
}

// Fit for an element's content and for an attribute in either quotes. What XML 1.0 has no way to write becomes a space.
// `text` is well-formed UTF-8.
void append_escaped(std::string& out, std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    switch (c) {
      case '&':
        out += "&amp;";
        continue;
      case '<':
        out += "&lt;";
        continue;
      case '>':
        out += "&gt;";
        continue;
      case '\'':
        out += "&apos;";
        continue;
      case '"':
        out += "&quot;";
        continue;
      case '\t':
      case '\n':
      case '\r':
        out += c;
        continue;
      default:
        break;
    }
    if (is_noncharacter(text.substr(at, 3))) {
      out += ' ';
      at += 2;
    } else {
      out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
}

// In percent. The service speaks at half to twice its usual pace (Microsoft Learn, "Customize voice and sound with
// SSML", prosody): what is beyond gets the nearest.
long faster_than_usual(double speed) {
  constexpr double slowest = 0.5;
  constexpr double fastest = 2.0;
  return std::lround((std::clamp(speed, slowest, fastest) - 1.0) * 100.0);
}

std::string ssml(const codec::speech_request& asked, std::string_view voice) {
  const long faster = faster_than_usual(asked.speed);
  std::string out = "<speak version='1.0' xmlns='http://www.w3.org/2001/10/synthesis' xml:lang='";
  out.reserve(asked.input.size() + 256);
  out += locale_of(voice);
  out += "'><voice name='";
  append_escaped(out, voice);
  out += "'>";
  if (faster != 0) out += "<prosody rate='" + std::string(faster > 0 ? "+" : "") + std::to_string(faster) + "%'>";
  append_escaped(out, asked.input);
  if (faster != 0) out += "</prosody>";
  out += "</voice></speak>";
  return out;
}

class speaking final : public conversation {
 public:
  explicit speaking(const call& request)
      : request_(request),
        asked_(std::get<codec::speech_request>(request.asked.media)),
        format_(format_named(asked_.response_format)) {}

  [[nodiscard]] delivery how() const override { return delivery::bytes; }
  [[nodiscard]] std::string_view media_type() const override { return core::speech_media_type(format_.name); }

  wire_request first() override {
    wire_request out;
    out.target = request_.endpoint.url.prefix + "/cognitiveservices/v1";
    out.header_lines = content_lines("application/ssml+xml", "*/*") +
                       "x-microsoft-outputformat: " + std::string(format_.asked) + "\r\n";
    const auto voice = core::provider_voice(request_.model, asked_.voice);
    if (!voice) throw std::logic_error("a route that lacks the voice was called");
    const std::string& body = out.body.owned.emplace_back(ssml(asked_, *voice));
    out.body.pieces.push_back(body);
    out.body.size = body.size();
    return out;
  }

  std::optional<core::attempt_failure> check(const answer_head& head) override {
    if (may_be_sound_in(head.content_type, format_.name)) return std::nullopt;
    return unusable("a 2xx that is no audio in the format asked for");
  }

  reply_step take(const answer_head& /*head*/, std::string_view /*body*/) override {
    throw std::logic_error("speech is relayed as it comes, never taken whole");
  }

 private:
  const call request_;
  const codec::speech_request& asked_;
  const output_format& format_;
};

class azure_speech_tts_adapter final : public adapter {
 public:
  [[nodiscard]] const core::protocol& facts() const override { return speech_facts; }

  [[nodiscard]] std::string credential_lines(const core::endpoint& endpoint) const override {
    return "ocp-apim-subscription-key: " + endpoint.credential.reveal() + "\r\n";
  }

  [[nodiscard]] std::unique_ptr<conversation> begin(const call& request) const override {
    return std::make_unique<speaking>(request);
  }

  [[nodiscard]] core::attempt_failure classify(const refusal& refused, const core::provider& /*by*/) const override {
    core::attempt_failure failure = classify_by_status(refused);
    // The method and both media types are the gateway's own, so a client can't have got them wrong.
    if (refused.status == 405 || refused.status == 406 || refused.status == 415) {
      failure.kind = failure_kind::misconfigured;
      failure.said = {};
    }
    if (failure.kind == failure_kind::client_mistake) {
      if (says_nothing(refused.body)) {
        failure.said.message =
            "The speech service refused the request and gave no reason. Check that the voice exists and speaks the "
            "language of the input, and that the input has something to say.";
      }
      failure.said.type = "invalid_request_error";
    }
    return failure;
  }

 private:
  // It often answers without a body, or with a page of markup.
  static bool says_nothing(std::string_view body) {
    const std::size_t begin = body.find_first_not_of(" \t\r\n");
    return begin == std::string_view::npos || body[begin] == '<';
  }
};

}  // namespace

const adapter& azure_speech_tts() {
  static const azure_speech_tts_adapter instance;
  return instance;
}

}  // namespace phigate::upstream
