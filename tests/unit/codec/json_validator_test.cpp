#include "codec/json_validator.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "json_text.hpp"
#include "padded.hpp"

namespace phigate::codec {
namespace {

using kind = json_fault::kind;

std::string nested(std::size_t levels, std::string_view innermost = "") {
  return std::string(levels, '[') + std::string(innermost) + std::string(levels, ']');
}

TEST(JsonValidator, SaysWhichByteCannotStandWhereItDoes) {
  struct fault_case {
    std::string text;
    kind what;
    std::size_t offset;
  };
  const fault_case cases[] = {
      {"", kind::empty, 0},
      {"  \n", kind::empty, 3},
      {"\xEF\xBB\xBF{}", kind::grammar, 0},
      {"{}x", kind::grammar, 2},
      {"{} {}", kind::grammar, 3},
      {std::string("{}\0", 3), kind::grammar, 2},
      {"{", kind::grammar, 1},
      {R"({"a":1,})", kind::grammar, 7},
      {R"({,"a":1})", kind::grammar, 1},
      {R"({"a" 1})", kind::grammar, 5},
      {R"({"a":})", kind::grammar, 5},
      {R"({a:1})", kind::grammar, 1},
      {R"({'a':1})", kind::grammar, 1},
      {"[1 2]", kind::grammar, 3},
      {"[1,]", kind::grammar, 3},
      {"[,1]", kind::grammar, 1},
      {"[1}", kind::grammar, 2},
      {R"({"a":1])", kind::grammar, 6},
      {"[01]", kind::grammar, 2},
      {"[+1]", kind::grammar, 1},
      {"[1.]", kind::grammar, 3},
      {"[.5]", kind::grammar, 1},
      {"[1e]", kind::grammar, 3},
      {"[-]", kind::grammar, 2},
      {"[0x1]", kind::grammar, 2},
      {"[NaN]", kind::grammar, 1},
      {"[nul]", kind::grammar, 4},
      {"[truex]", kind::grammar, 5},
      {"[\"a\nb\"]", kind::grammar, 3},
      {"[\"\x01\"]", kind::grammar, 2},
      {R"(["\x"])", kind::grammar, 3},
      {R"(["\u12g4"])", kind::grammar, 6},
      {R"(["\ud800"])", kind::grammar, 4},
      {R"(["\udc00"])", kind::grammar, 4},
      {R"(["\ud800\u0041"])", kind::grammar, 4},
      {R"(["abc)", kind::grammar, 5},
      {R"(["abc\)", kind::grammar, 6},
      {"/* c */ {}", kind::grammar, 0},
      {"[\"\xFF\"]", kind::encoding, 2},
      {"[\"ab\xC0\x80\"]", kind::encoding, 4},
      {"[\"\xED\xA0\x80\"]", kind::encoding, 2},
      {"[\"\xF4\x90\x80\x80\"]", kind::encoding, 2},
      {"[\"\xE2\x82\"]", kind::encoding, 2},
      {nested(65), kind::depth, 64},
      {nested(66, "1"), kind::depth, 64},
  };
  json_validator validator;
  for (const auto& [text, what, offset] : cases) {
    const auto exact = check_bytewise(text);
    ASSERT_FALSE(exact) << text;
    EXPECT_EQ(exact.error().what, what) << text;
    EXPECT_EQ(exact.error().offset, offset) << text;
    if (text == nested(65)) continue;  // see MayAdmitOneEmptyLevelTooMany
    const auto fast = validator.check(padded(text).view());
    ASSERT_FALSE(fast) << text;
    EXPECT_EQ(fast.error().what, what) << text;
    EXPECT_EQ(fast.error().offset, offset) << text;
  }
}

TEST(JsonValidator, AcceptsWhatTheGrammarAllows) {
  const std::string texts[] = {"{}",
                               " [ ] \r\n",
                               "0",
                               "-0.0e-0",
                               R"("\u0000\ud83d\ude00")",
                               R"({"":{"":[]}})",
                               "\"\x7f\xF4\x8F\xBF\xBF\"",
                               nested(64),
                               nested(64, "1"),
                               nested(64, R"("[")"),
                               "[18446744073709551616, -9223372036854775809, 1e400, 123456789012345678901234567890]"};
  json_validator validator;
  for (const std::string& text : texts) {
    EXPECT_TRUE(check_bytewise(text)) << text;
    EXPECT_TRUE(validator.check(padded(text).view())) << text;
  }
}

TEST(JsonValidator, CountsTheLevelsOfObjectsAsThoseOfArrays) {
  std::string text = "1";
  for (std::size_t i = 0; i < max_depth; ++i) text = R"({"a":)" + text + "}";
  json_validator validator;
  EXPECT_TRUE(validator.check(padded(text).view()));
  text = R"({"a":)" + text + "}";
  const auto verdict = validator.check(padded(text).view());
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().what, kind::depth);
  EXPECT_EQ(verdict.error().offset, 5 * max_depth);
}

TEST(JsonValidator, MayAdmitOneEmptyLevelTooMany) {
  json_validator validator;
  EXPECT_FALSE(check_bytewise(nested(65)));
  EXPECT_FALSE(validator.check(padded(nested(66)).view()));
}

TEST(JsonValidator, JudgesTextsOfAnySizeAlike) {
  json_validator validator;
  const std::size_t parsed = std::size_t{1} << 20U;  // above this, simdjson is not asked
  for (const std::size_t size : {parsed - 1, parsed, parsed + 1, 3 * parsed}) {
    const std::string frame = R"({"a":""})";
    std::string text = frame;
    text.insert(6, size - frame.size(), 'x');
    EXPECT_TRUE(validator.check(padded(text).view())) << size;
    text[size - 3] = '\x1f';
    const auto fault = validator.check(padded(text).view());
    ASSERT_FALSE(fault) << size;
    EXPECT_EQ(fault.error().offset, size - 3);
    EXPECT_FALSE(validator.check(padded(std::string(size - 131, ' ') + nested(65, "1")).view())) << size;
    EXPECT_TRUE(validator.check(padded(std::string(size - 129, ' ') + nested(64, "1")).view())) << size;
  }
  EXPECT_TRUE(validator.check(padded("{}").view()));
  EXPECT_FALSE(validator.check(padded("{").view()));
}

TEST(JsonValidator, JudgesEveryByteAtEveryPlaceOfAStringAsSimdjsonDoes) {
  json_validator validator;
  for (std::size_t place = 0; place <= 16; ++place) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string text = R"(["aaaaaaaaaaaaaaaa"])";
      text.insert(2 + place, 1, static_cast<char>(byte));
      EXPECT_EQ(check_bytewise(text).has_value(), validator.check(padded(text).view()).has_value())
          << place << ' ' << byte;
    }
  }
}

