#include "phigate/core/error.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace phigate::core {
namespace {

struct row {
  error_code code;
  int status;
  std::string_view type;
  std::string_view text;
};

constexpr std::string_view invalid = "invalid_request_error";

const std::vector<row> table{
    {error_code::bad_request, 400, invalid, "bad_request"},
    {error_code::invalid_region, 400, invalid, "invalid_region"},
    {error_code::invalid_phi, 400, invalid, "invalid_phi"},
    {error_code::unknown_policy_header, 400, invalid, "unknown_policy_header"},
    {error_code::invalid_json, 400, invalid, "invalid_json"},
    {error_code::ambiguous_body, 400, invalid, "ambiguous_body"},
    {error_code::missing_model, 400, invalid, "missing_model"},
    {error_code::invalid_variant, 400, invalid, "invalid_variant"},
    {error_code::invalid_request, 400, invalid, "invalid_request"},
    {error_code::unsupported_parameter, 400, invalid, "unsupported_parameter"},
    {error_code::invalid_provider_preferences, 400, invalid, "invalid_provider_preferences"},
    {error_code::misplaced_preference, 400, invalid, "misplaced_preference"},
    {error_code::context_length_exceeded, 400, invalid, "context_length_exceeded"},
    {error_code::invalid_api_key, 401, "authentication_error", "invalid_api_key"},
    {error_code::phi_blocked, 403, "permission_error", "phi_blocked"},
    {error_code::phi_required, 403, "permission_error", "phi_required"},
    {error_code::phi_not_allowed, 403, "permission_error", "phi_not_allowed"},
    {error_code::region_not_allowed, 403, "permission_error", "region_not_allowed"},
    {error_code::permission_denied, 403, "permission_error", "permission_denied"},
    {error_code::model_not_found, 404, invalid, "model_not_found"},
    {error_code::not_found, 404, invalid, "not_found"},
    {error_code::method_not_allowed, 405, invalid, "method_not_allowed"},
    {error_code::request_timeout, 408, invalid, "request_timeout"},
    {error_code::payload_too_large, 413, invalid, "payload_too_large"},
    {error_code::uri_too_long, 414, invalid, "uri_too_long"},
    {error_code::unsupported_media_type, 415, invalid, "unsupported_media_type"},
    {error_code::expectation_failed, 417, invalid, "expectation_failed"},
    {error_code::no_route, 422, invalid, "no_route"},
    {error_code::header_too_large, 431, invalid, "header_too_large"},
    {error_code::not_implemented, 501, "api_error", "not_implemented"},
    {error_code::http_version_unsupported, 505, "api_error", "http_version_unsupported"},
    {error_code::upstream_rate_limited, 429, "rate_limit_error", "upstream_rate_limited"},
    {error_code::upstream_auth_failed, 502, "api_error", "upstream_auth_failed"},
    {error_code::upstream_misconfigured, 502, "api_error", "upstream_misconfigured"},
    {error_code::upstream_error, 502, "api_error", "upstream_error"},
    {error_code::upstream_timeout, 504, "api_error", "upstream_timeout"},
    {error_code::upstream_response_too_large, 502, "api_error", "upstream_response_too_large"},
    {error_code::upstream_client_error, 400, invalid, "upstream_client_error"},
    {error_code::internal_error, 500, "api_error", "internal_error"},
    {error_code::overloaded, 503, "api_error", "overloaded"},
    {error_code::draining, 503, "api_error", "draining"},
    {error_code::shutting_down, 503, "api_error", "shutting_down"},
};

TEST(error, every_code_has_its_status_type_and_text) {
  for (const row& one : table) {
    const error_traits traits = traits_of(one.code);
    EXPECT_EQ(traits.status, one.status) << one.text;
    EXPECT_EQ(traits.type, one.type) << one.text;
    EXPECT_EQ(traits.code, one.text);
  }
}

TEST(error, the_table_above_misses_no_code_and_no_text_stands_twice) {
  std::set<std::string_view> texts;
  for (std::size_t i = 0; i < table.size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(table[i].code), i);
    texts.insert(table[i].text);
  }
  EXPECT_EQ(texts.size(), table.size());
  EXPECT_EQ(table.size(), static_cast<std::size_t>(error_code::shutting_down) + 1);
}

TEST(error, a_providers_own_status_stands_in_for_the_tables) {
  api_error error{.code = error_code::upstream_client_error};
  EXPECT_EQ(error.http_status(), 400);
  error.status = 413;
  EXPECT_EQ(error.http_status(), 413);
}

TEST(forbids_retry, holds_for_every_4xx_but_408_and_429) {
  for (const row& one : table) {
    if (one.status >= 500) continue;
    EXPECT_EQ(forbids_retry({.code = one.code}, 0), one.status != 408 && one.status != 429) << one.text;
  }
  for (int status = 400; status < 500; ++status) {
    const api_error passed{.code = error_code::upstream_client_error, .status = status};
    EXPECT_EQ(forbids_retry(passed, 1), status != 408 && status != 429) << status;
  }
}

TEST(forbids_retry, holds_for_the_operators_mistakes_after_any_number_of_attempts) {
  for (int attempts : {0, 1, 2}) {
    EXPECT_TRUE(forbids_retry({.code = error_code::upstream_auth_failed}, attempts));
    EXPECT_TRUE(forbids_retry({.code = error_code::upstream_misconfigured}, attempts));
  }
}

TEST(forbids_retry, holds_for_502_and_504_only_after_more_than_one_attempt) {
  for (error_code code :
       {error_code::upstream_error, error_code::upstream_timeout, error_code::upstream_response_too_large}) {
    EXPECT_FALSE(forbids_retry({.code = code}, 0));
    EXPECT_FALSE(forbids_retry({.code = code}, 1));
    EXPECT_TRUE(forbids_retry({.code = code}, 2));
  }
}

TEST(forbids_retry, never_holds_where_waiting_helps) {
  for (error_code code : {error_code::overloaded, error_code::draining, error_code::shutting_down,
                          error_code::internal_error, error_code::upstream_rate_limited, error_code::request_timeout}) {
    EXPECT_FALSE(forbids_retry({.code = code}, 4)) << traits_of(code).code;
  }
}

}  // namespace
}  // namespace phigate::core
