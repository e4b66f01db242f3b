#include "upstream/protocols/analysis_fault.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "phigate/codec/response.hpp"
#include "upstream/protocols/parts.hpp"

namespace phigate::upstream {
namespace {

using codec::json_value;
using core::failure_kind;

// The provider's error guide has the codes.
constexpr std::array<std::string_view, 14> clients_codes{
    "InvalidRequest",       "InvalidArgument",           "InvalidContent",         "InvalidContentDimensions",
    "InvalidContentLength", "InvalidParameter",          "InvalidParameterLength", "InvalidContentSourceFormat",
    "InvalidSasToken",      "ParameterMissing",          "UnsupportedContent",     "UnsupportedMediaType",
    "ContentSourceTimeout", "ContentSourceNotAccessible"};

// Said within an InvalidRequest, but of what the registry says: the model or the API's version.
constexpr std::array<std::string_view, 4> operators_codes{"ModelNotFound", "ModelNotReady", "ModelAnalyzeError",
                                                          "NotSupportedApiVersion"};

struct fault {
  std::string_view outer;  // the code that names the kind of error
  std::string_view code;   // the most precise one
  std::string_view message;
};

// The innermost error says most.
fault read_fault(json_value error) {
  constexpr int deepest = 8;
  fault read;
  read.outer = error["code"].text().value_or("");
  for (int depth = 0; depth < deepest && error.is_object(); ++depth) {
    if (const auto code = error["code"].text(); code && !code->empty()) read.code = *code;
    if (const auto message = error["message"].text(); message && !message->empty()) read.message = *message;
    error = error["innererror"];
  }
  return read;
}

failure_kind blame(const fault& read) {
  if (std::ranges::find(operators_codes, read.code) != operators_codes.end()) return failure_kind::misconfigured;
  if (std::ranges::find(clients_codes, read.outer) != clients_codes.end()) return failure_kind::client_mistake;
  return failure_kind::server_error;
}

// Through the reader that all providers' errors pass, which cleans and bounds them.
core::provider_error in_openai_terms(const fault& read, int status) {
  codec::json_writer out;
  out.begin_object().key("message").text(read.message).key("code").text(read.code).end_object();
  core::provider_error said = codec::read_provider_error(status, out.take());
  said.type = "invalid_request_error";
  return said;
}

}  // namespace

core::attempt_failure analysis_refusal(const refusal& refused) {
  core::attempt_failure failure = classify_by_status(refused);
  // The method is the gateway's own.
  if (refused.status == 405) failure.kind = failure_kind::misconfigured;
  if (failure.kind != failure_kind::client_mistake) return failure;
  failure.said.type = "invalid_request_error";
  const auto document = codec::json_document::parse(refused.body);
  if (!document || !document->root()["error"].is_object()) return failure;
  const fault read = read_fault(document->root()["error"]);
  failure.said = in_openai_terms(read, refused.status);
  if (blame(read) == failure_kind::misconfigured) failure.kind = failure_kind::misconfigured;
  return failure;
}

core::attempt_failure analysis_failure(json_value error) {
  constexpr int bad_request = 400;
  const fault read = read_fault(error);
  core::attempt_failure failure;
  failure.kind = blame(read);
  failure.reach = core::reach::head_received;
  failure.sent_whole = true;
  failure.note = "the analysis failed";
  if (failure.kind == failure_kind::client_mistake) {
    failure.status = bad_request;
    failure.said = in_openai_terms(read, bad_request);
  }
  return failure;
}

}  // namespace phigate::upstream
