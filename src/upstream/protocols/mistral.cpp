// Mistral's API: OpenAI's chat and embeddings under some names of its own, its own OCR, whose form clients use here
// too, and transcriptions that are always JSON.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

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

constexpr std::array<std::string_view, 3> features{"annotations", "confidence_scores", "file"};
// Of a transcription the first two, of chat and embeddings those that their dialects below drop.
constexpr std::array<std::string_view, 7> ignored_fields{
    "chunking_strategy", "prompt", "prompt_cache_retention", "safety_identifier", "service_tier", "store", "user"};

constexpr core::protocol mistral_facts{
    .name = "mistral",
    .modalities = {modality::chat, modality::vision, modality::embeddings, modality::ocr, modality::stt},
    .speech_formats = {},
    .features = features,
    .ignored_fields = ignored_fields,
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

// What is read of an answer, which may hold pictures and a score for each word.
constexpr std::array<std::string_view, 3> members_read{"pages", "pages_processed", "usage_info"};

constexpr std::int64_t most_pages = 1'000;  // that it reads of one document, as its documentation says

// Nothing: it is missing, or no number of pages.
std::optional<std::int64_t> pages_of(codec::json_value answer) {
  const std::optional<double> pages = answer["usage_info"]["pages_processed"].number();
  if (!pages || *pages < 0 || *pages > static_cast<double>(most_pages) || std::trunc(*pages) != *pages) return {};
  return std::llround(*pages);
}

std::string_view type_of(const codec::document_request& asked) {
  if (asked.url.empty() && asked.base64.empty()) return "file";
  return asked.what == codec::document_request::kind::image ? "image_url" : "document_url";
}

// The document's type can be told from its other members, but Mistral wants to be told.
void fill_type(codec::spliced_body& body, const codec::document_request& asked) {
  const std::string_view gap = asked.type_gap;
  if (gap.data() == nullptr) return;
  const auto piece = std::ranges::find_if(body.pieces, [&](std::string_view one) {
    return std::less<>{}(one.data(), gap.data()) && std::less<>{}(gap.data(), one.data() + one.size());
  });
  if (piece == body.pieces.end()) return;  // the registry drops the whole document
  std::string type = codec::quote(type_of(asked));
  if (gap.empty()) type = "\"type\":" + type + ',';
  const auto before = static_cast<std::size_t>(gap.data() - piece->data());
  const std::string_view behind = piece->substr(before + gap.size());
  *piece = piece->substr(0, before);
  body.size += type.size() - gap.size();
  body.pieces.insert(piece + 1, {std::string_view(body.owned.emplace_back(std::move(type))), behind});
}

class reading final : public conversation {
 public:
  reading(const call& request, std::string target)
      : call_(request), asked_(std::get<codec::document_request>(request.asked.media)), target_(std::move(target)) {}

  wire_request first() override {
    wire_request request;
    request.target = target_;
    request.header_lines = content_lines(call_.content_type, call_.accept);
    request.body = codec::splice(call_.asked.body, call_.asked.facts, edits_for(call_));
    fill_type(request.body, asked_);
    return request;
  }

  reply_step take(const answer_head& /*head*/, std::string_view body) override {
    const auto document = codec::json_document::parse(body, members_read);
    if (document == nullptr || !document->root()["pages"].is_array()) return unusable("no pages");
    return answered{.content_type = "application/json",
                    .body = std::nullopt,
                    .usage = {.pages = pages_of(document->root())},
                    .relayed_pages = std::min(std::ssize(document->root()["pages"].elements()), most_pages)};
  }

 private:
  call call_;
  const codec::document_request& asked_;
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
    return openai_text(request, std::move(target),
                       {.dialect = embeds ? &embeddings_dialect() : &chat_dialect(), .finishes_in_error = true});
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
