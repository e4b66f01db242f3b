// The board under many threads: figures stay exact, and ThreadSanitizer has something to look at.
#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "core/route_health.hpp"
#include "phigate/core/health.hpp"
#include "support/two_endpoints.hpp"

namespace phigate::core {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using time_point = health_board::time_point;

constexpr time_point begin{seconds(7'654'321)};

constexpr int thread_total = 4;

template <typename Work>
void in_threads(Work work) {
  std::barrier start(thread_total);
  std::vector<std::jthread> threads;
  for (int i = 0; i < thread_total; ++i) {
    threads.emplace_back([&start, work, i] {
      start.arrive_and_wait();
      work(i);
    });
  }
}

// Threads walk through the same half window, each at its own pace, over buckets that an earlier window filled.
TEST(health_threads, lose_no_outcome) {
  constexpr int rounds = 20'000;
  const auto known = test::two_endpoints();
  health_board board(*known, {});
  constexpr route_id route{0};
  for (int i = 0; i < 300; ++i) board.record_success(route, {}, begin - seconds(600 - i));
  in_threads([&](int thread) {
    attempt_failure failure;
    failure.kind = thread % 2 == 0 ? failure_kind::server_error : failure_kind::connect;
    for (int i = 0; i < rounds; ++i) {
      const time_point now = begin + i * nanoseconds(seconds(150)) / rounds;
      if (i % 10 == thread) {
        board.record_failure(route, failure, now);
      } else {
        board.record_success(route, {.latency = microseconds(100 + i % 7), .tokens_per_second = 5}, now);
      }
      const route_signals seen = board.signals(route, now);
      ASSERT_TRUE(seen.success > 0.5 && seen.success <= 1);
      ASSERT_TRUE(!seen.latency || (*seen.latency >= microseconds(100) && *seen.latency <= microseconds(106)));
    }
  });
  const route_report report = board.report(route, begin + seconds(150));
  EXPECT_EQ(report.failures, thread_total * rounds / 10U);
  EXPECT_EQ(report.successes, thread_total * rounds - thread_total * rounds / 10U);
  // Of the endpoint's other route: the failures to connect.
  EXPECT_EQ(board.report(route_id{1}, begin + seconds(150)).failures, thread_total / 2 * rounds / 10U);
  EXPECT_FALSE(board.is_known(route_id{2}));
}

TEST(health_threads, leave_no_median_behind_that_lacks_a_sample) {
  constexpr milliseconds window{64'000};
  for (int trial = 0; trial < 200; ++trial) {
    route_health route(window);
    in_threads([&route](int thread) {
      for (int i = 0; i < 15; ++i) {
        route.on_success({.latency = microseconds(1 + (thread * 31 + i * 17) % 100)}, begin);
        (void)route.signals(begin);
      }
    });
    // A copy begins without a memo.
    EXPECT_EQ(route.signals(begin).latency, route_health(window, route).signals(begin).latency);
  }
}

TEST(health_threads, agree_on_a_cooldown) {
  const auto known = test::two_endpoints();
  health_board board(*known, {});
  constexpr route_id route{2};
  const auto shake = [&board](bool with_success) {
    in_threads([&board, with_success](int thread) {
      attempt_failure failure;
      failure.kind = failure_kind::server_error;
      for (int i = 0; i < 2'000; ++i) {
        const time_point now = begin + milliseconds(i);
        board.record_failure(route, failure, now);
        board.take_turn(route, now + seconds(40));
        if (with_success && i % 3 == thread % 3) board.record_success(route, {}, now);
        ASSERT_LE(board.report(route, now).cooling_left, seconds(122));
      }
    });
  };
  shake(false);
  EXPECT_EQ(board.report(route, begin + milliseconds(1'999)).cooling_left, seconds(120));
  shake(true);
  board.record_success(route, {}, begin + seconds(2));
  EXPECT_EQ(board.report(route, begin + seconds(2)).cooling_left, seconds(0));
  EXPECT_FALSE(board.signals(route, begin + seconds(2)).cooling);
  EXPECT_EQ(board.report(route, begin + seconds(2)).failures, 2 * thread_total * 2'000U);
}

TEST(health_threads, go_on_while_a_reload_takes_the_state_over) {
  const auto known = test::two_endpoints();
  health_board board(*known, {});
  std::atomic<bool> done{false};
  std::jthread writer([&] {
    for (int i = 0; i < 20'000; ++i) {
      board.record_success(route_id{0}, {.latency = microseconds(7), .tokens_per_second = 7}, begin + milliseconds(i));
    }
    done = true;
  });
  do {
    const health_board sharing(*known, {}, &board);
    const health_board copy(*known, {.window = seconds(100)}, &board);
    const route_report copied = copy.report(route_id{0}, begin + seconds(20));
    ASSERT_LE(copied.successes, 20'000U);
    ASSERT_TRUE(!copied.signals.latency || *copied.signals.latency == microseconds(7));
  } while (!done);
  EXPECT_EQ(health_board(*known, {}, &board).report(route_id{0}, begin + seconds(20)).successes, 20'000U);
}

}  // namespace
}  // namespace phigate::core
