// Azure Document Intelligence's errors: whose fault they are, and what of them the client is told.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "unit/upstream/analysis_call.hpp"

namespace phigate::upstream {
namespace {

using core::failure_kind;
using testing::accepted;
using testing::analysis_call;
using testing::polled;

TEST(analysis_fault, a_document_that_cannot_be_read_is_the_clients_mistake) {
  struct row {
    std::string_view error;
    failure_kind kind;
    std::string_view code;
  };
  constexpr auto mistake = failure_kind::client_mistake;
  for (const row& one : std::vector<row>{
           {R"({"code":"InvalidRequest","message":"m","innererror":{"code":"InvalidContent","message":"bad file"}})",
            mistake, "InvalidContent"},
           {R"({"code":"InvalidContent","message":"bad file"})", mistake, "InvalidContent"},
           {R"({"code":"UnsupportedContent","message":"bad file"})", mistake, "UnsupportedContent"},
           {R"({"code":"InvalidContentDimensions","message":"bad file"})", mistake, "InvalidContentDimensions"},
           {R"({"code":"InvalidContentLength","message":"bad file"})", mistake, "InvalidContentLength"},
           {R"({"code":"InvalidRequest","innererror":{"code":"ContentSourceNotAccessible","message":"bad file"}})",
            mistake, "ContentSourceNotAccessible"},
           {R"({"code":"InvalidRequest","message":"bad file"})", mistake, "InvalidRequest"},
           {R"({"code":"InvalidRequest","innererror":{"code":"ModelNotReady"}})", failure_kind::misconfigured, ""},
           {R"({"code":"InternalServerError","message":"m","details":[{"code":"InvalidContent"}]})",
            failure_kind::server_error, ""},
           {R"({"code":"InternalServerError","innererror":{"code":"InvalidContent"}})", failure_kind::server_error, ""},
           {R"({"code":"ServiceUnavailable"})", failure_kind::server_error, ""},
           {R"({"code":7,"message":[]})", failure_kind::server_error, ""},
           {R"("InvalidContent")", failure_kind::server_error, ""},
           {"null", failure_kind::server_error, ""},
       }) {
    analysis_call call;
    const auto talk = call.begin();
    talk->take(accepted(), "");
    const reply_step step = talk->take(polled(), R"({"status":"failed","error":)" + std::string(one.error) + "}");
    const auto* const failure = std::get_if<core::attempt_failure>(&step);
    ASSERT_NE(failure, nullptr) << one.error;
    EXPECT_EQ(failure->kind, one.kind) << one.error;
    EXPECT_EQ(failure->reach, core::reach::head_received);
    EXPECT_EQ(failure->said.code, one.code) << one.error;
    if (one.kind != mistake) continue;
    EXPECT_EQ(failure->status, 400);
    EXPECT_EQ(failure->said.message, "bad file");
    EXPECT_EQ(failure->said.type, "invalid_request_error");
  }
}

TEST(analysis_fault, classes_each_status) {
  struct row {
    int status;
    std::string_view body;
    failure_kind kind;
    std::string_view code, message;  // of what is passed on
  };
  constexpr std::string_view inner =
      R"({"error":{"code":"InvalidRequest","message":"Invalid request.","innererror":{"code":"InvalidContent","message":"corrupt"}}})";
  constexpr auto mistake = failure_kind::client_mistake;
  for (const row& one : std::vector<row>{
           {400, inner, mistake, "InvalidContent", "corrupt"},
           {400, R"({"error":{"code":"InvalidArgument","message":"outer","innererror":{"code":"InvalidParameter"}}})",
            mistake, "InvalidArgument", "outer"},
           {400, R"({"error":{"code":"InvalidArgument","innererror":{"code":"InvalidParameter"}}})", mistake,
            "InvalidParameter", "The provider answered with status 400."},
           {400, R"({"error":{"code":"c","message":"a\u0000\u001bb\n","innererror":"x"}})", mistake, "c", "ab"},
           {400, "plain", mistake, "", "plain"},
           {400, "{\"error\":", mistake, "", "{\"error\":"},
           {413, "", mistake, "", "The provider answered with status 413."},
           {415, inner, mistake, "InvalidContent", "corrupt"},
           {400, R"({"error":{"code":"InvalidRequest","innererror":{"code":"NotSupportedApiVersion"}}})",
            failure_kind::misconfigured, "", ""},
           {400,
            R"({"error":{"code":"InvalidRequest","message":"m","innererror":{"code":"ModelNotFound","message":"n"}}})",
            failure_kind::misconfigured, "", ""},
           {401, inner, failure_kind::auth_failed, "", ""},
           {403, inner, failure_kind::auth_failed, "", ""},
           {404, R"({"error":{"code":"NotFound","innererror":{"code":"ModelNotFound"}}})", failure_kind::misconfigured,
            "", ""},
           {405, "", failure_kind::misconfigured, "", ""},
           {408, "", failure_kind::request_timeout, "", ""},
           {429, inner, failure_kind::rate_limited, "", ""},
           {500, inner, failure_kind::server_error, "", ""},
           {503, "", failure_kind::server_error, "", ""},
           {307, "", failure_kind::server_error, "", ""},
       }) {
    const core::attempt_failure failure = azure_document_intelligence().classify({one.status, one.body}, {});
    EXPECT_EQ(failure.kind, one.kind) << one.status << one.body;
    EXPECT_EQ(failure.status, one.status);
    if (one.kind != mistake) continue;
    EXPECT_EQ(failure.said.code, one.code) << one.body;
    EXPECT_EQ(failure.said.message, one.message) << one.body;
    EXPECT_EQ(failure.said.type, "invalid_request_error");
  }
}

TEST(analysis_fault, errors_nested_without_end_are_read_to_a_depth) {
  std::string error = R"({"code":"Innermost"})";
  for (int depth = 0; depth < 40; ++depth) error = R"({"code":"InvalidRequest","innererror":)" + error + "}";
  const core::attempt_failure failure = azure_document_intelligence().classify({400, R"({"error":)" + error + "}"}, {});
  EXPECT_EQ(failure.kind, failure_kind::client_mistake);
  EXPECT_EQ(failure.said.code, "InvalidRequest");
}

}  // namespace
}  // namespace phigate::upstream
