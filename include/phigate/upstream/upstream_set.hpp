// One worker's way to every endpoint of one snapshot: pools, TLS sessions, and the request heads that never change.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "phigate/core/registry.hpp"
#include "phigate/net/deadline.hpp"
#include "phigate/net/dialer.hpp"
#include "phigate/observe/metrics.hpp"
#include "phigate/upstream/adapter.hpp"
#include "phigate/upstream/pool.hpp"

namespace phigate::upstream {

// The trust stores that a registry's endpoints name, loaded once and shared by all workers.
class trust_stores {
 public:
  // `default_ca_file`: the gateway's; absent: the system's. Throws std::runtime_error naming a file that can't be used.
  static std::shared_ptr<const trust_stores> load(const core::registry& registry,
                                                  const std::optional<std::string>& default_ca_file);
  [[nodiscard]] std::shared_ptr<const net::trust_store> of(const core::endpoint& endpoint) const;

 private:
  std::map<std::string, std::shared_ptr<const net::trust_store>, std::less<>> by_file_;
  std::shared_ptr<const net::trust_store> default_;
};

// One endpoint, as one worker reaches it.
struct upstream_endpoint {
  const core::endpoint* facts = nullptr;
  const upstream::adapter* adapter = nullptr;
  net::target target;
  std::unique_ptr<net::tls_client> tls;
  std::shared_ptr<connection_pool> pool;
  std::string fields;  // host, credential and what else is the same in each request's head: complete lines
};

class upstream_set {
 public:
  // All arguments but the values outlive the set; `registry` is kept alive by it.
  upstream_set(std::shared_ptr<const core::registry> registry, const trust_stores& trust, pool_settings pool,
               net::dialer& dialer, net::deadline_queue& deadlines, observe::worker_metrics& metrics);
  upstream_set(const upstream_set&) = delete;
  upstream_set& operator=(const upstream_set&) = delete;

  [[nodiscard]] upstream_endpoint& at(core::endpoint_id id) { return *endpoints_[static_cast<std::size_t>(id)]; }
  ~upstream_set();
  // Closes every connection that no request is using.
  void close();
  // Another set takes over: closes what no request is using, and keeps no connection from now on.
  void retire();
  [[nodiscard]] net::dialer& dialer() { return dialer_; }
  [[nodiscard]] net::deadline_queue& deadlines() { return deadlines_; }

 private:
  static constexpr std::chrono::seconds sweep_interval{1};
  void sweep();

  std::shared_ptr<const core::registry> registry_;
  net::dialer& dialer_;
  net::deadline_queue& deadlines_;
  observe::worker_metrics& metrics_;
  std::vector<std::unique_ptr<upstream_endpoint>> endpoints_;
  net::deadline sweep_timer_;
};

}  // namespace phigate::upstream
