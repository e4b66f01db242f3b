#include "phigate/net/interrupt.hpp"

#include <gtest/gtest.h>

namespace phigate::net {
namespace {

TEST(interrupt, says_none_until_it_fires) {
  interrupt cut;
  EXPECT_EQ(cut.why(), interruption::none);
  cut.fire(interruption::client_gone);
  EXPECT_EQ(cut.why(), interruption::client_gone);
}

TEST(interrupt, keeps_the_first_cause_and_cuts_once) {
  interrupt cut;
  int cuts = 0;
  cut.on_fire([&] { ++cuts; });
  cut.fire(interruption::client_gone);
  cut.fire(interruption::shutting_down);
  cut.fire(interruption::timeout);
  EXPECT_EQ(cut.why(), interruption::client_gone);
  EXPECT_EQ(cuts, 1);
}

// It ends one attempt alone: what ends the request must not be lost behind it.
TEST(interrupt, a_timeout_gives_way_to_what_ends_the_request) {
  for (const interruption why : {interruption::client_gone, interruption::shutting_down}) {
    interrupt cut;
    cut.fire(interruption::timeout);
    cut.fire(interruption::timeout);
    cut.fire(why);
    EXPECT_EQ(cut.why(), why);
    cut.clear_timeout();
    EXPECT_EQ(cut.why(), why);
  }
}

TEST(interrupt, cuts_the_latest_thing_under_way_alone) {
  interrupt cut;
  int first = 0;
  int second = 0;
  cut.on_fire([&] { ++first; });
  cut.on_fire([&] { ++second; });
  cut.fire(interruption::client_gone);
  EXPECT_EQ(first, 0);
  EXPECT_EQ(second, 1);
}

TEST(interrupt, cuts_at_once_what_begins_after_it_fired) {
  interrupt cut;
  cut.fire(interruption::shutting_down);
  int cuts = 0;
  cut.on_fire([&] { ++cuts; });
  EXPECT_EQ(cuts, 1);
}

TEST(interrupt, cuts_nothing_once_forgotten) {
  interrupt cut;
  int cuts = 0;
  cut.on_fire([&] { ++cuts; });
  cut.forget();
  cut.fire(interruption::client_gone);
  EXPECT_EQ(cuts, 0);
  EXPECT_EQ(cut.why(), interruption::client_gone);
}

TEST(interrupt, forgets_a_timeout_for_the_next_attempt_and_no_other_cause) {
  for (const interruption why : {interruption::timeout, interruption::client_gone, interruption::shutting_down}) {
    interrupt cut;
    cut.fire(why);
    cut.clear_timeout();
    EXPECT_EQ(cut.why(), why == interruption::timeout ? interruption::none : why);
  }
}

TEST(interrupt, fires_again_after_its_timeout_was_cleared) {
  interrupt cut;
  int cuts = 0;
  cut.on_fire([&] { ++cuts; });
  cut.fire(interruption::timeout);
  cut.clear_timeout();
  cut.fire(interruption::client_gone);
  EXPECT_EQ(cuts, 2);
  EXPECT_EQ(cut.why(), interruption::client_gone);
}

}  // namespace
}  // namespace phigate::net
