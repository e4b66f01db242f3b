// How much failing over the whole process may do at once (threats §5): when every provider fails, requests that each
// try four routes would put four times the load on them. A request's first failover is free; a later one takes a slot.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>

namespace phigate::server {

// Slots for second and later failovers, of all workers' requests together.
class retry_budget {
 public:
  // The slots that may be held at once while `active` requests are worked on: fewer than 10, or than 20 % of them,
  // whichever is more.
  static constexpr std::size_t most_at_once(std::size_t active) {
    constexpr std::size_t always = 9;
    const std::size_t below_a_fifth = active == 0 ? 0 : (active - 1) / 5;
    return std::max(always, below_a_fifth);
  }

  [[nodiscard]] bool try_take(std::size_t active) {
    const std::size_t most = most_at_once(active);
    std::size_t before = taken_.load(std::memory_order_relaxed);
    while (before < most) {
      if (taken_.compare_exchange_weak(before, before + 1, std::memory_order_relaxed)) return true;
    }
    return false;
  }
  void give_back() { taken_.fetch_sub(1, std::memory_order_relaxed); }
  [[nodiscard]] std::size_t taken() const { return taken_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::size_t> taken_{0};
};

// One request's slot, given back when it goes. The budget outlives it.
class retry_slot {
 public:
  retry_slot() = default;
  retry_slot(const retry_slot&) = delete;
  retry_slot& operator=(const retry_slot&) = delete;
  ~retry_slot() { release(); }

  // Whether a slot is held afterwards: the one held already, or a new one. `active`: the requests now being worked on.
  [[nodiscard]] bool take(retry_budget& budget, std::size_t active) {
    if (held_ == nullptr && budget.try_take(active)) held_ = &budget;
    return held_ != nullptr;
  }
  void release() {
    if (held_ != nullptr) held_->give_back();
    held_ = nullptr;
  }

 private:
  retry_budget* held_ = nullptr;  // null: no slot
};

}  // namespace phigate::server
