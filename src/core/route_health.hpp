// One route's health (spec §9), shared by all threads and, after a reload, by more than one board.
//
// Time is counted in ticks, 64 to the window. What is in the window counts for the window's length to within a 32nd
// (outcomes) or a 64th (samples), never longer. What a thread that is a little ahead has recorded counts already.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <mutex>
#include <optional>

#include "core/cooldown.hpp"
#include "phigate/core/health.hpp"

namespace phigate::core {

using tick_count = std::int64_t;  // since the steady clock's epoch, so it may be negative

// Where a record of one window's length goes in another's. Nothing is known of its time but the tick: it is taken for
// the latest one that it can have had, so that what is new stays new in a shorter window.
struct tick_scale {
  std::chrono::nanoseconds from;  // a tick's length
  std::chrono::nanoseconds to;
  std::chrono::nanoseconds latest;  // of all records, since the clock's epoch
  [[nodiscard]] tick_count operator()(tick_count tick) const;
};

struct outcome_counts {
  std::uint32_t successes = 0;
  std::uint32_t failures = 0;
};

// Successes and failures in the window.
class outcome_window {
 public:
  static constexpr tick_count bucket_count = 32;
  static constexpr std::uint32_t most = (1u << 20) - 1;  // of a count in one bucket; past it both are halved

  void add(tick_count tick, outcome_counts more);
  [[nodiscard]] outcome_counts total(tick_count now) const;
  // Takes what `other` counted in the window that ends at the latest record. Before any other use.
  void copy(const outcome_window& other, const tick_scale& scale);

 private:
  // A bucket is two ticks, one after the other in a ring, and one word: 24 bits of its number, 20 of each count.
  std::array<std::atomic<std::uint64_t>, bucket_count> buckets_{};
};

// The last measurements and their median, from three on. While there is room every one is kept; once 64 are in the
// window at most one a tick, so that they span it.
class sample_window {
 public:
  static constexpr std::size_t capacity = 64;
  static constexpr std::size_t fewest = 3;
  static constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max() - 1;

  // `value` is cut to 1…most.
  void add(tick_count tick, std::uint64_t value);
  // Of an even number the mean of the middle two, rounded down.
  [[nodiscard]] std::optional<std::uint32_t> median(tick_count now) const;
  // Takes the samples of `other`. Before any other use.
  void copy(const sample_window& other, const tick_scale& scale);

 private:
  static constexpr std::uint32_t unmeasured = most + 1;

  [[nodiscard]] std::uint64_t compute(tick_count now) const;

  // A word holds the low 32 bits of a tick and a value. 0: no sample.
  std::array<std::atomic<std::uint64_t>, capacity> samples_{};
  std::atomic<std::uint32_t> next_{0};  // the place to write, modulo capacity: the oldest sample's
  // The median, and the tick at which it no longer holds since its oldest sample lapses. The value `unmeasured` holds
  // until the next sample; the value 0 marks a memo that a sample made void, and the tick is the sample's own number.
  mutable std::atomic<std::uint64_t> memo_{unmeasured};
};

class route_health {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  // A window from a millisecond to a year: else std::invalid_argument.
  explicit route_health(std::chrono::milliseconds window);
  // With what `before` knows, by the times of its records.
  route_health(std::chrono::milliseconds window, const route_health& before);

  void on_success(const served_sample& sample, time_point now);
  // An operator's mistake leaves the counts alone.
  void on_failure(trouble what, std::optional<std::chrono::seconds> retry_after, time_point now,
                  const health_settings& settings);
  void take_turn(time_point now);

  [[nodiscard]] route_signals signals(time_point now) const;
  [[nodiscard]] route_report report(time_point now) const;
  [[nodiscard]] bool is_known() const { return latest_.load(std::memory_order_relaxed) != cooldown::never; }

 private:
  [[nodiscard]] tick_count tick_at(time_point when) const;
  [[nodiscard]] route_signals signals_from(outcome_counts counts, time_point now) const;
  void note(time_point now);
  void publish();  // under mutex_

  const std::chrono::nanoseconds tick_;
  std::atomic<time_point> latest_{cooldown::never};  // of the records, or nearly: two threads may set it back a little
  // cooldown_'s until and avoided_until. A reader may find one from before an event and the other from after it: each
  // is an answer that was right a moment ago.
  std::atomic<time_point> cooling_until_{cooldown::never};
  std::atomic<time_point> avoided_until_{cooldown::never};
  outcome_window outcomes_;
  sample_window latency_;     // microseconds
  sample_window throughput_;  // thousandths of a token per second
  mutable std::mutex mutex_;  // of failures, turns, and successes that have a failure to end
  cooldown cooldown_;
};

}  // namespace phigate::core
