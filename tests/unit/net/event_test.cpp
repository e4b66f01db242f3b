#include "phigate/net/event.hpp"

#include <gtest/gtest.h>

#include "support/running.hpp"

namespace phigate::net {
namespace {

class event_test : public testing::Test {
 protected:
  boost::asio::awaitable<void> count_wakes(int times) {
    for (int i = 0; i < times; ++i) {
      if (!ready_.take()) co_await ready_.wait();
      ++wakes_;
    }
  }

  test::event_loop context_;
  event ready_{context_.get_executor()};
  int wakes_ = 0;
};

TEST_F(event_test, a_set_without_a_waiter_leaves_one_mark_to_take) {
  EXPECT_FALSE(ready_.take());
  ready_.set();
  ready_.set();
  EXPECT_TRUE(ready_.take());
  EXPECT_FALSE(ready_.take());
}

TEST_F(event_test, nobody_sleeps_who_finds_a_mark) {
  ready_.set();
  test::run(context_, count_wakes(1));
  EXPECT_EQ(wakes_, 1);
}

TEST_F(event_test, the_waiter_sleeps_until_the_set_and_runs_after_its_caller) {
  test::running<bool> waiting(context_, test::to_its_end(count_wakes(1)));
  test::settle(context_);
  EXPECT_FALSE(waiting.done());
  ready_.set();
  EXPECT_EQ(wakes_, 0);
  waiting.finish();
  EXPECT_EQ(wakes_, 1);
}

TEST_F(event_test, a_set_after_the_wake_and_before_the_waiters_run_is_not_lost) {
  test::running<bool> waiting(context_, test::to_its_end(count_wakes(2)));
  test::settle(context_);
  ready_.set();
  ready_.set();
  waiting.finish();
  EXPECT_EQ(wakes_, 2);
}

TEST_F(event_test, each_wait_needs_a_set_of_its_own) {
  test::running<bool> waiting(context_, test::to_its_end(count_wakes(3)));
  for (int i = 0; i < 3; ++i) {
    test::settle(context_);
    EXPECT_EQ(wakes_, i);
    ready_.set();
  }
  waiting.finish();
  EXPECT_EQ(wakes_, 3);
}

}  // namespace
}  // namespace phigate::net
