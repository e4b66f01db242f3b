#include "codec/json_cursor.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "codec/utf8.hpp"
#include "json_text.hpp"

namespace phigate::codec {
namespace {

using nlohmann::json;

// The tree that the cursor sees, numbers as their text.
json tree_of(json_cursor& cursor) {
  json tree;
  switch (cursor.kind()) {
    case json_kind::object:
      tree = json::object();
      cursor.members([&](json_string key) {
        std::string name = key.text();
        tree[name] = tree_of(cursor);
      });
      return tree;
    case json_kind::array:
      tree = json::array();
      cursor.elements([&](std::size_t) { tree.push_back(tree_of(cursor)); });
      return tree;
    case json_kind::string:
      return cursor.string().text();
    default:
      return json::parse(cursor.raw());
  }
}

std::int64_t bytes_of_strings(const json& tree) {
  if (tree.is_string()) return static_cast<std::int64_t>(tree.get_ref<const std::string&>().size());
  std::int64_t bytes = 0;
  if (tree.is_structured()) {
    for (const json& inner : tree) bytes += bytes_of_strings(inner);
  }
  return bytes;
}

TEST(JsonString, ComparesWholeAndUnescaped) {
  EXPECT_TRUE(json_string("model") == "model");
  EXPECT_TRUE(json_string(R"(mod\u0065l)") == "model");
  EXPECT_TRUE(json_string(R"(\u006d\u006f\u0064\u0065\u006c)") == "model");
  EXPECT_FALSE(json_string(R"(model\u0000)") == "model");
  EXPECT_FALSE(json_string(R"(model\u0000x)") == "model");
  EXPECT_FALSE(json_string("mode") == "model");
  EXPECT_FALSE(json_string("models") == "model");
  EXPECT_FALSE(json_string("") == "model");
  EXPECT_TRUE(json_string("") == "");
  EXPECT_FALSE(json_string(R"(a\nb)") == R"(a\nb)");
  EXPECT_TRUE(json_string(R"(a\nb)") == "a\nb");
}

TEST(JsonString, UnescapesEveryForm) {
  const json_string all(R"(\"\\\/\b\f\n\r\t\u00e9\u20ac\ud83d\ude00A)");
  EXPECT_EQ(all.text(), "\"\\/\b\f\n\r\té€😀A");
  EXPECT_EQ(all.size(), all.text().size());
}

TEST(JsonCursor, EndsAStringAtItsOwnQuote) {
  const std::pair<std::string, std::string> cases[] = {
      {R"("a\"b" ,)", R"(a\"b)"}, {R"("a\\",")", R"(a\\)"}, {R"("\\\"",)", R"(\\\")"}, {R"("",")", ""}};
  for (const auto& [text, raw] : cases) {
    json_cursor cursor(text);
    EXPECT_EQ(cursor.string().raw(), raw) << text;
    EXPECT_EQ(text[cursor.offset() - 1], '"') << text;
  }
}

TEST(JsonCursor, ReadsIntegersOnly) {
  EXPECT_EQ(json_cursor("12").integer(), 12);
  EXPECT_EQ(json_cursor("-1").integer(), -1);
  EXPECT_EQ(json_cursor("999999999999999999").integer(), 999999999999999999);
  for (const char* none :
       {"1.0", "1e3", "\"1\"", "true", "null", "[1]", "9999999999999999999", "12345678901234567890123"}) {
    EXPECT_FALSE(json_cursor(none).integer()) << none;
  }
}

TEST(JsonCursor, CountsTheDeepestLevelWhetherEnteredOrSkipped) {
  const std::string text = R"({"a":[[1]],"b":[],"c":{"d":{}}})";
  json_cursor skipped(text);
  skipped.skip();
  EXPECT_EQ(skipped.deepest(), 3U);
  json_cursor entered(text);
  tree_of(entered);
  EXPECT_EQ(entered.deepest(), 3U);
}

TEST(StringBytes, CountsValuesWithoutKeysAndDataUris) {
  const std::pair<std::string, std::int64_t> cases[] = {
      {R"("abc")", 3},
      {R"({"key":"abc"})", 3},
      {R"({"key" : "abc", "k2":{"k3" :["d","é"]}})", 6},
      {R"(["\u00e9\n\ud83d\ude00"])", 7},
      {R"(["data:image/png;base64,AAAA"])", 0},
      {R"(["DATA:image\/png;base64,AAAA"])", 0},
      {R"(["data: this, and/or that"])", 23},
      {R"(["data:this"])", 9},
      {R"(["data:,x"])", 7},
      {R"(["look: data:image/png;base64,AAAA"])", 32},
      {"[1,2,null]", 0},
      {"", 0},
  };
  for (const auto& [text, bytes] : cases) EXPECT_EQ(string_bytes(text), bytes) << text;
}

TEST(Utf8, CutsBeforeASequenceNeverInsideOne) {
  EXPECT_EQ(utf8_prefix("a€b", 0), "");
  EXPECT_EQ(utf8_prefix("a€b", 1), "a");
  EXPECT_EQ(utf8_prefix("a€b", 3), "a");
  EXPECT_EQ(utf8_prefix("a€b", 4), "a€");
  EXPECT_EQ(utf8_prefix("a€b", 9), "a€b");
}

RC_GTEST_PROP(JsonCursorProperty, SeesTheTreeThatAParserSees, ()) {
  const std::string text = generated::value(4);
  json_cursor cursor(text);
  RC_ASSERT(tree_of(cursor) == json::parse(text));
  RC_ASSERT(cursor.offset() == text.size());
}

RC_GTEST_PROP(JsonCursorProperty, SkipsExactlyOneValue, ()) {
  const std::string text = generated::value(4);
  const std::string followed = text + generated::space() + *rc::gen::element<std::string>(",", "]", "}", "");
  json_cursor cursor(followed);
  RC_ASSERT(cursor.raw() == text);
}

RC_GTEST_PROP(JsonCursorProperty, CountsTheStringsThatAParserSees, ()) {
  const std::string text = generated::value(4);
  RC_ASSERT(string_bytes(text) == bytes_of_strings(json::parse(text)));
}

RC_GTEST_PROP(JsonCursorProperty, StaysInsideTextThatNobodyValidated, ()) {
  const std::string mutated = generated::mutated(generated::value(4));
  const std::vector<char> exact(mutated.begin(), mutated.end());
  const std::string_view text(exact.data(), exact.size());
  json_cursor cursor(text);
  cursor.members([&](json_string key) {
    (void)key.text();
    cursor.elements([&](std::size_t) { cursor.members([&](json_string inner) { (void)inner.size(); }); });
  });
  RC_ASSERT(cursor.offset() <= text.size());
  json_cursor whole(text);
  whole.skip();
  RC_ASSERT(whole.offset() <= text.size());
  RC_ASSERT(string_bytes(text) <= static_cast<std::int64_t>(2 * text.size()));
}

}  // namespace
}  // namespace phigate::codec
