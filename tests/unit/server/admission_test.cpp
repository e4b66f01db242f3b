// The checks on a request's head (spec §2): a typo must never widen where data goes.
#include "server/admission.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/bare_worker.hpp"

namespace phigate::server {
namespace {

using config::phi_permission;
using core::data_class;
using core::error_code;
using core::region;

http::request_head head_with(std::vector<http::field> fields) {
  http::request_head head;
  head.method = "POST";
  head.path = "/v1/chat/completions";
  head.fields = std::move(fields);
  return head;
}

std::optional<error_code> code_of(const admitted& outcome) {
  return outcome ? std::nullopt : std::optional(outcome.error().code);
}

struct policy_outcome {
  std::optional<error_code> refused;
  request_context context;
};

policy_outcome check(std::vector<http::field> fields, const config::settings& settings = {},
                     const config::api_key* key = nullptr) {
  policy_outcome outcome;
  outcome.context.key = key;
  outcome.refused = code_of(check_policy_headers(settings, head_with(std::move(fields)), outcome.context));
  return outcome;
}

TEST(policy_headers, absent_ones_leave_the_region_open_and_the_class_to_the_default) {
  const policy_outcome outcome = check({{"content-type", "application/json"}});
  EXPECT_FALSE(outcome.refused);
  EXPECT_FALSE(outcome.context.named_region);
  EXPECT_EQ(outcome.context.data_class, data_class::general);

  config::settings strict;
  strict.default_phi = true;
  EXPECT_EQ(check({}, strict).context.data_class, data_class::phi);
}

TEST(policy_headers, a_region_is_read_in_any_case) {
  for (const std::string_view value : {"CH", "ch", "Ch", "cH"}) {
    EXPECT_EQ(check({{"X-Region", value}}).context.named_region, region::ch) << value;
  }
  EXPECT_EQ(check({{"x-region", "WORLD"}}).context.named_region, region::world);
}

TEST(policy_headers, a_bad_region_is_refused_and_the_valid_ones_are_named) {
  for (const std::string_view value : {"", "EUROPE", "E U", "EU,CH", "EU, EU", "EU;", "eu-central", "global", "*",
                                       "auto", "EU\xa0", "\xc3\x89U", "CHH", "C"}) {
    EXPECT_EQ(check({{"X-Region", value}}).refused, error_code::invalid_region) << value;
  }
  request_context context;
  const admitted outcome = check_policy_headers({}, head_with({{"x-region", "MARS"}}), context);
  ASSERT_FALSE(outcome);
  EXPECT_NE(outcome.error().message.find("CH"), std::string::npos);
  EXPECT_NE(outcome.error().message.find("WORLD"), std::string::npos);
  EXPECT_EQ(outcome.error().message.find("MARS"), std::string::npos);
}

TEST(policy_headers, a_class_is_true_or_false_in_any_case) {
  for (const std::string_view value : {"true", "TRUE", "True", "tRuE"}) {
    EXPECT_EQ(check({{"X-PHI", value}}).context.data_class, data_class::phi) << value;
  }
  for (const std::string_view value : {"false", "FALSE", "False"}) {
    EXPECT_EQ(check({{"x-phi", value}}).context.data_class, data_class::general) << value;
  }
}

TEST(policy_headers, any_other_class_is_refused_and_never_read_as_false) {
  for (const std::string_view value :
       {"", "1", "0", "yes", "no", "on", "t", "tru", "truee", "true,true", "false, false", "true;q=1", "\"true\"",
        "true\xa0", "\xa0true", "phi", "null", "falsee"}) {
    const policy_outcome outcome = check({{"X-PHI", value}});
    EXPECT_EQ(outcome.refused, error_code::invalid_phi) << value;
    EXPECT_FALSE(outcome.context.data_class) << value;
  }
}

TEST(policy_headers, either_one_twice_is_refused_even_when_both_agree) {
  EXPECT_EQ(check({{"X-Region", "EU"}, {"x-region", "EU"}}).refused, error_code::invalid_region);
  EXPECT_EQ(check({{"X-Region", "EU"}, {"X-Region", "CH"}}).refused, error_code::invalid_region);
  EXPECT_EQ(check({{"X-PHI", "true"}, {"X-Phi", "true"}}).refused, error_code::invalid_phi);
  EXPECT_EQ(check({{"X-PHI", "false"}, {"x-phi", "true"}}).refused, error_code::invalid_phi);
}

TEST(policy_headers, near_misses_are_refused) {
  for (const std::string_view name :
       {"X_PHI",       "x_phi",      "X_Region",  "x_region", "XPHI",       "xphi",         "XRegion",
        "xregion",     "X-PHI-Data", "x-phis",    "X-Phi2",   "x-phi_",     "x-phi.",       "X-Regions",
        "X-Region-Id", "x-region_",  "XPhi-Mode", "xregion2", "x_phi_data", "X-Phi-Routed", "x-phi-tier",
        "X--PHI",      "x-_phi",     "X.PHI",     "X-P-HI",   "x-re-gion"}) {
    EXPECT_EQ(check({{name, "true"}}).refused, error_code::unknown_policy_header) << name;
    // Beside the real ones too, before or behind them.
    EXPECT_EQ(check({{"X-PHI", "true"}, {"X-Region", "CH"}, {name, "true"}}).refused,
              error_code::unknown_policy_header);
    EXPECT_EQ(check({{name, ""}, {"X-PHI", "true"}}).refused, error_code::unknown_policy_header) << name;
  }
}

TEST(policy_headers, other_names_mean_nothing) {
  for (const std::string_view name :
       {"phi", "region", "x-ph", "x-regio", "ax-phi", "my-x-region", "x-request-id", "x-api-key", "graphi", "X-P"}) {
    EXPECT_FALSE(check({{name, "true"}}).refused) << name;
  }
}

config::api_key key_for(phi_permission phi) {
  config::api_key key;
  key.id = "k";
  key.phi = phi;
  key.regions = {region::ch, region::eu};
  return key;
}

TEST(key_class, a_key_tightens_and_never_loosens) {
  struct row {
    phi_permission permission;
    std::string_view header;  // empty: absent
    bool default_phi;
    data_class in_force;
    std::optional<error_code> refused;
  };
  const std::vector<row> table{
      {phi_permission::allowed, "", false, data_class::general, {}},
      {phi_permission::allowed, "", true, data_class::phi, {}},
      {phi_permission::allowed, "true", false, data_class::phi, {}},
      {phi_permission::allowed, "false", true, data_class::general, {}},
      {phi_permission::required, "", false, data_class::phi, {}},
      {phi_permission::required, "", true, data_class::phi, {}},
      {phi_permission::required, "true", false, data_class::phi, {}},
      {phi_permission::required, "false", false, data_class::general, error_code::phi_required},
      {phi_permission::forbidden, "", false, data_class::general, {}},
      {phi_permission::forbidden, "", true, data_class::phi, error_code::phi_not_allowed},
      {phi_permission::forbidden, "false", true, data_class::general, {}},
      {phi_permission::forbidden, "true", false, data_class::phi, error_code::phi_not_allowed},
  };
  for (const row& one : table) {
    SCOPED_TRACE(testing::Message() << static_cast<int>(one.permission) << ' ' << one.header << ' ' << one.default_phi);
    const config::api_key key = key_for(one.permission);
    config::settings settings;
    settings.default_phi = one.default_phi;
    std::vector<http::field> fields;
    if (!one.header.empty()) fields.push_back({"X-PHI", one.header});
    const policy_outcome outcome = check(std::move(fields), settings, &key);
    ASSERT_FALSE(outcome.refused);
    EXPECT_EQ(outcome.context.data_class, one.in_force);
    EXPECT_EQ(code_of(check_key_class(outcome.context)), one.refused);
  }
}

TEST(key_class, without_keys_nothing_is_refused) {
  request_context context;
  context.data_class = data_class::phi;
  context.region = region::us;
  EXPECT_TRUE(check_key_class(context));
  EXPECT_TRUE(check_key_region(context));
}

TEST(key_region, a_region_outside_of_the_keys_list_is_refused_wherever_it_came_from) {
  const config::api_key key = key_for(phi_permission::allowed);
  request_context context;
  context.key = &key;
  context.region = region::us;
  EXPECT_EQ(code_of(check_key_region(context)), error_code::region_not_allowed);
  for (const region named : {region::ch, region::eu}) {
    context.region = named;
    EXPECT_TRUE(check_key_region(context));
  }
  context.region = region::world;
  EXPECT_EQ(code_of(check_key_region(context)), error_code::region_not_allowed);
}

TEST(content_type, takes_json_in_utf_8_alone) {
  for (const std::string_view value :
       {"application/json", "Application/JSON", "application/json;", "application/json; charset=utf-8",
        "application/json;charset=UTF-8", "application/json ; charset=\"utf-8\"",
        "application/json; charset=\"utf-8\";", "application/json;; Charset=utf-8 ; "}) {
    EXPECT_TRUE(check_content_type(head_with({{"Content-Type", value}}))) << value;
  }
  for (const std::string_view value :
       {"", "text/plain", "application/jsonx", "json", "application/json, application/json",
        "application/json; charset=latin-1", "application/json; charset=utf-16", "application/x-ndjson",
        "multipart/form-data; boundary=x", "application/json; charset=utf-8; x=y", "application/ json",
        "application/json; charset=utf-8; charset=utf-8", "application/json; charset=utf-8; charset=utf-16",
        "application/json; charset", "application/json; charset=\"utf-8", "application/json; charset = utf-8"}) {
    EXPECT_EQ(code_of(check_content_type(head_with({{"Content-Type", value}}))), error_code::unsupported_media_type)
        << value;
  }
}

TEST(content_type, must_be_given_once) {
  EXPECT_EQ(code_of(check_content_type(head_with({}))), error_code::unsupported_media_type);
  EXPECT_EQ(code_of(check_content_type(
                head_with({{"content-type", "application/json"}, {"Content-Type", "application/json"}}))),
            error_code::unsupported_media_type);
}

TEST(content_type, takes_no_encoded_body) {
  const http::field json{"content-type", "application/json"};
  EXPECT_TRUE(check_content_type(head_with({json, {"Content-Encoding", "Identity"}})));
  for (const std::string_view coding : {"gzip", "br", "", "identity, gzip"}) {
    EXPECT_EQ(code_of(check_content_type(head_with({json, {"content-encoding", coding}}))),
              error_code::unsupported_media_type)
        << coding;
  }
  EXPECT_EQ(
      code_of(check_content_type(head_with({json, {"content-encoding", "identity"}, {"content-encoding", "gzip"}}))),
      error_code::unsupported_media_type);
}

TEST(length, a_body_of_the_limit_is_taken_and_none_larger_by_a_byte) {
  config::settings settings;
  settings.limits.body = 1000;
  http::request_head head = head_with({});
  head.framing = http::framing::length;
  head.content_length = 1000;
  EXPECT_TRUE(check_length(settings, head));
  head.content_length = 1001;
  EXPECT_EQ(code_of(check_length(settings, head)), error_code::payload_too_large);
  head.framing = http::framing::chunked;  // its size is known when it has been read
  EXPECT_TRUE(check_length(settings, head));
}

class key_test : public testing::Test {
 protected:
  static config::settings with_keys() {
    config::settings settings;
    settings.auth = config::auth_mode::keys;
    settings.keys.push_back(key_for(phi_permission::allowed));
    settings.keys.back().sha256.push_back(sha256("phg_secret"));
    settings.keys.push_back(key_for(phi_permission::allowed));
    settings.keys.back().id = "expired";
    settings.keys.back().sha256.push_back(sha256("phg_expired"));
    settings.keys.back().expires = std::chrono::sys_days(std::chrono::days(10));
    return settings;
  }

