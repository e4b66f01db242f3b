#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "form_reading.hpp"

namespace phigate::codec {
namespace {

using core::error_code;
using testing::HasSubstr;

TEST(Multipart, GivesThePartsInOrder) {
  const std::string body = field("model", "whisper") + field("prompt", "") +
                           part(file_head + "Content-Type: audio/wav\r\n", std::string("RIFF\0\r\n\n", 8)) +
                           field("language", "de") + closing;
  const outcome read = parse(body);
  ASSERT_FALSE(read.error) << read.error->message;
  ASSERT_TRUE(read.complete);
  ASSERT_EQ(read.parts.size(), 4U);
  EXPECT_EQ(read.parts[0].head.name, "model");
  EXPECT_EQ(read.parts[0].head.filename, std::nullopt);
  EXPECT_EQ(read.parts[0].head.content_type, "");
  EXPECT_EQ(read.parts[0].value, "whisper");
  EXPECT_EQ(read.parts[1].value, "");
  EXPECT_EQ(read.parts[2].head.name, "file");
  EXPECT_EQ(read.parts[2].head.filename, "a.wav");
  EXPECT_EQ(read.parts[2].head.content_type, "audio/wav");
  EXPECT_EQ(read.parts[2].value, std::string_view("RIFF\0\r\n\n", 8));
  EXPECT_EQ(read.parts[3].value, "de");
}

TEST(Multipart, TakesEverySoundFraming) {
  const std::string one = field("a", "1");
  const std::string bodies[] = {
      one + "--b0und--",
      one + "--b0und--\r\nan epilogue\r\n--b0un\r\nb0und\r\n",
      one + "--b0und--\n",
      one + "--b0und-- \t",
      one + "--b0und--" + std::string(multipart_reader::longest_padding, ' ') + "\r\n",
      "\r\n" + one + closing,
      "a preamble\r\n--b0un\r\n" + one + closing,
      "--b0und \t \r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b0und--",
      "--b0und" + std::string(multipart_reader::longest_padding, ' ') +
          "\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b0und--",
  };
  for (const std::string& body : bodies) {
    const outcome read = parse(body);
    ASSERT_TRUE(read.complete) << body;
    ASSERT_EQ(read.parts.size(), 1U) << body;
    EXPECT_EQ(read.parts[0].head.name, "a") << body;
    EXPECT_EQ(read.parts[0].value, "1") << body;
  }
  EXPECT_TRUE(parse(closing).complete);
  EXPECT_TRUE(parse(closing).parts.empty());
}

TEST(Multipart, LeavesWhatOnlyLooksLikeABoundaryInTheValue) {
  for (const std::string& value :
       {std::string("\r\n--b0un"), std::string("\n-b0und\n"), std::string("b0und--"), std::string("- -b0und"),
        std::string("\r\n-b0und"), std::string("\r\n- -b0und"), std::string("\r\n--B0UND"), std::string("\r"),
        std::string("\r\r\n"), std::string("\r\n\r\n--b0un\r\n-"), std::string("\r--b0un\r\nd"),
        std::string("--b0\0und", 9), std::string(1000, '\r'), std::string(1000, '-')}) {
    const std::string body = part(file_head, "x" + value) + closing;
    const outcome read = parse(body);
    ASSERT_TRUE(read.complete) << value;
    EXPECT_EQ(read.parts.at(0).value, "x" + value);
  }
}

// What another parser could read as a delimiter; each way there is one that does.
std::vector<malformed_case> disguised_delimiters() {
  const std::string model = field("model", "m");
  const std::string hidden = field("provider", R"({"only":["here"]})");
  const std::string bare = "bare LF or CR";
  const std::string within = "stands within a line";
  const std::string behind = "behind the closing one";
  std::vector<malformed_case> all = {
      {"\n" + hidden + model + closing, bare},
      {"\r" + hidden + model + closing, bare},
      {"\xEF\xBB\xBF" + hidden + model + closing, within},
      {" " + hidden + model + closing, within},
      {std::string(1, '\0') + hidden + model + closing, within},
      {"a preamble\n" + hidden + model + closing, bare},
      {"a preamble\r\n " + hidden + model + closing, within},
      {"a preamble that tells of --b0und\r\n" + model + closing, within},
      {model + closing + hidden + closing, behind},
      {model + closing + "an epilogue\n" + hidden + closing, behind},
      {model + closing + "an epilogue of --b0und", behind},
      {model + "--b0und--\r\n--b0und", behind},
      {model + "--b0und--\n--b0und", behind},
      {model + "--b0und--x\r\n" + hidden + closing, "goes on behind it"},
      {model + "--b0und---", "goes on behind it"},
      {model + "--b0und-- \tx", "goes on behind it"},
      {model + "--b0und--" + std::string(multipart_reader::longest_padding + 1, ' '), "too many spaces"},
      {part("Content-Disposition: form-data; name=\"a\"; x=\"--b0und\"\r\n", "1") + closing, "within the head"},
  };
  for (const std::string_view head : {std::string_view(file_head), std::string_view("Content-Disposition: form-data; "
                                                                                    "name=\"prompt\"\r\n")}) {
    all.emplace_back(part(head, "x\n" + hidden) + closing, bare);
    all.emplace_back(part(head, "x\r" + hidden) + closing, bare);
    all.emplace_back(part(head, "x\n\r" + hidden) + closing, bare);
    all.emplace_back(part(head, "\n" + hidden) + closing, bare);
    all.emplace_back(part(head, "x\n--b0und--\n") + closing, bare);
    all.emplace_back(part(head, "x" + hidden) + closing, within);
    all.emplace_back(part(head, "x\r\n " + hidden) + closing, within);
    all.emplace_back(part(head, "\xE2\x80\xA8" + hidden) + closing, within);
  }
  return all;
}

TEST(Multipart, RefusesWhatAnotherParserCouldReadAsAPart) {
  for (const auto& [body, message] : disguised_delimiters()) {
    const outcome read = parse(body);
    ASSERT_TRUE(read.error) << body;
    EXPECT_EQ(read.error->code, error_code::bad_request) << body;
    EXPECT_THAT(read.error->message, HasSubstr(message)) << body;
  }
}

TEST(Multipart, IsNotCompleteBeforeTheClosingDelimiter) {
  const std::string body = field("a", "1") + part(file_head, "2") + "--b0und--";
  for (std::size_t size = 0; size < body.size(); ++size) {
    const outcome read = parse(body.substr(0, size));
    EXPECT_FALSE(read.error) << size;
    EXPECT_FALSE(read.complete) << size;
  }
  EXPECT_TRUE(parse(body).complete);
  EXPECT_FALSE(parse("no form at all").complete);
}

std::vector<malformed_case> malformed_bodies() {
  const std::string named = "Content-Disposition: form-data; name=\"a\"\r\n";
  return {
      {"--b0undx\r\n", "goes on behind it"},
      {"--b0und\n", "goes on behind it"},
      {"--b0und-x\r\n", "goes on behind it"},
      {"--b0und \tx\r\n", "goes on behind it"},
      {"--b0und\rx", "goes on behind it"},
      {"--b0und" + std::string(multipart_reader::longest_padding + 1, ' ') + "\r\n", "too many spaces"},
      {field("a", "1\r\n--b0undx\r\n") + closing, "goes on behind it"},
      {"--b0und\r\n" + named + "\r\n--b0und--\r\n", "no line between"},
  };
}

TEST(Multipart, RefusesWhatIsMalformed) {
  for (const auto& [body, message] : malformed_bodies()) {
    const outcome read = parse(body);
    ASSERT_TRUE(read.error) << body;
    EXPECT_EQ(read.error->code, error_code::bad_request) << body;
    EXPECT_THAT(read.error->message, HasSubstr(message)) << body;
  }
}

TEST(Multipart, BoundsItsParts) {
  std::string body;
  for (std::size_t i = 0; i < multipart_reader::most_parts; ++i) body += field("a", "1");
  EXPECT_EQ(parse(body + closing).parts.size(), multipart_reader::most_parts);
  const outcome read = parse(body + field("a", "1") + closing);
  ASSERT_TRUE(read.error);
  EXPECT_THAT(read.error->message, HasSubstr("more than 64 parts"));
}

TEST(Multipart, BoundsTheValueOfAFieldButNotThatOfAFile) {
  constexpr std::size_t limit = multipart_reader::longest_field;
  EXPECT_TRUE(parse(field("a", std::string(limit, 'x')) + closing).complete);
  EXPECT_TRUE(parse(part(file_head, std::string(limit + 1, 'x')) + closing).complete);
  const outcome over = parse(field("a", std::string(limit + 1, 'x')) + closing);
  ASSERT_TRUE(over.error);
  EXPECT_THAT(over.error->message, HasSubstr("longer than 262144 bytes"));
  const std::string open = "--b0und\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n" + std::string(limit, 'x');
  EXPECT_FALSE(parse(open + "\r\n--b0un").error);
  EXPECT_TRUE(parse(open + "xxxxxxxxx").error);
}

TEST(Multipart, AsksAboutEachPartAsSoonAsItsHeadIsThere) {
  std::vector<std::string> asked;
  const auto admit = [&](const part_head& head) -> std::optional<core::api_error> {
    asked.push_back(head.name);
    if (head.name != "bad") return std::nullopt;
    return core::api_error{.code = error_code::invalid_request, .message = "no", .param = "bad"};
  };
  multipart_reader reader{std::string(boundary), admit};
  const std::string body = field("good", "1") + "--b0und\r\nContent-Disposition: form-data; name=\"bad\"\r\n\r\n";
  const auto verdict = reader.advance(body);
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().param, "bad");
  EXPECT_THAT(asked, testing::ElementsAre("good", "bad"));
}

TEST(Multipart, GivesTheSameResultHoweverABodyIsCut) {
  std::vector<std::string> bodies = {
      field("model", "m") + part(file_head, "x\r\n--b0un\r\ny") + closing + "epilogue",
      "preamble\r\n" + field("a", "") + "--b0und--",
      "--b0und  \r\n" + file_head + "\r\n\r\n\r\n--b0und \t\r\n" + file_head + "\r\nz\r\n--b0und--",
  };
  for (const auto& [body, message] : malformed_bodies()) bodies.push_back(body);
  for (const auto& [body, message] : disguised_delimiters()) bodies.push_back(body);
  for (const std::string& body : bodies) expect_same_however_cut(body);
}

TEST(Multipart, TakesTimeInProportionToTheBody) {
  // A boundary of hyphens stands, but for its last byte, at every place of such a file.
  const std::string hyphens = std::string(69, '-') + "x";
  const auto time_of = [&hyphens](std::size_t size) {
    std::string body = part(file_head, std::string(size, '-')) + closing;
    for (std::size_t at = 0; (at = body.find("b0und", at)) != std::string::npos;) body.replace(at, 5, hyphens);
    multipart_reader reader{hyphens, admit_all};
    const auto begin = std::chrono::steady_clock::now();
    for (std::size_t have = 0; have < body.size(); have += 1024) {
      EXPECT_TRUE(reader.advance(std::string_view(body).substr(0, have)));
    }
    EXPECT_TRUE(reader.advance(body));
    EXPECT_TRUE(reader.is_complete());
    return std::chrono::steady_clock::now() - begin;
  };
  // Rescanning what has come would take ten thousand times 12 MiB.
  EXPECT_LT(time_of(std::size_t{25} << 20U), std::chrono::seconds(20));
}

// Parts of random bytes made of what delimiters are made of, cut at random places.
RC_GTEST_PROP(MultipartProperty, FindsTheValuesThatWereWritten, ()) {
  static const std::vector<std::string> pieces = {
      "\r", "\n", "\r\n", "-", "--", "b0und", "b0un", "x", "\r\n--b0un", "-b0und", "\r\n\r\n", std::string(1, '\0')};
  std::vector<std::string> values;
  std::string body;
  const int count = *rc::gen::inRange(0, 4);
  for (int i = 0; i < count; ++i) {
    std::string value;
    for (const auto& piece : *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(pieces))) value += piece;
    RC_PRE(!value.contains("--b0und"));
    body += part(file_head, value);
    values.push_back(std::move(value));
  }
  body += closing;
  auto cuts = *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, body.size() + 1));
  std::ranges::sort(cuts);
  const outcome read = parse(body, cuts);
  RC_ASSERT(read.complete);
  RC_ASSERT(read.parts.size() == values.size());
  for (std::size_t i = 0; i < values.size(); ++i) RC_ASSERT(read.parts[i].value == values[i]);
}

