#include "phigate/upstream/pool.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "support/fake_stream.hpp"
#include "support/running.hpp"

namespace phigate::upstream {
namespace {

using namespace std::chrono_literals;

struct connection {
  std::shared_ptr<test::fake_peer> peer;
  std::shared_ptr<net::channel> channel;
};

class pool_test : public testing::Test {
 protected:
  connection make() {
    auto peer = std::make_shared<test::fake_peer>(context_.get_executor());
    return {peer, net::channel::make(context_.get_executor(), std::make_unique<test::fake_stream>(peer))};
  }

  test::event_loop context_;
  connection a_ = make();
  connection b_ = make();
  connection c_ = make();
};

TEST_F(pool_test, an_empty_pool_has_nothing_to_give) {
  connection_pool pool({2, 1s});
  EXPECT_EQ(pool.take(), nullptr);
  EXPECT_EQ(pool.size(), 0U);
}

TEST_F(pool_test, gives_the_connection_used_last_and_each_once) {
  connection_pool pool({3, 1s});
  for (const connection* each : {&a_, &b_, &c_}) pool.put(each->channel);
  EXPECT_EQ(pool.size(), 3U);
  EXPECT_EQ(pool.take(), c_.channel);
  EXPECT_EQ(pool.take(), b_.channel);
  pool.put(c_.channel);
  EXPECT_EQ(pool.take(), c_.channel);
  EXPECT_EQ(pool.take(), a_.channel);
  EXPECT_EQ(pool.take(), nullptr);
  for (const connection* each : {&a_, &b_, &c_}) EXPECT_FALSE(each->peer->was_closed());
}

TEST_F(pool_test, closes_one_on_which_anything_arrived_and_gives_the_next) {
  connection_pool pool({3, 1s});
  for (const connection* each : {&a_, &b_, &c_}) pool.put(each->channel);
  c_.peer->sends("HTTP/1.1 408 Request Timeout\r\n\r\n");
  b_.peer->closes();
  EXPECT_EQ(pool.take(), a_.channel);
  EXPECT_TRUE(b_.peer->was_closed());
  EXPECT_TRUE(c_.peer->was_closed());
  EXPECT_EQ(pool.size(), 0U);
}

TEST_F(pool_test, closes_the_oldest_when_one_too_many_is_put) {
  connection_pool pool({2, 1s});
  for (const connection* each : {&a_, &b_, &c_}) pool.put(each->channel);
  EXPECT_EQ(pool.size(), 2U);
  EXPECT_TRUE(a_.peer->was_closed());
  EXPECT_FALSE(b_.peer->was_closed());
  EXPECT_EQ(pool.take(), c_.channel);
  EXPECT_EQ(pool.take(), b_.channel);
}

TEST_F(pool_test, keeps_nothing_when_it_may_hold_nothing) {
  connection_pool pool({0, 1s});
  pool.put(a_.channel);
  EXPECT_TRUE(a_.peer->was_closed());
  EXPECT_EQ(pool.size(), 0U);
}

TEST_F(pool_test, a_retired_pool_closes_what_is_idle_and_what_comes_back) {
  connection_pool pool({2, 1s});
  pool.put(a_.channel);
  const std::shared_ptr<net::channel> in_use = b_.channel;
  pool.retire();
  EXPECT_TRUE(a_.peer->was_closed());
  EXPECT_FALSE(b_.peer->was_closed());
  pool.put(in_use);
  EXPECT_TRUE(b_.peer->was_closed());
  EXPECT_EQ(pool.size(), 0U);
}

TEST_F(pool_test, a_sweep_closes_what_waited_too_long) {
  connection_pool pool({3, 1s});
  const auto before = std::chrono::steady_clock::now();
  pool.put(a_.channel);
  pool.put(b_.channel);
  pool.sweep(before + 999ms);
  EXPECT_EQ(pool.size(), 2U);
  pool.sweep(std::chrono::steady_clock::now() + 1s);
  EXPECT_EQ(pool.size(), 0U);
  EXPECT_TRUE(a_.peer->was_closed());
  EXPECT_TRUE(b_.peer->was_closed());
}

TEST_F(pool_test, a_sweep_closes_what_is_not_quiet_any_more_and_keeps_the_rest) {
  connection_pool pool({3, 1s});
  for (const connection* each : {&a_, &b_, &c_}) pool.put(each->channel);
  a_.peer->closes();
  b_.peer->sends("x");
  pool.sweep(std::chrono::steady_clock::now());
  EXPECT_EQ(pool.size(), 1U);
  EXPECT_TRUE(a_.peer->was_closed());
  EXPECT_TRUE(b_.peer->was_closed());
  EXPECT_EQ(pool.take(), c_.channel);
}

TEST_F(pool_test, a_pool_that_goes_closes_what_it_holds) {
  {
    connection_pool pool({3, 1s});
    pool.put(a_.channel);
    pool.put(b_.channel);
    EXPECT_EQ(pool.take(), b_.channel);
  }
  EXPECT_TRUE(a_.peer->was_closed());
  EXPECT_FALSE(b_.peer->was_closed());
}

}  // namespace
}  // namespace phigate::upstream
