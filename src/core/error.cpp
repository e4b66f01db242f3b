#include "phigate/core/error.hpp"

#include <utility>

namespace phigate::core {
namespace {

constexpr std::string_view type_for(int status) {
  if (status == 401) return "authentication_error";
  if (status == 403) return "permission_error";
  if (status == 429) return "rate_limit_error";
  return status < 500 ? "invalid_request_error" : "api_error";
}

// The type follows from the status, so that no row can contradict itself.
constexpr error_traits traits(int status, std::string_view code) {
  return {status, type_for(status), code};
}

}  // namespace

error_traits traits_of(error_code code) {
  switch (code) {
    case error_code::bad_request:
      return traits(400, "bad_request");
    case error_code::invalid_region:
      return traits(400, "invalid_region");
    case error_code::invalid_phi:
      return traits(400, "invalid_phi");
    case error_code::unknown_policy_header:
      return traits(400, "unknown_policy_header");
    case error_code::invalid_json:
      return traits(400, "invalid_json");
    case error_code::ambiguous_body:
      return traits(400, "ambiguous_body");
    case error_code::missing_model:
      return traits(400, "missing_model");
    case error_code::invalid_variant:
      return traits(400, "invalid_variant");
    case error_code::invalid_request:
      return traits(400, "invalid_request");
    case error_code::unsupported_parameter:
      return traits(400, "unsupported_parameter");
    case error_code::invalid_provider_preferences:
      return traits(400, "invalid_provider_preferences");
    case error_code::misplaced_preference:
      return traits(400, "misplaced_preference");
    case error_code::context_length_exceeded:
      return traits(400, "context_length_exceeded");
    case error_code::invalid_api_key:
      return traits(401, "invalid_api_key");
    case error_code::phi_blocked:
      return traits(403, "phi_blocked");
    case error_code::phi_required:
      return traits(403, "phi_required");
    case error_code::phi_not_allowed:
      return traits(403, "phi_not_allowed");
    case error_code::region_not_allowed:
      return traits(403, "region_not_allowed");
    case error_code::permission_denied:
      return traits(403, "permission_denied");
    case error_code::model_not_found:
      return traits(404, "model_not_found");
    case error_code::not_found:
      return traits(404, "not_found");
    case error_code::method_not_allowed:
      return traits(405, "method_not_allowed");
    case error_code::request_timeout:
      return traits(408, "request_timeout");
    case error_code::payload_too_large:
      return traits(413, "payload_too_large");
    case error_code::uri_too_long:
      return traits(414, "uri_too_long");
    case error_code::unsupported_media_type:
      return traits(415, "unsupported_media_type");
    case error_code::expectation_failed:
      return traits(417, "expectation_failed");
    case error_code::no_route:
      return traits(422, "no_route");
    case error_code::header_too_large:
      return traits(431, "header_too_large");
    case error_code::not_implemented:
      return traits(501, "not_implemented");
    case error_code::http_version_unsupported:
      return traits(505, "http_version_unsupported");
    case error_code::upstream_rate_limited:
      return traits(429, "upstream_rate_limited");
    case error_code::upstream_auth_failed:
      return traits(502, "upstream_auth_failed");
    case error_code::upstream_misconfigured:
      return traits(502, "upstream_misconfigured");
    case error_code::upstream_error:
      return traits(502, "upstream_error");
    case error_code::upstream_timeout:
      return traits(504, "upstream_timeout");
    case error_code::upstream_response_too_large:
      return traits(502, "upstream_response_too_large");
    case error_code::upstream_client_error:
      return traits(400, "upstream_client_error");
    case error_code::internal_error:
      return traits(500, "internal_error");
    case error_code::overloaded:
      return traits(503, "overloaded");
    case error_code::draining:
      return traits(503, "draining");
    case error_code::shutting_down:
      return traits(503, "shutting_down");
  }
  std::unreachable();
}

bool forbids_retry(const api_error& error, int attempts) {
  // The next call would meet the same fault of the operator's.
  if (error.code == error_code::upstream_auth_failed || error.code == error_code::upstream_misconfigured) return true;
  const int status = error.http_status();
  if (status >= 400 && status < 500) return status != 408 && status != 429;
  // Several providers were tried already: an SDK's own two retries would multiply that.
  return (status == 502 || status == 504) && attempts > 1;
}

}  // namespace phigate::core