RC_GTEST_PROP(MultipartProperty, JudgesAnyBytesTheSameHoweverTheyAreCut, ()) {
  static const std::vector<std::string> pieces = {"--b0und",
                                                  "\r\n",
                                                  "--b0und--",
                                                  "Content-Disposition: form-data; name=\"a\"",
                                                  "; filename=\"f\"",
                                                  "\r\n\r\n",
                                                  "x",
                                                  "\r\n--b0und\r\n",
                                                  " ",
                                                  "\r",
                                                  "\n",
                                                  "-",
                                                  ":",
                                                  "\"",
                                                  "\\"};
  std::string body;
  for (const auto& piece : *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(pieces))) body += piece;
  auto cuts = *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, body.size() + 1));
  std::ranges::sort(cuts);
  expect_same(parse(body, cuts), parse(body));
  RC_ASSERT(!testing::Test::HasFailure());
}

// Every mark of a form that is taken begins a line behind CRLF, so whoever splits at marks finds the same parts.
RC_GTEST_PROP(MultipartProperty, TakesNoFormInWhichAMarkIsNoDelimiter, ()) {
  static const std::vector<std::string> pieces = {"--b0und",
                                                  "\r\n",
                                                  "\r",
                                                  "\n",
                                                  "--",
                                                  "x",
                                                  " ",
                                                  "\r\n--b0und\r\n",
                                                  "Content-Disposition: form-data; name=\"a\"\r\n\r\n"};
  const auto random = [] {
    std::string text;
    for (const auto& piece : *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(pieces))) text += piece;
    return text;
  };
  const std::string body = random() + field("a", random()) + field("b", random()) + closing + random();
  const outcome read = parse(body);
  if (!read.complete) return;
  std::size_t marks = 0;
  for (std::size_t at = 0; (at = body.find("--b0und", at)) != std::string::npos; ++at, ++marks) {
    RC_ASSERT(at == 0 || std::string_view(body).substr(0, at).ends_with("\r\n"));
  }
  RC_ASSERT(marks == read.parts.size() + 1);
}

}  // namespace
}  // namespace phigate::codec
