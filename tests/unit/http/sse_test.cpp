#include "phigate/http/sse.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace phigate::http {
namespace {

using namespace std::string_literals;

// Takes events off as bytes come in pieces; what is left at the end is the last element.
std::vector<std::string> frame(const std::vector<std::string_view>& pieces, bool at_end = true) {
  sse_scanner scanner;
  std::vector<std::string> events;
  std::string buffered;
  const auto drain = [&](bool last) {
    while (const auto length = scanner.next(buffered, last)) {
      events.push_back(buffered.substr(0, length));
      buffered.erase(0, length);
    }
  };
  for (const auto piece : pieces) {
    buffered += piece;
    drain(false);
  }
  if (at_end) drain(true);
  events.push_back(buffered);
  return events;
}

TEST(SseScanner, FramesTheSameHoweverTheStreamIsSplit) {
  const struct {
    std::string stream;
    std::vector<std::string> events;
  } cases[] = {
      {"data: a\n\ndata: b\n\n", {"data: a\n\n", "data: b\n\n", ""}},
      {"data: a\r\n\r\ndata: b\r\n\r\n", {"data: a\r\n\r\n", "data: b\r\n\r\n", ""}},
      {"data: a\r\rdata: b\r\r", {"data: a\r\r", "data: b\r\r", ""}},
      {"data: a\r\n\ndata: b\n\r\ndata: c\n\rx", {"data: a\r\n\n", "data: b\n\r\n", "data: c\n\r", "x"}},
      {"data: a\r\n\rdata: b\r\r\n", {"data: a\r\n\r", "data: b\r\r\n", ""}},
      {": comment\n\n", {": comment\n\n", ""}},
      {"\n\r\n\rdata: a\n\n", {"\n", "\r\n", "\r", "data: a\n\n", ""}},
      {"data: a\ndata: b\nevent: c\n\n", {"data: a\ndata: b\nevent: c\n\n", ""}},
      {"data: a\n", {"data: a\n"}},
      {"data: a", {"data: a"}},
      {"", {""}},
      {"\xEF\xBB\xBF"
       "data: a\n\n",
       {"\xEF\xBB\xBF"
        "data: a\n\n",
        ""}},
      {"data: " + std::string(600, 'x') + "\n\n", {"data: " + std::string(600, 'x') + "\n\n", ""}},
      {std::string(255, 'x') + "\r\n" + std::string(255, 'y') + "\r\n\r\n",
       {std::string(255, 'x') + "\r\n" + std::string(255, 'y') + "\r\n\r\n", ""}},
  };
  for (const auto& [stream, events] : cases) {
    const std::string_view text = stream;
    EXPECT_EQ(frame({text}), events) << stream;
    std::vector<std::string_view> bytes;
    for (std::size_t i = 0; i < text.size(); ++i) bytes.push_back(text.substr(i, 1));
    EXPECT_EQ(frame(bytes), events) << stream;
    for (std::size_t split = 0; split <= text.size(); ++split) {
      EXPECT_EQ(frame({text.substr(0, split), text.substr(split)}), events) << stream << " split at " << split;
    }
  }
}

TEST(SseScanner, ACrAtTheEndWaitsForTheByteBehindItUnlessNoneComes) {
  EXPECT_EQ(frame({"data: a\r\n\r"}, false), (std::vector{"data: a\r\n\r"s}));
  EXPECT_EQ(frame({"data: a\r\n\r"}, true), (std::vector{"data: a\r\n\r"s, ""s}));
  EXPECT_EQ(frame({"data: a\r\n\r", "\ndata"}, false), (std::vector{"data: a\r\n\r\n"s, "data"s}));
  EXPECT_EQ(frame({"data: a\r\n\r", "data"}, false), (std::vector{"data: a\r\n\r"s, "data"s}));
}

TEST(SseScanner, LooksAtNoByteTwice) {
  sse_scanner scanner;
  std::string buffered = "data: abc";
  ASSERT_EQ(scanner.next(buffered), 0u);
  buffered.assign(buffered.size(), '\n');  // had these been looked at again, an event would end here
  buffered += "d\n";
  EXPECT_EQ(scanner.next(buffered), 0u);
  buffered += "\n";
  EXPECT_EQ(scanner.next(buffered), buffered.size());
}

TEST(ParseSseEvent, ReadsTypeAndData) {
  const struct {
    std::string event;
    std::string type;
    std::string data;
    bool has_data;
  } cases[] = {
      {"data: a\n\n", "", "a", true},
      {"data:a\r\n\r\n", "", "a", true},
      {"data:  a \r\r", "", " a ", true},
      {"event: error\ndata: {\"x\": 1}\n\n", "error", "{\"x\": 1}", true},
      {"data: a\nevent: b\ndata: c\r\ndata:\rdata: d\n\n", "b", "a\nc\n\nd", true},
      {"event: a\nevent: b\n\n", "b", "", false},
      {"data\n\n", "", "", true},
      {"data\ndata\n\n", "", "\n", true},
      {"data:\n\n", "", "", true},
      {": data: a\n\n", "", "", false},
      {"id: 1\nretry: 5\n\n", "", "", false},
      {"Data: a\ndata : b\n data: c\ndatax: d\n\n", "", "", false},
      {"data: a: b\n\n", "", "a: b", true},
      {"data: [DONE]\n\n", "", "[DONE]", true},
      {"\xEF\xBB\xBF"
       "data: a\n\n",
       "", "a", true},
      {"data: a", "", "a", true},
      {"\n", "", "", false},
      {"", "", "", false},
  };
  for (const auto& [event, type, data, has_data] : cases) {
    std::string scratch = "left over";
    const auto parsed = parse_sse_event(event, scratch);
    EXPECT_EQ(parsed.type, type) << event;
    EXPECT_EQ(parsed.data, data) << event;
    EXPECT_EQ(parsed.has_data, has_data) << event;
  }
}

TEST(ParseSseEvent, ALineOfDataIsAViewIntoTheEvent) {
  const std::string_view event = "data: abc\n\n";
  std::string scratch;
  EXPECT_EQ(parse_sse_event(event, scratch).data.data(), event.data() + 6);
}

}  // namespace
}  // namespace phigate::http
