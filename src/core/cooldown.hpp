// When a route that failed is left alone, and when one request may try it again (spec §9). A plain value: no lock, and
// time is an argument.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

#include "phigate/core/health.hpp"

namespace phigate::core {

// What a failure means for the route's cooldown.
enum class trouble : std::uint8_t {
  fault,             // server error, time-out, network, no usable answer
  rate_limit,        // 429
  operator_mistake,  // a refused credential, an unknown model or URL
};

class cooldown {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  static constexpr std::chrono::seconds longest_retry_after{300};
  static constexpr std::chrono::seconds operator_mistake_time{120};
  // So many faults within `repeat_span`, both ends counted, are a repeated failure.
  static constexpr std::size_t repeat_count = 3;
  static constexpr std::chrono::seconds repeat_span{60};
  // Half-open: the first turn so long after the last failure, then one each `turn_interval`.
  static constexpr std::chrono::seconds first_turn{30};
  static constexpr std::chrono::seconds turn_interval{20};
  static constexpr time_point never = time_point::min();

  // Lengthens, never shortens. `retry_after` counts for a rate limit alone. A time before the last failure's is taken
  // for that one: threads report in any order.
  void on_failure(trouble what, std::optional<std::chrono::seconds> retry_after, time_point now,
                  const health_settings& settings);
  // Ends everything, the counting of faults too.
  void on_success() { *this = cooldown(); }
  // A request is on its way: takes the turn that is open. False: none is.
  bool take_turn(time_point now);

  // The end; `never` when no failure came since the last success.
  [[nodiscard]] time_point until() const { return std::max(plain_until_, repeated_until_); }
  // The end, or when the next turn opens, whichever is earlier. From then on the route is ordered as if it did not
  // cool.
  [[nodiscard]] time_point avoided_until() const;

  [[nodiscard]] bool cooling(time_point now) const { return now < until(); }
  [[nodiscard]] bool turn_open(time_point now) const { return cooling(now) && now >= avoided_until(); }
  [[nodiscard]] std::chrono::steady_clock::duration left(time_point now) const;

 private:
  void count_fault(time_point at, std::chrono::milliseconds repeated);

  // Kept apart, because turns belong to the repeated one and wait for the plain one.
  time_point plain_until_ = never;
  time_point repeated_until_ = never;
  time_point last_failure_ = never;
  time_point last_turn_ = never;
  std::array<time_point, repeat_count - 1> faults_{never, never};  // since the last success, the latest first
};

}  // namespace phigate::core
