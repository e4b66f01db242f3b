#include <gtest/gtest.h>

#include <vector>

#include "feeding.hpp"

namespace phigate::http {
namespace {

using namespace std::string_literals;
using testing::parsed_request;
using testing::refusal;
using testing::request_with;

constexpr refusal bad_close{400, true};
constexpr refusal bad{400, false};

struct head_case {
  std::string name;
  std::string head;
  std::optional<refusal> expected;
};

void expect_verdicts(const std::vector<head_case>& cases) {
  for (const auto& [name, head, expected] : cases) {
    const parsed_request request(head);
    EXPECT_EQ(request.fault.has_value(), expected.has_value()) << name << ": " << request.message;
    if (!request.fault || !expected) continue;
    EXPECT_EQ(request.fault->status, expected->status) << name << ": " << request.message;
    EXPECT_EQ(request.fault->close, expected->close) << name << ": " << request.message;
    EXPECT_FALSE(request.message.empty()) << name;
  }
}

TEST(ParseRequestHead, ReadsAnOrdinaryRequest) {
  const parsed_request request(
      "POST /v1/chat/completions?x=1 HTTP/1.1\r\nHost: localhost:8080\r\nX-Phi: true\r\n"
      "content-length:  12\r\nUser-Agent: \xc3\xa9\t curl \t \r\nEmpty:\r\n\r\n");
  ASSERT_FALSE(request.fault) << request.message;
  const auto& head = request.head;
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.target, "/v1/chat/completions?x=1");
  EXPECT_EQ(head.path, "/v1/chat/completions");
  EXPECT_EQ(head.minor_version, 1);
  EXPECT_EQ(head.framing, framing::length);
  EXPECT_EQ(head.content_length, 12u);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_FALSE(head.expects_continue);
  ASSERT_EQ(head.fields.size(), 5u);
  EXPECT_EQ(head.fields[1].name, "X-Phi");
  EXPECT_EQ(head.find("x-PHI"), "true");
  EXPECT_EQ(head.find("user-agent"), "\xc3\xa9\t curl");
  EXPECT_EQ(head.find("empty"), "");
  EXPECT_EQ(head.find("x-region"), std::nullopt);
  EXPECT_EQ(head.count("X-PHI"), 1u);
  EXPECT_EQ(head.count("x-region"), 0u);
}

TEST(ParseRequestHead, ForgetsTheHeadThatWasInItsResultBefore) {
  request_head head;
  ASSERT_TRUE(
      parse_request_head(request_with("Content-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n"), {}, head));
  const auto next = request_with("", "GET / HTTP/1.1");
  ASSERT_TRUE(parse_request_head(next, {}, head));
  EXPECT_EQ(head.fields.size(), 1u);
  EXPECT_EQ(head.content_length, 0u);
  EXPECT_EQ(head.framing, framing::none);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_FALSE(head.expects_continue);
  ASSERT_FALSE(parse_request_head("nonsense\r\n\r\n", {}, head));
  EXPECT_TRUE(head.fields.empty()) << "views into a buffer that is gone";
}

TEST(ParseRequestHead, JudgesRequestLines) {
  const auto line = [](std::string_view text) { return request_with("", text); };
  expect_verdicts({
      {"a lower-case method is the router's", line("get / HTTP/1.1"), std::nullopt},
      {"an odd token", line("M-SEARCH! / HTTP/1.1"), std::nullopt},
      {"HTTP/1.0", line("GET / HTTP/1.0"), std::nullopt},
      {"no method", line(" / HTTP/1.1"), bad_close},
      {"no version, as in HTTP/0.9", line("GET /"), bad_close},
      {"an empty line", line(""), bad_close},
      {"a separator in the method", line("GE(T / HTTP/1.1"), bad_close},
      {"a byte beyond ASCII in the method", line("G\xc3\x89T / HTTP/1.1"), bad_close},
      {"two spaces before the target", line("GET  / HTTP/1.1"), bad_close},
      {"two spaces before the version", line("GET /  HTTP/1.1"), bad_close},
      {"a space at the end", line("GET / HTTP/1.1 "), bad_close},
      {"a leading space", line(" GET / HTTP/1.1"), bad_close},
      {"a tab as separator", line("GET\t/ HTTP/1.1"), bad_close},
      {"a space in the target", line("GET /a b HTTP/1.1"), bad_close},
      {"a control in the target", line("GET /a\x01 HTTP/1.1"), bad_close},
      {"DEL in the target", line("GET /a\x7f HTTP/1.1"), bad_close},
      {"a byte beyond ASCII in the target", line("GET /\xc3\xa9 HTTP/1.1"), bad_close},
      {"a byte beyond ASCII in the query", line("GET /?\xff HTTP/1.1"), bad_close},
      {"a lower-case version", line("GET / http/1.1"), bad_close},
      {"a version without minor", line("GET / HTTP/1"), bad_close},
      {"a version with three digits", line("GET / HTTP/1.10"), bad_close},
      {"a version with a comma", line("GET / HTTP/1,1"), bad_close},
      {"a version of letters", line("GET / HTTP/a.b"), bad_close},
      {"a version of another protocol", line("GET / HTCPCP/1.0"), bad_close},
      {"HTTP/1.2", line("GET / HTTP/1.2"), refusal{505, true}},
      {"HTTP/0.9", line("GET / HTTP/0.9"), refusal{505, true}},
      {"HTTP/2.0", line("GET / HTTP/2.0"), refusal{505, true}},
      {"the HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\n", refusal{505, true}},
      {"HTTP/9.9", line("GET / HTTP/9.9"), refusal{505, true}},
      {"CONNECT", line("CONNECT example.com:443 HTTP/1.1"), refusal{405, false}},
      {"CONNECT with a path", line("CONNECT / HTTP/1.1"), refusal{405, false}},
      {"TRACE", line("TRACE / HTTP/1.1"), refusal{405, false}},
  });
}

TEST(ParseRequestHead, TakesOnlyPathsThatEveryPartyReadsAlike) {
  const auto good = {"/",
                     "/v1/models/",
                     "/v1/models/gemma-4-31b",
                     "/a%20b",
                     "/a...b/..c/.d",
                     "/v1?a//b/../%2f\\|{}[]%zz",
                     "/~!$&'()*+,;=:@-._"};
  for (const std::string_view target : good) {
    const parsed_request request(request_with("", "GET " + std::string(target) + " HTTP/1.1"));
    EXPECT_FALSE(request.fault) << target;
  }
  const auto refused = {"*",
                        "http://a/v1",
                        "https://a/",
                        "a",
                        "example.com:443",
                        "?x",
                        "/v1#x",
                        "/v1?x#y",
                        "/v1/../admin",
                        "/..",
                        "/../",
                        "/v1/..",
                        "/v1/..?x",
                        "/.",
                        "/v1/./x",
                        "//",
                        "//a/v1",
                        "/v1//x",
                        "/v1//",
                        "/v1%2fx",
                        "/v1%2Fx",
                        "/v1/%2e%2e/",
                        "/v1/%2E./x",
                        "/v1/.%2e",
                        "/%00",
                        "/a%00b",
                        "/v1%5cx",
                        "/v1%5Cx",
                        "/v1\\x",
                        "/%0d%0aX:y",
                        "/%1f",
                        "/%7f",
                        "/%",
                        "/%4",
                        "/%4g",
                        "/%g4",
                        "/%?44",
                        "/%%34%31",
                        "/a|b",
                        "/a\"b",
                        "/<a>",
                        "/{a}",
                        "/a^b",
                        "/`a`",
                        "/[a]",
                        "\\v1",
                        "/a%2",
                        "/%u002f"};
  for (const std::string_view target : refused) {
    const parsed_request request(request_with("", "GET " + std::string(target) + " HTTP/1.1"));
    EXPECT_EQ(request.fault, bad) << target;
  }
}

TEST(ParseRequestHead, JudgesFieldLines) {
  expect_verdicts({
      {"obs-text in a field nobody reads", request_with("User-Agent: \xff\xfe\r\n"), std::nullopt},
      {"a tab in a field nobody reads", request_with("User-Agent: a\tb\r\n"), std::nullopt},
      {"a name of odd token characters", request_with("!#$%&'*+-.^_`|~09: x\r\n"), std::nullopt},
      {"a colon in a value", request_with("A: b:c\r\n"), std::nullopt},
      {"a fold with a space", request_with("A: b\r\n c\r\n"), bad_close},
      {"a fold with a tab", request_with("A: b\r\n\tc\r\n"), bad_close},
      {"a fold as the first line", "GET / HTTP/1.1\r\n Host: a\r\nHost: a\r\n\r\n", bad_close},
      {"a line of blanks", request_with(" \r\n"), bad_close},
      {"a space before the colon", request_with("Content-Length : 3\r\n"), bad_close},
      {"a tab before the colon", request_with("A\t: 3\r\n"), bad_close},
      {"no colon", request_with("Content-Length 3\r\n"), bad_close},
      {"no name", request_with(": 3\r\n"), bad_close},
      {"a separator in a name", request_with("A(b): 3\r\n"), bad_close},
      {"a byte beyond ASCII in a name", request_with("\xc3\xa9: 3\r\n"), bad_close},
      {"a NUL in a name", request_with("A\0: 3\r\n"s), bad_close},
      {"a bare CR in a value", request_with("A: b\rC: d\r\n"), bad_close},
      {"a bare LF in a value", request_with("A: b\nC: d\r\n"), bad_close},
      {"a NUL in a value", request_with("A: b\0c\r\n"s), bad_close},
      {"ESC in a value", request_with("A: \x1b[31m\r\n"), bad_close},
      {"DEL in a value", request_with("A: \x7f\r\n"), bad_close},
      {"bytes behind the blank line", request_with("") + "x", bad_close},
      {"no blank line", "GET / HTTP/1.1\r\nHost: a\r\n", bad_close},
      {"half a blank line", "GET / HTTP/1.1\r\nHost: a\r\n\r", bad_close},
      {"no line end at all", "GET / HTTP/1.1", bad_close},
      {"nothing", "", bad_close},
  });
}

TEST(ParseRequestHead, FieldsThatAreReadHoldPlainAsciiAlone) {
  const auto names = {"host",
                      "Content-Length",
                      "transfer-encoding",
                      "Connection",
                      "expect",
                      "accept",
                      "content-type",
                      "content-encoding",
                      "Origin",
                      "authorization",
                      "X-PHI",
                      "x-region",
                      "x-api-key",
                      "traceparent",
                      "X-Request-Id",
                      "access-control-request-method"};
  for (const std::string name : names) {
    EXPECT_TRUE(is_read_field(name)) << name;
    for (const std::string_view value : {"true\xa0", "\xc2\xa0true", "a\tb", "\ta", "a\t", "a\x01", "a\x7f"}) {
      const auto line = name + ": " + std::string(value) + "\r\n";
      EXPECT_EQ(parsed_request("GET / HTTP/1.0\r\n" + line + "\r\n").fault, bad_close) << line;
    }
  }
  for (const auto name : {"user-agent", "x-ph", "x-phi-", "x_phi", "access-control-", "access-control", "", "cookie"}) {
    EXPECT_FALSE(is_read_field(name)) << name;
  }
}

TEST(ParseRequestHead, NamesThatReadLikeOursWithAnUnderscoreAreRefused) {
  expect_verdicts({
      {"X_Request_Id", request_with("X_Request_Id: a\r\n"), bad},
      {"X_Request-Id", request_with("X_Request-Id: a\r\n"), bad},
      {"x_api_key", request_with("x_api_key: a\r\n"), bad},
      {"Content_Type", request_with("Content_Type: a\r\n"), bad},
      {"access_control_request_method", request_with("access_control_request_method: a\r\n"), bad},
      {"Content_Length decides framing for who believes it", request_with("Content_Length: 3\r\n"), bad_close},
      {"transfer_encoding as well", request_with("transfer_ENCODING: chunked\r\n"), bad_close},
      {"Content_Length beside the true one", request_with("Content-Length: 3\r\nContent_Length: 3\r\n"), bad_close},
      {"X_PHI is the server's to refuse", request_with("X_PHI: true\r\n"), std::nullopt},
      {"X_Region as well", request_with("X_Region: CH\r\n"), std::nullopt},
      {"a name nobody reads", request_with("my_header: CH\r\n"), std::nullopt},
  });
}

TEST(ParseRequestHead, WantsOneHost) {
  const auto with_host = [](const std::string& lines) { return "GET / HTTP/1.1\r\n" + lines + "\r\n"; };
  expect_verdicts({
      {"missing", with_host(""), bad_close},
      {"missing on 1.0", "GET / HTTP/1.0\r\n\r\n", std::nullopt},
      {"empty", with_host("Host:\r\n"), bad_close},
      {"empty on 1.0", "GET / HTTP/1.0\r\nHost: \r\n\r\n", bad_close},
      {"twice", with_host("Host: a\r\nhost: b\r\n"), bad_close},
      {"twice the same", with_host("Host: a\r\nHost: a\r\n"), bad_close},
      {"twice on 1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", bad_close},
  });
  for (const std::string good : {"a", "a:1", "a_b.example:65535", "127.0.0.1:8080", "[::1]", "[::1]:8080", "a.:80"}) {
    EXPECT_FALSE(parsed_request(with_host("Host: " + good + "\r\n")).fault) << good;
  }
  for (const std::string wrong :
       {"a b", "a,b",    "a:",  "a:65536", "a:x",      "a:123456", ":80",    "a/b",    "u@a", "[::1", "::1",
        "[]",  "[g::1]", "a?b", "a#b",     "http://a", "a:1:2",    "[::1]x", "[::1]:", "%61", "a;b"}) {
    EXPECT_EQ(parsed_request(with_host("Host: " + wrong + "\r\n")).fault, bad_close) << wrong;
  }
}

TEST(ParseRequestHead, LimitsHoldHereToo) {
  const head_limits limits{.request_line = 14, .header = 22, .fields = 2};
  const std::string line = "GET / HTTP/1.1\r\n";
  EXPECT_FALSE(parsed_request(line + "Host: a\r\nB: cccccc\r\n\r\n", limits).fault);
  EXPECT_EQ(parsed_request(line + "Host: a\r\nB: ccccccc\r\n\r\n", limits).fault, (refusal{431, true}));
  EXPECT_EQ(parsed_request(line + "Host: a\r\nB:\r\nC:\r\n\r\n", limits).fault, (refusal{431, true}));
  EXPECT_EQ(parsed_request("GET /a HTTP/1.1\r\nHost: a\r\n\r\n", limits).fault, (refusal{414, true}));
}

TEST(ParseRequestHead, MessagesNeverEchoTheClient) {
  for (const auto& head : {request_with("", "CANARY"), request_with("CANARY\r\n"), request_with("Host: CANARY\r\n"),
                           request_with("Expect: CANARY\r\n"), request_with("Transfer-Encoding: CANARY\r\n"),
                           request_with("", "GET CANARY HTTP/1.1")}) {
    const parsed_request request(head);
    ASSERT_TRUE(request.fault) << head;
    EXPECT_EQ(request.message.find("CANARY"), std::string::npos) << head;
  }
}

}  // namespace
}  // namespace phigate::http
