// Infomaniak's speech to text: OpenAI's form, answered by the id of a batch, whose result is asked for until it is
// there (developer.infomaniak.com, AI Tools).
#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "phigate/codec/blanks.hpp"
#include "phigate/codec/json.hpp"
#include "phigate/codec/media_request.hpp"
#include "phigate/codec/response.hpp"
#include "phigate/codec/transcript.hpp"
#include "phigate/core/ascii.hpp"
#include "upstream/protocols/body_edits.hpp"
#include "upstream/protocols/form_body.hpp"
#include "upstream/protocols/parts.hpp"
#include "upstream/protocols/polling.hpp"
#include "upstream/protocols/protocols.hpp"
#include "upstream/protocols/transcript_answer.hpp"

namespace phigate::upstream {
namespace {

using codec::json_value;
using core::failure_kind;

constexpr std::array<std::string_view, 2> ignored_fields{"chunking_strategy", "temperature"};

constexpr core::protocol stt_facts{
    .name = "infomaniak_stt",
    .modalities = {core::modality::stt},
    .speech_formats = {},
    .ignored_fields = ignored_fields,
};

constexpr std::chrono::milliseconds usual_wait{500};

// Whatever the client wants is rendered from the fullest form. There is no temperature to set.
std::vector<form_field> form_of(const codec::transcription_request& asked) {
  std::vector<form_field> fields;
  if (!asked.language.empty()) fields.emplace_back("language", asked.language);
  if (!asked.prompt.empty()) fields.emplace_back("prompt", asked.prompt);
  fields.emplace_back("response_format", "verbose_json");
  fields.emplace_back("timestamp_granularities[]", "segment");
  if (asked.wants_words) fields.emplace_back("timestamp_granularities[]", "word");
  return fields;
}

// It becomes part of a path.
bool is_batch_id(std::string_view text) {
  constexpr std::size_t longest = 64;
  constexpr auto is_allowed = [](char c) { return core::ascii::is_alphanumeric(c) || c == '-'; };
  return !text.empty() && text.size() <= longest && std::ranges::all_of(text, is_allowed);
}

// Infomaniak's other calls answer {"result": "success", "data": {…}}; these may come to do so too.
json_value unwrapped(json_value root) {
  const bool is_envelope = root["result"].text() && !root["status"].exists() && root["data"].is_object();
  return is_envelope ? root["data"] : root;
}

// A batch's `data`: verbose_json, as an object or inside a string; from an older model just the text.
std::optional<codec::transcript> read_result(json_value data) {
  if (data.is_object()) return codec::read_verbose_transcript(data);
  const std::optional<std::string_view> text = data.text();
  if (!text) return std::nullopt;
  if (auto heard = codec::read_verbose_transcript(*text)) return heard;
  const std::string_view plain = codec::trimmed(*text);
  if (plain.starts_with('{')) return std::nullopt;  // JSON gone wrong; nobody speaks so
  codec::transcript heard;
  heard.text = plain;
  return heard;
}

core::provider_error words_of(json_value error) {
  std::optional<std::string_view> message = error.text();
  for (const std::string_view key : {"description", "message"}) {
    if (!message) message = error[key].text();
  }
  codec::json_writer out;
  out.begin_object();
  out.key("message").text(message.value_or(""));
  out.key("code").text(error["code"].text().value_or(""));
  out.key("errors").begin_array();
  for (const json_value one : error["errors"].elements()) out.text(one["description"].text().value_or(""));
  out.end_array().end_object();
  return codec::read_provider_error(400, out.take());
}

bool blames_audio(const core::provider_error& said) {
  return says_any(said, {"audio", "file", "media", "format"}) &&
         says_any(said, {"invalid", "unsupported", "not supported", "corrupt", "decod", "empty", "too long",
                         "too large", "too short", "malformed", "unreadable"});
}

// The model's name comes from the registry. A message may repeat what the client wrote, so it counts by its first words
// alone.
bool blames_model(const core::provider_error& said) {
  constexpr std::array<std::string_view, 3> codes{"invalid_model", "model_not_found", "unknown_model"};
  constexpr std::array<std::string_view, 4> openings{"Invalid model", "Model not found",
                                                     "The selected model is invalid", "Unknown model"};
  return std::ranges::find(codes, said.code) != codes.end() ||
         std::ranges::any_of(openings, [&](std::string_view words) { return said.message.starts_with(words); });
}

// The batch ended without a result.
core::attempt_failure failed(json_value error) {
  core::attempt_failure failure = unusable("the provider reports a failed transcription");
  failure.kind = failure_kind::server_error;
  core::provider_error said = words_of(error);
  if (!blames_audio(said)) return failure;
  failure.kind = failure_kind::client_mistake;
  failure.status = 400;
  failure.said = std::move(said);
  failure.said.param = "file";
  return failure;
}

class transcription final : public conversation {
 public:
  explicit transcription(const call& request)
      : call_(request), asked_(std::get<codec::transcription_request>(request.asked.media)) {}

