#include "core/cooldown.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <optional>
#include <vector>

namespace phigate::core {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

enum class act { look, fault, rate_limit, mistake, success, turn };
using enum act;

enum class state { clear, cools, turn_is_open };
using enum state;

// Something happens at a second; then the cooldown has so much left and is in this state.
struct moment_of {
  int at = 0;
  act what = look;
  int left = 0;
  state then = clear;
  std::optional<seconds> retry_after = {};
};

cooldown::time_point second(int at) {
  return cooldown::time_point(seconds(1'000'000 + at));
}

void happen(cooldown& value, const moment_of& event, const health_settings& settings) {
  switch (event.what) {
    case look:
      return;
    case fault:
      return value.on_failure(trouble::fault, event.retry_after, second(event.at), settings);
    case rate_limit:
      return value.on_failure(trouble::rate_limit, event.retry_after, second(event.at), settings);
    case mistake:
      return value.on_failure(trouble::operator_mistake, event.retry_after, second(event.at), settings);
    case success:
      return value.on_success();
    case turn:
      EXPECT_TRUE(value.take_turn(second(event.at))) << "no turn at " << event.at;
      return;
  }
}

void play(const std::vector<moment_of>& transcript, const health_settings& settings = {}) {
  cooldown value;
  for (const moment_of& event : transcript) {
    happen(value, event, settings);
    const auto now = second(event.at);
    EXPECT_EQ(value.left(now), seconds(event.left)) << "left at " << event.at;
    EXPECT_EQ(value.cooling(now), event.then != clear) << "cooling at " << event.at;
    EXPECT_EQ(value.turn_open(now), event.then == turn_is_open) << "turn at " << event.at;
    EXPECT_EQ(now < value.avoided_until(), event.then == cools) << "avoided at " << event.at;
  }
}

TEST(cooldown, is_clear_before_anything_happened) {
  play({{0, look, 0, clear}, {0, success, 0, clear}});
  EXPECT_EQ(cooldown().until(), cooldown::never);
  EXPECT_FALSE(cooldown().take_turn(second(0)));
  EXPECT_FALSE(cooldown().cooling(cooldown::time_point{}));
  EXPECT_FALSE(cooldown().cooling(cooldown::never));
}

TEST(cooldown, of_a_fault_lasts_30_s_and_gives_no_turn) {
  play({{0, fault, 30, cools}, {29, look, 1, cools}, {30, look, 0, clear}});
}

TEST(cooldown, of_a_second_fault_begins_anew) {
  play({{0, fault, 30, cools}, {10, fault, 30, cools}, {39, look, 1, cools}, {40, look, 0, clear}});
}

TEST(cooldown, of_a_rate_limit_lasts_60_s_and_gives_no_turn) {
  play({{0, rate_limit, 60, cools}, {30, look, 30, cools}, {59, look, 1, cools}, {60, look, 0, clear}});
}

TEST(cooldown, of_a_rate_limit_lasts_as_long_as_the_provider_asks_between_60_and_300_s) {
  constexpr auto forever = seconds::max();
  const std::vector<std::pair<seconds, int>> asked{
      {seconds::min(), 60}, {seconds(-1), 60},   {seconds(0), 60},    {seconds(59), 60},   {seconds(60), 60},
      {seconds(61), 61},    {seconds(299), 299}, {seconds(300), 300}, {seconds(301), 300}, {forever, 300}};
  for (const auto& [retry_after, left] : asked) {
    SCOPED_TRACE(retry_after.count());
    play({{0, rate_limit, left, cools, retry_after}, {left - 1, look, 1, cools}, {left, look, 0, clear}});
  }
}

TEST(cooldown, of_a_rate_limit_is_not_cut_below_what_the_operator_set) {
  const health_settings patient{.rate_limit = seconds(400)};
  play({{0, rate_limit, 400, cools, seconds(350)}}, patient);
}

TEST(cooldown, takes_retry_after_from_a_rate_limit_alone) {
  play({{0, fault, 30, cools, seconds(200)}});
  play({{0, mistake, 120, cools, seconds(200)}});
}

TEST(cooldown, of_an_operators_mistake_lasts_120_s_without_a_turn) {
  play({{0, mistake, 120, cools}, {30, look, 90, cools}, {119, look, 1, cools}, {120, look, 0, clear}});
}

TEST(cooldown, of_an_operators_mistake_does_not_follow_the_setting_for_repeated_faults) {
  play({{0, mistake, 120, cools}}, {.repeated = seconds(5)});
}

TEST(cooldown, is_never_shortened_by_a_lesser_event) {
  play({{0, rate_limit, 300, cools, seconds(300)}, {10, fault, 290, cools}, {20, rate_limit, 280, cools}});
  play({{0, mistake, 120, cools}, {1, fault, 119, cools}, {2, rate_limit, 118, cools}});
  play({{0, fault, 30, cools}, {1, fault, 30, cools}, {2, fault, 120, cools}, {3, rate_limit, 119, cools}});
}

TEST(cooldown, of_the_third_fault_inside_60_s_lasts_120_s) {
  play({{0, fault, 30, cools}, {30, fault, 30, cools}, {60, fault, 120, cools}});
}

TEST(cooldown, of_a_third_fault_later_than_60_s_after_the_first_is_a_plain_one) {
  play({{0, fault, 30, cools}, {30, fault, 30, cools}, {61, fault, 30, cools}});
  cooldown value;
  const health_settings settings;
  for (const nanoseconds after : {nanoseconds(0), nanoseconds(1), nanoseconds(seconds(60)) + nanoseconds(1)}) {
    value.on_failure(trouble::fault, {}, second(0) + after, settings);
  }
  EXPECT_EQ(value.left(second(60) + nanoseconds(1)), seconds(30));
}

TEST(cooldown, counts_the_faults_of_any_60_s) {
  play({{0, fault, 30, cools}, {50, fault, 30, cools}, {70, fault, 30, cools}, {110, fault, 120, cools}});
}

TEST(cooldown, counts_faults_at_one_instant) {
  play({{0, fault, 30, cools}, {0, fault, 30, cools}, {0, fault, 120, cools}});
}

TEST(cooldown, counts_no_rate_limit_as_a_repeated_fault) {
  play({{0, rate_limit, 60, cools}, {1, rate_limit, 60, cools}, {2, rate_limit, 60, cools}, {3, fault, 59, cools}});
  play({{0, fault, 30, cools}, {1, rate_limit, 60, cools}, {2, fault, 59, cools}, {3, rate_limit, 60, cools}});
  // Nor does one between them undo the count.
  play({{0, fault, 30, cools}, {1, rate_limit, 60, cools}, {2, fault, 59, cools}, {3, fault, 120, cools}});
}

TEST(cooldown, counts_no_operators_mistake_as_a_repeated_fault) {
  play({{0, mistake, 120, cools}, {1, mistake, 120, cools}, {2, mistake, 120, cools}, {32, look, 90, cools}});
  play({{0, fault, 30, cools}, {1, mistake, 120, cools}, {2, fault, 119, cools}, {90, look, 31, cools}});
}

TEST(cooldown, is_ended_by_a_success_whatever_it_was) {
  play({{0, fault, 30, cools}, {1, success, 0, clear}});
  play({{0, rate_limit, 300, cools, seconds(300)}, {1, success, 0, clear}});
  play({{0, mistake, 120, cools}, {1, success, 0, clear}});
  play({{0, fault, 30, cools}, {1, fault, 30, cools}, {2, fault, 120, cools}, {3, success, 0, clear}});
}

TEST(cooldown, counts_faults_from_the_last_success_on) {
  play({{0, fault, 30, cools},
        {1, fault, 30, cools},
        {2, success, 0, clear},
        {3, fault, 30, cools},
        {4, fault, 30, cools},
        {5, fault, 120, cools}});
}

TEST(cooldown, of_repeated_faults_opens_its_first_turn_30_s_after_the_last_failure) {
  play({{0, fault, 30, cools},
        {5, fault, 30, cools},
        {10, fault, 120, cools},
        {39, look, 91, cools},
        {40, look, 90, turn_is_open},
        {129, look, 1, turn_is_open},
        {130, look, 0, clear}});
}

TEST(cooldown, of_repeated_faults_gives_one_turn_each_20_s) {
  play({{0, fault, 30, cools},
        {0, fault, 30, cools},
        {0, fault, 120, cools},
        {30, look, 90, turn_is_open},
        {30, turn, 90, cools},
        {49, look, 71, cools},
        // It opened at 50 and waited.
        {50, look, 70, turn_is_open},
        {57, turn, 63, cools},
        {76, look, 44, cools},
        {77, turn, 43, cools},
        {97, turn, 23, cools},
        {117, turn, 3, cools},
        {120, look, 0, clear}});
}

TEST(cooldown, keeps_a_turn_open_until_it_is_taken) {
  cooldown value;
  for (int i = 0; i < 3; ++i) value.on_failure(trouble::fault, {}, second(0), {});
  EXPECT_FALSE(value.take_turn(second(29)));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(value.turn_open(second(30)));
  EXPECT_TRUE(value.take_turn(second(30)));
  EXPECT_FALSE(value.take_turn(second(30)));
  EXPECT_FALSE(value.take_turn(second(50) - nanoseconds(1)));
  EXPECT_TRUE(value.take_turn(second(50)));
}

TEST(cooldown, gives_no_turn_that_it_does_not_need) {
  cooldown value;
  for (int i = 0; i < 3; ++i) value.on_failure(trouble::fault, {}, second(0), {});
  EXPECT_TRUE(value.turn_open(second(120) - nanoseconds(1)));
  EXPECT_FALSE(value.take_turn(second(120)));
}

TEST(cooldown, of_repeated_faults_is_renewed_by_a_probe_that_fails) {
  play({{0, fault, 30, cools},
        {1, fault, 30, cools},
        {2, fault, 120, cools},
        {32, turn, 90, cools},
        {33, fault, 120, cools},
        {52, look, 101, cools},
        {62, look, 91, cools},
        {63, look, 90, turn_is_open},
        {63, turn, 90, cools},
        {83, look, 70, turn_is_open}});
}

// The faults before the probe lie more than 60 s back, so that it is the first of its own.
TEST(cooldown, of_repeated_faults_goes_on_when_a_late_probe_fails) {
  play({{0, fault, 30, cools},
        {0, fault, 30, cools},
        {0, fault, 120, cools},
        {70, turn, 50, cools},
        {71, fault, 49, cools},
        {100, look, 20, cools},
        {101, look, 19, turn_is_open},
        {120, look, 0, clear}});
}

TEST(cooldown, of_repeated_faults_is_ended_by_a_probe_that_succeeds) {
  play({{0, fault, 30, cools},
        {1, fault, 30, cools},
        {2, fault, 120, cools},
        {32, turn, 90, cools},
        {33, success, 0, clear},
        {34, fault, 30, cools},
        {64, look, 0, clear}});
}

TEST(cooldown, of_repeated_faults_gives_no_turn_while_a_plain_one_runs_beside_it) {
  play({{0, fault, 30, cools},
        {1, fault, 30, cools},
        {2, fault, 120, cools},
        {10, rate_limit, 112, cools},
        {40, look, 82, cools},
        {69, look, 53, cools},
        {70, look, 52, turn_is_open}});
  play({{0, fault, 30, cools},
        {1, fault, 30, cools},
        {2, fault, 120, cools},
        {10, rate_limit, 200, cools, seconds(200)},
        {121, look, 89, cools},
        {122, look, 88, cools},
        {209, look, 1, cools},
        {210, look, 0, clear}});
}

TEST(cooldown, of_repeated_faults_waits_30_s_for_a_turn_after_any_failure) {
  const health_settings hasty{.server_error = seconds(1), .rate_limit = seconds(1), .repeated = seconds(120)};
  play({{0, fault, 1, cools},
        {0, fault, 1, cools},
        {0, fault, 120, cools},
        {20, rate_limit, 100, cools},
        {49, look, 71, cools},
        {50, look, 70, turn_is_open}},
       hasty);
}

TEST(cooldown, follows_the_settings) {
  const health_settings own{.server_error = seconds(7), .rate_limit = seconds(11), .repeated = seconds(13)};
  play({{0, fault, 7, cools}, {7, look, 0, clear}, {8, fault, 7, cools}, {9, fault, 13, cools}}, own);
  play({{0, rate_limit, 11, cools}, {0, rate_limit, 12, cools, seconds(12)}}, own);
}

TEST(cooldown, is_not_shortened_by_shorter_settings) {
  const health_settings shorter{.server_error = seconds(1), .rate_limit = seconds(1), .repeated = seconds(1)};
  cooldown value;
  for (int i = 0; i < 3; ++i) value.on_failure(trouble::fault, {}, second(0), {});
  for (const trouble what : {trouble::fault, trouble::rate_limit}) {
    value.on_failure(what, {}, second(1), shorter);
    EXPECT_EQ(value.left(second(1)), seconds(119));
  }
}

TEST(cooldown, takes_a_failure_that_is_reported_late_for_one_at_the_latest_time) {
  play({{10, fault, 30, cools}, {9, fault, 31, cools}});
  cooldown value;
  value.on_failure(trouble::fault, {}, second(60), {});
  value.on_failure(trouble::fault, {}, second(59), {});
  value.on_failure(trouble::fault, {}, second(0), {});
  EXPECT_EQ(value.until(), second(180));
  EXPECT_EQ(value.avoided_until(), second(90));
}

}  // namespace
}  // namespace phigate::core
