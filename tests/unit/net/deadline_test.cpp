#include "phigate/net/deadline.hpp"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "support/running.hpp"

namespace phigate::net {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

class deadline_test : public testing::Test {
 protected:
  test::event_loop context_;
  deadline_queue queue_{context_};
};

TEST_F(deadline_test, expires_once_and_never_early) {
  int expiries = 0;
  deadline late(queue_, [&] { ++expiries; });
  EXPECT_FALSE(late.armed());
  const auto due = steady_clock::now() + 25ms;
  late.arm(due);
  EXPECT_TRUE(late.armed());
  ASSERT_TRUE(test::run_until(context_, [&] { return expiries > 0; }));
  EXPECT_GE(steady_clock::now(), due);
  EXPECT_FALSE(late.armed());

  // Nothing is left that could fire again: the loop has no work.
  context_.restart();
  context_.run();
  EXPECT_EQ(expiries, 1);
}

TEST_F(deadline_test, expires_one_that_was_armed_in_the_past) {
  bool expired = false;
  deadline late(queue_, [&] { expired = true; });
  late.arm(steady_time{});
  EXPECT_FALSE(expired);  // not inside the call
  EXPECT_TRUE(test::run_until(context_, [&] { return expired; }));
}

TEST_F(deadline_test, expires_in_the_order_of_time_and_not_of_arming) {
  std::string order;
  deadline third(queue_, [&] { order += '3'; });
  deadline first(queue_, [&] { order += '1'; });
  deadline second(queue_, [&] { order += '2'; });
  const auto now = steady_clock::now();
  third.arm(now + 310ms);
  first.arm(now + 10ms);
  second.arm(now + 160ms);
  ASSERT_TRUE(test::run_until(context_, [&] { return order.size() == 3; }));
  EXPECT_EQ(order, "123");
}

TEST_F(deadline_test, arming_again_moves_it_later) {
  bool moved_expired = false;
  bool other_expired = false;
  deadline moved(queue_, [&] { moved_expired = true; });
  deadline other(queue_, [&] { other_expired = true; });
  const auto now = steady_clock::now();
  moved.arm(now + 10ms);
  moved.arm(now + 200ms);
  other.arm(now + 40ms);
  ASSERT_TRUE(test::run_until(context_, [&] { return other_expired; }));
  EXPECT_FALSE(moved_expired);
  ASSERT_TRUE(test::run_until(context_, [&] { return moved_expired; }));
  EXPECT_GE(steady_clock::now(), now + 200ms);
}

TEST_F(deadline_test, arming_again_moves_it_earlier) {
  bool expired = false;
  deadline moved(queue_, [&] { expired = true; });
  moved.arm_in(1h);
  moved.arm_in(5ms);
  EXPECT_TRUE(test::run_until(context_, [&] { return expired; }));
}

TEST_F(deadline_test, a_disarmed_or_destroyed_one_never_expires) {
  int expiries = 0;
  deadline disarmed(queue_, [&] { ++expiries; });
  disarmed.arm_in(5ms);
  disarmed.disarm();
  disarmed.disarm();
  auto destroyed = std::make_unique<deadline>(queue_, [&] { ++expiries; });
  destroyed->arm_in(5ms);
  destroyed.reset();
  context_.run();
  EXPECT_EQ(expiries, 0);
}

// Both are due in one sweep: whichever comes first takes the other out of it.
TEST_F(deadline_test, an_expiry_may_disarm_another_that_is_due_too) {
  int expiries = 0;
  std::array<std::unique_ptr<deadline>, 3> nodes;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    nodes[i] = std::make_unique<deadline>(queue_, [&nodes, &expiries] {
      ++expiries;
      for (const auto& node : nodes) node->disarm();
    });
  }
  for (const auto& node : nodes) node->arm_in(5ms);
  context_.run();
  EXPECT_EQ(expiries, 1);
}

TEST_F(deadline_test, an_expiry_may_destroy_another_that_is_due_too) {
  int expiries = 0;
  std::array<std::unique_ptr<deadline>, 3> nodes;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    nodes[i] = std::make_unique<deadline>(queue_, [&nodes, &expiries, i] {
      ++expiries;
      for (std::size_t other = 0; other < nodes.size(); ++other) {
        if (other != i) nodes[other].reset();
      }
    });
  }
  for (const auto& node : nodes) node->arm_in(5ms);
  context_.run();
  EXPECT_EQ(expiries, 1);
}

TEST_F(deadline_test, an_expiry_may_arm_itself_and_others) {
  int ticks = 0;
  bool other_expired = false;
  deadline other(queue_, [&] { other_expired = true; });
  std::optional<deadline> ticking;
  ticking.emplace(queue_, [&] {
    if (++ticks < 3) {
      ticking->arm_in(1ms);
    } else {
      other.arm_in(1ms);
    }
  });
  ticking->arm_in(1ms);
  ASSERT_TRUE(test::run_until(context_, [&] { return other_expired; }));
  EXPECT_EQ(ticks, 3);
}

// Requests that come in a stream each with little time left must not keep the queue from ever looking.
TEST_F(deadline_test, arming_what_is_already_due_does_not_push_back_the_wake_up) {
  bool expired = false;
  deadline waiting(queue_, [&] { expired = true; });
  waiting.arm_in(1ms);
  const auto give_up = steady_clock::now() + 500ms;
  while (!expired && steady_clock::now() < give_up) {
    deadline brief(queue_, [] {});
    brief.arm(steady_time{});
    context_.restart();
    context_.poll();
  }
  EXPECT_TRUE(expired);
}

TEST_F(deadline_test, thousands_expire_once_each_and_none_early) {
  constexpr std::size_t count = 5'000;
  struct node {
    steady_time due;
    int expiries = 0;
    bool early = false;
    std::unique_ptr<deadline> timer;
  };
  std::vector<node> nodes(count);
  std::mt19937 random(7);
  std::size_t left = 0;
  const auto start = steady_clock::now();
  for (node& one : nodes) {
    one.timer = std::make_unique<deadline>(queue_, [&one, &left] {
      ++one.expiries;
      one.early = steady_clock::now() < one.due;
      --left;
    });
    one.due = start + std::chrono::microseconds(random() % 60'000);
    one.timer->arm(one.due);
    ++left;
    if (random() % 4 != 0) continue;
    one.due = start + std::chrono::microseconds(random() % 60'000);
    one.timer->arm(one.due);
  }
  // Every seventh is taken back.
  for (std::size_t i = 0; i < count; i += 7) {
    nodes[i].timer->disarm();
    --left;
  }
  ASSERT_TRUE(test::run_until(context_, [&] { return left == 0; }));
  for (std::size_t i = 0; i < count; ++i) {
    ASSERT_EQ(nodes[i].expiries, i % 7 == 0 ? 0 : 1);
    ASSERT_FALSE(nodes[i].early);
    ASSERT_FALSE(nodes[i].timer->armed());
  }
}

}  // namespace
}  // namespace phigate::net
