#include "phigate/observe/log.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "support/captured_stderr.hpp"

namespace phigate::observe {
namespace {

// `before`, digits, `after`.
bool is_numbered(std::string_view line, std::string_view before, std::string_view after) {
  if (line.size() <= before.size() + after.size() || !line.starts_with(before) || !line.ends_with(after)) return false;
  const std::string_view digits = line.substr(before.size(), line.size() - before.size() - after.size());
  return std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
}

class log_test : public testing::Test {
 protected:
  ~log_test() override { configure_log({}); }

  // What reached the standard error, without its times; the mark that ends it left out.
  std::string logged() {
    log(level::error, "end of this test");
    const std::string text = stderr_.read_through("end of this test");
    std::string out;
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
      const std::string one = text.substr(at, text.find('\n', at) - at);
      if (one.find("end of this test") == std::string::npos) out += one.substr(one.find("Z") + 1) + "\n";
    }
    return out;
  }

  test::captured_stderr stderr_;
};

TEST_F(log_test, writes_events_with_their_fields) {
  log(level::info, "attempt failed", {{"provider", "acme"}, {"ms", 12}, {"note", std::string("two words")}});
  log(level::warn, "plain");
  EXPECT_EQ(logged(), " info attempt failed provider=acme ms=12 note=\"two words\"\n warn plain\n");
}

TEST_F(log_test, writes_json_when_told_to) {
  log_settings settings;
  settings.json = true;
  configure_log(settings);
  log(level::info, "started", {{"port", 8080}, {"address", "::1"}, {"n", std::int64_t{-1}}});
  EXPECT_EQ(logged(), "\",\"level\":\"info\",\"event\":\"started\",\"port\":8080,\"address\":\"::1\",\"n\":-1}\n");
}

TEST_F(log_test, leaves_out_what_is_below_the_threshold) {
  const std::array<level, 5> all{level::trace, level::debug, level::info, level::warn, level::error};
  const std::array<std::string_view, 5> names{"trace", "debug", "info", "warn", "error"};
  std::string expected;
  for (std::size_t threshold = 0; threshold < all.size(); ++threshold) {
    log_settings settings;
    settings.threshold = all[threshold];
    configure_log(settings);
    for (std::size_t i = 0; i < all.size(); ++i) {
      EXPECT_EQ(is_logged(all[i]), i >= threshold);
      log(all[i], "e", {{"at", static_cast<int>(threshold)}});
      if (i >= threshold) expected += " " + std::string(names[i]) + " e at=" + std::to_string(threshold) + "\n";
    }
  }
  EXPECT_EQ(logged(), expected);
}

TEST_F(log_test, follows_what_it_is_told_while_running) {
  log(level::debug, "a");
  configure_log({level::debug, true});
  log(level::debug, "b");
  configure_log({level::warn, false});
  log(level::info, "c");
  log(level::warn, "d");
  EXPECT_EQ(logged(), "\",\"level\":\"debug\",\"event\":\"b\"}\n warn d\n");
}

// Others log while the form and the threshold change: every line is whole, in one form or the other.
TEST_F(log_test, changes_its_form_under_those_who_log) {
  constexpr int lines = 2'000;  // fewer than may wait, so none is dropped
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 2; ++i) {
      threads.emplace_back([] {
        for (int n = 0; n < lines; ++n) log(level::error, "e", {{"n", n}});
      });
    }
    for (int n = 0; n < lines; ++n) configure_log({n % 2 == 0 ? level::trace : level::error, n % 3 == 0});
  }
  configure_log({});
  const std::string text = logged();
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1, ++count) {
    const std::string line = text.substr(at, text.find('\n', at) - at);
    EXPECT_TRUE(is_numbered(line, " error e n=", "") || is_numbered(line, R"(","level":"error","event":"e","n":)", "}"))
        << line;
  }
  EXPECT_EQ(count, 2U * lines);
}

TEST_F(log_test, a_line_end_in_a_field_stays_inside_its_line) {
  log(level::info, "e", {{"note", "a\n2026 error forged"}});
  EXPECT_EQ(logged(), " info e note=\"a\\u000a2026 error forged\"\n");
}

}  // namespace
}  // namespace phigate::observe
