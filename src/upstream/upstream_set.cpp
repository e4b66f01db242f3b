#include "phigate/upstream/upstream_set.hpp"

#include <utility>

namespace phigate::upstream {

namespace {

std::string fields_of(const core::endpoint& endpoint, const adapter& adapter) {
  std::string lines = "host: ";
  lines += endpoint.url.authority();
  lines += "\r\n";
  lines += adapter.credential_lines(endpoint);
  lines += "accept-encoding: identity\r\nuser-agent: phigate/";
  lines += observe::version();
  lines += "\r\n";
  return lines;
}

}  // namespace

std::shared_ptr<const trust_stores> trust_stores::load(const core::registry& registry,
                                                       const std::optional<std::string>& default_ca_file) {
  auto loaded = std::make_shared<trust_stores>();
  loaded->default_ = net::trust_store::load(default_ca_file);
  for (const core::endpoint& endpoint : registry.tables().endpoints) {
    if (!endpoint.enabled || !endpoint.tls.ca_file || loaded->by_file_.contains(*endpoint.tls.ca_file)) continue;
    loaded->by_file_.emplace(*endpoint.tls.ca_file, net::trust_store::load(endpoint.tls.ca_file));
  }
  return loaded;
}

std::shared_ptr<const net::trust_store> trust_stores::of(const core::endpoint& endpoint) const {
  if (!endpoint.tls.ca_file) return default_;
  return by_file_.at(*endpoint.tls.ca_file);
}

upstream_set::upstream_set(std::shared_ptr<const core::registry> registry, const trust_stores& trust,
                           pool_settings pool, net::dialer& dialer, net::deadline_queue& deadlines,
                           observe::worker_metrics& metrics)
    : registry_(std::move(registry)),
      dialer_(dialer),
      deadlines_(deadlines),
      metrics_(metrics),
      sweep_timer_(deadlines, [this] { sweep(); }) {
  for (const core::endpoint& endpoint : registry_->tables().endpoints) {
    auto& built = *endpoints_.emplace_back(std::make_unique<upstream_endpoint>());
    built.facts = &endpoint;
    if (!endpoint.enabled) continue;  // never dialled: rule 1 removes its routes
    built.adapter = &adapter_for(endpoint.protocol);
    built.pool = std::make_shared<connection_pool>(pool);
    if (endpoint.url.tls) built.tls = std::make_unique<net::tls_client>(trust.of(endpoint), endpoint.tls.pin_sha256);
    built.target = net::target{endpoint.url.host, endpoint.url.port, built.tls.get()};
    built.fields = fields_of(endpoint, *built.adapter);
  }
  sweep_timer_.arm_in(sweep_interval);
}

// What is still being finished in the background refers to the TLS settings here.
upstream_set::~upstream_set() {
  close();
}

void upstream_set::retire() {
  sweep_timer_.disarm();
  for (const auto& endpoint : endpoints_) {
    if (!endpoint->pool) continue;
    endpoint->pool->retire();
    metrics_.set_idle_connections(endpoint->facts->id, 0);
  }
}

void upstream_set::close() {
  sweep_timer_.disarm();
  for (const auto& endpoint : endpoints_) {
    if (endpoint->pool) endpoint->pool->close();
  }
}

void upstream_set::sweep() {
  const auto now = std::chrono::steady_clock::now();
  for (const auto& endpoint : endpoints_) {
    if (!endpoint->pool) continue;
    endpoint->pool->sweep(now);
    metrics_.set_idle_connections(endpoint->facts->id, endpoint->pool->size());
  }
  sweep_timer_.arm_in(sweep_interval);
}

}  // namespace phigate::upstream
