// A server::worker without listeners, and the process around it.
#pragma once

#include <memory>
#include <utility>

#include "phigate/server/key_ring.hpp"
#include "phigate/server/worker.hpp"
#include "support/fake_upstream.hpp"

namespace phigate::test {

class bare_worker {
 public:
  explicit bare_worker(config::settings settings = {}) : snapshot_(make_snapshot(std::move(settings))) {}

  server::worker* operator->() { return &worker_; }
  server::worker& operator*() { return worker_; }

 private:
  static std::shared_ptr<const config::snapshot> make_snapshot(config::settings settings) {
    auto made = std::make_shared<config::snapshot>();
    made->settings = std::move(settings);
    made->registry = plain_registry();
    return made;
  }

  std::shared_ptr<const config::snapshot> snapshot_;
  observe::access_log access_log_{false};
  server::process shared_{snapshot_,
                          std::make_shared<upstream::trust_stores>(),
                          std::make_shared<const server::key_ring>(snapshot_->settings.keys),
                          access_log_,
                          server::load_gate(16, 16, std::size_t{1} << 20U),
                          {}};
  server::worker worker_{shared_, std::make_shared<observe::worker_metrics>()};
};

}  // namespace phigate::test
