#include "core/route_health.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <optional>
#include <stdexcept>
#include <vector>

namespace phigate::core {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using time_point = route_health::time_point;

// 64 s: a tick is a second, a bucket two.
constexpr milliseconds window{64'000};

// A whole number of windows, so that a tick begins at each second.
time_point second(double at) {
  return time_point(seconds(64'000'000)) + nanoseconds(std::llround(at * 1e9));
}

served_sample took(std::int64_t microseconds_taken) {
  return {.latency = microseconds(microseconds_taken)};
}

std::optional<std::int64_t> latency(const route_health& route, time_point now) {
  const auto median = route.signals(now).latency;
  return median ? std::optional(median->count()) : std::nullopt;
}

std::pair<std::uint32_t, std::uint32_t> counts(const route_health& route, time_point now) {
  const route_report report = route.report(now);
  return {report.successes, report.failures};
}
using pair = std::pair<std::uint32_t, std::uint32_t>;

void succeed(route_health& route, time_point now, int times = 1) {
  for (int i = 0; i < times; ++i) route.on_success({}, now);
}
void fail(route_health& route, time_point now, int times = 1) {
  for (int i = 0; i < times; ++i) route.on_failure(trouble::rate_limit, {}, now, {});
}

TEST(route_health, is_perfect_while_nothing_is_known) {
  const route_health route(window);
  for (const time_point now : {time_point::min(), time_point{}, second(0), time_point::max()}) {
    EXPECT_FALSE(route.is_known());
    const route_report report = route.report(now);
    EXPECT_EQ(report.signals.success, 1);
    EXPECT_FALSE(report.signals.latency || report.signals.throughput || report.signals.cooling);
    EXPECT_EQ(report.successes + report.failures, 0U);
    EXPECT_EQ(report.cooling_left, milliseconds(0));
  }
}

TEST(route_health, needs_a_window_of_a_millisecond_to_a_year) {
  constexpr milliseconds year = std::chrono::years(1);
  for (const milliseconds odd :
       {milliseconds(0), milliseconds(-1), milliseconds::min(), milliseconds::max(), year + milliseconds(1)}) {
    EXPECT_THROW(route_health{odd}, std::invalid_argument);
  }
  for (const milliseconds fit : {milliseconds(1), year}) {
    route_health route(fit);
    for (int i = 0; i < 3; ++i) route.on_success(took(5), second(0));
    EXPECT_EQ(counts(route, second(0)), pair(3, 0));
    EXPECT_EQ(latency(route, second(0) + fit * 63 / 64 - nanoseconds(1)), 5);
    EXPECT_EQ(latency(route, second(0) + fit), std::nullopt);
  }
}

TEST(route_health, smooths_the_success_ratio_with_five_successes) {
  route_health route(window);
  const std::vector<std::tuple<int, int, double>> rows{{0, 1, 5.0 / 6}, {0, 4, 5.0 / 10}, {10, 0, 15.0 / 20}};
  for (const auto& [successes, failures, expected] : rows) {
    succeed(route, second(1), successes);
    fail(route, second(1), failures);
    EXPECT_DOUBLE_EQ(route.signals(second(1)).success, expected);
  }
  EXPECT_EQ(counts(route, second(1)), pair(10, 5));
}

TEST(route_health, counts_an_operators_mistake_as_nothing_but_a_cooldown) {
  route_health route(window);
  route.on_failure(trouble::operator_mistake, {}, second(0), {});
  EXPECT_TRUE(route.is_known());
  EXPECT_EQ(counts(route, second(0)), pair(0, 0));
  EXPECT_EQ(route.signals(second(0)).success, 1);
  EXPECT_TRUE(route.signals(second(119)).cooling);
  EXPECT_FALSE(route.signals(second(120)).cooling);
}

TEST(route_health, forgets_outcomes_as_the_window_slides_over_them) {
  route_health route(window);
  succeed(route, second(0), 3);
  fail(route, second(1.9), 2);
  succeed(route, second(2), 5);
  EXPECT_EQ(counts(route, second(63.9)), pair(8, 2));
  EXPECT_EQ(counts(route, second(64)), pair(5, 0));
  EXPECT_EQ(counts(route, second(65.9)), pair(5, 0));
  EXPECT_EQ(counts(route, second(66)), pair(0, 0));
  EXPECT_TRUE(route.is_known());
}

TEST(route_health, uses_a_bucket_again_for_a_later_time) {
  route_health route(window);
  for (int round = 0; round < 5; ++round) {
    succeed(route, second(64 * round), 2);
    fail(route, second(64 * round + 32), 1);
    EXPECT_EQ(counts(route, second(64 * round + 63.9)), pair(2, 1));
  }
}

TEST(route_health, halves_a_bucket_that_is_full_and_so_keeps_the_ratio) {
  outcome_window outcomes;
  outcomes.add(0, {.successes = outcome_window::most, .failures = 1'000});
  EXPECT_EQ(outcomes.total(0).successes, outcome_window::most);
  outcomes.add(0, {.successes = 1});
  EXPECT_EQ(outcomes.total(0).successes, (outcome_window::most + 1) / 2);
  EXPECT_EQ(outcomes.total(0).failures, 500U);
  outcomes.add(0, {.failures = outcome_window::most});
  EXPECT_EQ(outcomes.total(0).failures, (outcome_window::most + 500) / 2);
  EXPECT_EQ(outcomes.total(0).successes, (outcome_window::most + 1) / 4);
}

TEST(route_health, works_at_any_time_of_the_clock) {
  for (const auto at : {seconds(0), seconds(-1), seconds(-1'000'000'007), seconds(64) * (1 << 20),
                        seconds(9'000'000'000), seconds(64) * ((1 << 24) - 1), seconds(-9'000'000'000)}) {
    SCOPED_TRACE(at.count());
    route_health route(window);
    const time_point now{at};
    for (const int latency_of : {3, 1, 2}) route.on_success(took(latency_of), now);
    fail(route, now);
    EXPECT_EQ(counts(route, now), pair(3, 1));
    EXPECT_EQ(latency(route, now + seconds(61)), 2);
    EXPECT_EQ(counts(route, now + seconds(61)), pair(3, 1));
    EXPECT_EQ(counts(route, now + seconds(64)), pair(0, 0));
    EXPECT_EQ(latency(route, now + seconds(64)), std::nullopt);
    EXPECT_TRUE(route.signals(now + seconds(59)).cooling);
    EXPECT_FALSE(route.signals(now + seconds(60)).cooling);
  }
}

TEST(route_health, takes_a_record_that_comes_a_little_late) {
  route_health route(window);
  succeed(route, second(10));
  succeed(route, second(3));
  succeed(route, second(9.999));
  EXPECT_EQ(counts(route, second(10)), pair(3, 0));
}

TEST(route_health, drops_a_record_that_comes_a_window_late) {
  route_health route(window);
  succeed(route, second(64), 2);
  fail(route, second(0));
  EXPECT_EQ(counts(route, second(64)), pair(2, 0));
}

TEST(route_health, counts_what_a_thread_that_is_ahead_has_recorded) {
  route_health route(window);
  for (int i = 0; i < 3; ++i) route.on_success(took(5), second(10));
  for (const double behind : {9.999, 8.0, 0.0}) {
    EXPECT_EQ(counts(route, second(behind)), pair(3, 0));
    EXPECT_EQ(latency(route, second(behind)), 5);
  }
}

TEST(route_health, ignores_what_lies_a_window_ahead) {
  route_health route(window);
  for (int i = 0; i < 3; ++i) route.on_success(took(5), second(64));
  EXPECT_EQ(counts(route, second(0)), pair(0, 0));
  EXPECT_EQ(latency(route, second(0)), std::nullopt);
}

TEST(route_health, measures_from_three_samples_on) {
  route_health route(window);
  route.on_success({.latency = microseconds(10), .tokens_per_second = 50}, second(0));
  route.on_success({.latency = microseconds(20), .tokens_per_second = 60}, second(0));
  succeed(route, second(0), 5);
  EXPECT_EQ(latency(route, second(0)), std::nullopt);
  EXPECT_EQ(route.signals(second(0)).throughput, std::nullopt);
  route.on_success({.latency = microseconds(90)}, second(0));
  EXPECT_EQ(latency(route, second(0)), 20);
  EXPECT_EQ(route.signals(second(0)).throughput, std::nullopt);
  route.on_success({.tokens_per_second = 12.345}, second(0));
  EXPECT_EQ(route.signals(second(0)).throughput, 50);
}

TEST(route_health, takes_the_median_and_of_an_even_number_the_mean_of_the_middle_two) {
  const std::vector<std::pair<std::vector<int>, int>> rows{
      {{3, 1, 2}, 2},         {{1'000'000, 1, 1}, 1},  {{4, 1, 3, 2}, 2},  // 2.5, rounded down
      {{10, 20, 40, 80}, 30}, {{7, 7, 7, 7, 7, 1}, 7}, {{9, 8, 7, 6, 5, 4, 3, 2, 1}, 5}};
  for (const auto& [values, median] : rows) {
    route_health route(window);
    for (const int value : values) route.on_success(took(value), second(0));
    EXPECT_EQ(latency(route, second(0)), median);
    EXPECT_EQ(latency(route, second(0)), median) << "from the memo";
  }
}

TEST(route_health, keeps_thousandths_of_a_token) {
  route_health route(window);
  for (const double rate : {33.3333, 33.3333, 0.001}) route.on_success({.tokens_per_second = rate}, second(0));
  EXPECT_EQ(route.signals(second(0)).throughput, 33.333);
}

TEST(route_health, cuts_a_measurement_to_what_it_can_hold) {
  route_health route(window);
  const std::int64_t most = static_cast<std::int64_t>(sample_window::most);
  for (int i = 0; i < 3; ++i) route.on_success({.latency = microseconds::max(), .tokens_per_second = 1e300}, second(0));
  EXPECT_EQ(latency(route, second(0)), most);
  EXPECT_EQ(route.signals(second(0)).throughput, static_cast<double>(most) / 1'000);
  route_health other(window);
  for (int i = 0; i < 3; ++i)
    other.on_success({.latency = microseconds::min(), .tokens_per_second = 1e-300}, second(0));
  EXPECT_EQ(latency(other, second(0)), 1);
  EXPECT_EQ(other.signals(second(0)).throughput, 0.001);
}

TEST(route_health, takes_no_sample_from_what_is_no_rate) {
  route_health route(window);
  const double infinite = std::numeric_limits<double>::infinity();
  for (const double odd : {0.0, -0.0, -1.0, infinite, -infinite, std::nan("")}) {
    for (int i = 0; i < 3; ++i) route.on_success({.tokens_per_second = odd}, second(0));
  }
  EXPECT_EQ(route.signals(second(0)).throughput, std::nullopt);
  EXPECT_EQ(counts(route, second(0)), pair(18, 0));
}

TEST(route_health, lets_samples_lapse_one_by_one) {
  route_health route(window);
  const std::vector<int> values{100, 1, 2, 3};
  for (std::size_t i = 0; i < values.size(); ++i) route.on_success(took(values[i]), second(static_cast<double>(i)));
  EXPECT_EQ(latency(route, second(63.9)), 2);  // 1 2 3 100: 2.5
  EXPECT_EQ(latency(route, second(64)), 2);    // 1 2 3
  EXPECT_EQ(latency(route, second(64.9)), 2);
  EXPECT_EQ(latency(route, second(65)), std::nullopt);  // 2 3
  route.on_success(took(50), second(65));
  EXPECT_EQ(latency(route, second(65)), 3);  // 2 3 50
  EXPECT_EQ(latency(route, second(66)), std::nullopt);
  EXPECT_EQ(latency(route, second(1e6)), std::nullopt);
}

TEST(route_health, keeps_every_sample_while_there_is_room) {
  route_health route(window);
  for (int value = 1; value <= 63; ++value) route.on_success(took(value), second(0));
  EXPECT_EQ(latency(route, second(0)), 32);
  route.on_success(took(1'000), second(0));
  EXPECT_EQ(latency(route, second(0)), 32);  // 32.5
}

TEST(route_health, keeps_one_sample_a_tick_once_there_is_no_room) {
  route_health route(window);
  for (int i = 0; i < 64; ++i) route.on_success(took(10), second(0));
  for (int i = 0; i < 1'000; ++i) route.on_success(took(99), second(0.5));
  EXPECT_EQ(latency(route, second(0.5)), 10);
  for (int tick = 1; tick <= 31; ++tick) {
    for (int i = 0; i < 100; ++i) route.on_success(took(i == 0 ? 90 : 5'000), second(tick));
  }
  EXPECT_EQ(latency(route, second(31)), 10);  // 33 of 10, 31 of 90
  route.on_success(took(90), second(32));
  EXPECT_EQ(latency(route, second(32)), 50);
  route.on_success(took(90), second(33));
  EXPECT_EQ(latency(route, second(33)), 90);
}

TEST(route_health, spans_the_window_with_its_samples_under_steady_traffic) {
  route_health route(window);
  // Ten a tick, each tick's first is the tick's number.
  for (int tick = 1; tick <= 640; ++tick) {
    for (int i = 0; i < 10; ++i) route.on_success(took(i == 0 ? tick : 1'000'000), second(tick + i * 0.1));
  }
  EXPECT_EQ(latency(route, second(640.9)), (608 + 609) / 2);
}

TEST(route_health, recomputes_a_median_for_each_new_sample) {
  route_health route(window);
  for (int value = 1; value <= 40; ++value) {
    route.on_success(took(value), second(value));
    const std::optional<std::int64_t> expected =
        value < 3 ? std::nullopt : std::optional<std::int64_t>((value + 1) / 2);
    EXPECT_EQ(latency(route, second(value)), expected);
  }
}

TEST(route_health, takes_a_turn_only_when_one_is_open) {
  route_health route(window);
  route.take_turn(second(0));
  for (int i = 0; i < 3; ++i) route.on_failure(trouble::fault, {}, second(0), {});
  route.take_turn(second(10));
  EXPECT_TRUE(route.signals(second(29.9)).cooling);
  EXPECT_FALSE(route.signals(second(30)).cooling);
  route.take_turn(second(30));
  EXPECT_TRUE(route.signals(second(30)).cooling);
  EXPECT_TRUE(route.signals(second(49.9)).cooling);
  EXPECT_FALSE(route.signals(second(50)).cooling);
  EXPECT_EQ(route.report(second(50)).cooling_left, seconds(70));
  route.take_turn(second(120));
  EXPECT_FALSE(route.signals(second(120)).cooling);
}

TEST(route_health, reports_a_cooldown_that_runs_as_more_than_nothing) {
  route_health route(window);
  fail(route, second(0));
  EXPECT_EQ(route.report(second(60) - nanoseconds(1)).cooling_left, milliseconds(1));
  EXPECT_EQ(route.report(second(60)).cooling_left, milliseconds(0));
}

TEST(route_health, copies_what_another_knows_by_its_times) {
  for (const milliseconds other : {window, window / 4, window * 4, milliseconds(77'777), milliseconds(1'000'003)}) {
    SCOPED_TRACE(other.count());
    route_health before(window);
    for (int i = 0; i < 3; ++i) before.on_failure(trouble::fault, {}, second(-8), {});
    for (const int value : {5, 6, 7}) {
      before.on_success({.latency = microseconds(value), .tokens_per_second = value}, second(10));
    }
    for (int i = 0; i < 3; ++i) before.on_failure(trouble::fault, {}, second(12), {});
    const route_health after(other, before);
    EXPECT_TRUE(after.is_known());
    const route_report now = after.report(second(12));
    EXPECT_EQ(now.successes, 3U);
    EXPECT_EQ(now.failures, other < seconds(20) ? 3U : 6U);
    EXPECT_EQ(now.signals.latency, microseconds(6));
    EXPECT_EQ(now.signals.throughput, 6);
    EXPECT_EQ(now.cooling_left, seconds(120));
    // In the new window they last as long as it does, to within a bucket of each.
    const nanoseconds kept = other;
    EXPECT_EQ(counts(after, second(10) + kept * 31 / 32).first, 3U);
    EXPECT_EQ(latency(after, second(10) + kept * 63 / 64), 6);
    EXPECT_EQ(counts(after, second(12) + kept), pair(0, 0));
    EXPECT_EQ(latency(after, second(11) + kept), std::nullopt);
  }
}

// Of a bucket of 45 minutes no one knows when in it a thing happened.
TEST(route_health, keeps_what_is_new_when_the_window_becomes_much_shorter) {
  route_health before(std::chrono::hours(24));
  for (const int value : {5, 6, 7}) before.on_success(took(value), second(2'000));
  const route_health after(seconds(1), before);
  EXPECT_EQ(counts(after, second(2'000)), pair(3, 0));
  EXPECT_EQ(latency(after, second(2'000)), 6);
  EXPECT_EQ(counts(after, second(2'001)), pair(0, 0));
  EXPECT_EQ(latency(after, second(2'001)), std::nullopt);
}

TEST(route_health, copies_a_cooldown_with_its_turns) {
  route_health before(window);
  for (int i = 0; i < 3; ++i) before.on_failure(trouble::fault, {}, second(0), {});
  before.take_turn(second(30));
  route_health after(window * 2, before);
  EXPECT_TRUE(after.signals(second(49.9)).cooling);
  EXPECT_FALSE(after.signals(second(50)).cooling);
  after.on_failure(trouble::fault, {}, second(51), {});
  EXPECT_EQ(after.report(second(51)).cooling_left, seconds(120));
  EXPECT_EQ(before.report(second(51)).cooling_left, seconds(69));
}

TEST(route_health, copies_nothing_from_one_that_knows_nothing) {
  const route_health before(window);
  const route_health after(window * 2, before);
  EXPECT_FALSE(after.is_known());
  EXPECT_EQ(after.signals(second(0)).success, 1);
}

TEST(route_health, copies_into_a_state_of_its_own) {
  route_health before(window);
  fail(before, second(0));
  route_health after(window, before);
  succeed(after, second(1));
  EXPECT_FALSE(after.signals(second(1)).cooling);
  EXPECT_TRUE(before.signals(second(1)).cooling);
  EXPECT_EQ(counts(before, second(1)), pair(0, 1));
  EXPECT_EQ(counts(after, second(1)), pair(1, 1));
}

TEST(route_health, copies_a_full_ring_and_goes_on_with_it) {
  route_health before(window);
  for (int tick = 1; tick <= 100; ++tick) before.on_success(took(tick), second(tick));
  route_health after(window, before);
  EXPECT_EQ(latency(after, second(100)), (68 + 69) / 2);
  after.on_success(took(1'000), second(100));
  EXPECT_EQ(latency(after, second(100)), (68 + 69) / 2);
  after.on_success(took(1'000), second(101));
  EXPECT_EQ(latency(after, second(101)), (69 + 70) / 2);
}

}  // namespace
}  // namespace phigate::core
