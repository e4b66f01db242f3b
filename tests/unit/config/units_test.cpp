#include "config/units.hpp"

#include <gtest/gtest.h>

#include "config/address.hpp"
#include "config/expansion.hpp"
#include "config/utf8.hpp"
#include "unit/config/config_files.hpp"

namespace phigate::config {
namespace {

using namespace std::chrono_literals;

TEST(units, durations_and_sizes_are_a_whole_number_and_a_unit) {
  EXPECT_EQ(parse_duration("0ms"), 0ms);
  EXPECT_EQ(parse_duration("250ms"), 250ms);
  EXPECT_EQ(parse_duration("5m"), 5min);
  EXPECT_EQ(parse_duration("999999999999h"), milliseconds(999'999'999'999 * 3'600'000));
  for (const std::string_view text :
       {"", "s", "1", "1 s", " 1s", "1s ", "+1s", "-1s", "1,5s", "1.5s", "1h30m", "1us", "1S", "9999999999999s"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
  EXPECT_EQ(parse_size("1B"), 1u);
  EXPECT_EQ(parse_size("2GiB"), std::uint64_t{2} << 30);
  for (const std::string_view text : {"", "1", "KiB", "1K", "1KB", "1kib", "1Mi", "1.5GiB", "-1B"})
    EXPECT_FALSE(parse_size(text)) << text;
}

TEST(units, the_text_of_a_value_parses_back) {
  for (const milliseconds value : {0ms, 1ms, 999ms, 1'000ms, 90'000ms, 3'600'000ms}) {
    EXPECT_EQ(parse_duration(duration_text(value)), value);
  }
  for (const std::uint64_t value : {0ull, 1ull, 1023ull, 1024ull, 1536ull, 1ull << 30})
    EXPECT_EQ(parse_size(size_text(value)), value);
  EXPECT_EQ(size_text(25u << 20), "25MiB");
}

TEST(units, a_date_is_a_day_of_the_calendar) {
  EXPECT_EQ(parse_date("2028-02-29"), std::chrono::sys_days(std::chrono::year(2028) / 2 / 29));
  for (const std::string_view text :
       {"", "2027-02-29", "2026-04-31", "2026-00-01", "2026-01-00", "2026-13-01", "26-01-01", "2026/01/01",
        "2026-01-01T00:00:00Z", "2026-1-01", "+026-01-01", "2026-01-1 "}) {
    EXPECT_FALSE(parse_date(text)) << text;
  }
}

TEST(expansion, replaces_each_variable_once) {
  const environment env = testing::environment_of({{"A", "1"}, {"_b2", "${A}"}, {"EMPTY", ""}});
  const auto text = [&](std::string_view from) {
    const auto result = expand(from, env);
    return result ? result->text : "error";
  };
  EXPECT_EQ(text(""), "");
  EXPECT_EQ(text("plain $ $A {A} }"), "plain $ $A {A} }");
  EXPECT_EQ(text("${A}${A}-x"), "11-x");
  EXPECT_EQ(text("${_b2}"), "${A}");
  EXPECT_EQ(text("$${A}"), "${A}");
  EXPECT_EQ(text("$${A}${A}"), "${A}1");
  EXPECT_EQ(text("$$"), "$$");
  for (const std::string_view bad : {"${", "x${A", "${}", "${1}", "${A B}", "${A:-x}", "${${A}}", "${Ä}"})
    EXPECT_EQ(text(bad), "error") << bad;
  const auto missing = expand("${NO}${EMPTY}${NO}", env);
  ASSERT_TRUE(missing);
  EXPECT_EQ(missing->missing, (std::vector<std::string>{"NO is not set", "EMPTY is empty"}));
}

TEST(address, loopback_is_127_and_one_address_of_ipv6_and_never_a_name) {
  for (const std::string_view text : {"127.0.0.1", "127.255.255.255", "::1", "0:0:0:0:0:0:0:1"})
    EXPECT_TRUE(is_loopback(text)) << text;
  for (const std::string_view text : {"", "localhost", "128.0.0.1", "126.255.255.255", "0.0.0.0", "::", "::2", "127.1",
                                      "0127.0.0.1", "::ffff:127.0.0.1", "[::1]", "127.0.0.1 "}) {
    EXPECT_FALSE(is_loopback(text)) << text;
  }
}

TEST(address, a_base_url_is_taken_apart) {
  const auto url = parse_base_url("https://API.Example.org:8443/a/b/");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "api.example.org");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->prefix, "/a/b");
  const auto bare = parse_base_url("http://[::1]");
  ASSERT_TRUE(bare);
  EXPECT_FALSE(bare->tls);
  EXPECT_EQ(bare->host, "::1");
  EXPECT_EQ(bare->port, 80);
  EXPECT_EQ(bare->prefix, "");
  EXPECT_TRUE(parse_base_url("http://127.0.0.1:9/"));
  EXPECT_TRUE(parse_base_url("https://a.example/x%20y/.well-known/..a"));
  EXPECT_FALSE(parse_base_url("https://" + std::string(64, 'a') + ".example"));
  EXPECT_TRUE(parse_base_url("https://" + std::string(63, 'a') + ".example"));
}

TEST(utf8, the_first_bad_byte_is_found) {
  for (const std::string_view text : {"", "plain", "é", "€", "𝄞", "\xed\x9f\xbf", "\xee\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_EQ(first_invalid_utf8(text), std::nullopt) << text;
  }
  const std::vector<std::pair<std::string_view, std::size_t>> bad{{"a\x80", 1},
                                                                  {"\xc1\xbf", 0},
                                                                  {"é\xc3", 2},
                                                                  {"\xe0\x9f\xbf", 0},
                                                                  {"\xed\xa0\x80", 0},
                                                                  {"\xf0\x8f\xbf\xbf", 0},
                                                                  {"\xf4\x90\x80\x80", 0},
                                                                  {"\xf5\x80\x80\x80", 0},
                                                                  {"x\xf0\x9d\x84", 1},
                                                                  {"\xe2\x82z", 0}};
  for (const auto& [text, offset] : bad) EXPECT_EQ(first_invalid_utf8(text), offset);
}

}  // namespace
}  // namespace phigate::config
