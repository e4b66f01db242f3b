#include <gtest/gtest.h>

#include <vector>

#include "feeding.hpp"

namespace phigate::http {
namespace {

using testing::parsed_request;
using testing::refusal;
using testing::request_with;

constexpr refusal bad_close{400, true};
constexpr refusal bad{400, false};
constexpr refusal unknown{501, true};

TEST(RequestFraming, ReadsWhatIsBeyondDoubt) {
  const struct {
    std::string fields;
    framing expected;
    std::uint64_t length;
  } cases[] = {
      {"", framing::none, 0},
      {"Content-Length: 0\r\n", framing::none, 0},
      {"Content-Length: 000\r\n", framing::none, 0},
      {"Content-Length: 1\r\n", framing::length, 1},
      {"content-LENGTH:007  \r\n", framing::length, 7},
      {"Content-Length: 999999999999999999\r\n", framing::length, 999'999'999'999'999'999},
      {"Transfer-Encoding: chunked\r\n", framing::chunked, 0},
      {"TRANSFER-encoding: ChUnKeD \r\n", framing::chunked, 0},
  };
  for (const auto& [fields, expected, length] : cases) {
    const parsed_request request(request_with(fields));
    ASSERT_FALSE(request.fault) << fields << request.message;
    EXPECT_EQ(request.head.framing, expected) << fields;
    EXPECT_EQ(request.head.content_length, length) << fields;
  }
}

TEST(RequestFraming, RefusesAnAmbiguousBodyAndCloses) {
  const struct {
    std::string fields;
    refusal expected;
  } cases[] = {
      {"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", bad_close},
      {"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", bad_close},
      {"Transfer-Encoding: gzip\r\nContent-Length: 3\r\n", bad_close},
      {"Content-Length: 3\r\nTransfer-Encoding: identity\r\n", bad_close},
      {"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", bad_close},
      {"Content-Length: 3\r\nContent-Length: 3\r\n", bad_close},
      {"Content-Length: 3\r\nContent-Length: 4\r\n", bad_close},
      {"Content-Length: 3\r\ncontent-length: 3\r\nA: b\r\n", bad_close},
      {"Content-Length: 3, 3\r\n", bad_close},
      {"Content-Length: 3,\r\n", bad_close},
      {"Content-Length: +3\r\n", bad_close},
      {"Content-Length: -3\r\n", bad_close},
      {"Content-Length: -0\r\n", bad_close},
      {"Content-Length: 0x3\r\n", bad_close},
      {"Content-Length: 3 3\r\n", bad_close},
      {"Content-Length: 3.0\r\n", bad_close},
      {"Content-Length: 3e1\r\n", bad_close},
      {"Content-Length: 3;\r\n", bad_close},
      {"Content-Length: \"3\"\r\n", bad_close},
      {"Content-Length:\r\n", bad_close},
      {"Content-Length:  \r\n", bad_close},
      {"Content-Length: 1000000000000000000\r\n", bad_close},
      {"Content-Length: 0000000000000000003\r\n", bad_close},
      {"Content-Length: 18446744073709551619\r\n", bad_close},
      {"Transfer-Encoding:\r\n", bad_close},
      {"Transfer-Encoding: identity\r\n", bad_close},
      {"Transfer-Encoding: identity, chunked\r\n", bad_close},
      {"Transfer-Encoding: chunked, chunked\r\n", bad_close},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", bad_close},
      {"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", bad_close},
      {"Transfer-Encoding: chunked, gzip\r\n", bad_close},
      {"Transfer-Encoding: ,chunked\r\n", bad_close},
      {"Transfer-Encoding: chunked,\r\n", bad_close},
      {"Transfer-Encoding: chunked;q=1\r\n", bad_close},
      {"Transfer-Encoding: \"chunked\"\r\n", bad_close},
      {"Transfer-Encoding: chunked foo\r\n", bad_close},
      {"Transfer-Encoding:\tchunked\r\n", bad_close},
      {"Transfer-Encoding: chunked\t\r\n", bad_close},
      {"Transfer-Encoding: \x0b"
       "chunked\r\n",
       bad_close},
      {"Transfer-Encoding: chunked\r\n foo\r\n", bad_close},
      {"Transfer-Encoding : chunked\r\n", bad_close},
      {" Transfer-Encoding: chunked\r\n", bad_close},
      {"X: y\rTransfer-Encoding: chunked\r\n", bad_close},
      {"X: y\nTransfer-Encoding: chunked\r\n", bad_close},
      {"Transfer-Encoding: gzip\r\n", unknown},
      {"Transfer-Encoding: xchunked\r\n", unknown},
      {"Transfer-Encoding: gzip, chunked\r\n", unknown},
      {"Transfer-Encoding: gzip , deflate\r\n", unknown},
      {"Connection: a b\r\n", bad_close},
      {"Connection: close;x\r\n", bad_close},
  };
  for (const auto& [fields, expected] : cases) {
    EXPECT_EQ(parsed_request(request_with(fields)).fault, expected) << fields;
  }
}

TEST(RequestFraming, HasNoChunksOnHttp10) {
  for (const auto coding : {"chunked", "gzip", "gzip, chunked", "identity"}) {
    const auto fields = "Transfer-Encoding: " + std::string(coding) + "\r\n";
    EXPECT_EQ(parsed_request(request_with(fields, "POST / HTTP/1.0")).fault, bad_close) << coding;
  }
  const parsed_request request(request_with("Content-Length: 3\r\n", "POST / HTTP/1.0"));
  EXPECT_FALSE(request.fault);
  EXPECT_EQ(request.head.framing, framing::length);
}

TEST(RequestFraming, RefusesABodyWhereTheMethodHasNone) {
  for (const std::string method : {"GET", "HEAD", "DELETE"}) {
    const auto line = method + " / HTTP/1.1";
    EXPECT_FALSE(parsed_request(request_with("", line)).fault);
    EXPECT_FALSE(parsed_request(request_with("Content-Length: 0\r\n", line)).fault);
    const parsed_request with_length(request_with("Content-Length: 1\r\n", line));
    EXPECT_EQ(with_length.fault, bad);
    EXPECT_EQ(with_length.head.framing, framing::length) << "so that the body can be read past";
    EXPECT_EQ(with_length.head.content_length, 1u);
    EXPECT_EQ(parsed_request(request_with("Transfer-Encoding: chunked\r\n", line)).fault, bad);
  }
  for (const std::string method : {"POST", "PUT", "OPTIONS", "get"}) {
    EXPECT_FALSE(parsed_request(request_with("Content-Length: 1\r\n", method + " / HTTP/1.1")).fault) << method;
  }
}

TEST(RequestFraming, AmbiguityClosesWhateverElseIsWrong) {
  const std::string ambiguous = "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n";
  for (const auto line : {"CONNECT a:1 HTTP/1.1", "TRACE / HTTP/1.1", "GET /../ HTTP/1.1", "GET / HTTP/1.1"}) {
    EXPECT_EQ(parsed_request(request_with(ambiguous, line)).fault, bad_close) << line;
  }
  EXPECT_EQ(parsed_request(request_with(ambiguous + "Expect: x\r\n")).fault, bad_close);
  EXPECT_EQ(parsed_request(request_with(ambiguous + "x_api_key: x\r\n")).fault, bad_close);
}

TEST(RequestExpectation, IsMetAnnouncedOrRefused) {
  const struct {
    std::string fields;
    std::string line;
    std::optional<refusal> fault;
    bool expects;
  } cases[] = {
      {"Content-Length: 3\r\nExpect: 100-continue\r\n", "POST / HTTP/1.1", std::nullopt, true},
      {"Transfer-Encoding: chunked\r\nExpect: 100-Continue\r\n", "POST / HTTP/1.1", std::nullopt, true},
      {"Content-Length: 3\r\nExpect: 100-continue\r\n", "POST / HTTP/1.0", std::nullopt, false},
      {"Expect: 100-continue\r\n", "POST / HTTP/1.1", std::nullopt, false},
      {"Content-Length: 3\r\nExpect: 100-continued\r\n", "POST / HTTP/1.1", refusal{417, false}, false},
      {"Content-Length: 3\r\nExpect:\r\n", "POST / HTTP/1.1", refusal{417, false}, false},
      {"Content-Length: 3\r\nExpect: 100-continue, x\r\n", "POST / HTTP/1.1", refusal{417, false}, false},
      {"Expect: 100-continue\r\nExpect: 100-continue\r\n", "POST / HTTP/1.1", refusal{417, false}, false},
      {"Expect: x\r\n", "GET / HTTP/1.0", refusal{417, false}, false},
  };
  for (const auto& [fields, line, fault, expects] : cases) {
    const parsed_request request(request_with(fields, line));
    EXPECT_EQ(request.fault, fault) << fields;
    EXPECT_EQ(request.head.expects_continue, expects) << fields;
  }
}

TEST(RequestConnection, StaysOrClosesAsTheVersionAndTheTokensSay) {
  const struct {
    std::string fields;
    int minor;
    bool keep_alive;
  } cases[] = {
      {"", 1, true},
      {"", 0, false},
      {"Connection: close\r\n", 1, false},
      {"Connection: CLOSE\r\n", 1, false},
      {"Connection: foo, , close\r\n", 1, false},
      {"Connection: keep-alive\r\nConnection: close\r\n", 1, false},
      {"Connection: close, keep-alive\r\n", 1, false},
      {"Connection: closed\r\n", 1, true},
      {"Connection:\r\n", 1, true},
      {"Connection: Upgrade\r\nUpgrade: websocket\r\n", 1, true},
      {"Connection: Keep-Alive\r\n", 0, true},
      {"Connection: keep-alive, close\r\n", 0, false},
      {"Connection: x\r\n", 0, false},
  };
  for (const auto& [fields, minor, keep_alive] : cases) {
    const parsed_request request(request_with(fields, minor == 1 ? "GET / HTTP/1.1" : "GET / HTTP/1.0"));
    ASSERT_FALSE(request.fault) << fields;
    EXPECT_EQ(request.head.keep_alive, keep_alive) << fields << minor;
    EXPECT_EQ(request.head.minor_version, minor);
  }
}

}  // namespace
}  // namespace phigate::http
