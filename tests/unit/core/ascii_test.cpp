#include "phigate/core/ascii.hpp"

#include <gtest/gtest.h>

namespace phigate::core::ascii {
namespace {

TEST(Ascii, TellsEachOfTheBytesApart) {
  std::string digits;
  std::string letters;
  std::string hex;
  std::string lowered;
  std::string raised;
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    if (is_digit(c)) digits += c;
    if (is_letter(c)) letters += c;
    if (hex_value(c)) hex += c;
    if (to_lower(c) != c) lowered += c;
    if (to_upper(c) != c) raised += c;
    EXPECT_EQ(is_alphanumeric(c), is_digit(c) || is_letter(c)) << byte;
  }
  EXPECT_EQ(digits, "0123456789");
  EXPECT_EQ(hex, "0123456789ABCDEFabcdef");
  for (std::size_t i = 0; i < hex.size(); ++i) EXPECT_EQ(hex_value(hex[i]), i < 16 ? i : i - 6) << hex[i];
  EXPECT_EQ(lowered, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
  EXPECT_EQ(raised, "abcdefghijklmnopqrstuvwxyz");
  EXPECT_EQ(letters, lowered + raised);
  EXPECT_EQ(to_lower(lowered), raised);
}

TEST(Ascii, ComparesLettersAndNothingElseIgnoringTheirCase) {
  EXPECT_TRUE(equals_ignoring_case("X-Phi", "x-pHI"));
  EXPECT_TRUE(equals_ignoring_case("", ""));
  EXPECT_FALSE(equals_ignoring_case("x-phi", "x-ph"));
  EXPECT_FALSE(equals_ignoring_case("[", "{"));  // a letter's case is the same bit
  EXPECT_FALSE(equals_ignoring_case("\xC4", "\xE4"));
  EXPECT_TRUE(starts_with_ignoring_case("DATA:x", "data:"));
  EXPECT_FALSE(starts_with_ignoring_case("dat", "data:"));
}

}  // namespace
}  // namespace phigate::core::ascii
