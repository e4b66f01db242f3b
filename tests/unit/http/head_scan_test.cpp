#include <gtest/gtest.h>

#include <vector>

#include "feeding.hpp"

namespace phigate::http {
namespace {

using namespace std::string_literals;
using testing::find_in_pieces;
using testing::find_whole;
using testing::found_head;
using testing::refusal;

std::string repeat(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

found_head refused(int status) {
  return {.fault = refusal{status, true}};
}

struct scan_case {
  std::string name;
  std::string received;
  found_head expected;
};

std::vector<scan_case> scan_cases() {
  const std::string head = "POST /v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n";
  const auto whole = [&head](std::size_t skip) { return found_head{.skip = skip, .size = head.size()}; };
  return {
      {"a head alone", head, whole(0)},
      {"a head with its body", head + "abc", whole(0)},
      {"a body of bare line breaks", head + "\n\r\0"s, whole(0)},
      {"one leading CRLF", "\r\n" + head, whole(2)},
      {"two leading CRLFs", "\r\n\r\n" + head, whole(4)},
      {"three leading CRLFs", "\r\n\r\n\r\n" + head, refused(400)},
      {"a leading LF", "\n" + head, refused(400)},
      {"a leading CR", "\r" + head, refused(400)},
      {"a head without fields", "GET / HTTP/1.0\r\n\r\n", {.skip = 0, .size = 18}},
      {"an open request line", "GET / HTTP/1.1", {}},
      {"an open request line with its CR", "GET / HTTP/1.1\r", {}},
      {"an open header block", "GET / HTTP/1.1\r\nHost: a\r\n", {}},
      {"an open blank line", "GET / HTTP/1.1\r\nHost: a\r\n\r", {}},
      {"a bare LF ends the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", refused(400)},
      {"a bare LF ends a field", "GET / HTTP/1.1\r\nHost: a\nB: c\r\n\r\n", refused(400)},
      {"a bare LF as blank line", "GET / HTTP/1.1\r\nHost: a\r\n\n", refused(400)},
      {"LF LF", "GET / HTTP/1.1\n\n", refused(400)},
      {"a CR inside the request line", "GET /\rx HTTP/1.1\r\n\r\n", refused(400)},
      {"a CR inside a field", "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", refused(400)},
      {"CR CR LF", "GET / HTTP/1.1\r\r\n\r\n", refused(400)},
      {"CR CR LF as blank line", "GET / HTTP/1.1\r\nHost: a\r\n\r\r\n", refused(400)},
      {"a NUL in the request line", "GET /\0 HTTP/1.1\r\n\r\n"s, refused(400)},
      {"a NUL in a field", "GET / HTTP/1.1\r\nHost: a\0\r\n\r\n"s, refused(400)},
      {"a TLS hello", "\x16\x03\x01\0\x05\x01"s, refused(400)},
  };
}

TEST(FindRequestHead, DecidesEachCaseAndItsStateNeverMatters) {
  for (const auto& [name, received, expected] : scan_cases()) {
    EXPECT_EQ(find_whole(received), expected) << name;
    for (std::size_t split = 0; split < received.size(); ++split) {
      EXPECT_EQ(find_in_pieces(received, split), expected) << name << ", split at " << split;
    }
  }
}

TEST(FindRequestHead, RequestLineOfTheLimitPassesAndOneByteMoreIs414AtOnce) {
  const head_limits limits{.request_line = 40, .header = 100, .fields = 4};
  const auto line = [](std::size_t size) { return "GET /" + std::string(size - 14, 'a') + " HTTP/1.1"; };
  const auto fits = line(40) + "\r\n\r\n";
  EXPECT_EQ(find_whole(fits, limits), (found_head{.skip = 0, .size = fits.size()}));
  EXPECT_EQ(find_whole("\r\n\r\n" + fits, limits), (found_head{.skip = 4, .size = fits.size()}));
  EXPECT_EQ(find_whole(line(41) + "\r\n\r\n", limits), refused(414));
  EXPECT_EQ(find_whole(line(41), limits), refused(414)) << "before the line ends";
  EXPECT_EQ(find_whole(line(40), limits), found_head{});
  EXPECT_EQ(find_whole(line(40) + "\r", limits), found_head{});
}

TEST(FindRequestHead, HeaderBlockOfTheLimitPassesAndOneByteMoreIs431AtOnce) {
  const head_limits limits{.request_line = 40, .header = 30, .fields = 9};
  const std::string line = "GET / HTTP/1.1\r\n";
  const auto block = [](std::size_t size) { return "A: " + std::string(size - 7, 'b') + "\r\n\r\n"; };
  EXPECT_EQ(find_whole(line + block(30), limits), (found_head{.skip = 0, .size = line.size() + 30}));
  EXPECT_EQ(find_whole(line + block(31), limits), refused(431));
  EXPECT_EQ(find_whole(line + block(31).substr(0, 30), limits), refused(431)) << "before the block ends";
  EXPECT_EQ(find_whole(line + block(31).substr(0, 29), limits), found_head{});
}

TEST(FindRequestHead, OneFieldOverTheLimitIs431BeforeTheHeadEnds) {
  const std::string line = "GET / HTTP/1.1\r\n";
  const auto hundred = line + repeat("A: b\r\n", 100);
  EXPECT_EQ(find_whole(hundred + "\r\n"), (found_head{.skip = 0, .size = hundred.size() + 2}));
  EXPECT_EQ(find_whole(hundred + "A: b\r\n"), refused(431));
}

TEST(FindRequestHead, VerdictOnHeadsAtTheirLimitsDependsOnNoSplit) {
  const head_limits limits{.request_line = 20, .header = 24, .fields = 3};
  const std::vector<std::string> received{
      "GET /aaaaaa HTTP/1.1\r\n\r\n",
      "GET /aaaaaaa HTTP/1.1\r\n\r\n",
      "GET /aaaaaa HTTP/1.1\n\r\n\r\n",
      "GET /aaaaaa HTTP/1.1\rx\r\n\r\n",
      "GET /aaaaaa HTTP/1.1a\n\r\n",
      "GET / HTTP/1.1\r\nA: bbbbbbbbbbbbbbbbb\r\n\r\n",
      "GET / HTTP/1.1\r\nA: bbbbbbbbbbbbbbbbbb\r\n\r\n",
      "GET / HTTP/1.1\r\nA: bbbbbbbbbbbbbbbbbbbb\r\r\n",
      "GET / HTTP/1.1\r\nA: bbbbbbbbbbbbbbbbbbbb\n\r\n",
      "GET / HTTP/1.1\r\nA: b\r\nA: b\r\nA: b\r\n\r\n",
      "GET / HTTP/1.1\r\nA:b\r\nA:b\r\nA:b\r\nA:b\r\n\r\n",
  };
  for (const auto& bytes : received) {
    const auto expected = find_whole(bytes, limits);
    for (std::size_t split = 0; split < bytes.size(); ++split) {
      EXPECT_EQ(find_in_pieces(bytes, split, limits), expected) << bytes << "split at " << split;
    }
  }
}

TEST(FindRequestHead, NeverBuffersWithoutBound) {
  const auto endless_line = "GET /" + std::string(1u << 20, 'a');
  EXPECT_EQ(find_in_pieces(endless_line, 0), refused(414));
  const auto endless_block = "GET / HTTP/1.1\r\nA: " + std::string(1u << 20, 'a');
  EXPECT_EQ(find_in_pieces(endless_block, 0), refused(431));
}

TEST(FindRequestHead, LooksAtNoByteTwice) {
  std::string received = "GET / HTTP/1.1\r\nHost: exam";
  head_progress progress;
  ASSERT_EQ(find_request_head(received, {}, progress)->size, 0u);
  // What was looked at before is taken as it was: overwriting it with faults changes nothing.
  received.replace(0, received.size(), received.size(), '\n');
  received += "ple\r\n\r\n";
  EXPECT_EQ(find_request_head(received, {}, progress)->size, received.size());
}

using response_result = std::expected<std::size_t, response_fault>;

response_result find_response_bytewise(std::string_view received) {
  std::size_t scanned = 0;
  for (std::size_t length = 1; length < received.size(); ++length) {
    const auto found = find_response_head(received.substr(0, length), scanned);
    if (!found || *found > 0) return found;
  }
  return find_response_head(received, scanned);
}

TEST(FindResponseHead, DecidesTheSameWholeAndByteByByte) {
  const struct {
    std::string received;
    response_result expected;
  } cases[] = {
      {"HTTP/1.1 200 OK\r\n\r\nbody", 19u},
      {"HTTP/1.1 200 OK\r\nA: b\r\n\r\n\n\n", 25u},
      {"HTTP/1.1 200 OK\r\nA: b\r\n\r", 0u},
      {"HTTP/1.1 200 OK", 0u},
      {"", 0u},
      {"\r\nHTTP/1.1 200 OK\r\n\r\n", std::unexpected(response_fault::malformed)},
      {"HTTP/1.1 200 OK\n\n", std::unexpected(response_fault::malformed)},
      {"HTTP/1.1 200 OK\r\nA: b\n\r\n", std::unexpected(response_fault::malformed)},
      {"HTTP/1.1 200 OK\r\nA: \rb\r\n\r\n", std::unexpected(response_fault::malformed)},
      {"HTTP/1.1 200 OK\r\nA: \0b\r\n\r\n"s, std::unexpected(response_fault::malformed)},
  };
  for (const auto& [received, expected] : cases) {
    std::size_t scanned = 0;
    EXPECT_EQ(find_response_head(received, scanned), expected) << received;
    if (!received.empty()) {
      EXPECT_EQ(find_response_bytewise(received), expected) << received;
    }
  }
}

TEST(FindResponseHead, HeadOf64KiBPassesAndOneByteMoreIsTooLarge) {
  const std::string start = "HTTP/1.1 200 OK\r\nA: ";
  const auto head = [&start](std::size_t size) {
    return start + std::string(size - start.size() - 4, 'b') + "\r\n\r\n";
  };
  EXPECT_EQ(find_response_bytewise(head(response_head_limit)), response_head_limit);
  EXPECT_EQ(find_response_bytewise(head(response_head_limit + 1)).error(), response_fault::too_large);
}

}  // namespace
}  // namespace phigate::http
