// The head of a form's part: what it is called, and what it may not hide (threats §1).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "form_reading.hpp"

namespace phigate::codec {
namespace {

using core::error_code;
using testing::HasSubstr;

std::string with_head(std::string_view head) {
  return part(head, "1") + closing;
}

std::vector<malformed_case> malformed_heads() {
  const std::string named = "Content-Disposition: form-data; name=\"a\"\r\n";
  const std::string word = "Content-Disposition: ";
  return {
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
      {with_head(word + "form-data; name=\"a\"; name*=UTF-8''provider\r\n"), "another name"},
      {with_head(word + "form-data; NAME*0=\"provider\"; name=\"a\"\r\n"), "another name"},
      {with_head(word + "form-data; name=\"a\"; x=\"\\\"; name=provider; y=\"\r\n"), "another name"},
      {with_head(word + "form-data; name=\"\\a\"\r\n"), "another name"},
      {with_head(word + "form-data; name=\"a\"; filename=\"a\\\\\"\r\n"), "ends in a backslash"},
      {with_head(word + "form-data; name=\"a\"; filename=\"\\\\\"\r\n"), "ends in a backslash"},
      {with_head(named + "Content-Type: multipart/mixed; boundary=q\r\n"), "parts of its own"},
      {with_head(named + "Content-Type: MULTIPART/form-data\r\n"), "parts of its own"},
      {with_head(named + "Content-Type: Message/RFC822\r\n"), "parts of its own"},
      {with_head(named + "Content-Type:\tmultipart / mixed\r\n"), "parts of its own"},
      {with_head(named + "Content-Type: multipart;x=y\r\n"), "parts of its own"},
      {with_head(named + "Content-Transfer-Encoding: base64\r\n"), "\"base64\""},
      {with_head(named + "Content-Transfer-Encoding: quoted-printable\r\n"), "7bit, 8bit or binary"},
      {with_head(named + "Content-Transfer-Encoding:\r\n"), "7bit, 8bit or binary"},
      {with_head(named + "Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: 7bit\r\n"),
       "two Content-Transfer-Encoding"},
  };
}

TEST(FormPartHead, IsRefusedWhereItIsMalformed) {
  for (const auto& [body, message] : malformed_heads()) {
    const outcome read = parse(body);
    ASSERT_TRUE(read.error) << body;
    EXPECT_EQ(read.error->code, error_code::bad_request) << body;
    EXPECT_THAT(read.error->message, HasSubstr(message)) << body;
  }
}

TEST(FormPartHead, IsJudgedTheSameHoweverTheBodyIsCut) {
  for (const auto& [body, message] : malformed_heads()) expect_same_however_cut(body);
}

TEST(FormPartHead, PassesOverWhatMeansNothing) {
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

TEST(FormPartHead, UnescapesNamesAsBrowsersAndOthersWriteThem) {
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

TEST(FormPartHead, TakesAnExtendedFilenameForNone) {
  const std::string alone =
      with_head("Content-Disposition: form-data; name=\"file\"; filename*=UTF-8''%e2%82%ac.wav\r\n");
  EXPECT_EQ(parse(alone).parts.at(0).head.filename, std::nullopt);
  const std::string both =
      with_head("Content-Disposition: form-data; name=\"file\"; filename*=UTF-8''no.wav; filename=\"yes.wav\"\r\n");
  EXPECT_EQ(parse(both).parts.at(0).head.filename, "yes.wav");
}

TEST(FormPartHead, IsBounded) {
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

}  // namespace
}  // namespace phigate::codec