TEST(JsonValidator, TakesNoNoticeOfWhatStandsInThePadding) {
  json_validator validator;
  EXPECT_FALSE(validator.check(padded("{", '}').view()));
  EXPECT_FALSE(validator.check(padded("[\"a", '"').view()));
  EXPECT_TRUE(validator.check(padded("12", '3').view()));
  EXPECT_TRUE(validator.check(padded("{}", '\xFF').view()));
}

RC_GTEST_PROP(JsonValidatorProperty, AcceptsEveryGeneratedText, ()) {
  const std::string text = generated::space() + generated::value(4) + generated::space();
  json_validator validator;
  RC_ASSERT(validator.check(padded(text).view()).has_value());
  RC_ASSERT(check_bytewise(text).has_value());
}

// Three parsers with nothing in common judge alike. The third one reads a byte order mark and a trailing NUL as
// nothing, which the alphabet of mutations leaves out.
RC_GTEST_PROP(JsonValidatorProperty, JudgesMutatedTextsAsOtherParsersDo, ()) {
  const std::string text = generated::mutated(generated::value(3));
  json_validator validator;
  const bool verdict = validator.check(padded(text).view()).has_value();
  RC_ASSERT(verdict == check_bytewise(text).has_value());
  // A number that overflows a double is none to the third.
  if (text.find_first_of("eE") == std::string::npos) RC_ASSERT(verdict == nlohmann::json::accept(text));
}

// What stands before the reported byte is either whole or lacks only more bytes.
RC_GTEST_PROP(JsonValidatorProperty, ReportsAByteBehindASoundBeginning, ()) {
  const std::string text = generated::mutated(generated::value(3));
  const auto verdict = check_bytewise(text);
  RC_PRE(!verdict.has_value());
  const std::size_t offset = verdict.error().offset;
  RC_ASSERT(offset <= text.size());
  const auto beginning = check_bytewise(std::string_view(text).substr(0, offset));
  RC_ASSERT((beginning.has_value() || beginning.error().offset == offset));
}

}  // namespace
}  // namespace phigate::codec
