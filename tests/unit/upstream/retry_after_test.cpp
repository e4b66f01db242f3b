#include "upstream/retry_after.hpp"

#include <gtest/gtest.h>

#include <string>

namespace phigate::upstream {
namespace {

using std::chrono::seconds;
using namespace std::chrono_literals;

// Sun, 06 Nov 1994 08:49:37 GMT, and 400 ms.
const std::chrono::system_clock::time_point now{784'111'777s + 400ms};

TEST(retry_after, reads_whole_seconds) {
  EXPECT_EQ(parse_retry_after("0", now), 0s);
  EXPECT_EQ(parse_retry_after("7", now), 7s);
  EXPECT_EQ(parse_retry_after("007", now), 7s);
  EXPECT_EQ(parse_retry_after("3600", now), 3600s);
}

TEST(retry_after, rounds_a_fraction_up) {
  EXPECT_EQ(parse_retry_after("1.0", now), 1s);
  EXPECT_EQ(parse_retry_after("1.000", now), 1s);
  EXPECT_EQ(parse_retry_after("1.001", now), 2s);
  EXPECT_EQ(parse_retry_after("0.5", now), 1s);
  EXPECT_EQ(parse_retry_after("59.9", now), 60s);
}

TEST(retry_after, bounds_what_nobody_would_wait_for) {
  constexpr seconds year = 365 * 24h;
  EXPECT_EQ(parse_retry_after("31536000", now), year);
  EXPECT_EQ(parse_retry_after("31536000.5", now), year);
  EXPECT_EQ(parse_retry_after("31536001", now), year);
  EXPECT_EQ(parse_retry_after("9223372036854775807", now), year);
  EXPECT_EQ(parse_retry_after("9223372036854775807.9", now), year);
  EXPECT_EQ(parse_retry_after("9223372036854775808", now), year);
  EXPECT_EQ(parse_retry_after("99999999999999999999999999", now), year);
  EXPECT_EQ(parse_retry_after("Fri, 31 Dec 9999 23:59:59 GMT", now), year);
}

TEST(retry_after, reads_a_date_as_the_time_until_then) {
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:47 GMT", now), 10s);
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 09:49:37 GMT", now), 3600s);
  EXPECT_EQ(parse_retry_after("Mon, 07 Nov 1994 08:49:37 GMT", now), 24h);
  EXPECT_EQ(parse_retry_after("Tue, 06 Dec 1994 08:49:37 GMT", now), 30 * 24h);
}

TEST(retry_after, a_date_that_has_passed_is_no_wait) {
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now), 0s);
  EXPECT_EQ(parse_retry_after("Sat, 05 Nov 1994 08:49:37 GMT", now), 0s);
  EXPECT_EQ(parse_retry_after("Thu, 01 Jan 1970 00:00:00 GMT", now), 0s);
  EXPECT_EQ(parse_retry_after("Mon, 01 Jan 0001 00:00:00 GMT", now), 0s);
}

TEST(retry_after, reads_nothing_into_any_other_text) {
  for (const std::string text : {"",
                                 " ",
                                 "soon",
                                 "-1",
                                 "+5",
                                 " 5",
                                 "5 ",
                                 "5s",
                                 "5,",
                                 "0x10",
                                 "1e3",
                                 "1.",
                                 ".5",
                                 "1.5.5",
                                 "1.-5",
                                 "1,5",
                                 "--5",
                                 "NaN",
                                 "inf",
                                 "5\n",
                                 "Sun, 06 Nov 1994 08:49:37",
                                 "Sun, 06 Nov 1994 08:49:37 CET",
                                 "Sunday, 06-Nov-94 08:49:37 GMT",
                                 "Sun Nov  6 08:49:37 1994",
                                 "Sun, 31 Feb 1995 08:49:37 GMT",
                                 "Sun, 00 Nov 1994 08:49:37 GMT",
                                 "Sun, 06 nov 1994 08:49:37 GMT",
                                 "Sun, 06 Nov 19x4 08:49:37 GMT",
                                 "Sun, 06 Nov 1994 24:00:00 GMT",
                                 "Sun, 06 Nov 1994 08:60:00 GMT",
                                 "Sun, 06 Nov 1994 08:49:61 GMT",
                                 "Sun, 06xNov 1994 08:49:37 GMT",
                                 "Sun, 06 Novx1994 08:49:37 GMT",
                                 "Sun, 06 Nov 1994x08:49:37 GMT",
                                 "Sun, 06 Nov 1994 08x49:37 GMT",
                                 "Sun, 06 Nov 1994 08:49x37 GMT",
                                 "Sun, 06 Nov 1994 -8:49:37 GMT"}) {
    EXPECT_EQ(parse_retry_after(text, now), std::nullopt) << '"' << text << '"';
  }
}

}  // namespace
}  // namespace phigate::upstream
