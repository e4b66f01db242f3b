// One provider with one plain endpoint behind a fake dialer: all that an upstream::attempt needs.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "phigate/core/eligibility.hpp"
#include "phigate/net/deadline.hpp"
#include "phigate/observe/metrics.hpp"
#include "phigate/upstream/upstream_set.hpp"
#include "support/fake_dialer.hpp"
#include "support/registry_builder.hpp"

namespace phigate::test {

inline std::shared_ptr<const core::registry> plain_registry() {
  registry_builder builder;
  builder.region(core::region::eu, "DE").provider("acme").endpoint("acme-de", "DE", {core::region::eu});
  builder.endpoint_now().url = core::base_url{false, "127.0.0.1", 8123, "/v1"};
  builder.model("m", {core::modality::chat, core::modality::embeddings});
  return builder.build();
}

inline core::eligible_route only_route(const core::registry& registry, core::modality modality = core::modality::chat) {
  core::policy wanted;
  wanted.region = core::region::eu;
  wanted.modality = modality;
  wanted.model.kind = core::model_kind::automatic;
  wanted.model.name = "auto";
  return core::select(wanted, registry, day(2026, 6, 1)).value().routes().front();
}

class fake_upstream {
  upstream::trust_stores no_trust_;  // plain text needs none

 public:
  fake_upstream(asio::any_io_executor executor, net::deadline_queue& deadlines, upstream::pool_settings pool = {})
      : dialer(std::move(executor)), upstreams(registry, no_trust_, pool, dialer, deadlines, metrics) {}

  upstream::connection_pool& pool() { return *upstreams.at(route.route().endpoint).pool; }

  std::shared_ptr<const core::registry> registry = plain_registry();
  core::eligible_route route = only_route(*registry);
  fake_dialer dialer;
  observe::worker_metrics metrics;
  upstream::upstream_set upstreams;
};

}  // namespace phigate::test
