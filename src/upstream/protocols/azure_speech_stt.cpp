// Azure Speech's fast transcription: one form in, the whole transcript out. Its wire format is in Microsoft's REST
// reference, Transcriptions - Transcribe, 2025-10-15.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "phigate/codec/blanks.hpp"
#include "phigate/codec/json.hpp"
#include "phigate/codec/media_request.hpp"
#include "phigate/codec/transcript.hpp"
#include "upstream/protocols/azure_locales.hpp"
#include "upstream/protocols/form_body.hpp"
#include "upstream/protocols/parts.hpp"
#include "upstream/protocols/protocols.hpp"
#include "upstream/protocols/transcript_answer.hpp"

namespace phigate::upstream {
namespace {

using codec::json_value;
using core::failure_kind;

constexpr std::array<std::string_view, 2> ignored_fields{"chunking_strategy", "temperature"};

constexpr core::protocol stt_facts{
    .name = "azure_speech_stt",
    .modalities = {core::modality::stt},
    .speech_formats = {},
    .passes_fields = false,
    .reads_api_version = true,
    .reads_locales = true,
    .ignored_fields = ignored_fields,
};
constexpr std::string_view usual_api_version = "2025-10-15";

// At most `limit` code points of `text`.
std::string_view cut(std::string_view text, std::size_t limit) {
  std::size_t code_points = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool begins_one = (static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U;
    if (begins_one && ++code_points > limit) return text.substr(0, at);
  }
  return text;
}

// The nearest that Azure has to a prompt: words and names that it should expect.
std::vector<std::string_view> phrases_of(std::string_view prompt) {
  constexpr std::size_t most = 100;
  constexpr std::size_t longest = 100;
  std::vector<std::string_view> phrases;
  while (!prompt.empty() && phrases.size() < most) {
    const std::size_t end = std::min(prompt.find_first_of(",;\r\n"), prompt.size());
    const std::string_view phrase = codec::trimmed(cut(codec::trimmed(prompt.substr(0, end)), longest));
    if (!phrase.empty()) phrases.push_back(phrase);
    prompt.remove_prefix(std::min(end + 1, prompt.size()));
  }
  return phrases;
}

// Versions are dates, so texts compare as they do. Older ones than the usual know no phrases.
std::string definition_for(const codec::transcription_request& asked, const core::hosted_model& model,
                           std::string_view api_version) {
  codec::json_writer out;
  out.begin_object();
  if (const std::string locale = azure_locale(asked, model); !locale.empty()) {
    out.key("locales").begin_array().text(locale).end_array();
  }
  out.key("profanityFilterMode").text("None");  // the default masks words
  const auto phrases = phrases_of(asked.prompt);
  if (!phrases.empty() && api_version >= usual_api_version) {
    out.key("phraseList").begin_object().key("phrases").begin_array();
    for (const std::string_view phrase : phrases) out.text(phrase);
    out.end_array().end_object();
  }
  out.end_object();
  return out.take();
}

// A number of milliseconds that fits; mend_times does the rest.
std::optional<std::int64_t> milliseconds(json_value value) {
  const std::optional<double> count = value.number();
  if (!count) return std::nullopt;
  constexpr double most = static_cast<double>(codec::longest_recording_ms) * 2;
  return std::llround(std::clamp(*count, -most, most));
}

// `Spoken` is a segment or a word. Nothing without a text.
template <typename Spoken>
std::optional<Spoken> read_spoken(json_value from) {
  const std::optional<std::string_view> text = from["text"].text();
  if (!text) return std::nullopt;
  Spoken spoken;
  spoken.text = *text;
  spoken.begin_ms = milliseconds(from["offsetMilliseconds"]).value_or(0);
  spoken.end_ms = spoken.begin_ms + std::max<std::int64_t>(milliseconds(from["durationMilliseconds"]).value_or(0), 0);
  return spoken;
}

// All channels' texts, joined; nothing where one of them is no text.
std::optional<std::string> combined_text(json_value combined) {
  if (!combined.is_array()) return std::nullopt;
  std::string joined;
  for (const json_value channel : combined.elements()) {
    const std::optional<std::string_view> text = channel["text"].text();
    if (!text) return std::nullopt;
    if (!joined.empty() && !text->empty()) joined += ' ';
    joined += *text;
  }
  return joined;
}

// Of the locales that the phrases are in, the most common one's language.
std::string spoken_language(const std::vector<json_value>& phrases) {
  std::map<std::string_view, std::size_t> counts;
  for (const json_value phrase : phrases) {
    const std::string_view locale = phrase["locale"].text().value_or("");
    if (!locale.empty()) ++counts[locale.substr(0, locale.find('-'))];
  }
  const auto most = std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; });
  return most == counts.end() ? std::string() : std::string(most->first);
}

