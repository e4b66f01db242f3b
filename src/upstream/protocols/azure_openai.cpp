// Azure OpenAI: OpenAI's bodies and answers at targets of its own, where a deployment's name stands for the model. Its
// content-filter fields pass through untouched.
#include <algorithm>
#include <utility>

#include "phigate/codec/json.hpp"
#include "phigate/core/ascii.hpp"
#include "phigate/core/audio.hpp"
#include "upstream/protocols/openai_conversations.hpp"
#include "upstream/protocols/parts.hpp"
#include "upstream/protocols/protocols.hpp"

namespace phigate::upstream {

namespace {

using core::failure_kind;
using core::modality;

constexpr core::protocol azure_openai_facts{
    .name = "azure_openai",
    .modalities = {modality::chat, modality::vision, modality::embeddings, modality::stt, modality::tts},
    .speech_formats = core::speech_format_names,
    .reads_api_version = true,
    .features = openai_features,
};

constexpr std::string_view usual_dated_version = "2024-10-21";

// A base URL that ends in /v1 is the API whose body names the deployment; any other the dated one, whose path does.
std::string target_of(const call& request) {
  const core::endpoint& endpoint = request.endpoint;
  std::string target = endpoint.url.prefix;
  std::string_view version = endpoint.api_version;
  if (!target.ends_with("/v1")) {
    target += "/deployments/" + percent_encoded(request.model.upstream);
    if (version.empty()) version = usual_dated_version;
  }
  target += openai_path(request.asked.facts.modality);
  if (!version.empty()) target += "?api-version=" + percent_encoded(version);
  return target;
}

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, core::ascii::is_digit);
}

// A filtered prompt is told by its code, or by that of its inner error alone.
bool is_filtered(const refusal& refused, const core::provider_error& said) {
  if (said.code == "content_filter") return true;
  const auto document = codec::json_document::parse(refused.body);
  if (document == nullptr) return false;
  const codec::json_value error = document->root()["error"];
  for (const std::string_view name : {"innererror", "inner_error"}) {
    if (error[name]["code"].text() == "ResponsibleAIPolicyViolation") return true;
  }
  return false;
}

// What the operator wrote into the registry is wrong, whatever the status.
bool is_wrong_deployment(const core::provider_error& said) {
  return said.code == "DeploymentNotFound" || said.code == "OperationNotSupported" || said.code == "unknown_model" ||
         said.code == "model_not_found";
}

class azure_openai_adapter final : public adapter {
 public:
  [[nodiscard]] const core::protocol& facts() const override { return azure_openai_facts; }

  [[nodiscard]] std::string credential_lines(const core::endpoint& endpoint) const override {
    return "api-key: " + endpoint.credential.reveal() + "\r\n";
  }

  [[nodiscard]] std::unique_ptr<conversation> begin(const call& request) const override {
    return openai_conversation(request, target_of(request));
  }

  [[nodiscard]] core::attempt_failure classify(const refusal& refused, const core::provider& /*by*/) const override {
    core::attempt_failure failure = classify_by_status(refused);
    if (failure.kind != failure_kind::client_mistake) return failure;
    if (is_wrong_deployment(failure.said)) {
      failure.kind = failure_kind::misconfigured;
      return failure;
    }
    if (is_filtered(refused, failure.said)) failure.said.code = "content_filter";
    // Its errors carry the HTTP status where OpenAI's have a type.
    if (failure.said.type.empty() || is_number(failure.said.type)) failure.said.type = "invalid_request_error";
    return failure;
  }
};

}  // namespace

const adapter& azure_openai() {
  static const azure_openai_adapter instance;
  return instance;
}

}  // namespace phigate::upstream
