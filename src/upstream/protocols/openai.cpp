// The OpenAI-compatible protocol, and the ways in which providers that speak it report errors differently.
#include <algorithm>
#include <stdexcept>
#include <string_view>

#include "phigate/codec/json.hpp"
#include "phigate/core/audio.hpp"
#include "upstream/protocols/openai_conversations.hpp"
#include "upstream/protocols/parts.hpp"
#include "upstream/protocols/protocols.hpp"

namespace phigate::upstream {

namespace {

using core::failure_kind;
using core::modality;

constexpr core::protocol openai_facts{
    .name = "openai",
    .modalities = {modality::chat, modality::vision, modality::embeddings, modality::stt, modality::tts},
    .speech_formats = core::speech_format_names,
    .features = openai_features,
};

// Together answers 403 to a prompt that is too long (docs.together.ai, error codes), and says so in words that it does
// not document; others have a code for it.
bool is_too_long(const refusal& refused, const core::provider_error& said, const core::provider& by) {
  if (refused.status != 403) return false;
  if (says_any(said, {"context length", "context_length", "context window", "token count", "too many tokens"}))
    return true;
  return by.slug == "together" && (refused.body.empty() || says_any(said, {"too long", "longer than", "exceeds",
                                                                           "length", "tokens", "context"}));
}

// "The model `x` does not exist", "Model not found". Messages repeat what clients wrote, and this verdict holds the
// route against its provider: so it goes by the first words alone, and by the id, which is the registry's.
bool tells_of_unknown_model(std::string_view message) {
  const auto opens_with_verdict = [](std::string_view text) {
    return opens_with_any(
        text, {"does not exist", "is not available", "is not found", "not available", "not found", "was not found"});
  };
  if (skip(message, "unknown model")) return true;
  skip(message, "the ");
  if (!skip(message, "model ")) return false;
  if (opens_with_verdict(message)) return true;
  const std::size_t id_end = message.find(' ');
  return id_end != std::string_view::npos && opens_with_verdict(message.substr(id_end + 1));
}

// Scaleway answers 422 for a model that it does not have (its Generative APIs' error page); others use 400.
bool is_unknown_model(int status, const core::provider_error& said) {
  if (status != 422 && status != 400) return false;
  if (said.code == "model_not_found") return true;
  // Before what FastAPI says stands the field's name, which is the client's to choose.
  const bool is_of_a_field = !said.param.empty() && said.message.starts_with(said.param + ": ");
  return status == 422 && !is_of_a_field && tells_of_unknown_model(said.message);
}

// Gemini answers 400 to a wrong key: {"error":{"status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}},
// in an array or not. A message may repeat what the client wrote, so it counts by its first words alone.
bool is_bad_key(const refusal& refused, const core::provider_error& said) {
  if (refused.status != 400 || said.type != "INVALID_ARGUMENT") return false;
  if (said.message.starts_with("API key not valid")) return true;
  const auto document = codec::json_document::parse(refused.body);
  if (document == nullptr) return false;
  const auto list = document->root().elements();
  const codec::json_value outer = list.empty() ? document->root() : list.front();
  return std::ranges::any_of(outer["error"]["details"].elements(), [](const codec::json_value& detail) {
    return detail["reason"].text() == "API_KEY_INVALID";
  });
}

void make_clients_400(core::attempt_failure& failure) {
  failure.kind = failure_kind::client_mistake;
  failure.status = 400;
  failure.said.type = "invalid_request_error";
}

class openai_adapter final : public adapter {
 public:
  [[nodiscard]] const core::protocol& facts() const override { return openai_facts; }

  [[nodiscard]] std::string credential_lines(const core::endpoint& endpoint) const override {
    return "authorization: Bearer " + endpoint.credential.reveal() + "\r\n";
  }

  [[nodiscard]] std::unique_ptr<conversation> begin(const call& request) const override {
    std::string target = request.endpoint.url.prefix;
    target += openai_path(request.asked.facts.modality);
    return openai_conversation(request, std::move(target));
  }

  [[nodiscard]] core::attempt_failure classify(const refusal& refused, const core::provider& by) const override {
    core::attempt_failure failure = classify_by_status(refused);
    if (is_too_long(refused, failure.said, by)) {
      make_clients_400(failure);
      failure.said.code = "context_length_exceeded";
    } else if (refused.status == 416) {
      make_clients_400(failure);  // Scaleway's, where max_completion_tokens is over the model's limit
    } else if (is_unknown_model(refused.status, failure.said)) {
      failure.kind = failure_kind::misconfigured;
    } else if (is_bad_key(refused, failure.said)) {
      failure.kind = failure_kind::auth_failed;
    }
    return failure;
  }
};

}  // namespace

std::string_view openai_path(modality called) {
  switch (called) {
    case modality::chat:
    case modality::vision:
      return "/chat/completions";
    case modality::embeddings:
      return "/embeddings";
    case modality::stt:
      return "/audio/transcriptions";
    case modality::tts:
      return "/audio/speech";
    case modality::ocr:
      break;
  }
  throw std::logic_error("OpenAI's API reads no documents");
}

std::unique_ptr<conversation> openai_conversation(const call& request, std::string target) {
  const modality called = request.asked.facts.modality;
  if (called == modality::stt) return openai_transcription(request, std::move(target));
  if (called == modality::tts) return openai_speech(request, std::move(target));
  return openai_text(request, std::move(target));
}

const adapter& openai() {
  static const openai_adapter instance;
  return instance;
}

}  // namespace phigate::upstream
