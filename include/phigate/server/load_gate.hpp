// What the whole process may hold at once (threats §5). Shared by all workers; a permit gives back what it took. A
// reload may change each bound while permits are held.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace phigate::server {

// A count with a bound, taken and given back by many threads.
class bounded_count {
 public:
  explicit bounded_count(std::size_t bound) : bound_(bound) {}
  bool try_take(std::size_t amount) {
    const std::size_t bound = bound_.load(std::memory_order_relaxed);
    std::size_t before = taken_.load(std::memory_order_relaxed);
    while (amount <= bound && before <= bound - amount) {
      if (taken_.compare_exchange_weak(before, before + amount, std::memory_order_relaxed)) return true;
    }
    return false;
  }
  // Past the bound if need be, for what belongs to work that was let in already: it keeps new work out instead.
  void take(std::size_t amount) { taken_.fetch_add(amount, std::memory_order_relaxed); }
  void give_back(std::size_t amount) { taken_.fetch_sub(amount, std::memory_order_relaxed); }
  [[nodiscard]] std::size_t taken() const { return taken_.load(std::memory_order_relaxed); }

  // For what is taken from now on. What is held above a lower bound stays held: nothing more is given until enough of
  // it has come back.
  void set_bound(std::size_t bound) { bound_.store(bound, std::memory_order_relaxed); }

 private:
  std::atomic<std::size_t> bound_;
  std::atomic<std::size_t> taken_{0};
};

// Part of a bounded_count, given back when it goes.
class permit {
 public:
  explicit permit(bounded_count& source) : source_(&source) {}
  permit(permit&& other) noexcept : source_(other.source_), amount_(std::exchange(other.amount_, 0)) {}
  permit& operator=(permit&&) = delete;
  ~permit() { release(); }

  // False, and nothing changes, when the bound would be passed.
  [[nodiscard]] bool grow(std::size_t amount) {
    if (!source_->try_take(amount)) return false;
    amount_ += amount;
    return true;
  }
  // Past the bound if need be.
  void take(std::size_t amount) {
    source_->take(amount);
    amount_ += amount;
  }
  [[nodiscard]] std::size_t amount() const { return amount_; }
  void release() { source_->give_back(std::exchange(amount_, 0)); }

 private:
  bounded_count* source_;
  std::size_t amount_ = 0;
};

struct load_gate {
  load_gate(std::size_t most_connections, std::size_t most_in_flight, std::size_t most_memory)
      : connections(most_connections), in_flight(most_in_flight), memory(most_memory) {}
  bounded_count connections;
  bounded_count in_flight;
  bounded_count memory;  // bytes of buffered bodies
};

}  // namespace phigate::server
