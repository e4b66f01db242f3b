// Every error that phigate answers with, and the one place that gives each its status, type and code (spec §8).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace phigate::core {

enum class error_code : std::uint8_t {
  // client
  bad_request,  // framing faults and anything else malformed before the body
  invalid_region,
  invalid_phi,
  unknown_policy_header,
  invalid_json,
  ambiguous_body,
  missing_model,
  invalid_variant,
  invalid_request,  // a body field of a wrong type or value
  unsupported_parameter,
  invalid_provider_preferences,
  misplaced_preference,
  context_length_exceeded,
  invalid_api_key,
  phi_blocked,
  phi_required,
  phi_not_allowed,
  region_not_allowed,
  permission_denied,
  model_not_found,
  not_found,
  method_not_allowed,
  request_timeout,
  payload_too_large,
  uri_too_long,
  unsupported_media_type,
  expectation_failed,
  no_route,
  header_too_large,
  not_implemented,  // an unknown transfer coding
  http_version_unsupported,
  // upstream
  upstream_rate_limited,
  upstream_auth_failed,
  upstream_misconfigured,
  upstream_error,
  upstream_timeout,
  upstream_response_too_large,
  upstream_client_error,  // a provider's 4xx passed on: status and code are the provider's
  // gateway
  internal_error,
  overloaded,
  draining,
  shutting_down,
};

struct error_traits {
  int status;
  std::string_view type;  // OpenAI's error type
  std::string_view code;
};

// Exhaustive. `upstream_client_error` has the status 400 here; `api_error::status` overrides it.
error_traits traits_of(error_code code);

// One tried route, for error.metadata.attempts (spec §5).
struct attempt_record {
  std::string provider;
  std::string model;
  std::string outcome;  // a status as text ("503"), or a failure kind ("connect", "timeout", …)
  std::int64_t milliseconds = 0;
};

// One rule and how many routes it removed, for error.metadata.excluded (spec §3).
struct exclusion_count {
  std::string_view reason;
  std::size_t routes = 0;
};

// What the client is told. `message` says what to do next; it never holds another party's secret or prompt.
// Every member has an initialiser, so that a designated one may name just what it needs.
struct api_error {
  error_code code = error_code::internal_error;
  std::string message{};
  std::string param{};  // empty: null
  // A provider's own error passed on (spec §5): its status, code and type stand in for the table's, and what a content
  // filter found goes with them.
  std::optional<int> status{};
  std::string provider_code{};
  std::string provider_type{};
  std::string provider_innererror{};  // a JSON object; empty: left out
  std::optional<std::int64_t> retry_after_seconds{};
  std::vector<attempt_record> attempts{};
  std::vector<exclusion_count> excluded{};

  [[nodiscard]] int http_status() const { return status.value_or(traits_of(code).status); }
};

// Whether the SDK's own retry would be pointless or harmful: `x-should-retry: false` (spec §8).
bool forbids_retry(const api_error& error, int attempts);

}  // namespace phigate::core
