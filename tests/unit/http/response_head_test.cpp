#include <gtest/gtest.h>

#include <string>

#include "phigate/http/head.hpp"

namespace phigate::http {
namespace {

using namespace std::string_literals;

bool accepts(const std::string& head, bool to_head = false) {
  response_head parsed;
  return parse_response_head(head, to_head, parsed).has_value();
}

std::string ok_with(const std::string& fields) {
  return "HTTP/1.1 200 OK\r\n" + fields + "\r\n";
}

TEST(ParseResponseHead, ReadsAnOrdinaryResponse) {
  const std::string bytes =
      ok_with("Content-Type: text/event-stream\r\nTransfer-Encoding: Chunked\r\nServer: \xe9\r\n");
  response_head head;
  ASSERT_TRUE(parse_response_head(bytes, false, head));
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.framing, framing::chunked);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_EQ(head.find("content-TYPE"), "text/event-stream");
  EXPECT_EQ(head.find("date"), std::nullopt);
  EXPECT_EQ(head.fields.size(), 3u);
}

TEST(ParseResponseHead, JudgesStatusLines) {
  for (const auto line : {"HTTP/1.1 200 OK", "HTTP/1.0 404 Not Found", "HTTP/1.1 529 ", "HTTP/1.1 200 \xe9t\xe9\t!",
                          "HTTP/1.1 100 Continue", "HTTP/1.1 599 x"}) {
    EXPECT_TRUE(accepts(std::string(line) + "\r\n\r\n")) << line;
  }
  for (const auto& line : {"HTTP/1.1 200"s,
                           "HTTP/1.1 099 x"s,
                           "HTTP/1.1 600 x"s,
                           "HTTP/1.1 20 x"s,
                           "HTTP/1.1 2000 x"s,
                           "HTTP/1.1 2x0 x"s,
                           "HTTP/1.1  200 x"s,
                           "HTTP/1.2 200 OK"s,
                           "HTTP/2.0 200 OK"s,
                           "HTTP/2 200 OK"s,
                           "http/1.1 200 OK"s,
                           "ICY 200 OK"s,
                           " HTTP/1.1 200 OK"s,
                           "HTTP/1.1\t200 OK"s,
                           "HTTP/1.1 200\tOK"s,
                           "HTTP/1.1 200 a\x01"s,
                           "HTTP/1.1 200 a\0"s,
                           "HTTP/1.1 200 a\x7f"s,
                           "HTTP/1.1 +20 x"s,
                           "HTTP/1.1 -20 x"s,
                           "HTTP/1.1 101 Switching Protocols"s,
                           ""s}) {
    EXPECT_FALSE(accepts(line + "\r\n\r\n")) << line;
  }
}

TEST(ParseResponseHead, RefusesWhatARequestMayNotHoldEither) {
  for (const auto& fields : {"A: b\r\n c\r\n"s,
                             "A : b\r\n"s,
                             "A b\r\n"s,
                             ": b\r\n"s,
                             "A: b\rC: d\r\n"s,
                             "A: b\nC: d\r\n"s,
                             "A: \0\r\n"s,
                             "A: \x1b\r\n"s,
                             "Content-Type: a\xff\r\n"s,
                             "Content-Length: 3\r\nContent-Length: 3\r\n"s,
                             "Content-Length: 3, 3\r\n"s,
                             "Content-Length: +3\r\n"s,
                             "Content-Length:\r\n"s,
                             "Content-Length: 1000000000000000000\r\n"s,
                             "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"s,
                             "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"s,
                             "Transfer-Encoding: gzip\r\n"s,
                             "Transfer-Encoding: gzip, chunked\r\n"s,
                             "Transfer-Encoding: identity\r\n"s,
                             "Transfer-Encoding: chunked, chunked\r\n"s,
                             "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"s,
                             "Content_Length: 3\r\n"s,
                             "Transfer_Encoding: chunked\r\n"s,
                             "Connection: a b\r\n"s}) {
    EXPECT_FALSE(accepts(ok_with(fields))) << fields;
  }
  EXPECT_FALSE(accepts("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
  EXPECT_FALSE(accepts(ok_with("") + "x"));
  EXPECT_FALSE(accepts("HTTP/1.1 200 OK\r\n"));
  EXPECT_FALSE(accepts(""));
  EXPECT_TRUE(accepts(ok_with("some_name: x\r\n")));
}

TEST(ParseResponseHead, KnowsWhereTheBodyEnds) {
  const struct {
    std::string head;
    bool to_head;
    framing expected;
    std::uint64_t length;
    bool keep_alive;
  } cases[] = {
      {ok_with("Content-Length: 5\r\n"), false, framing::length, 5, true},
      {ok_with("Content-Length: 0\r\n"), false, framing::none, 0, true},
      {ok_with("Content-Length: 5\r\nConnection: close\r\n"), false, framing::length, 5, false},
      {ok_with("Transfer-Encoding: chunked\r\n"), false, framing::chunked, 0, true},
      {ok_with(""), false, framing::until_close, 0, false},
      {ok_with("Connection: keep-alive\r\n"), false, framing::until_close, 0, false},
      {ok_with("Content-Length: 5\r\n"), true, framing::none, 0, true},
      {ok_with("Transfer-Encoding: chunked\r\n"), true, framing::none, 0, true},
      {ok_with(""), true, framing::none, 0, true},
      {"HTTP/1.1 100 Continue\r\n\r\n", false, framing::none, 0, true},
      {"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", false, framing::none, 0, true},
      {"HTTP/1.1 204 No Content\r\n\r\n", false, framing::none, 0, true},
      {"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", false, framing::none, 0, true},
      {"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", false, framing::none, 0, true},
      {"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", false, framing::length, 5, false},
      {"HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n", false, framing::length, 5, true},
      {"HTTP/1.0 200 OK\r\n\r\n", false, framing::until_close, 0, false},
  };
  response_head head;  // one for all: nothing of an earlier answer may stay
  for (const auto& [bytes, to_head, expected, length, keep_alive] : cases) {
    ASSERT_TRUE(parse_response_head(bytes, to_head, head)) << bytes;
    EXPECT_EQ(head.framing, expected) << bytes;
    EXPECT_EQ(head.content_length, length) << bytes;
    EXPECT_EQ(head.keep_alive, keep_alive) << bytes;
  }
}

TEST(ParseResponseHead, RefusesABodyOnAStatusThatHasNone) {
  EXPECT_FALSE(accepts("HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\n"));
  EXPECT_FALSE(accepts("HTTP/1.1 100 Continue\r\nTransfer-Encoding: chunked\r\n\r\n"));
  EXPECT_FALSE(accepts("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"));
  EXPECT_FALSE(accepts("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n"));
}

TEST(ParseResponseHead, IsTooLargeOver64KiB) {
  const auto head = [](std::size_t size) {
    const std::string start = "HTTP/1.1 200 OK\r\nA: ";
    return start + std::string(size - start.size() - 4, 'b') + "\r\n\r\n";
  };
  response_head parsed;
  EXPECT_TRUE(parse_response_head(head(response_head_limit), false, parsed));
  EXPECT_EQ(parse_response_head(head(response_head_limit + 1), false, parsed).error(), response_fault::too_large);
}

}  // namespace
}  // namespace phigate::http
