#include "phigate/observe/metrics.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <iterator>
#include <optional>

namespace phigate::observe {

namespace {

template <typename Map, typename... Parts>
auto& slot(Map& map, const Parts&... parts) {
  const auto found = map.find(std::tie(parts...));
  if (found != map.end()) return found->second;
  return map[typename Map::key_type(parts...)];
}

template <typename Map>
auto& named_slot(Map& map, std::string_view name) {
  const auto found = map.find(name);
  if (found != map.end()) return found->second;
  return map[std::string(name)];
}

void declare(std::string& out, std::string_view name, std::string_view type, std::string_view help) {
  fmt::format_to(std::back_inserter(out), "# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

std::string escaped(std::string_view label) {
  std::string out;
  for (const char c : label) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

struct measured_route {
  std::string labels;
  core::route_report report;
};

std::string labels_of(const core::route& route, const core::registry& known) {
  return fmt::format("provider=\"{}\",endpoint=\"{}\",model=\"{}\",modality=\"{}\"",
                     escaped(known.provider_of(route).slug), escaped(known.endpoint_of(route).id),
                     escaped(known.model_of(route).id), core::to_string(route.modality));
}

// One family. `value_of` gives nothing for a route that lacks the value.
template <typename Value>
void append_gauge(std::string& out, std::span<const measured_route> routes, std::string_view name,
                  std::string_view help, Value value_of) {
  declare(out, name, "gauge", help);
  for (const measured_route& route : routes) {
    const std::optional<double> value = value_of(route.report);
    if (value) fmt::format_to(std::back_inserter(out), "{}{{{}}} {}\n", name, route.labels, *value);
  }
}

double in_seconds(std::chrono::microseconds time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

void worker_metrics::count_request(std::string_view route, int status, std::string_view data_class,
                                   std::string_view region) {
  const std::lock_guard lock(mutex_);
  ++slot(requests_, route, status, data_class, region);
}

void worker_metrics::count_attempt(std::string_view provider, std::string_view endpoint, std::string_view outcome) {
  const std::lock_guard lock(mutex_);
  ++slot(attempts_, provider, endpoint, outcome);
}

void worker_metrics::observe_upstream_latency(std::string_view provider, double seconds) {
  const std::lock_guard lock(mutex_);
  histogram& latency = named_slot(latencies_, provider);
  std::size_t bucket = 0;
  while (bucket < bounds.size() && seconds > bounds[bucket]) ++bucket;
  ++latency.buckets[bucket];
  latency.sum += seconds;
}

void worker_metrics::set_idle_connections(std::string_view endpoint, std::size_t count) {
  const std::lock_guard lock(mutex_);
  named_slot(idle_, endpoint) = count;
}

std::string render_metrics(std::span<const std::shared_ptr<worker_metrics>> workers, bool draining) {
  worker_metrics sum;
  std::uint64_t refused_failovers = 0;
  std::int64_t in_flight = 0;
  std::int64_t connections = 0;
  for (const auto& worker : workers) {
    const std::lock_guard lock(worker->mutex_);
    for (const auto& [key, count] : worker->requests_) sum.requests_[key] += count;
    for (const auto& [key, count] : worker->attempts_) sum.attempts_[key] += count;
    for (const auto& [key, count] : worker->idle_) sum.idle_[key] += count;
    for (const auto& [key, latency] : worker->latencies_) {
      auto& total = sum.latencies_[key];
      for (std::size_t i = 0; i < total.buckets.size(); ++i) total.buckets[i] += latency.buckets[i];
      total.sum += latency.sum;
    }
    refused_failovers += worker->refused_failovers_.load(std::memory_order_relaxed);
    in_flight += worker->in_flight_.load(std::memory_order_relaxed);
    connections += worker->connections_.load(std::memory_order_relaxed);
  }

  std::string out;
  const auto append = std::back_inserter(out);
  declare(out, "phigate_build_info", "gauge", "The running version.");
  fmt::format_to(append, "phigate_build_info{{version=\"{}\"}} 1\n", version());
  declare(out, "phigate_draining", "gauge", "1 once the process was told to end.");
  fmt::format_to(append, "phigate_draining {}\n", draining ? 1 : 0);
  declare(out, "phigate_requests_total", "counter", "Finished requests.");
  for (const auto& [key, count] : sum.requests_) {
    const auto& [route, status, data_class, region] = key;
    fmt::format_to(append, "phigate_requests_total{{route=\"{}\",status=\"{}\",class=\"{}\",region=\"{}\"}} {}\n",
                   escaped(route), status, escaped(data_class), escaped(region), count);
  }
  declare(out, "phigate_attempts_total", "counter", "Upstream attempts by how they ended.");
  for (const auto& [key, count] : sum.attempts_) {
    const auto& [provider, endpoint, outcome] = key;
    fmt::format_to(append, "phigate_attempts_total{{provider=\"{}\",endpoint=\"{}\",outcome=\"{}\"}} {}\n",
                   escaped(provider), escaped(endpoint), escaped(outcome), count);
  }
  declare(out, "phigate_upstream_latency_seconds", "histogram", "From a request being sent to its answer's commit.");
  for (const auto& [provider, latency] : sum.latencies_) {
    const std::string label = escaped(provider);
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < worker_metrics::bounds.size(); ++i) {
      below += latency.buckets[i];
      fmt::format_to(append, "phigate_upstream_latency_seconds_bucket{{provider=\"{}\",le=\"{}\"}} {}\n", label,
                     worker_metrics::bounds[i], below);
    }
    below += latency.buckets.back();
    fmt::format_to(append, "phigate_upstream_latency_seconds_bucket{{provider=\"{}\",le=\"+Inf\"}} {}\n", label, below);
    fmt::format_to(append, "phigate_upstream_latency_seconds_sum{{provider=\"{}\"}} {}\n", label, latency.sum);
    fmt::format_to(append, "phigate_upstream_latency_seconds_count{{provider=\"{}\"}} {}\n", label, below);
  }
  declare(out, "phigate_failovers_refused_total", "counter",
          "Second and later failovers of a request that the process had no budget for.");
  fmt::format_to(append, "phigate_failovers_refused_total {}\n", refused_failovers);
  declare(out, "phigate_in_flight_requests", "gauge", "Requests being worked on.");
  fmt::format_to(append, "phigate_in_flight_requests {}\n", in_flight);
  declare(out, "phigate_client_connections", "gauge", "Open client connections.");
  fmt::format_to(append, "phigate_client_connections {}\n", connections);
  declare(out, "phigate_upstream_idle_connections", "gauge", "Kept-alive upstream connections that wait for use.");
  for (const auto& [endpoint, count] : sum.idle_) {
    fmt::format_to(append, "phigate_upstream_idle_connections{{endpoint=\"{}\"}} {}\n", escaped(endpoint), count);
  }
  return out;
}

std::string render_reloads(const reload_metrics& reloads) {
  std::string out;
  const auto append = std::back_inserter(out);
  declare(out, "phigate_config_reloads_total", "counter", "Reloads of configuration and registry by how they ended.");
  fmt::format_to(append, "phigate_config_reloads_total{{result=\"ok\"}} {}\n",
                 reloads.succeeded_.load(std::memory_order_relaxed));
  fmt::format_to(append, "phigate_config_reloads_total{{result=\"failed\"}} {}\n",
                 reloads.failed_.load(std::memory_order_relaxed));
  declare(out, "phigate_config_last_reload_success_timestamp_seconds", "gauge",
          "When the configuration in force was loaded.");
  fmt::format_to(append, "phigate_config_last_reload_success_timestamp_seconds {}\n",
                 reloads.last_success_.load(std::memory_order_relaxed).time_since_epoch().count());
  return out;
}

std::string render_route_health(const core::registry& known, const core::health_board& board,
                                core::health_board::time_point now) {
  std::vector<measured_route> routes;
  for (std::size_t i = 0; i < known.routes().size(); ++i) {
    const auto id = static_cast<core::route_id>(i);
    if (board.is_known(id)) routes.push_back({labels_of(known.at(id), known), board.report(id, now)});
  }
  std::string out;
  append_gauge(out, routes, "phigate_route_success_ratio",
               "Smoothed share of successes in the health window: (successes + 5) / (outcomes + 5).",
               [](const core::route_report& report) { return std::optional(report.signals.success); });
  append_gauge(out, routes, "phigate_route_cooldown_seconds", "What is left of the route's cooldown; 0: none.",
               [](const core::route_report& report) { return std::optional(in_seconds(report.cooling_left)); });
  append_gauge(out, routes, "phigate_route_latency_seconds",
               "Median time from a request being sent to its answer's commit, in the health window.",
               [](const core::route_report& report) { return report.signals.latency.transform(in_seconds); });
  append_gauge(out, routes, "phigate_route_tokens_per_second", "Median output tokens per second, in the health window.",
               [](const core::route_report& report) { return report.signals.throughput; });
  return out;
}

std::string_view version() {
  return PHIGATE_VERSION;
}

}  // namespace phigate::observe
