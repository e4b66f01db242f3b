#include "upstream/protocols/parts.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace phigate::upstream {
namespace {

using core::failure_kind;

core::base_url origin_of(std::string host, std::uint16_t port = 443, bool tls = true) {
  core::base_url url;
  url.tls = tls;
  url.host = std::move(host);
  url.port = port;
  url.prefix = "/base";
  return url;
}

TEST(kind_of, classes_each_status) {
  struct row {
    int status;
    failure_kind kind;
  };
  const std::vector<row> table{
      {300, failure_kind::server_error},    {301, failure_kind::server_error},   {302, failure_kind::server_error},
      {304, failure_kind::server_error},    {307, failure_kind::server_error},   {399, failure_kind::server_error},
      {400, failure_kind::client_mistake},  {401, failure_kind::auth_failed},    {402, failure_kind::auth_failed},
      {403, failure_kind::auth_failed},     {404, failure_kind::misconfigured},  {405, failure_kind::client_mistake},
      {408, failure_kind::request_timeout}, {409, failure_kind::client_mistake}, {413, failure_kind::client_mistake},
      {415, failure_kind::client_mistake},  {416, failure_kind::client_mistake}, {422, failure_kind::client_mistake},
      {425, failure_kind::client_mistake},  {429, failure_kind::rate_limited},   {451, failure_kind::client_mistake},
      {499, failure_kind::client_mistake},  {500, failure_kind::server_error},   {501, failure_kind::server_error},
      {502, failure_kind::server_error},    {503, failure_kind::server_error},   {504, failure_kind::server_error},
      {529, failure_kind::server_error},    {599, failure_kind::server_error},
  };
  for (const row& one : table) {
    EXPECT_EQ(kind_of(one.status), one.kind) << one.status;
    const core::attempt_failure failure = classify_by_status({one.status, R"({"error":{"message":"no"}})"});
    EXPECT_EQ(failure.kind, one.kind) << one.status;
    EXPECT_EQ(failure.status, one.status);
    EXPECT_EQ(failure.reach, core::reach::head_received) << one.status;
    EXPECT_EQ(failure.note, "") << one.status;
  }
}

TEST(classify_by_status, keeps_what_was_said_of_the_clients_and_the_operators_mistakes_alone) {
  for (const int status : {400, 401, 402, 403, 404, 422}) {
    EXPECT_EQ(classify_by_status({status, R"({"error":{"message":"no","code":7}})"}).said.message, "no") << status;
    EXPECT_EQ(classify_by_status({status, R"({"error":{"message":"no","code":7}})"}).said.code, "7") << status;
  }
  for (const int status : {302, 408, 429, 500, 529}) {
    EXPECT_EQ(classify_by_status({status, R"({"error":{"message":"secret"}})"}).said.message, "") << status;
  }
}

TEST(says_any, looks_in_message_code_and_type_in_any_case) {
  const core::provider_error said{
      .message = "The Context Length is 8", .type = "Bad", .code = "TOO_LONG", .param = "n"};
  EXPECT_TRUE(says_any(said, {"context length"}));
  EXPECT_TRUE(says_any(said, {"nothing", "too_long"}));
  EXPECT_TRUE(says_any(said, {"bad"}));
  EXPECT_FALSE(says_any(said, {"n must", "window"}));
  EXPECT_FALSE(says_any({}, {"x"}));
  EXPECT_FALSE(says_any(said, {}));
}

TEST(unusable, is_a_bad_response_after_the_whole_request) {
  const core::attempt_failure failure = unusable("no pages");
  EXPECT_EQ(failure.kind, failure_kind::bad_response);
  EXPECT_EQ(failure.reach, core::reach::head_received);
  EXPECT_TRUE(failure.sent_whole);
  EXPECT_EQ(failure.note, "no pages");
}

TEST(content_lines, leaves_out_what_is_empty) {
  EXPECT_EQ(content_lines("a/b", "c/d"), "content-type: a/b\r\naccept: c/d\r\n");
  EXPECT_EQ(content_lines("a/b", ""), "content-type: a/b\r\n");
  EXPECT_EQ(content_lines("", "c/d"), "accept: c/d\r\n");
  EXPECT_EQ(content_lines("", ""), "");
}

TEST(is_media_type, takes_any_case_and_parameters_but_no_longer_name) {
  EXPECT_TRUE(is_media_type("text/event-stream", "text/event-stream"));
  EXPECT_TRUE(is_media_type("Text/Event-Stream; charset=utf-8", "text/event-stream"));
  EXPECT_TRUE(is_media_type("text/event-stream ;x", "text/event-stream"));
  EXPECT_FALSE(is_media_type("text/event-streams", "text/event-stream"));
  EXPECT_FALSE(is_media_type("text/event", "text/event-stream"));
  EXPECT_FALSE(is_media_type("", "text/event-stream"));
}

TEST(percent_encoded, leaves_only_the_unreserved_characters) {
  EXPECT_EQ(percent_encoded("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(percent_encoded("a/b?c#d&e=f+g h"), "a%2Fb%3Fc%23d%26e%3Df%2Bg%20h");
  EXPECT_EQ(percent_encoded("../%\r\n"), "..%2F%25%0D%0A");
  EXPECT_EQ(percent_encoded("é"), "%C3%A9");
  EXPECT_EQ(percent_encoded(std::string_view("\0\x7f\xff", 3)), "%00%7F%FF");
  EXPECT_EQ(percent_encoded(""), "");
}

TEST(target_at_origin, is_the_path_and_query_of_a_url_at_the_endpoint) {
  const core::base_url origin = origin_of("res.example.com");
  EXPECT_EQ(target_at_origin("https://res.example.com/a/b?c=d", origin), "/a/b?c=d");
  EXPECT_EQ(target_at_origin("https://res.example.com:443/a", origin), "/a");
  EXPECT_EQ(target_at_origin("HTTPS://RES.Example.com/a", origin), "/a");
  EXPECT_EQ(target_at_origin("https://res.example.com", origin), "/");
  EXPECT_EQ(target_at_origin("https://res.example.com?c=d", origin), "/?c=d");
  EXPECT_EQ(target_at_origin("https://res.example.com/a#b?c", origin), "/a");
  EXPECT_EQ(target_at_origin("https://res.example.com#b/c", origin), "/");
  EXPECT_EQ(target_at_origin("https://res.example.com//a@b:1/", origin), "//a@b:1/");
  EXPECT_EQ(target_at_origin("http://127.0.0.1:8080/a", origin_of("127.0.0.1", 8080, false)), "/a");
  EXPECT_EQ(target_at_origin("http://127.0.0.1/a", origin_of("127.0.0.1", 80, false)), "/a");
  EXPECT_EQ(target_at_origin("https://[::1]:8443/a", origin_of("::1", 8443)), "/a");
  EXPECT_EQ(target_at_origin("https://[::1]/a", origin_of("::1")), "/a");
}

TEST(target_at_origin, is_nothing_anywhere_else) {
  const core::base_url origin = origin_of("res.example.com");
  for (const std::string_view url : {
           "",
           "/a",
           "//res.example.com/a",
           "https:/res.example.com/a",
           "http://res.example.com/a",
           "ftp://res.example.com/a",
           "https://evil.com/a",
           "https://res.example.com.evil.com/a",
           "https://evil-res.example.com/a",
           "https://res.example.co/a",
           "https://res.example.com./a",
           "https://res.example.com:444/a",
           "https://res.example.com:80/a",
           "https://res.example.com:/a",
           "https://res.example.com:443x/a",
           "https://res.example.com:+443/a",
           "https://res.example.com:-443/a",
           "https://res.example.com:65979/a",  // 443 in sixteen bits
           "https://res.example.com:443:443/a",
           "https://user@res.example.com/a",
           "https://res.example.com@evil.com/a",
           "https://res.example.com:443@evil.com/a",
           "https://evil.com#res.example.com/a",
           "https://evil.com?res.example.com/a",
           "https://res.example.com\\@evil.com/a",
           "https://evil.com\\res.example.com/a",
           "https://res.example.com/a\\b",
           "https://[res.example.com]/a",
           " https://res.example.com/a",
           "https://res.example.com/a b",
           "https://res.example.com/a\r\nx: y",
           "https://res.example.com/a\t",
           "https://res.example.com/\xC3\xA9",
           "https://res.example.com/\x7f",
       }) {
    EXPECT_EQ(target_at_origin(url, origin), std::nullopt) << url;
  }
  EXPECT_EQ(target_at_origin(std::string_view("https://res.example.com/\0", 25), origin), std::nullopt);
  EXPECT_EQ(target_at_origin("http://127.0.0.1/a", origin_of("127.0.0.1", 8080, false)), std::nullopt);
  EXPECT_EQ(target_at_origin("https://::1/a", origin_of("::1")), std::nullopt);
  EXPECT_EQ(target_at_origin("https://[::1/a", origin_of("::1")), std::nullopt);
  EXPECT_EQ(target_at_origin("https://[::2]/a", origin_of("::1")), std::nullopt);
}

}  // namespace
}  // namespace phigate::upstream
