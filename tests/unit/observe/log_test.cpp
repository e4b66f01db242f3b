#include "phigate/observe/log.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "support/captured_stderr.hpp"

namespace phigate::observe {
namespace {

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

TEST_F(log_test, a_line_end_in_a_field_stays_inside_its_line) {
  log(level::info, "e", {{"note", "a\n2026 error forged"}});
  EXPECT_EQ(logged(), " info e note=\"a\\u000a2026 error forged\"\n");
}

}  // namespace
}  // namespace phigate::observe
