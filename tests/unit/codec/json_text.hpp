// Generators of JSON texts as hostile or careless clients write them: odd spacing, escapes, numbers that no machine
// type holds.
#pragma once

#include <rapidcheck.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "codec/json_cursor.hpp"

namespace phigate::codec::generated {

inline std::string space() {
  return *rc::gen::weightedElement<std::string>({{12, ""}, {3, " "}, {1, "\n\t"}, {1, "\r\n  "}});
}

// Between the quotes. "key" and its escaped spelling are both among the pieces.
inline std::string string_content() {
  static const std::vector<std::string> pieces = {
      "a",  "key", R"(k\u0065y)", R"(\")", R"(\\)", R"(\/)", R"(\n)", R"(\u0000)", "é", R"(\ud83d\ude00)",
      "😀", "{",   "}",           "[",     "]",     ",",     ":",     " "};
  std::string content;
  for (const auto& piece :
       *rc::gen::resize(6, rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(pieces)))) {
    content += piece;
  }
  return content;
}

inline std::string scalar() {
  static const std::vector<std::string> plain = {"null",
                                                 "true",
                                                 "false",
                                                 "0",
                                                 "-0",
                                                 "-1.5e-7",
                                                 "12345678901234567890123456789",
                                                 "0.1000",
                                                 "1E+2",
                                                 "3.141592653589793238462643383279",
                                                 "18446744073709551616"};
  if (*rc::gen::arbitrary<bool>()) return "\"" + string_content() + "\"";
  return *rc::gen::elementOf(plain);
}

inline std::string value(int depth);

struct raw_member {
  std::string key;    // between the quotes, as written
  std::string value;  // as written
};

// Keys differ once unescaped.
inline std::vector<raw_member> members(int depth) {
  std::vector<raw_member> list;
  std::set<std::string> names;
  const int count = *rc::gen::inRange(0, 5);
  for (int i = 0; i < count; ++i) {
    raw_member next{string_content(), value(depth)};
    if (names.insert(json_string(next.key).text()).second) list.push_back(std::move(next));
  }
  return list;
}

inline std::string object(const std::vector<raw_member>& members) {
  std::string text = "{" + space();
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (i > 0) text += "," + space();
    text += "\"" + members[i].key + "\"" + space() + ":" + space() + members[i].value + space();
  }
  return text + "}";
}

inline std::string value(int depth) {
  const int choice = depth == 0 ? 0 : *rc::gen::inRange(0, 4);
  if (choice < 2) return scalar();
  if (choice == 2) return object(members(depth - 1));
  std::string text = "[" + space();
  const int count = *rc::gen::inRange(0, 4);
  for (int i = 0; i < count; ++i) text += (i > 0 ? "," + space() : "") + value(depth - 1) + space();
  return text + "]";
}

// `text` with a few bytes changed, cut out, doubled or added.
inline std::string mutated(std::string text) {
  static const std::string alphabet = "{}[]\",:\\u0123456789eE+-.tfn \n\x01\x7f\xc3\xa9\xed\xa0\x80\xff";
  const int edits = *rc::gen::inRange(1, 5);
  for (int i = 0; i < edits; ++i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size() + 1);
    const char byte = *rc::gen::elementOf(alphabet);
    switch (*rc::gen::inRange(0, 4)) {
      case 0:
        text.insert(at, 1, byte);
        break;
      case 1:
        text.erase(at, 1);
        break;
      case 2:
        if (at < text.size()) text[at] = byte;
        break;
      default:
        text.resize(at);
    }
  }
  return text;
}

}  // namespace phigate::codec::generated
