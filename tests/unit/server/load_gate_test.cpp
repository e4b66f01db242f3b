#include "phigate/server/load_gate.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace phigate::server {
namespace {

TEST(bounded_count, gives_up_to_its_bound_and_no_more) {
  bounded_count count(10);
  EXPECT_TRUE(count.try_take(4));
  EXPECT_TRUE(count.try_take(6));
  EXPECT_FALSE(count.try_take(1));
  EXPECT_TRUE(count.try_take(0));
  EXPECT_EQ(count.taken(), 10U);
  count.give_back(6);
  EXPECT_FALSE(count.try_take(7));
  EXPECT_TRUE(count.try_take(6));
}

TEST(bounded_count, an_amount_past_all_bounds_does_not_wrap_around) {
  bounded_count count(10);
  EXPECT_TRUE(count.try_take(3));
  EXPECT_FALSE(count.try_take(SIZE_MAX));
  EXPECT_FALSE(count.try_take(SIZE_MAX - 2));
  EXPECT_EQ(count.taken(), 3U);
}

TEST(bounded_count, holds_its_bound_among_threads) {
  bounded_count count(3);
  std::atomic<std::size_t> held = 0;
  std::atomic<bool> passed = false;
  std::atomic<std::size_t> granted = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 20'000; ++n) {
          if (!count.try_take(1)) continue;
          ++granted;
          if (held.fetch_add(1) >= 3) passed = true;
          held.fetch_sub(1);
          count.give_back(1);
        }
      });
    }
  }
  EXPECT_FALSE(passed);
  EXPECT_GT(granted, 0U);
  EXPECT_EQ(count.taken(), 0U);
}

TEST(bounded_count, a_higher_bound_gives_more_at_once) {
  bounded_count count(2);
  EXPECT_TRUE(count.try_take(2));
  count.set_bound(3);
  EXPECT_TRUE(count.try_take(1));
  EXPECT_FALSE(count.try_take(1));
}

TEST(bounded_count, a_lower_bound_lets_what_is_taken_drain_and_gives_no_more_until_then) {
  bounded_count count(10);
  EXPECT_TRUE(count.try_take(10));
  count.set_bound(4);
  EXPECT_EQ(count.taken(), 10U);
  EXPECT_FALSE(count.try_take(1));
  count.give_back(6);
  EXPECT_FALSE(count.try_take(1)) << "as much is held as the new bound allows";
  count.give_back(1);
  EXPECT_FALSE(count.try_take(2));
  EXPECT_TRUE(count.try_take(1));
  count.set_bound(0);
  EXPECT_FALSE(count.try_take(1));
}

TEST(bounded_count, never_passes_the_highest_of_its_bounds_while_they_change_among_takers) {
  bounded_count count(5);
  std::atomic<std::size_t> held = 0;
  std::atomic<bool> passed = false;
  std::atomic<std::size_t> granted = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 20'000; ++n) {
          if (!count.try_take(2)) continue;
          ++granted;
          if (held.fetch_add(2) >= 4) passed = true;
          held.fetch_sub(2);
          count.give_back(2);
        }
      });
    }
    for (int n = 0; n < 20'000; ++n) count.set_bound(n % 2 == 0 ? 2 : 5);
  }
  EXPECT_FALSE(passed);
  EXPECT_GT(granted, 0U);
  EXPECT_EQ(count.taken(), 0U);
}

TEST(bounded_count, what_is_taken_past_its_bound_keeps_others_out) {
  bounded_count count(3);
  count.take(5);
  EXPECT_EQ(count.taken(), 5U);
  EXPECT_FALSE(count.try_take(1));
  count.give_back(3);
  EXPECT_TRUE(count.try_take(1));
  EXPECT_FALSE(count.try_take(1));
}

TEST(permit, may_take_past_the_bound_and_gives_all_of_it_back) {
  bounded_count count(3);
  {
    permit held(count);
    EXPECT_TRUE(held.grow(2));
    held.take(4);
    EXPECT_EQ(held.amount(), 6U);
    EXPECT_FALSE(held.grow(1));
  }
  EXPECT_EQ(count.taken(), 0U);
}

TEST(permit, gives_back_what_it_took_when_it_goes) {
  bounded_count count(10);
  {
    permit held(count);
    EXPECT_TRUE(held.grow(4));
    EXPECT_TRUE(held.grow(5));
    EXPECT_EQ(count.taken(), 9U);
  }
  EXPECT_EQ(count.taken(), 0U);
}

TEST(permit, a_refused_growth_changes_nothing) {
  bounded_count count(10);
  permit held(count);
  EXPECT_TRUE(held.grow(10));
  EXPECT_FALSE(held.grow(1));
  EXPECT_EQ(count.taken(), 10U);
  held.release();
  held.release();
  EXPECT_EQ(count.taken(), 0U);
  EXPECT_TRUE(held.grow(1));
}

TEST(permit, held_from_before_a_lower_bound_gives_back_all_of_it) {
  bounded_count count(10);
  permit held(count);
  EXPECT_TRUE(held.grow(8));
  count.set_bound(3);
  EXPECT_FALSE(held.grow(1));
  held.release();
  EXPECT_EQ(count.taken(), 0U);
  EXPECT_TRUE(held.grow(3));
  EXPECT_FALSE(held.grow(1));
}

TEST(permit, what_was_moved_is_given_back_once) {
  bounded_count count(10);
  {
    permit first(count);
    EXPECT_TRUE(first.grow(4));
    permit second(std::move(first));
    EXPECT_EQ(count.taken(), 4U);
  }
  EXPECT_EQ(count.taken(), 0U);
}

TEST(load_gate, bounds_each_thing_by_itself) {
  load_gate gate(1, 2, 3);
  EXPECT_TRUE(gate.connections.try_take(1));
  EXPECT_FALSE(gate.connections.try_take(1));
  EXPECT_TRUE(gate.in_flight.try_take(2));
  EXPECT_FALSE(gate.in_flight.try_take(1));
  EXPECT_TRUE(gate.memory.try_take(3));
  EXPECT_FALSE(gate.memory.try_take(1));
}

}  // namespace
}  // namespace phigate::server
