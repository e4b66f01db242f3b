#include "server/cors.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace phigate::server {
namespace {

const std::vector<std::string> listed{"https://app.example", "http://localhost:3000"};

TEST(cors, admits_a_listed_origin_exactly) {
  EXPECT_EQ(admitted_origin(listed, "https://app.example"), "https://app.example");
  EXPECT_EQ(admitted_origin(listed, "http://localhost:3000"), "http://localhost:3000");
  for (const std::string_view origin :
       {"", "null", "*", "https://app.example/", "https://app.example:443", "http://app.example", "https://APP.example",
        "https://evil.example", "https://app.example.evil", "https://app.example, https://evil.example"}) {
    EXPECT_EQ(admitted_origin(listed, origin), "") << origin;
  }
}

TEST(cors, admits_nobody_when_none_is_listed) {
  EXPECT_EQ(admitted_origin({}, "https://app.example"), "");
  EXPECT_EQ(admitted_origin({}, ""), "");
}

TEST(cors, says_nothing_without_an_admitted_origin) {
  std::string head;
  append_cors_headers(head, "");
  EXPECT_EQ(head, "");
}

TEST(cors, names_the_origin_and_exposes_every_header_of_an_answer) {
  std::string head;
  append_cors_headers(head, "https://app.example");
  EXPECT_TRUE(head.starts_with("access-control-allow-origin: https://app.example\r\nvary: origin\r\n"));
  const std::string exposed = head.substr(head.find("access-control-expose-headers: "));
  for (const std::string_view name :
       {"x-request-id", "x-phi-routed", "x-phi-tier", "x-phi-attempts", "x-fallback-count", "x-phi-cost-micro",
        "x-phi-usage", "x-provider-slug", "x-routing-strategy", "x-model-variant", "x-phi-upstream-request-id",
        "x-client-request-id", "x-should-retry", "retry-after"}) {
    EXPECT_NE(exposed.find(" " + std::string(name)), std::string::npos) << name;
  }
  EXPECT_EQ(head.find("credentials"), std::string::npos);
}

TEST(cors, a_preflight_names_methods_and_what_a_client_may_send) {
  std::string head;
  append_preflight_headers(head, "POST, OPTIONS");
  EXPECT_NE(head.find("access-control-allow-methods: POST, OPTIONS\r\n"), std::string::npos);
  const std::size_t at = head.find("access-control-allow-headers: ");
  ASSERT_NE(at, std::string::npos);
  const std::string allowed = head.substr(at, head.find("\r\n", at) - at);
  for (const std::string_view name : {"authorization", "content-type", "x-api-key", "x-region", "x-phi", "x-request-id",
                                      "x-stainless-lang", "x-stainless-retry-count"}) {
    EXPECT_NE(allowed.find(name), std::string::npos) << name;
  }
  EXPECT_EQ(allowed.find('*'), std::string::npos);
  EXPECT_TRUE(head.ends_with("\r\n"));
}

}  // namespace
}  // namespace phigate::server
