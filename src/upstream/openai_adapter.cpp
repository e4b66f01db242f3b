// The OpenAI-compatible protocol, and the ways in which providers that speak it report errors differently.
#include "upstream/openai_adapter.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "phigate/codec/response.hpp"

namespace phigate::upstream {

namespace {

using core::failure_kind;

bool contains_ignoring_case(std::string_view text, std::string_view word) {
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
  };
  return std::search(text.begin(), text.end(), word.begin(), word.end(), same) != text.end();
}

bool says_any(const core::provider_error& said, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
    return contains_ignoring_case(said.message, word) || contains_ignoring_case(said.code, word) ||
           contains_ignoring_case(said.type, word);
  });
}

// Together answers 403 to a prompt that is too long (docs.together.ai, error codes).
bool is_too_long(int status, const core::provider_error& said, const core::provider& by) {
  if (status != 403) return false;
  if (says_any(said, {"context length", "context_length", "context window", "token count", "too many tokens"}))
    return true;
  return by.slug == "together" &&
         !says_any(said, {"auth", "api key", "api_key", "permission", "forbidden", "credential"});
}

// Scaleway answers 422 for a model that it does not have (its Generative APIs' error page); others use 400.
bool is_unknown_model(int status, const core::provider_error& said) {
  if (status != 422 && status != 400) return false;
  if (said.code == "model_not_found") return true;
  return status == 422 && says_any(said, {"model"}) &&
         says_any(said, {"not found", "not_found", "does not exist", "unknown model", "not available"});
}

failure_kind kind_of(int status) {
  switch (status) {
    case 401:
    case 402:
    case 403:
      return failure_kind::auth_failed;
    case 404:
      return failure_kind::misconfigured;
    case 408:
      return failure_kind::request_timeout;
    case 429:
      return failure_kind::rate_limited;
    default:
      break;
  }
  return status >= 400 && status < 500 ? failure_kind::client_mistake : failure_kind::server_error;
}

class openai_adapter final : public adapter {
 public:
  [[nodiscard]] std::string_view path(core::modality modality) const override {
    return modality == core::modality::embeddings ? "/embeddings" : "/chat/completions";
  }

  [[nodiscard]] std::string credential_lines(const core::endpoint& endpoint) const override {
    return "authorization: Bearer " + endpoint.credential.reveal() + "\r\n";
  }

  [[nodiscard]] core::attempt_failure classify(const refusal& refused, const core::provider& by) const override {
    core::attempt_failure failure;
    failure.status = refused.status;
    failure.kind = kind_of(refused.status);
    failure.reach = core::reach::head_received;
    if (failure.kind != failure_kind::client_mistake && failure.kind != failure_kind::auth_failed) return failure;

    failure.said = codec::read_provider_error(refused.status, refused.body);
    if (is_too_long(refused.status, failure.said, by)) {
      failure.kind = failure_kind::client_mistake;
      failure.status = 400;
      failure.said.type = "invalid_request_error";
      failure.said.code = "context_length_exceeded";
    } else if (is_unknown_model(refused.status, failure.said)) {
      failure.kind = failure_kind::misconfigured;
    }
    return failure;
  }
};

}  // namespace

const adapter& openai() {
  static const openai_adapter instance;
  return instance;
}

}  // namespace phigate::upstream
