#include "phigate/codec/multipart.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>

namespace phigate::codec {
namespace {

using core::error_code;
using testing::HasSubstr;

constexpr std::string_view boundary = "b0und";
const std::string file_head = "Content-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n";

struct outcome {
  std::optional<core::api_error> error;
  bool complete = false;
  std::vector<form_part> parts;  // into the body
};

std::optional<core::api_error> admit_all(const part_head&) {
  return std::nullopt;
}

// Each cut is how much of the body has come by then; the whole of it comes last.
outcome parse(std::string_view body, const std::vector<std::size_t>& cuts = {},
              const multipart_reader::admission& admit = admit_all) {
  multipart_reader reader{std::string(boundary), admit};
  outcome result;
  auto verdict = std::expected<void, core::api_error>();
  for (const std::size_t cut : cuts) {
    // A copy, so that a sanitizer sees any byte read beyond what has come.
    const std::vector<char> so_far(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(cut));
    verdict = reader.advance({so_far.data(), so_far.size()});
    if (!verdict) break;
  }
  if (verdict) verdict = reader.advance(body);
  if (!verdict) result.error = verdict.error();
  result.complete = verdict && reader.is_complete();
  if (result.complete) result.parts = reader.parts(body);
  return result;
}

std::string part(std::string_view head, std::string_view value) {
  return "--b0und\r\n" + std::string(head) + "\r\n" + std::string(value) + "\r\n";
}

std::string field(std::string_view name, std::string_view value) {
  return part("Content-Disposition: form-data; name=\"" + std::string(name) + "\"\r\n", value);
}

const std::string closing = "--b0und--\r\n";

void expect_same(const outcome& left, const outcome& right) {
  ASSERT_EQ(left.error.has_value(), right.error.has_value());
  EXPECT_EQ(left.error.value_or(core::api_error{}).message, right.error.value_or(core::api_error{}).message);
  ASSERT_EQ(left.complete, right.complete);
  ASSERT_EQ(left.parts.size(), right.parts.size());
  for (std::size_t i = 0; i < left.parts.size(); ++i) {
    EXPECT_EQ(left.parts[i].head.name, right.parts[i].head.name);
    EXPECT_EQ(left.parts[i].head.filename, right.parts[i].head.filename);
    EXPECT_EQ(left.parts[i].head.content_type, right.parts[i].head.content_type);
    EXPECT_EQ(left.parts[i].value, right.parts[i].value);
  }
}

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
      one + "--b0und--\r\nan epilogue\r\n--b0und\r\n",
      one + "--b0und-- \t",
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
       {std::string("\r\n--b0un"), std::string("\n--b0und\n"), std::string("--b0und"), std::string("x--b0und--"),
        std::string("\r\n-b0und"), std::string("\r\n --b0und"), std::string("\r\n--B0UND"), std::string("\r"),
        std::string("\r\r\n"), std::string("\r\n\r\n--b0un\r\n-"), std::string("\r--b0und\r\n"),
        std::string(1000, '\r')}) {
    const std::string body = part(file_head, "x" + value) + closing;
    const outcome read = parse(body);
    ASSERT_TRUE(read.complete) << value;
    EXPECT_EQ(read.parts.at(0).value, "x" + value);
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

struct malformed_case {
  std::string body;
  std::string message;  // part of it
};

std::string with_head(std::string_view head) {
  return part(head, "1") + closing;
}

std::vector<malformed_case> malformed_bodies() {
  const std::string named = "Content-Disposition: form-data; name=\"a\"\r\n";
  const std::string word = "Content-Disposition: ";
  return {
      {"--b0undx\r\n", "goes on behind it"},
      {"--b0und\n", "goes on behind it"},
      {"--b0und-x\r\n", "goes on behind it"},
      {"--b0und \tx\r\n", "goes on behind it"},
      {"--b0und\rx", "goes on behind it"},
      {"--b0und" + std::string(multipart_reader::longest_padding + 1, ' ') + "\r\n", "too many spaces"},
      {field("a", "1\r\n--b0undx\r\n") + closing, "goes on behind it"},
      {"--b0und\r\n" + named + "\r\n--b0und--\r\n", "no line between"},
      {with_head(""), "no Content-Disposition"},
      {with_head("Content-Type: text/plain\r\n"), "no Content-Disposition"},
      {with_head(named + named), "two Content-Disposition"},
      {with_head(named + "content-DISPOSITION: form-data; name=\"b\"\r\n"), "two Content-Disposition"},
      {with_head(named + "Content-Type: a/b\r\nContent-Type: a/b\r\n"), "two Content-Type"},
      {with_head(named + "Content-Type: a/é\r\n"), "not ASCII"},
      {with_head(named + "no field\r\n"), "no header field"},
      {with_head(named + ": empty\r\n"), "no header field"},
      {with_head(named + "X : space\r\n"), "no header field"},
      {with_head(named + " folded: x\r\n"), "no header field"},
      {with_head("Content-Disposition: form-data;\r\n name=\"a\"\r\n"), "no name"},
      {with_head(named + "X-Note: x\r\n\tfolded\r\n"), "no header field"},
      {with_head(named + "X: a\nY: b\r\n"), "control character"},
      {with_head(named + "X: a\rY: b\r\n"), "control character"},
      {with_head(named + std::string("X: a\0b\r\n", 8)), "control character"},
      {with_head(named + "X: \x7F\r\n"), "control character"},
      {with_head(word + "attachment; name=\"a\"\r\n"), "must be form-data"},
      {with_head(word + "form-data\r\n"), "no name"},
      {with_head(word + "form-data; filename=\"a\"\r\n"), "no name"},
      {with_head(word + "form-data; name=\"\"\r\n"), "no name"},
      {with_head(word + "form-data; name=\r\n"), "must be form-data"},
      {with_head(word + "form-data; name=\"a\r\n"), "must be form-data"},
      {with_head(word + "form-data; name=\"a\"b\r\n"), "must be form-data"},
      {with_head(word + "form-data; name=\"a\" filename=\"b\"\r\n"), "must be form-data"},
      {with_head(word + "form-data, name=\"a\"\r\n"), "must be form-data"},
      {with_head(word + "form-data; name=\"a\"; name=\"a\"\r\n"), "two names"},
      {with_head(word + "form-data; name=\"a\"; NAME=\"b\"\r\n"), "two names"},
      {with_head(word + "form-data; name=\"a\"; filename=\"a\"; filename=\"b\"\r\n"), "two filenames"},
      {with_head(word + "form-data; name=\"a%0Ab\"\r\n"), "control character"},
      {with_head(word + "form-data; name=\"a\tb\"\r\n"), "control character"},
      {with_head(word + "form-data; name=\"\xFF\"\r\n"), "not UTF-8"},
      {with_head(word + "form-data; name=\"a\"; filename=\"\xC3\"\r\n"), "not UTF-8"},
      {with_head(named + "Content-Transfer-Encoding: base64\r\n"), "\"base64\""},
      {with_head(named + "Content-Transfer-Encoding: quoted-printable\r\n"), "7bit, 8bit or binary"},
      {with_head(named + "Content-Transfer-Encoding:\r\n"), "7bit, 8bit or binary"},
      {with_head(named + "Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: 7bit\r\n"),
       "two Content-Transfer-Encoding"},
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

TEST(Multipart, PassesOverWhatMeansNothing) {
  const std::string head =
      "X-Other: \xFF anything\r\nCONTENT-DISPOSITION:Form-Data ;x=y; Name=file; FILENAME=\"b\";\r\n" +
      std::string("Content-Transfer-Encoding: BINARY\r\nContent-Length: 99\r\n");
  const std::string body = with_head(head);
  const outcome read = parse(body);
  ASSERT_TRUE(read.complete) << read.error->message;
  EXPECT_EQ(read.parts[0].head.name, "file");
  EXPECT_EQ(read.parts[0].head.filename, "b");
  EXPECT_EQ(read.parts[0].value, "1");
}

TEST(Multipart, UnescapesNamesAsBrowsersAndOthersWriteThem) {
  const std::pair<std::string, std::string> cases[] = {
      {R"("a%22b.wav")", "a\"b.wav"},
      {R"("a%0D%0ab")", "a\r\nb"},
      {R"("100%25")", "100%25"},
      {R"("a\"b")", "a\"b"},
      {R"("a\\b")", "a\\b"},
      {R"("C:\dir\a.wav")", "C:\\dir\\a.wav"},
      {R"("Müller 😀.mp3")", "Müller 😀.mp3"},
      {R"("")", ""},
      {R"("a;b=c")", "a;b=c"},
      {"a.wav", "a.wav"},
      {R"("%2")", "%2"},
  };
  for (const auto& [written, expected] : cases) {
    const std::string body = with_head("Content-Disposition: form-data; name=\"file\"; filename=" + written + "\r\n");
    const outcome read = parse(body);
    ASSERT_TRUE(read.complete) << written;
    EXPECT_EQ(read.parts[0].head.filename, expected) << written;
  }
}

TEST(Multipart, TakesAnExtendedFilenameForNone) {
  const std::string alone =
      with_head("Content-Disposition: form-data; name=\"file\"; filename*=UTF-8''%e2%82%ac.wav\r\n");
  EXPECT_EQ(parse(alone).parts.at(0).head.filename, std::nullopt);
  const std::string both =
      with_head("Content-Disposition: form-data; name=\"file\"; filename*=UTF-8''no.wav; filename=\"yes.wav\"\r\n");
  EXPECT_EQ(parse(both).parts.at(0).head.filename, "yes.wav");
}

TEST(Multipart, BoundsItsParts) {
  std::string body;
  for (std::size_t i = 0; i < multipart_reader::most_parts; ++i) body += field("a", "1");
  EXPECT_EQ(parse(body + closing).parts.size(), multipart_reader::most_parts);
  const outcome read = parse(body + field("a", "1") + closing);
  ASSERT_TRUE(read.error);
  EXPECT_THAT(read.error->message, HasSubstr("more than 64 parts"));
}

TEST(Multipart, BoundsTheHeadOfAPart) {
  const auto head_of = [](std::size_t size) {
    std::string head = "Content-Disposition: form-data; name=\"a\"\r\nX: ";
    return head + std::string(size - head.size() - 2, 'x') + "\r\n";
  };
  EXPECT_TRUE(parse(with_head(head_of(multipart_reader::longest_part_head))).complete);
  const std::string longer = with_head(head_of(multipart_reader::longest_part_head + 1));
  ASSERT_TRUE(parse(longer).error);
  EXPECT_THAT(parse(longer).error->message, HasSubstr("longer than 8192 bytes"));
  // Refused without waiting for its end.
  EXPECT_TRUE(parse("--b0und\r\n" + std::string(multipart_reader::longest_part_head + 2, 'x')).error);
  EXPECT_FALSE(parse("--b0und\r\n" + std::string(multipart_reader::longest_part_head + 1, 'x')).error);
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
  for (const std::string& body : bodies) {
    const outcome whole = parse(body);
    std::vector<std::size_t> every;
    for (std::size_t cut = 0; cut < body.size(); ++cut) {
      expect_same(parse(body, {cut}), whole);
      every.push_back(cut);
    }
    expect_same(parse(body, every), whole);
  }
}

TEST(Multipart, TakesTimeInProportionToTheBody) {
  const auto time_of = [](std::size_t size) {
    const std::string body = part(file_head, std::string(size, '\r')) + closing;
    multipart_reader reader{std::string(boundary), admit_all};
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
      "\r", "\n", "\r\n", "-", "--", "b0und", "b0un", "x", "\r\n--b0un", "--b0und", "\r\n\r\n", std::string(1, '\0')};
  std::vector<std::string> values;
  std::string body;
  const int count = *rc::gen::inRange(0, 4);
  for (int i = 0; i < count; ++i) {
    std::string value;
    for (const auto& piece : *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(pieces))) value += piece;
    RC_PRE(("\r\n" + value + "\r\n--b0un").find("\r\n--b0und") == std::string::npos);
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

}  // namespace
}  // namespace phigate::codec