// Several channels come one after the other. What begins at one time stays in its order.
template <typename Spoken>
void order_by_begin(std::vector<Spoken>& list) {
  std::ranges::stable_sort(list, {}, &Spoken::begin_ms);
}

bool read_phrases(const std::vector<json_value>& phrases, codec::transcript& heard) {
  for (const json_value phrase : phrases) {
    auto segment = read_spoken<codec::spoken_segment>(phrase);
    if (!segment) return false;
    if (const auto confidence = phrase["confidence"].number()) segment->confidence = std::clamp(*confidence, 0.0, 1.0);
    heard.segments.push_back(std::move(*segment));
    for (const json_value one : phrase["words"].elements()) {
      auto word = read_spoken<codec::spoken_word>(one);
      if (!word) return false;
      heard.words.push_back(std::move(*word));
    }
  }
  order_by_begin(heard.segments);
  order_by_begin(heard.words);
  return true;
}

// For an answer that has phrases and no text of them all.
std::string joined_texts(const std::vector<codec::spoken_segment>& segments) {
  std::string joined;
  for (const codec::spoken_segment& one : segments) {
    if (!joined.empty() && !one.text.empty()) joined += ' ';
    joined += one.text;
  }
  return joined;
}

// Nothing when the answer is of another shape.
std::optional<codec::transcript> read_answer(std::string_view body) {
  const auto document = codec::json_document::parse(body);
  if (!document) return std::nullopt;
  const json_value root = document->root();
  const std::optional<std::string> text = combined_text(root["combinedPhrases"]);
  const json_value listed = root["phrases"];
  if (!text || (listed.exists() && !listed.is_array())) return std::nullopt;
  const std::vector<json_value> phrases = listed.elements();

  codec::transcript heard;
  heard.text = *text;
  heard.language = spoken_language(phrases);
  heard.duration_ms = milliseconds(root["durationMilliseconds"]);
  if (!read_phrases(phrases, heard)) return std::nullopt;
  if (heard.text.empty()) heard.text = joined_texts(heard.segments);
  codec::mend_times(heard);
  return heard;
}

class transcription final : public conversation {
 public:
  explicit transcription(const call& request)
      : call_(request), asked_(std::get<codec::transcription_request>(request.asked.media)) {}

  wire_request first() override {
    const std::string& given = call_.endpoint.api_version;
    const std::string_view version = given.empty() ? usual_api_version : given;
    const std::array<form_field, 1> fields{form_field{"definition", definition_for(asked_, call_.model, version)}};
    form_body form = write_form(fields, {"audio", asked_.filename, asked_.media_type, asked_.audio});
    wire_request request;
    request.target =
        call_.endpoint.url.prefix + "/speechtotext/transcriptions:transcribe?api-version=" + percent_encoded(version);
    request.header_lines = content_lines(form.content_type, "application/json");
    request.body = std::move(form.body);
    return request;
  }

  reply_step take(const answer_head& /*head*/, std::string_view body) override {
    const std::optional<codec::transcript> heard = read_answer(body);
    if (!heard) return unusable("the answer is no transcript as Azure Speech writes one");
    return transcript_answer(*heard, asked_);
  }

 private:
  call call_;
  const codec::transcription_request& asked_;
};

class azure_speech_stt_adapter final : public adapter {
 public:
  [[nodiscard]] const core::protocol& facts() const override { return stt_facts; }

  [[nodiscard]] std::string credential_lines(const core::endpoint& endpoint) const override {
    return "ocp-apim-subscription-key: " + endpoint.credential.reveal() + "\r\n";
  }

  [[nodiscard]] std::unique_ptr<conversation> begin(const call& request) const override {
    return std::make_unique<transcription>(request);
  }

  [[nodiscard]] core::attempt_failure classify(const refusal& refused, const core::provider& /*by*/) const override {
    core::attempt_failure failure = classify_by_status(refused);
    if (failure.kind != failure_kind::client_mistake) return failure;
    if (says_any(failure.said, {"locale", "language"})) {
      failure.said.param = "language";
    } else if (says_any(failure.said, {"audio"})) {
      failure.said.param = "file";
    }
    return failure;
  }
};

}  // namespace

const adapter& azure_speech_stt() {
  static const azure_speech_stt_adapter instance;
  return instance;
}

}  // namespace phigate::upstream