  std::optional<error_code> check(std::vector<http::field> fields) {
    context_.key = nullptr;
    return code_of(check_key(*worker_->current()->facts, head_with(std::move(fields)), context_));
  }

  test::bare_worker worker_{with_keys()};
  request_context context_;
};

TEST_F(key_test, takes_a_bearer_token_or_the_other_header) {
  for (const http::field& field : std::vector<http::field>{{"Authorization", "Bearer phg_secret"},
                                                           {"authorization", "bearer phg_secret"},
                                                           {"AUTHORIZATION", "BEARER  phg_secret"},
                                                           {"X-Api-Key", "phg_secret"}}) {
    EXPECT_FALSE(check({field})) << field.value;
    ASSERT_NE(context_.key, nullptr) << field.value;
    EXPECT_EQ(context_.key->id, "k");
  }
}

TEST_F(key_test, refuses_unknown_expired_and_missing_keys_alike) {
  std::vector<std::string> messages;
  for (const std::vector<http::field>& fields : std::vector<std::vector<http::field>>{
           {},
           {{"authorization", "Bearer phg_unknown"}},
           {{"authorization", "Bearer phg_expired"}},
           {{"authorization", "Bearer"}},
           {{"authorization", "Bearer "}},
           {{"authorization", "Basic phg_secret"}},
           {{"authorization", "phg_secret"}},
           {{"authorization", "Bearer phg_secret,"}},
           {{"x-api-key", "Bearer phg_secret"}},
           {{"x-api-key", ""}},
       }) {
    const admitted outcome = check_key(*worker_->current()->facts, head_with(fields), context_);
    ASSERT_EQ(code_of(outcome), error_code::invalid_api_key);
    EXPECT_EQ(context_.key, nullptr);
    messages.push_back(outcome.error().message);
    EXPECT_EQ(messages.back(), messages.front());
    EXPECT_EQ(messages.back().find("phg_"), std::string::npos);
  }
}

TEST_F(key_test, refuses_a_key_that_is_given_twice) {
  EXPECT_EQ(check({{"authorization", "Bearer phg_secret"}, {"x-api-key", "phg_secret"}}), error_code::bad_request);
  EXPECT_EQ(check({{"authorization", "Bearer phg_secret"}, {"Authorization", "Bearer phg_secret"}}),
            error_code::bad_request);
  EXPECT_EQ(check({{"x-api-key", "phg_secret"}, {"x-api-key", "phg_secret"}}), error_code::bad_request);
}

TEST(key_check, asks_for_no_key_when_keys_are_off) {
  test::bare_worker open;
  request_context context;
  EXPECT_TRUE(
      check_key(*open->current()->facts, head_with({{"authorization", "Bearer x"}, {"x-api-key", "y"}}), context));
  EXPECT_EQ(context.key, nullptr);
}

}  // namespace
}  // namespace phigate::server
