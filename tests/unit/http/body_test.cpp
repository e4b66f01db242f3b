#include "phigate/http/body.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace phigate::http {
namespace {

using namespace std::string_literals;

constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();

struct outcome {
  std::string data;
  std::size_t consumed = 0;
  bool done = false;
  std::optional<body_fault> fault;
  bool operator==(const outcome&) const = default;
};

void PrintTo(const outcome& o, std::ostream* out) {
  *out << '"' << o.data << "\", consumed " << o.consumed << ", done " << o.done << ", fault "
       << (o.fault ? static_cast<int>(*o.fault) : -1);
}

// As a connection does it: what is not consumed stays in front of what comes next.
void feed(body_decoder& decoder, std::string_view piece, std::string& pending, outcome& sum) {
  pending += piece;
  std::string_view rest = pending;
  while (!decoder.done()) {
    const auto step = decoder.step(rest);
    if (!step) {
      sum.fault = step.error();
      return;
    }
    if (step->consumed == 0) break;
    sum.data += step->data;
    sum.consumed += step->consumed;
    rest.remove_prefix(step->consumed);
  }
  sum.done = decoder.done();
  pending = std::string(rest);
}

outcome decode(body_decoder decoder, const std::vector<std::string_view>& pieces) {
  outcome sum;
  std::string pending;
  for (const auto piece : pieces) {
    if (!sum.fault) feed(decoder, piece, pending, sum);
  }
  EXPECT_EQ(decoder.decoded(), sum.data.size());
  if (sum.fault) sum.consumed = 0;  // how far a failed body got is nobody's concern
  return sum;
}

std::vector<std::string_view> bytes_of(std::string_view text) {
  std::vector<std::string_view> pieces;
  for (std::size_t i = 0; i < text.size(); ++i) pieces.push_back(text.substr(i, 1));
  return pieces;
}

outcome decode_chunked(const std::string& body, std::uint64_t limit = no_limit) {
  const body_decoder fresh(framing::chunked, 0, limit);
  const auto whole = decode(fresh, {body});
  EXPECT_EQ(decode(fresh, bytes_of(body)), whole) << body;
  for (std::size_t split = 0; split <= body.size() && body.size() < 200; ++split) {
    const auto text = std::string_view(body);
    EXPECT_EQ(decode(fresh, {text.substr(0, split), text.substr(split)}), whole) << body << " split at " << split;
  }
  return whole;
}

TEST(ChunkedBody, DecodesTheSameHoweverItIsSplit) {
  const struct {
    std::string body;
    std::string data;
    std::size_t left;
  } cases[] = {
      {"0\r\n\r\n", "", 0},
      {"5\r\nhello\r\n0\r\n\r\n", "hello", 0},
      {"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\nGET / HTTP/1.1\r\n", "hello world", 16},
      {"A\r\n0123456789\r\na\r\nabcdefghij\r\n00\r\n\r\n\r\n", "0123456789abcdefghij", 2},
      {"0000000000000003\r\nabc\r\n0000000000000000\r\n\r\n", "abc", 0},
      {"3;a=b;c=\"d;\te\"\r\nabc\r\n0;last\r\n\r\n", "abc", 0},
      {"4\r\n\r\n0\r\r\n0\r\n\r\n", "\r\n0\r", 0},
      {"3\r\n\0\n\r\r\n0\r\n\r\n"s, "\0\n\r"s, 0},
      {"1\r\na\r\n0\r\nX-PHI: false\r\nExpires: \xff\t1\r\nEmpty:\r\n\r\n5\r\n", "a", 3},
  };
  for (const auto& [body, data, left] : cases) {
    EXPECT_EQ(decode_chunked(body), (outcome{.data = data, .consumed = body.size() - left, .done = true, .fault = {}}))
        << body;
  }
}

TEST(ChunkedBody, DataIsAViewIntoTheInput) {
  const std::string_view input = "5\r\nhello\r\n0\r\n\r\n";
  body_decoder decoder(framing::chunked, 0, no_limit);
  const auto piece = decoder.step(input);
  ASSERT_TRUE(piece);
  EXPECT_EQ(piece->data.data(), input.data() + 3);
  EXPECT_EQ(piece->data, "hello");
  EXPECT_EQ(piece->consumed, 8u);
}

TEST(ChunkedBody, RefusesEachMalformation) {
  const auto fault = [](const std::string& body) { return decode_chunked(body).fault; };
  for (const auto& body : {"\r\n"s,
                           ";x\r\n"s,
                           "g\r\n"s,
                           "-1\r\n"s,
                           "+1\r\n"s,
                           "0x1\r\n"s,
                           " 1\r\n"s,
                           "1 \r\n"s,
                           "1\t;x\r\n"s,
                           "1 ;x\r\n"s,
                           "1,\r\n"s,
                           "1\n"s,
                           "1\rx"s,
                           "1\r\r\n"s,
                           "1;x\n"s,
                           "1;\"x\ny\"\r\n"s,
                           "1;x\ry\r\n"s,
                           "1;x\0\r\n"s,
                           "1;x\x01\r\n"s,
                           "1;x\x7f\r\n"s,
                           "1;x\xff\r\n"s,
                           "\n1\r\n"s,
                           "1\r\nab"s,
                           "1\r\na\n"s,
                           "1\r\na\rx"s,
                           "1\r\na0\r\n\r\n"s,
                           "2\r\nabc\r\n0\r\n\r\n"s,
                           "00000000000000001\r\na\r\n"s,
                           "10000000000000000\r\n"s,
                           "fffffffffffffffff\r\n"s,
                           "0\r\n\n"s,
                           "0\r\n\rx"s,
                           "0\r\nA: b\n\r\n"s,
                           "0\r\nA: b\rc\r\n\r\n"s,
                           "0\r\n A: b\r\n\r\n"s,
                           "0\r\nA: b\r\n c\r\n\r\n"s,
                           "0\r\nA : b\r\n\r\n"s,
                           "0\r\nno colon\r\n\r\n"s,
                           "0\r\n: b\r\n\r\n"s,
                           "0\r\nA: \0\r\n\r\n"s,
                           "0\r\nGET / HTTP/1.1\r\n\r\n"s,
                           "0\r\nAB\r\n\r\n"s}) {
    EXPECT_EQ(fault(body), body_fault::malformed_chunk) << body;
  }
}

TEST(ChunkedBody, AFaultIsFinal) {
  body_decoder decoder(framing::chunked, 0, no_limit);
  ASSERT_FALSE(decoder.step("x\r\n"));
  EXPECT_EQ(decoder.step("1\r\na\r\n0\r\n\r\n").error(), body_fault::malformed_chunk);
  EXPECT_EQ(decoder.finish().error(), body_fault::malformed_chunk);
  EXPECT_FALSE(decoder.done());
}

TEST(ChunkedBody, LineOf256BytesPassesAndOneMoreIsRefused) {
  const auto line = [](std::size_t size) { return "1;" + std::string(size - 2, 'x'); };
  EXPECT_TRUE(decode_chunked(line(256) + "\r\na\r\n" + line(256) + "\r\nb\r\n0\r\n\r\n").done);
  EXPECT_EQ(decode_chunked(line(257) + "\r\na\r\n0\r\n\r\n").fault, body_fault::malformed_chunk);
  EXPECT_EQ(decode_chunked(line(257)).fault, body_fault::malformed_chunk) << "before the line ends";
}

TEST(ChunkedBody, TrailersOf8KiBPassAndOneByteMoreIsRefused) {
  const auto trailers = [](std::size_t size) { return "0\r\nA: " + std::string(size - 7, 'x') + "\r\n\r\n"; };
  EXPECT_TRUE(decode_chunked(trailers(8192)).done);
  EXPECT_EQ(decode_chunked(trailers(8193)).fault, body_fault::trailers_too_large);
  std::string many = "0\r\n";
  for (int i = 0; i < 1366; ++i) many += "A: b\r\n";
  EXPECT_EQ(decode_chunked(many).fault, body_fault::trailers_too_large);
}

TEST(ChunkedBody, LimitIsFaultedBeforeAByteOverItIsDelivered) {
  EXPECT_EQ(decode_chunked("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", 5), (outcome{"abcde", 20, true, {}}));
  EXPECT_EQ(decode_chunked("3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n", 5), (outcome{"abc", 0, false, body_fault::too_large}));
  EXPECT_EQ(decode_chunked("6\r\n", 5), (outcome{"", 0, false, body_fault::too_large}));
  EXPECT_EQ(decode_chunked("1\r\n", 0).fault, body_fault::too_large);
  EXPECT_TRUE(decode_chunked("0\r\n\r\n", 0).done);
}

TEST(ChunkedBody, GreatestSizeNeitherOverflowsNorPassesTheLimit) {
  EXPECT_EQ(decode_chunked("ffffffffffffffff\r\n", no_limit - 1).fault, body_fault::too_large);
  EXPECT_EQ(decode_chunked("1\r\na\r\nffffffffffffffff\r\n", no_limit).fault, body_fault::too_large);
  EXPECT_EQ(decode_chunked("FFFFFFFFFFFFFFFF\r\nab", no_limit).data, "ab");
}

TEST(ChunkedBody, ClosedEarlyIsTruncated) {
  const std::string body = "3\r\nabc\r\n0\r\nA: b\r\n\r\n";
  for (std::size_t length = 0; length < body.size(); ++length) {
    body_decoder decoder(framing::chunked, 0, no_limit);
    outcome sum;
    std::string pending;
    feed(decoder, body.substr(0, length), pending, sum);
    const auto finished = decoder.finish();
    ASSERT_FALSE(finished) << length;
    EXPECT_EQ(finished.error(), body_fault::truncated) << length;
  }
}

TEST(LengthBody, EndsAtItsLengthAndLeavesTheRest) {
  const body_decoder fresh(framing::length, 5, 5);
  const std::string_view input = "helloGET /";
  const outcome expected{"hello", 5, true, {}};
  EXPECT_EQ(decode(fresh, {input}), expected);
  EXPECT_EQ(decode(fresh, bytes_of(input)), expected);
  for (std::size_t split = 0; split <= input.size(); ++split) {
    EXPECT_EQ(decode(fresh, {input.substr(0, split), input.substr(split)}), expected) << split;
  }
}

TEST(LengthBody, OverTheLimitFaultsBeforeTheFirstByte) {
  body_decoder decoder(framing::length, 6, 5);
  EXPECT_EQ(decoder.step("h").error(), body_fault::too_large);
  EXPECT_EQ(decoder.decoded(), 0u);
}

TEST(LengthBody, ClosedEarlyIsTruncated) {
  body_decoder decoder(framing::length, 5, 5);
  ASSERT_TRUE(decoder.step("hell"));
  EXPECT_EQ(decoder.finish().error(), body_fault::truncated);
  ASSERT_TRUE(decoder.step("o"));
  EXPECT_TRUE(decoder.finish());
}

TEST(EmptyBody, IsDoneAtOnceAndTouchesNothing) {
  for (const auto kind : {framing::none, framing::length}) {
    body_decoder decoder(kind, 0, 0);
    EXPECT_TRUE(decoder.done());
    EXPECT_EQ(decoder.step("next")->consumed, 0u);
    EXPECT_TRUE(decoder.finish());
  }
}

TEST(UntilCloseBody, IsWholeWhenThePeerCloses) {
  body_decoder decoder(framing::until_close, 0, 10);
  EXPECT_EQ(decoder.step("hello")->data, "hello");
  EXPECT_EQ(decoder.step("")->consumed, 0u);
  EXPECT_FALSE(decoder.done());
  EXPECT_TRUE(decoder.finish());
  EXPECT_TRUE(decoder.done());
  EXPECT_EQ(decoder.step("more")->consumed, 0u);
}

TEST(UntilCloseBody, DeliversUpToTheLimitHoweverItIsSplit) {
  const body_decoder fresh(framing::until_close, 0, 5);
  const outcome expected{"hello", 0, false, body_fault::too_large};
  EXPECT_EQ(decode(fresh, {"hello!"}), expected);
  EXPECT_EQ(decode(fresh, bytes_of("hello!")), expected);
  EXPECT_EQ(decode(fresh, {"hello"}), (outcome{"hello", 5, false, {}}));
}

}  // namespace
}  // namespace phigate::http
