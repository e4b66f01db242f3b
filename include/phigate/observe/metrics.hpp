// Counters for Prometheus (spec §10). Each worker writes its own; a scrape sums them.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "phigate/core/health.hpp"
#include "phigate/core/registry.hpp"

namespace phigate::observe {

// What one worker counts. Written by that worker alone; read by whoever scrapes: hence the lock, which is never
// contended otherwise.
class worker_metrics {
 public:
  // Labels are names from code or registry, never from a request.
  void count_request(std::string_view route, int status, std::string_view data_class, std::string_view region);
  void count_attempt(std::string_view provider, std::string_view endpoint, std::string_view outcome);
  // From the request being sent to the commit.
  void observe_upstream_latency(std::string_view provider, double seconds);
  // A second or later failover that the process had no budget for (threats §5).
  void count_refused_failover() { refused_failovers_.fetch_add(1, std::memory_order_relaxed); }

  void add_in_flight(int change) { in_flight_.fetch_add(change, std::memory_order_relaxed); }
  void add_connections(int change) { connections_.fetch_add(change, std::memory_order_relaxed); }
  void set_idle_connections(std::string_view endpoint, std::size_t count);

 private:
  friend std::string render_metrics(std::span<const std::shared_ptr<worker_metrics>> workers, bool draining);

  static constexpr std::array<double, 12> bounds{0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
  struct histogram {
    std::array<std::uint64_t, bounds.size() + 1> buckets{};
    double sum = 0;
  };
  using request_key = std::tuple<std::string, int, std::string, std::string>;
  using attempt_key = std::tuple<std::string, std::string, std::string>;

  mutable std::mutex mutex_;
  std::map<request_key, std::uint64_t, std::less<>> requests_;
  std::map<attempt_key, std::uint64_t, std::less<>> attempts_;
  std::map<std::string, histogram, std::less<>> latencies_;
  std::map<std::string, std::size_t, std::less<>> idle_;
  std::atomic<std::uint64_t> refused_failovers_{0};
  std::atomic<std::int64_t> in_flight_{0};
  std::atomic<std::int64_t> connections_{0};
};

// How the process's reloads ended; any thread may write or read.
class reload_metrics {
 public:
  // The first load is no reload; `loaded_at` is its time.
  explicit reload_metrics(std::chrono::sys_seconds loaded_at = {}) : last_success_(loaded_at) {}
  void count_success(std::chrono::sys_seconds when) {
    succeeded_.fetch_add(1, std::memory_order_relaxed);
    last_success_.store(when, std::memory_order_relaxed);
  }
  void count_failure() { failed_.fetch_add(1, std::memory_order_relaxed); }

 private:
  friend std::string render_reloads(const reload_metrics& reloads);

  std::atomic<std::uint64_t> succeeded_{0};
  std::atomic<std::uint64_t> failed_{0};
  std::atomic<std::chrono::sys_seconds> last_success_;
};

// Three parts of one exposition, Prometheus text format 0.0.4: whole families each, one appended to the other.
std::string render_metrics(std::span<const std::shared_ptr<worker_metrics>> workers, bool draining);
std::string render_reloads(const reload_metrics& reloads);
// `board` is of `known`'s routes. Only those of which anything was recorded.
std::string render_route_health(const core::registry& known, const core::health_board& board,
                                core::health_board::time_point now);

// The version that --version and phigate_build_info name.
std::string_view version();

}  // namespace phigate::observe
