#include "observe/line.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace phigate::observe {
namespace {

constexpr std::size_t time_size = std::string_view("2026-01-02T03:04:05.678Z").size();

std::string text_line(std::string_view key, std::string_view value) {
  std::string out;
  line one(out, false, "info", "event");
  one.text(key, value);
  one.end();
  return out.substr(time_size);
}

std::string json_line(std::string_view key, std::string_view value) {
  std::string out;
  line one(out, true, "info", "event");
  one.text(key, value);
  one.end();
  const std::string_view before = R"({"time":")";
  EXPECT_TRUE(out.starts_with(before));
  return out.substr(before.size() + time_size);
}

TEST(line, begins_with_the_time_in_utc) {
  std::string out;
  line one(out, false, "warn", "something happened");
  one.end();
  ASSERT_EQ(out.substr(time_size), " warn something happened\n");
  const std::string form = "dddd-dd-ddTdd:dd:dd.dddZ";
  for (std::size_t i = 0; i < form.size(); ++i) {
    const bool digit = out[i] >= '0' && out[i] <= '9';
    EXPECT_TRUE(form[i] == 'd' ? digit : out[i] == form[i]) << out;
  }
  EXPECT_GE(out.substr(0, 4), "2024");
}

TEST(line, text_has_plain_values_bare) {
  EXPECT_EQ(text_line("key", "a-b_c/9.x:y"), " info event key=a-b_c/9.x:y\n");
  EXPECT_EQ(text_line("key", "\xc3\xa9"), " info event key=\xc3\xa9\n");
}

TEST(line, text_quotes_what_is_not_plain) {
  EXPECT_EQ(text_line("key", ""), " info event key=\"\"\n");
  EXPECT_EQ(text_line("key", "two words"), " info event key=\"two words\"\n");
  EXPECT_EQ(text_line("key", "a=b"), " info event key=\"a=b\"\n");
  EXPECT_EQ(text_line("key", "say \"x\""), " info event key=\"say \\\"x\\\"\"\n");
  EXPECT_EQ(text_line("key", "back\\slash"), " info event key=\"back\\\\slash\"\n");
  EXPECT_EQ(text_line("key", "a\nlevel=error"), " info event key=\"a\\u000alevel=error\"\n");
  EXPECT_EQ(text_line("key", std::string_view("\0\x1b\x7f\r\t", 5)),
            " info event key=\"\\u0000\\u001b\\u007f\\u000d\\u0009\"\n");
}

TEST(line, json_is_one_object_with_every_string_quoted) {
  EXPECT_EQ(json_line("key", "plain"), R"(","level":"info","event":"event","key":"plain"})"
                                       "\n");
  EXPECT_EQ(json_line("key", ""), R"(","level":"info","event":"event","key":""})"
                                  "\n");
  EXPECT_EQ(json_line("key", "a\"b\\c\nd"), R"(","level":"info","event":"event","key":"a\"b\\c\u000ad"})"
                                            "\n");
}

TEST(line, numbers_stand_bare_in_both) {
  for (const bool json : {false, true}) {
    std::string out;
    line one(out, json, "info", "e");
    one.number("a", std::int64_t{-5});
    one.number("b", "17");
    one.end();
    EXPECT_TRUE(out.ends_with(json ? R"("event":"e","a":-5,"b":17})"
                                     "\n"
                                   : " info e a=-5 b=17\n"))
        << out;
  }
}

TEST(line, is_appended_to_what_is_there) {
  std::string out = "before\n";
  line(out, false, "info", "e").end();
  EXPECT_TRUE(out.starts_with("before\n2"));
}

// Whatever a value holds: one line, and outside of its quotes nothing of it.
RC_GTEST_PROP(line, no_value_breaks_out_of_its_line, (const std::string& value, bool json)) {
  std::string out;
  line one(out, json, "info", "e");
  one.text("k", value);
  one.text("last", "x");
  one.end();
  RC_ASSERT(std::ranges::count(out, '\n') == 1);
  RC_ASSERT(out.ends_with(json ? R"(,"last":"x"})"
                                 "\n"
                               : " last=x\n"));
  bool quoted = false;
  std::size_t equal_signs = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (quoted && out[i] == '\\') {
      ++i;
    } else if (out[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && out[i] == '=') {
      ++equal_signs;
    }
    RC_ASSERT(static_cast<unsigned char>(out[i]) >= 0x20 || i + 1 == out.size());
  }
  RC_ASSERT(!quoted);
  RC_ASSERT(equal_signs == (json ? 0U : 2U));
}

}  // namespace
}  // namespace phigate::observe
