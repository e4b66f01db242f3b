#include "phigate/http/writer.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <stdexcept>

namespace phigate::http {
namespace {

using namespace std::string_literals;
using std::chrono::system_clock;

std::string status_line(int status) {
  std::string out;
  append_status_line(out, status);
  return out;
}

TEST(Writer, WritesStatusLinesWithTheirReason) {
  EXPECT_EQ(status_line(100), "HTTP/1.1 100 Continue\r\n");
  EXPECT_EQ(status_line(200), "HTTP/1.1 200 OK\r\n");
  EXPECT_EQ(status_line(413), "HTTP/1.1 413 Content Too Large\r\n");
  EXPECT_EQ(status_line(431), "HTTP/1.1 431 Request Header Fields Too Large\r\n");
  EXPECT_EQ(status_line(505), "HTTP/1.1 505 HTTP Version Not Supported\r\n");
  EXPECT_EQ(status_line(529), "HTTP/1.1 529 \r\n");
  EXPECT_EQ(status_line(499), "HTTP/1.1 499 \r\n");
}

TEST(Writer, AppendsARequestHead) {
  std::string out;
  append_request_line(out, "POST", "/v1/embeddings");
  append_field(out, "host", "api.example");
  append_field(out, "content-length", std::numeric_limits<std::uint64_t>::max());
  append_field(out, "x-small", std::numeric_limits<std::int64_t>::min());
  append_field(out, "x-int", 0);
  append_blank_line(out);
  EXPECT_EQ(out,
            "POST /v1/embeddings HTTP/1.1\r\nhost: api.example\r\ncontent-length: 18446744073709551615\r\n"
            "x-small: -9223372036854775808\r\nx-int: 0\r\n\r\n");
}

TEST(Writer, LetsNoLineBreakIntoALine) {
  std::string out;
  for (const auto& value : {"a\r\nB: c"s, "a\n"s, "\ra"s, "a\0b"s}) {
    EXPECT_THROW(append_field(out, "A", value), std::invalid_argument);
    EXPECT_THROW(append_field(out, value, "a"), std::invalid_argument);
    EXPECT_THROW(append_request_line(out, "GET", value), std::invalid_argument);
    EXPECT_THROW(append_request_line(out, value, "/"), std::invalid_argument);
  }
  EXPECT_EQ(out, "") << "nothing is written of a refused line";
}

TEST(Writer, FramesChunks) {
  const auto header = [](std::size_t size) {
    std::string out;
    append_chunk_header(out, size);
    return out;
  };
  EXPECT_EQ(header(1), "1\r\n");
  EXPECT_EQ(header(31), "1f\r\n");
  EXPECT_EQ(header(65536), "10000\r\n");
  EXPECT_EQ(header(std::numeric_limits<std::size_t>::max()), "ffffffffffffffff\r\n");
  EXPECT_EQ(last_chunk(), "0\r\n\r\n");
  std::string out;
  append_last_chunk(out);
  append_field(out, "x-phi-cost-micro", 4200);
  append_blank_line(out);
  EXPECT_EQ(out, "0\r\nx-phi-cost-micro: 4200\r\n\r\n");
}

TEST(HttpDate, IsAnImfFixdate) {
  using std::chrono::seconds;
  const auto at = [](std::int64_t since_epoch) { return http_date(system_clock::time_point(seconds(since_epoch))); };
  EXPECT_EQ(at(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(at(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(at(-1), "Wed, 31 Dec 1969 23:59:59 GMT");
  EXPECT_EQ(at(951782400), "Tue, 29 Feb 2000 00:00:00 GMT");
  EXPECT_EQ(at(4102444799), "Thu, 31 Dec 2099 23:59:59 GMT");
  EXPECT_EQ(http_date(system_clock::time_point(seconds(0)) + std::chrono::milliseconds(999)),
            "Thu, 01 Jan 1970 00:00:00 GMT");
}

}  // namespace
}  // namespace phigate::http
