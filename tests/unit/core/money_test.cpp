#include "phigate/core/money.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace phigate::core {
namespace {

TEST(decimal, reads_up_to_nine_digits_and_six_places_exactly) {
  struct row {
    std::string_view text;
    std::int64_t micros;
  };
  for (const row& one : {row{"0", 0}, row{"12", 12'000'000}, row{"0.20", 200'000}, row{"1.08", 1'080'000},
                         row{"0.000001", 1}, row{"999999999.999999", 999'999'999'999'999}, row{"0.0", 0}}) {
    const auto parsed = decimal::parse(one.text);
    ASSERT_TRUE(parsed) << one.text;
    EXPECT_EQ(parsed->micros(), one.micros) << one.text;
  }
}

TEST(decimal, refuses_any_other_text) {
  for (std::string_view text :
       {"",      ".",     ".5",         "5.",        "-1",        "+1",  " 1",  "1 ",  "1e-3", "0x1",     "1,5",
        "1.2.3", "1_000", "1000000000", "0.0000001", "1.0000000", "nan", "inf", "010", "00",   "\xd9\xa1"}) {
    EXPECT_FALSE(decimal::parse(text)) << text;
  }
  EXPECT_FALSE(decimal::parse(std::string_view("1\0", 2)));
}

TEST(decimal, shows_itself_as_short_as_it_can) {
  EXPECT_EQ(decimal::from_micros(200'000).text(), "0.2");
  EXPECT_EQ(decimal::from_micros(12'000'000).text(), "12");
  EXPECT_EQ(decimal::from_micros(1).text(), "0.000001");
  EXPECT_EQ(decimal::from_micros(0).text(), "0");
  EXPECT_EQ(decimal::from_micros(10'500'000).text(), "10.5");
}

RC_GTEST_PROP(decimal, text_and_parse_are_each_others_reverse, ()) {
  const auto micros = *rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000'000);
  const auto parsed = decimal::parse(decimal::from_micros(micros).text());
  RC_ASSERT(parsed.has_value());
  RC_ASSERT(parsed->micros() == micros);
}

}  // namespace
}  // namespace phigate::core
