#include "fuzz/support/sample_calls.hpp"

#include <array>
#include <expected>
#include <optional>
#include <stdexcept>
#include <utility>

#include "phigate/codec/multipart.hpp"

namespace phigate::fuzz {
namespace {

struct sample {
  core::modality modality;
  std::string_view kind;
  std::string_view body;
};

constexpr std::string_view form_type = "multipart/form-data; boundary=fuzz";

#define FORM_FIELD(name, value) "--fuzz\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" value "\r\n"
#define FORM_END                                                                       \
  "--fuzz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"talk.mp3\"\r\n" \
  "Content-Type: audio/mpeg\r\n\r\nID3\x04 sound\r\n--fuzz--\r\n"

constexpr std::array samples{
    sample{core::modality::chat, "whole", R"({"model":"m","messages":[{"role":"user","content":"hello"}]})"},
    sample{core::modality::chat, "stream",
           R"({"model":"m","stream":true,"messages":[{"role":"user","content":"hello"}]})"},
    sample{core::modality::embeddings, "floats", R"({"model":"m","input":"hello"})"},
    sample{core::modality::embeddings, "base64", R"({"model":"m","input":"hello","encoding_format":"base64"})"},
    sample{core::modality::tts, "mp3", R"({"model":"m","input":"hello <you> & me","voice":"alloy","speed":1.5})"},
    sample{core::modality::tts, "wav",
           R"({"model":"m","input":"hello","voice":"alloy","response_format":"wav","instructions":"softly"})"},
    sample{core::modality::ocr, "url",
           R"({"model":"m","document":{"type":"document_url","document_url":"https://files.example/a.pdf"}})"},
    sample{
        core::modality::ocr, "pages",
        R"({"model":"m","document":{"type":"image_url","image_url":"data:image/png;base64,iVBORw0KGgo="},"pages":[0,2]})"},
    sample{core::modality::stt, "json", FORM_FIELD("model", "m") FORM_END},
    sample{core::modality::stt, "text", FORM_FIELD("model", "m") FORM_FIELD("response_format", "text") FORM_END},
    sample{core::modality::stt, "srt", FORM_FIELD("model", "m") FORM_FIELD("response_format", "srt") FORM_END},
    sample{core::modality::stt, "vtt",
           FORM_FIELD("model", "m") FORM_FIELD("response_format", "vtt") FORM_FIELD("language", "de") FORM_END},
    sample{core::modality::stt, "words",
           FORM_FIELD("model", "m") FORM_FIELD("response_format", "verbose_json") FORM_FIELD("prompt", "Ramipril")
               FORM_FIELD("timestamp_granularities[]", "word") FORM_FIELD("timestamp_granularities[]", "segment")
                   FORM_END},
};

#undef FORM_FIELD
#undef FORM_END

template <typename Value>
Value taken(std::expected<Value, core::api_error> read) {
  if (!read) throw std::logic_error("a sample that no reader takes: " + read.error().message);
  return std::move(*read);
}

codec::client_request read_form(codec::request_reader& reader, std::string_view body) {
  codec::multipart_reader form(taken(codec::boundary_of(form_type)),
                               [](const codec::part_head&) -> std::optional<core::api_error> { return {}; });
  if (!form.advance(body) || !form.is_complete()) throw std::logic_error("a sample that is no form");
  return taken(reader.read_transcription(form.parts(body), body));
}

codec::client_request read(core::modality modality, std::string_view body) {
  codec::request_reader reader;
  codec::client_request asked;
  switch (modality) {
    case core::modality::embeddings:
      asked.facts = taken(reader.read_embeddings(body));
      break;
    case core::modality::tts:
      asked = taken(reader.read_speech(body));
      break;
    case core::modality::ocr:
      asked = taken(reader.read_document(body));
      break;
    case core::modality::stt:
      asked = read_form(reader, body);
      break;
    default:
      asked.facts = taken(reader.read_chat(body));
  }
  asked.body = body;
  return asked;
}

}  // namespace

sample_call::sample_call(const upstream::adapter& speaks, core::modality modality, std::string_view kind,
                         std::string_view body)
    : speaks_(speaks),
      what_(std::string(speaks.facts().name) + ' ' + std::string(core::to_string(modality)) + ' ' + std::string(kind)),
      content_type_(modality == core::modality::stt ? form_type : "application/json"),
      body_(body),
      asked_(read(modality, body_.view())) {
  endpoint_.url.host = "provider.example";
  endpoint_.url.prefix = "/v1";
  endpoint_.protocol = speaks.facts().name;
  endpoint_.credential = core::secret("a-credential");
  model_.upstream = "a/model";
  if (speaks.facts().needs_voices) model_.voices.emplace_back("alloy", "en-US-AvaMultilingualNeural");
}

std::unique_ptr<upstream::conversation> sample_call::begin(codec::response_reader& responses) const {
  return speaks_.begin({.asked = asked_,
                        .endpoint = endpoint_,
                        .model = model_,
                        .data_class = core::data_class::phi,
                        .content_type = content_type_,
                        .accept = "*/*",
                        .responses = responses});
}

const std::vector<std::unique_ptr<sample_call>>& sample_calls() {
  static const auto all = [] {
    std::vector<std::unique_ptr<sample_call>> calls;
    for (const core::protocol& protocol : upstream::known_protocols()) {
      for (const sample& one : samples) {
        if (!protocol.modalities.contains(one.modality)) continue;
        calls.push_back(
            std::make_unique<sample_call>(upstream::adapter_for(protocol.name), one.modality, one.kind, one.body));
      }
    }
    if (calls.empty()) throw std::logic_error("no protocol serves a modality that there is a sample of");
    return calls;
  }();
  return all;
}

}  // namespace phigate::fuzz
