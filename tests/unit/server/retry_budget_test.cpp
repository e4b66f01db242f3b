#include "phigate/server/retry_budget.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace phigate::server {
namespace {

// How many slots are given while `active` stays the same.
std::size_t given(std::size_t active) {
  retry_budget budget;
  std::size_t count = 0;
  while (count < 1'000'000 && budget.try_take(active)) ++count;
  return count;
}

TEST(retry_budget, stays_under_the_larger_of_ten_and_a_fifth_of_the_active_requests) {
  struct row {
    std::size_t active, slots;
  };
  for (const auto& [active, slots] : std::vector<row>{{0, 9},
                                                      {1, 9},
                                                      {45, 9},
                                                      {49, 9},
                                                      {50, 9},
                                                      {51, 10},
                                                      {55, 10},
                                                      {56, 11},
                                                      {99, 19},
                                                      {100, 19},
                                                      {101, 20},
                                                      {105, 20},
                                                      {106, 21},
                                                      {4096, 819},
                                                      {10'000, 1999}}) {
    EXPECT_EQ(given(active), slots) << active << " active";
    // The rule itself: fewer than ten, or fewer than a fifth.
    EXPECT_TRUE(slots < 10 || slots * 5 < active) << active;
    EXPECT_FALSE(slots + 1 < 10 || (slots + 1) * 5 < active) << active;
  }
}

TEST(retry_budget, a_fifth_of_the_largest_number_does_not_wrap_around) {
  EXPECT_EQ(retry_budget::most_at_once(SIZE_MAX), SIZE_MAX / 5 - 1) << "it is a multiple of five";
}

TEST(retry_budget, given_while_many_are_active_is_no_right_to_more_when_few_are) {
  retry_budget budget;
  for (int i = 0; i < 19; ++i) EXPECT_TRUE(budget.try_take(100));
  EXPECT_FALSE(budget.try_take(50));
  for (int i = 0; i < 10; ++i) budget.give_back();
  EXPECT_FALSE(budget.try_take(50)) << "nine are held";
  budget.give_back();
  EXPECT_TRUE(budget.try_take(50));
}

TEST(retry_slot, is_taken_once_however_often_it_is_asked_for) {
  retry_budget budget;
  retry_slot slot;
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(slot.take(budget, 1));
  EXPECT_EQ(budget.taken(), 1U);
}

TEST(retry_slot, held_is_kept_when_the_budget_is_spent) {
  retry_budget budget;
  retry_slot held;
  EXPECT_TRUE(held.take(budget, 1));
  while (budget.try_take(1)) {
  }
  EXPECT_TRUE(held.take(budget, 1));
  retry_slot other;
  EXPECT_FALSE(other.take(budget, 1));
  EXPECT_EQ(budget.taken(), 9U) << "a refusal takes nothing";
}

TEST(retry_slot, is_given_back_once) {
  retry_budget budget;
  {
    retry_slot slot;
    EXPECT_TRUE(slot.take(budget, 1));
    slot.release();
    EXPECT_EQ(budget.taken(), 0U);
    slot.release();
    EXPECT_EQ(budget.taken(), 0U);
    EXPECT_TRUE(slot.take(budget, 1)) << "released, it can be taken again";
  }
  EXPECT_EQ(budget.taken(), 0U);
}

TEST(retry_slot, that_was_never_taken_gives_nothing_back) {
  retry_budget budget;
  while (budget.try_take(1)) {
  }
  {
    retry_slot refused;
    EXPECT_FALSE(refused.take(budget, 1));
  }
  EXPECT_EQ(budget.taken(), 9U);
}

TEST(retry_budget, is_exact_among_threads) {
  retry_budget budget;
  std::atomic<std::size_t> held = 0;
  std::atomic<bool> passed = false;
  std::atomic<std::size_t> granted = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int round = 0; round < 5'000; ++round) {
          // Each thread alone stays below the bound; the four together do not.
          std::size_t mine = 0;
          for (; mine < 4 && budget.try_take(50); ++mine) {
            if (held.fetch_add(1) >= 9) passed = true;
          }
          granted += mine;
          held.fetch_sub(mine);  // before the slots go: who takes one meanwhile counts too few, never too many
          for (; mine > 0; --mine) budget.give_back();
        }
      });
    }
  }
  EXPECT_FALSE(passed);
  EXPECT_GT(granted, 0U);
  EXPECT_EQ(budget.taken(), 0U);
}

// All threads keep what they get: exactly as many as there are.
TEST(retry_budget, gives_the_last_slot_to_one_of_those_who_race_for_it) {
  for (int round = 0; round < 200; ++round) {
    retry_budget budget;
    std::vector<std::unique_ptr<retry_slot>> slots;
    for (int i = 0; i < 16; ++i) slots.push_back(std::make_unique<retry_slot>());
    std::atomic<int> granted = 0;
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < 4; ++i) {
        threads.emplace_back([&, i] {
          for (std::size_t n = 0; n < 4; ++n) granted += slots[4 * i + n]->take(budget, 0) ? 1 : 0;
        });
      }
    }
    EXPECT_EQ(granted, 9);
    EXPECT_EQ(budget.taken(), 9U);
  }
}

}  // namespace
}  // namespace phigate::server
