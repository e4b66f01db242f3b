#include "phigate/codec/splice.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "codec/top_level.hpp"
#include "json_text.hpp"

namespace phigate::codec {
namespace {

using nlohmann::json;
using pairs = body_edits::pairs;

request_facts facts_of(std::string_view body) {
  request_facts facts;
  fault_keeper faults;
  json_cursor cursor(body);
  read_top_level(cursor, body, {}, facts, faults, [](std::string_view) {});
  return facts;
}

std::string spliced(std::string_view body, const body_edits& edits) {
  return splice(body, facts_of(body), edits).text();
}

TEST(Splice, DropsAMemberAtAnyPlace) {
  EXPECT_EQ(spliced(R"({"x":1,"a":2,"b":3})", {.drop = {"x"}}), R"({"a":2,"b":3})");
  EXPECT_EQ(spliced(R"({"a":2,"x":1,"b":3})", {.drop = {"x"}}), R"({"a":2,"b":3})");
  EXPECT_EQ(spliced(R"({"a":2,"b":3,"x":1})", {.drop = {"x"}}), R"({"a":2,"b":3})");
  EXPECT_EQ(spliced(R"({"x":1})", {.drop = {"x"}}), "{}");
  EXPECT_EQ(spliced(R"({"x":1,"a":2,"y":{}})", {.drop = {"x", "y"}}), R"({"a":2})");
  EXPECT_EQ(spliced(R"({"x":1,"y":2})", {.drop = {"y", "x"}}), "{}");
  EXPECT_EQ(spliced(R"({"a":1})", {.drop = {"absent"}}), R"({"a":1})");
}

TEST(Splice, KeepsSpacingAroundWhatItDrops) {
  EXPECT_EQ(spliced("{ \"x\" : 1 ,\n \"a\" : 2 }\n", {.drop = {"x"}}), "{ \"a\" : 2 }\n");
  EXPECT_EQ(spliced("{\n  \"a\": 2,\n  \"x\": 1\n}", {.drop = {"x"}}), "{\n  \"a\": 2\n}");
}

TEST(Splice, ReplacesAValueOrAddsItAtTheEnd) {
  const body_edits edits{.replace = {{"model", R"("up")"}}};
  EXPECT_EQ(spliced(R"({"model":"a","n":1})", edits), R"({"model":"up","n":1})");
  EXPECT_EQ(spliced(R"({"n":1,"model" : "a" })", edits), R"({"n":1,"model" : "up" })");
  EXPECT_EQ(spliced(R"({"n":1 })", edits), R"({"n":1,"model":"up" })");
  EXPECT_EQ(spliced("{}", edits), R"({"model":"up"})");
  EXPECT_EQ(spliced(" { } ", edits), R"( { "model":"up"} )");
  EXPECT_EQ(spliced(R"({"mod\u0065l":"a"})", edits), R"({"mod\u0065l":"up"})");
}

TEST(Splice, AddsAfterEverythingWasDropped) {
  EXPECT_EQ(spliced(R"({"x":1})", {.replace = {{"a", "1"}, {"b", "2"}}, .drop = {"x"}}), R"({"a":1,"b":2})");
}

TEST(Splice, AddsAKeyOnceThatIsGivenTwice) {
  EXPECT_EQ(spliced("{}", {.replace = {{"a", "1"}, {"a", "2"}}}), R"({"a":1})");
}

TEST(Splice, RenamesAndLetsAMemberThatHasTheNameAlreadyStay) {
  const body_edits edits{.rename = {{"max_tokens", "max_completion_tokens"}}};
  EXPECT_EQ(spliced(R"({"max_tokens":5,"n":1})", edits), R"({"max_completion_tokens":5,"n":1})");
  EXPECT_EQ(spliced(R"({"max_tokens":5,"max_completion_tokens":7})", edits), R"({"max_completion_tokens":7})");
  EXPECT_EQ(spliced(R"({"n":1})", edits), R"({"n":1})");
  EXPECT_EQ(spliced(R"({"a":1,"b":2})", {.rename = {{"a", "b"}, {"b", "a"}}}), R"({"b":1,"a":2})");
  EXPECT_EQ(spliced(R"({"a":1,"b":2})", {.rename = {{"a", "c"}, {"b", "c"}}}), R"({"c":1})");
  EXPECT_EQ(spliced(R"({"a":1})", {.rename = {{"a", "a"}}}), R"({"a":1})");
  EXPECT_EQ(spliced(R"({"a":1})", {.rename = {{"a", "é\""}}}), R"({"é\"":1})");
}

TEST(Splice, CombinesEditsThatNameTheClientsKeys) {
  EXPECT_EQ(spliced(R"({"a":1,"b":2})", {.rename = {{"a", "b"}}, .drop = {"b"}}), R"({"b":1})");
  EXPECT_EQ(spliced(R"({"a":1})", {.replace = {{"a", "9"}}, .rename = {{"a", "z"}}}), R"({"z":9})");
  EXPECT_EQ(spliced(R"({"n":1})", {.replace = {{"a", "9"}}, .rename = {{"a", "z"}}}), R"({"n":1,"z":9})");
  EXPECT_EQ(spliced(R"({"n":1})", {.replace = {{"a", "9"}}, .drop = {"a"}}), R"({"n":1})");
  EXPECT_EQ(spliced(R"({"a":1,"n":1})", {.replace = {{"a", "9"}}, .drop = {"a"}}), R"({"n":1})");
}

TEST(Splice, CopiesNothingThatStays) {
  const std::string body = R"({"messages":[{"role":"user"}],"model":"a","seed":12345678901234567890123,"n":1})";
  const spliced_body out = splice(body, facts_of(body), {.replace = {{"model", R"("b")"}}});
  ASSERT_EQ(out.pieces.size(), 3U);
  EXPECT_EQ(out.pieces.front().data(), body.data());
  EXPECT_EQ(out.pieces.back().data() + out.pieces.back().size(), body.data() + body.size());
  EXPECT_EQ(out.size, out.text().size());

  const spliced_body untouched = splice(body, facts_of(body), {});
  ASSERT_EQ(untouched.pieces.size(), 1U);
  EXPECT_EQ(untouched.pieces.front().data(), body.data());
  EXPECT_EQ(untouched.pieces.front().size(), body.size());
}

TEST(Splice, KeepsItsPiecesWhenMoved) {
  const std::string body = R"({"a":1})";
  spliced_body out = splice(body, facts_of(body), {.replace = {{"a", "2"}, {"b", "3"}}});
  const spliced_body moved = std::move(out);
  EXPECT_EQ(moved.text(), R"({"a":2,"b":3})");
}

TEST(Quote, EscapesAndReplacesInvalidUtf8) {
  EXPECT_EQ(quote("a\"b\\\n\x01é"), R"("a\"b\\\n\u0001é")");
  EXPECT_EQ(quote("a\xFF"), "\"a\xEF\xBF\xBD\"");
}

TEST(WithUsage, SetsTheOneMemberAndKeepsTheOthers) {
  EXPECT_EQ(with_usage(""), R"({"include_usage":true})");
  EXPECT_EQ(with_usage("{}"), R"({"include_usage":true})");
  EXPECT_EQ(with_usage(R"({"include_usage":false})"), R"({"include_usage":true})");
  EXPECT_EQ(with_usage(R"({ "include\u005fusage" : null , "x":1e5 })"), R"({ "include\u005fusage" : true , "x":1e5 })");
  EXPECT_EQ(with_usage(R"({"include_obfuscation":false})"), R"({"include_obfuscation":false,"include_usage":true})");
}

// The same edits done on a list of members: what splice must amount to.
struct model_member {
  std::string client_name;
  std::string name;
  std::string value;
};

std::vector<model_member> edited(const std::vector<generated::raw_member>& members, const body_edits& edits) {
  std::vector<model_member> list;
  for (const auto& [key, value] : members) {
    const std::string name = json_string(key).text();
    list.push_back({name, name, value});
  }
  for (const auto& [key, value] : edits.replace) {
    const auto found = std::ranges::find(list, key, &model_member::client_name);
    if (found == list.end()) {
      list.push_back({key, key, value});
    } else {
      found->value = value;
    }
  }
  std::erase_if(list, [&](const auto& m) { return std::ranges::count(edits.drop, m.client_name) > 0; });
  std::set<std::string> kept;
  for (const auto& m : list) {
    if (std::ranges::count(edits.rename, m.client_name, &pairs::value_type::first) == 0) kept.insert(m.name);
  }
  for (const auto& [key, name] : edits.rename) {
    const auto found = std::ranges::find(list, key, &model_member::client_name);
    if (found == list.end()) continue;
    if (kept.insert(name).second) {
      found->name = name;
    } else {
      list.erase(found);
    }
  }
  return list;
}

body_edits some_edits(const std::vector<generated::raw_member>& members) {
  std::vector<std::string> names = {"new", "other", ""};
  for (const auto& m : members) names.push_back(json_string(m.key).text());
  const auto name = [&] { return *rc::gen::elementOf(names); };
  body_edits edits;
  std::set<std::string> replaced;
  std::set<std::string> renamed;
  for (int i = *rc::gen::inRange(0, 3); i > 0; --i) {
    if (std::string key = name(); replaced.insert(key).second) edits.replace.emplace_back(key, generated::value(1));
  }
  for (int i = *rc::gen::inRange(0, 3); i > 0; --i) {
    const std::string key = name();
    const std::string to = name();
    if (key != to && renamed.insert(key).second) edits.rename.emplace_back(key, to);
  }
  for (int i = *rc::gen::inRange(0, 3); i > 0; --i) edits.drop.push_back(name());
  return edits;
}

RC_GTEST_PROP(SpliceProperty, EqualsTheEditDoneOnTheParsedTree, ()) {
  const auto members = generated::members(3);
  const std::string body = generated::space() + generated::object(members) + generated::space();
  const body_edits edits = some_edits(members);
  const spliced_body out = splice(body, facts_of(body), edits);
  const std::string text = out.text();

  json expected = json::object();
  for (const auto& m : edited(members, edits)) expected[m.name] = json::parse(m.value);
  RC_ASSERT(json::parse(text) == expected);
  RC_ASSERT(out.size == text.size());
  RC_ASSERT(std::ranges::none_of(out.pieces, [](std::string_view piece) { return piece.empty(); }));
}

RC_GTEST_PROP(SpliceProperty, KeepsTheBytesOfEveryMemberThatIsNotNamed, ()) {
  const auto members = generated::members(3);
  const std::string body = generated::object(members);
  const body_edits edits = some_edits(members);
  const std::string text = spliced(body, edits);
  const request_facts before = facts_of(body);
  const request_facts after = facts_of(text);
  const auto raw = [](std::string_view whole, const member& m) {
    return whole.substr(m.key_begin, m.value_end - m.key_begin);
  };
  for (const member& m : before.members) {
    const bool named = std::ranges::count(edits.drop, m.key) > 0 ||
                       std::ranges::count(edits.replace, m.key, &pairs::value_type::first) > 0 ||
                       std::ranges::count(edits.rename, m.key, &pairs::value_type::first) > 0;
    if (named) continue;
    const auto found = std::ranges::find(after.members, m.key, &member::key);
    RC_ASSERT(found != after.members.end());
    RC_ASSERT(raw(text, *found) == raw(body, m));
  }
}

}  // namespace
}  // namespace phigate::codec
