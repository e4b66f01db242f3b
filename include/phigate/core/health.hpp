// How well each route does (spec §9): one board for the whole process, fed by live traffic and read by every ordering.
// Time is an argument; nothing here reads a clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "phigate/core/failover.hpp"
#include "phigate/core/ordering.hpp"
#include "phigate/core/registry.hpp"

namespace phigate::core {

struct health_settings {
  std::chrono::milliseconds window{300'000};
  // Cooldowns. Retry-After's cap, an operator's mistake and the half-open turns are fixed.
  std::chrono::milliseconds server_error{30'000};
  std::chrono::milliseconds rate_limit{60'000};
  std::chrono::milliseconds repeated{120'000};
  bool operator==(const health_settings&) const = default;
};

// What one good answer showed. Each is left out where it can't be told.
struct served_sample {
  std::optional<std::chrono::microseconds> latency{};  // from the request being sent to the commit
  std::optional<double> tokens_per_second{};           // output tokens over the time after the commit
};

// One route's state, for whoever looks at it.
struct route_report {
  std::uint32_t successes = 0;  // in the window
  std::uint32_t failures = 0;
  route_signals signals;
  std::chrono::milliseconds cooling_left{0};  // 0: not cooling; half-open turns don't change it
};

class route_health;  // src/core/route_health.hpp

// Shared by all threads. Reading, and recording a success of a route that has no trouble, take no lock.
class health_board {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  // Keeps nothing of `known`, whose route ids it takes. What `before` knows of a route with the same endpoint, model
  // and modality goes on: both boards then write to the same state (unless the window changed: then it is copied once).
  // A window that is not between a millisecond and a year: std::invalid_argument.
  health_board(const registry& known, const health_settings& settings, const health_board* before = nullptr);
  ~health_board();
  health_board(const health_board&) = delete;
  health_board& operator=(const health_board&) = delete;

  // A whole answer, or a stream that ended as it should. Ends the route's cooldown.
  void record_success(route_id route, const served_sample& sample, time_point now);
  // A failed attempt, before or after the commit. A client's mistake, in a status or an event, and an over-large answer
  // change nothing; an operator's mistake sets its cooldown and no more; a failure to connect counts for every route of
  // the endpoint.
  void record_failure(route_id route, const attempt_failure& failure, time_point now);
  // The route is being dialled: a half-open turn that is open is taken.
  void take_turn(route_id route, time_point now);

  [[nodiscard]] route_signals signals(route_id route, time_point now) const;
  [[nodiscard]] route_report report(route_id route, time_point now) const;
  // Whether anything was ever recorded of it.
  [[nodiscard]] bool is_known(route_id route) const;

 private:
  [[nodiscard]] route_health& at(route_id route) const;
  [[nodiscard]] std::shared_ptr<route_health> find(const std::string& name) const;  // null: no such route

  health_settings settings_;
  std::vector<std::shared_ptr<route_health>> routes_;                       // by route_id
  std::vector<std::vector<route_id>> by_endpoint_;                          // by endpoint_id
  std::vector<endpoint_id> endpoint_of_;                                    // by route_id
  std::unordered_map<std::string, std::shared_ptr<route_health>> by_name_;  // "endpoint/model/modality"
};

}  // namespace phigate::core
