// Mistral's API: OpenAI's chat and embeddings under some names of its own, its own OCR, whose form clients use here
// too, and transcriptions that are always JSON.
#include <array>
#include <optional>
#include <utility>

#include "phigate/codec/json.hpp"
#include "upstream/protocols/body_edits.hpp"
#include "upstream/protocols/mistral_transcription.hpp"
#include "upstream/protocols/openai_conversations.hpp"
#include "upstream/protocols/parts.hpp"
#include "upstream/protocols/protocols.hpp"

namespace phigate::upstream {

namespace {

using core::failure_kind;
using core::modality;

constexpr core::protocol mistral_facts{
    .name = "mistral",
    .modalities = {modality::chat, modality::vision, modality::embeddings, modality::ocr, modality::stt},
    .speech_formats = {},
};

// Its schema forbids what it doesn't know. Dropped is what changes nothing in the answer; anything else it shall refuse
// itself, so that nobody believes it to be in force.
const core::request_dialect& chat_dialect() {
  static const core::request_dialect dialect{
      .rename = {{"seed", "random_seed"}, {"max_completion_tokens", "max_tokens"}},
      .drop = {"user", "store", "service_tier", "safety_identifier", "prompt_cache_retention"},
      .defaults = {},
  };
  return dialect;
}

const core::request_dialect& embeddings_dialect() {
  static const core::request_dialect dialect{
      .rename = {{"dimensions", "output_dimension"}}, .drop = {"user"}, .defaults = {}};
  return dialect;
}

// Nothing: it is missing, or no number of pages.
std::optional<std::int64_t> pages_of(codec::json_value answer) {
  constexpr std::int64_t most_pages = 1'000'000;
  const auto pages = answer["usage_info"]["pages_processed"].integer();
  return pages && *pages >= 0 && *pages <= most_pages ? pages : std::nullopt;
}

class reading final : public conversation {
 public:
  reading(const call& request, std::string target) : call_(request), target_(std::move(target)) {}

  wire_request first() override {
    wire_request request;
    request.target = target_;
    request.header_lines = content_lines(call_.content_type, call_.accept);
    request.body = codec::splice(call_.asked.body, call_.asked.facts, edits_for(call_));
    return request;
  }

  reply_step take(const answer_head& head, std::string_view body) override {
    const auto document = codec::json_document::parse(body);
    if (document == nullptr || !document->root()["pages"].is_array()) return unusable("no pages");
    return answered{
        .content_type = head.content_type, .body = std::nullopt, .usage = {.pages = pages_of(document->root())}};
  }

 private:
  call call_;
  std::string target_;
};

std::string_view path_of(modality called) {
  return called == modality::ocr ? "/ocr" : openai_path(called);
}

class mistral_adapter final : public adapter {
 public:
  [[nodiscard]] const core::protocol& facts() const override { return mistral_facts; }

  [[nodiscard]] std::string credential_lines(const core::endpoint& endpoint) const override {
    return "authorization: Bearer " + endpoint.credential.reveal() + "\r\n";
  }

  [[nodiscard]] std::unique_ptr<conversation> begin(const call& request) const override {
    const modality called = request.asked.facts.modality;
    std::string target = request.endpoint.url.prefix;
    target += path_of(called);
    if (called == modality::ocr) return std::make_unique<reading>(request, std::move(target));
    if (called == modality::stt) return mistral_transcription(request, std::move(target));
    const bool embeds = called == modality::embeddings;
    return openai_text(request, std::move(target), embeds ? &embeddings_dialect() : &chat_dialect());
  }

  [[nodiscard]] core::attempt_failure classify(const refusal& refused, const core::provider& /*by*/) const override {
    core::attempt_failure failure = classify_by_status(refused);
    // It answers 400 for a model that it does not have: {"type":"invalid_model","code":"1500"}.
    if (refused.status == 400 && failure.said.type == "invalid_model") failure.kind = failure_kind::misconfigured;
    return failure;
  }
};

}  // namespace

const adapter& mistral() {
  static const mistral_adapter instance;
  return instance;
}

}  // namespace phigate::upstream