  wire_request first() override {
    const std::vector<form_field> fields = fields_for(call_, form_of(asked_));
    form_body form = write_form(fields, {"file", asked_.filename, asked_.media_type, asked_.audio});
    wire_request request;
    request.target = call_.endpoint.url.prefix + "/openai/audio/transcriptions";
    request.header_lines = content_lines(form.content_type, "application/json");
    request.body = std::move(form.body);
    return request;
  }

  reply_step take(const answer_head& head, std::string_view body) override {
    const auto document = codec::json_document::parse(body);
    if (!document) return unusable("the answer is no JSON");
    const json_value root = document->root();
    if (root["result"].text() == "error") return failed(root["error"]);
    return batch_id_.empty() ? take_receipt(head, unwrapped(root)) : take_result(head, unwrapped(root));
  }

  std::optional<reply_step> excuse(const refusal& refused, const answer_head& head) override {
    if (const auto wait = pace_.refused(refused.status, head.retry_after)) return ask(*wait);
    if (refused.status != 404) return lost_operation(refused);
    // A batch is not found until it is done; a method that is not found never will be.
    if (says_any(codec::read_provider_error(refused.status, refused.body), {"method_not_found"})) return std::nullopt;
    return poll(head);
  }

 private:
  reply_step take_receipt(const answer_head& head, json_value receipt) {
    const std::optional<std::string_view> id = receipt["batch_id"].text();
    if (!id || !is_batch_id(*id)) return unusable("the answer names no batch");
    batch_id_ = *id;
    return poll(head);
  }

  reply_step take_result(const answer_head& head, json_value result) {
    const std::optional<std::string_view> status = result["status"].text();
    if (!status) return unusable("the batch has no status");
    if (status == "error" || status == "failed") return failed(result["error"]);
    if (status != "done" && status != "success") return poll(head);
    const std::optional<codec::transcript> heard = read_result(result["data"]);
    if (!heard) return unusable("the batch's data is no transcript");
    return transcript_answer(*heard, asked_);
  }

  reply_step poll(const answer_head& head) { return ask(pace_.at_work(head.retry_after)); }

  [[nodiscard]] reply_step ask(std::chrono::milliseconds after) const {
    ask_again next;
    next.request.method = "GET";
    next.request.target = call_.endpoint.url.prefix + "/results/" + batch_id_;
    next.request.header_lines = content_lines({}, "application/json");
    next.after = after;
    return next;
  }

  call call_;
  const codec::transcription_request& asked_;
  std::string batch_id_;  // empty until the provider has the audio
  poll_pace pace_{usual_wait};
};

class infomaniak_stt_adapter final : public adapter {
 public:
  [[nodiscard]] const core::protocol& facts() const override { return stt_facts; }

  [[nodiscard]] std::string credential_lines(const core::endpoint& endpoint) const override {
    return "authorization: Bearer " + endpoint.credential.reveal() + "\r\n";
  }

  [[nodiscard]] std::unique_ptr<conversation> begin(const call& request) const override {
    return std::make_unique<transcription>(request);
  }

  [[nodiscard]] core::attempt_failure classify(const refusal& refused, const core::provider& /*by*/) const override {
    core::attempt_failure failure = classify_by_status(refused);
    const bool may_be_model = refused.status == 400 || refused.status == 422;
    if (may_be_model && blames_model(failure.said)) failure.kind = failure_kind::misconfigured;
    return failure;
  }
};

}  // namespace

const adapter& infomaniak_stt() {
  static const infomaniak_stt_adapter instance;
  return instance;
}

}  // namespace phigate::upstream
