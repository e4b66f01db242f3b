#include "upstream/protocols/analysis_fault.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "phigate/codec/response.hpp"
#include "upstream/protocols/parts.hpp"

namespace phigate::upstream {
namespace {

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

// The operator's codes are the most precise ones, inside; the client's are those that name the kind of error.
bool is_operators(const core::provider_error& said) {
  return std::ranges::find(operators_codes, said.code) != operators_codes.end();
}

bool is_clients(std::string_view outer_code) {
  return std::ranges::find(clients_codes, outer_code) != clients_codes.end();
}

}  // namespace

core::attempt_failure analysis_refusal(const refusal& refused) {
  core::attempt_failure failure = classify_by_status(refused);
  // The method is the gateway's own.
  if (refused.status == 405) failure.kind = failure_kind::misconfigured;
  if (failure.kind != failure_kind::client_mistake) return failure;
  if (is_operators(failure.said)) failure.kind = failure_kind::misconfigured;
  failure.said.type = "invalid_request_error";
  return failure;
}

core::attempt_failure analysis_failure(std::string_view code, std::string_view state) {
  constexpr int bad_request = 400;
  core::attempt_failure failure = core::unusable_answer(failure_kind::server_error, "the analysis failed");
  core::provider_error said = codec::read_provider_error(bad_request, state);
  if (is_operators(said)) {
    failure.kind = failure_kind::misconfigured;
  } else if (is_clients(code)) {
    failure.kind = failure_kind::client_mistake;
    failure.status = bad_request;
    failure.said = std::move(said);
    failure.said.type = "invalid_request_error";
  }
  return failure;
}

}  // namespace phigate::upstream
