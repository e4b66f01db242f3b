#include "phigate/codec/json.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "json_text.hpp"

namespace phigate::codec {
namespace {

constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();

std::string nested(std::size_t levels, std::string_view innermost = "") {
  return std::string(levels, '[') + std::string(innermost) + std::string(levels, ']');
}

TEST(JsonDocument, ReadsEachKindOfValue) {
  const auto document = json_document::parse(
      R"( {"text":"a","integer":-7,"real":2.5e-1,"yes":true,"no":false,"none":null,"list":[1,[2,3],{"x":4},"5"],"object":{}} )");
  ASSERT_TRUE(document);
  const json_value root = document->root();
  EXPECT_TRUE(root.is_object());
  EXPECT_EQ(root["text"].text(), "a");
  EXPECT_EQ(root["integer"].integer(), -7);
  EXPECT_EQ(root["integer"].number(), -7.0);
  EXPECT_EQ(root["real"].number(), 0.25);
  EXPECT_EQ(root["yes"].flag(), true);
  EXPECT_EQ(root["no"].flag(), false);
  EXPECT_TRUE(root["none"].is_null());
  EXPECT_TRUE(root["object"].is_object());
  const auto list = root["list"].elements();
  ASSERT_EQ(list.size(), 4U);
  EXPECT_EQ(list[0].integer(), 1);
  ASSERT_EQ(list[1].elements().size(), 2U);
  EXPECT_EQ(list[1].elements()[1].integer(), 3);
  EXPECT_EQ(list[2]["x"].integer(), 4);
  EXPECT_EQ(list[3].text(), "5");
}

TEST(JsonDocument, ReadsWhatIsMissingOrOfAnotherKindAsAbsent) {
  const auto document = json_document::parse(R"({"s":"1","n":1,"b":true,"z":null,"a":[1],"o":{"x":1}})");
  ASSERT_TRUE(document);
  const json_value root = document->root();
  EXPECT_FALSE(root["missing"].exists());
  EXPECT_FALSE(root[""].exists());
  EXPECT_FALSE(root["missing"]["deeper"].exists());
  EXPECT_FALSE(root["a"]["0"].exists());
  EXPECT_FALSE(root["s"]["x"].exists());
  EXPECT_TRUE(root["z"].exists());
  EXPECT_FALSE(json_value().exists());
  EXPECT_FALSE(json_value().is_null());
  for (const char* key : {"s", "b", "z", "a", "o", "missing"}) {
    EXPECT_FALSE(root[key].integer()) << key;
    EXPECT_FALSE(root[key].number()) << key;
  }
  for (const char* key : {"n", "b", "z", "a", "o", "missing"}) EXPECT_FALSE(root[key].text()) << key;
  for (const char* key : {"s", "n", "z", "a", "o", "missing"}) EXPECT_FALSE(root[key].flag()) << key;
  for (const char* key : {"s", "n", "b", "z", "o", "missing"}) EXPECT_TRUE(root[key].elements().empty()) << key;
}

TEST(JsonDocument, TakesAScalarForARoot) {
  EXPECT_EQ(json_document::parse(R"("a\u00e9")")->root().text(), "aé");
  EXPECT_EQ(json_document::parse(" 7\n")->root().integer(), 7);
  EXPECT_TRUE(json_document::parse("null")->root().is_null());
  EXPECT_TRUE(json_document::parse("[]")->root().elements().empty());
}

TEST(JsonDocument, UnescapesStringsAndKeys) {
  const auto document =
      json_document::parse(R"({"k\u0065y":"\ud83d\ude00\"\\\/\b\f\n\r\t\u0000z","plain":"p","\\":"\\\\","":"e"})");
  ASSERT_TRUE(document);
  EXPECT_EQ(document->root()["key"].text(), std::string("😀\"\\/\b\f\n\r\t\0z", 14));
  EXPECT_EQ(document->root()["plain"].text(), "p");
  EXPECT_EQ(document->root()["\\"].text(), "\\\\");
  EXPECT_EQ(document->root()[""].text(), "e");
}

TEST(JsonDocument, GivesTheFirstOfTwoMembersWithOneName) {
  const auto document = json_document::parse(R"({"a":1,"b":[9,{"a":5}],"\u0061":2,"a":3})");
  ASSERT_TRUE(document);
  EXPECT_EQ(document->root()["a"].integer(), 1);
}

TEST(JsonDocument, KeepsItsOwnCopy) {
  std::string text = R"({"a":"value"})";
  const auto document = json_document::parse(text);
  text.assign(text.size(), '#');
  EXPECT_EQ(document->root()["a"].text(), "value");
}

TEST(JsonDocument, TellsIntegersFromOtherNumbers) {
  struct number_case {
    std::string text;
    std::optional<std::int64_t> integer;
    std::optional<double> number;
  };
  const number_case cases[] = {
      {"0", 0, 0.0},
      {"-0", 0, -0.0},
      {"3.0", std::nullopt, 3.0},
      {"1e2", std::nullopt, 100.0},
      {"9223372036854775807", largest, static_cast<double>(largest)},
      {"-9223372036854775808", std::numeric_limits<std::int64_t>::min(), -9223372036854775808.0},
      {"9223372036854775808", std::nullopt, 9223372036854775808.0},
      {"1" + std::string(300, '0'), std::nullopt, 1e300},
      {"1" + std::string(400, '0'), std::nullopt, std::nullopt},
      {"1e400", std::nullopt, std::nullopt},
      {"-1e99999999999999999999", std::nullopt, std::nullopt},
  };
  for (const auto& [text, integer, number] : cases) {
    const auto document = json_document::parse("[" + text + "]");
    ASSERT_TRUE(document) << text;
    EXPECT_EQ(document->root().elements()[0].integer(), integer) << text;
    EXPECT_EQ(document->root().elements()[0].number(), number) << text;
  }
}

TEST(JsonDocument, RefusesWhatIsNoJson) {
  for (const std::string& text : {std::string(),
                                  std::string(" \n"),
                                  std::string("{"),
                                  std::string("{}{}"),
                                  std::string("[1,]"),
                                  std::string("{'a':1}"),
                                  std::string("NaN"),
                                  std::string("[Infinity]"),
                                  std::string("[-]"),
                                  std::string("[01]"),
                                  std::string("\xEF\xBB\xBF{}"),
                                  std::string("\"\xFF\""),
                                  std::string("\"\xED\xA0\x80\""),
                                  std::string(R"("\ud800")"),
                                  std::string(R"("\udc00\ud800")"),
                                  std::string(R"("\u12")"),
                                  std::string("\"a\nb\""),
                                  std::string("{}\0", 3),
                                  std::string("<html>"),
                                  std::string("\"open")}) {
    EXPECT_FALSE(json_document::parse(text)) << text;
  }
}

TEST(JsonDocument, BoundsTheDepth) {
  EXPECT_TRUE(json_document::parse(nested(64)));
  EXPECT_TRUE(json_document::parse(nested(64, "1")));
  EXPECT_FALSE(json_document::parse(nested(65)));
  EXPECT_FALSE(json_document::parse(nested(65, "1")));
  EXPECT_FALSE(json_document::parse(std::string(1'000'000, '[')));
}

// An array of so many values, itself counted.
std::string list_of(std::size_t values, std::string_view element = "0") {
  std::string text = "[";
  for (std::size_t count = 1; count < values; ++count) {
    if (count > 1) text += ',';
    text += element;
  }
  return text + ']';
}

TEST(JsonDocument, BoundsTheNumberOfValues) {
  constexpr std::size_t most = json_document::most_values;
  const auto full = json_document::parse(list_of(most));
  ASSERT_TRUE(full);
  EXPECT_EQ(full->root().elements().size(), most - 1);
  EXPECT_FALSE(json_document::parse(list_of(most + 1)));
  EXPECT_FALSE(json_document::parse(list_of(most + 1, "[]")));
  EXPECT_FALSE(json_document::parse(list_of(most + 1, R"("a")")));
  EXPECT_FALSE(json_document::parse("[" + list_of(most) + "]"));
  EXPECT_FALSE(json_document::parse(R"({"a":)" + list_of(most) + R"(,"b":{"c":[1]}})"))
      << "what follows is passed over";
  EXPECT_TRUE(json_document::parse(list_of(most / 3, R"({"a":1})"))) << "an object, a name and a value for each";
  EXPECT_FALSE(json_document::parse(list_of(most / 3 + 2, R"({"a":1})"))) << "names count";
}

TEST(JsonDocument, KeepsMembersOfTheNamesGivenAlone) {
  constexpr std::array<std::string_view, 4> names{"a", "list", "z", "\n"};
  const auto document = json_document::parse(
      R"({"a":"x","b":{"a":1},"list":[{"a":2,"c":[3]},4,[{"list":null,"d":5}]],"\u007a":6,"\\n":"\n","n":7,"\n":8,"":9})",
      names);
  ASSERT_TRUE(document);
  const json_value root = document->root();
  EXPECT_EQ(root["a"].text(), "x");
  EXPECT_FALSE(root["b"].exists());
  const auto list = root["list"].elements();
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(list[0]["a"].integer(), 2);
  EXPECT_FALSE(list[0]["c"].exists());
  EXPECT_EQ(list[1].integer(), 4);
  EXPECT_TRUE(list[2].elements().at(0)["list"].is_null());
  EXPECT_FALSE(list[2].elements().at(0)["d"].exists());
  EXPECT_EQ(root["z"].integer(), 6) << "compared unescaped";
  EXPECT_EQ(root["\n"].integer(), 8);
  for (const char* name : {"n", "\\n", ""}) EXPECT_FALSE(root[name].exists()) << name;
}

TEST(JsonDocument, CountsNoValuesThatItPassesOver) {
  constexpr std::array<std::string_view, 1> names{"a"};
  const std::string many = list_of(json_document::most_values + 1);
  const auto document = json_document::parse(R"({"b":)" + many + R"(,"a":1})", names);
  ASSERT_TRUE(document);
  EXPECT_EQ(document->root()["a"].integer(), 1);
  EXPECT_FALSE(json_document::parse(R"({"b":1,"a":)" + many + "}", names));
  EXPECT_FALSE(json_document::parse(R"({"a":1,"b":[01]})", names)) << "but they must be JSON";
}

// What the tree says, written again.
void write(const json_value& value, const nlohmann::ordered_json& expected) {
  if (expected.is_object()) {
    ASSERT_TRUE(value.is_object());
    for (const auto& [key, member] : expected.items()) write(value[key], member);
  } else if (expected.is_array()) {
    ASSERT_TRUE(value.is_array());
    const auto elements = value.elements();
    ASSERT_EQ(elements.size(), expected.size());
    for (std::size_t i = 0; i < elements.size(); ++i) write(elements[i], expected[i]);
  } else if (expected.is_string()) {
    ASSERT_EQ(value.text(), expected.get<std::string>());
  } else if (expected.is_boolean()) {
    ASSERT_EQ(value.flag(), expected.get<bool>());
  } else if (expected.is_null()) {
    ASSERT_TRUE(value.is_null());
  } else {
    ASSERT_EQ(value.number(), expected.get<double>());
  }
}

RC_GTEST_PROP(JsonDocumentProperty, AgreesWithAnotherParser, ()) {
  const std::string text = generated::value(4);
  const auto document = json_document::parse(text);
  RC_ASSERT(document != nullptr);
  write(document->root(), nlohmann::ordered_json::parse(text));
  RC_ASSERT(!testing::Test::HasFatalFailure());
}

// Every value that can be reached, asked everything.
std::size_t visit(const json_value& value) {
  std::size_t bytes = value.text().value_or("").size();
  bytes += value.integer() || value.number() || value.flag() ? 1U : 0U;
  bytes += value["key"].exists() ? visit(value["key"]) : 0U;
  for (const json_value& element : value.elements()) bytes += visit(element);
  return bytes;
}

RC_GTEST_PROP(JsonDocumentProperty, StaysInsideMutilatedText, ()) {
  const std::string text = generated::mutated(generated::value(3));
  const auto document = json_document::parse(text);
  if (document) RC_ASSERT(visit(document->root()) <= text.size());
}

TEST(JsonWriter, WritesNestedValuesWithTheCommasWhereTheyBelong) {
  json_writer out;
  out.begin_object().key("a").integer(1).key("b").begin_array();
  out.text("[").text("{").begin_object().end_object().begin_array().end_array().flag(true).flag(false).null();
  out.end_array().key("c:").begin_object().key("d").raw(R"({"e":[1, 2]})").key("f").text("").end_object().end_object();
  EXPECT_EQ(out.take(), R"({"a":1,"b":["[","{",{},[],true,false,null],"c:":{"d":{"e":[1, 2]},"f":""}})");
  EXPECT_EQ(out.take(), "");
  EXPECT_EQ(out.begin_array().end_array().take(), "[]");
}

TEST(JsonWriter, EscapesTextAndMendsUtf8) {
  json_writer out;
  out.text(std::string_view("\"\\\n\x01é\0", 7));
  EXPECT_EQ(out.take(), R"("\"\\\n\u0001é\u0000")");
  out.begin_object().key("\"\xFF").text("\xC3").end_object();
  EXPECT_EQ(out.take(), "{\"\\\"\xEF\xBF\xBD\":\"\xEF\xBF\xBD\"}");
}

TEST(JsonWriter, WritesTheShortestNumberThatReadsBackTheSame) {
  const std::pair<double, std::string> cases[] = {
      {0.1, "0.1"},
      {1.0, "1"},
      {-0.5, "-0.5"},
      {1e300, "1e+300"},
      {std::numeric_limits<double>::denorm_min(), "5e-324"},
      {-std::numeric_limits<double>::min(), "-2.2250738585072014e-308"},
      {std::numeric_limits<double>::infinity(), "null"},
      {-std::numeric_limits<double>::infinity(), "null"},
      {std::nan(""), "null"},
  };
  for (const auto& [value, text] : cases) {
    json_writer out;
    EXPECT_EQ(out.number(value).take(), text);
  }
  json_writer out;
  EXPECT_EQ(out.begin_array().integer(std::numeric_limits<std::int64_t>::min()).integer(largest).end_array().take(),
            "[-9223372036854775808,9223372036854775807]");
}

RC_GTEST_PROP(JsonWriterProperty, WritesTextThatReadsBackTheSame, (const std::string& bytes)) {
  json_writer out;
  const auto document = json_document::parse(out.begin_array().text(bytes).end_array().take());
  RC_ASSERT(document != nullptr);
  const auto read = document->root().elements().at(0).text();
  RC_ASSERT(read.has_value());
  if (nlohmann::json::accept("\"" + bytes + "\"") && bytes.find('\\') == std::string::npos) RC_ASSERT(*read == bytes);
}

}  // namespace
}  // namespace phigate::codec
