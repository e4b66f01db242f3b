// A server::worker without listeners, and the process around it.
#pragma once

#include <memory>
#include <utility>

#include "phigate/server/worker.hpp"
#include "support/fake_upstream.hpp"

namespace phigate::test {

class bare_worker {
 public:
  explicit bare_worker(config::settings settings = {})
      : shared_{.latest = server::make_generation(make_snapshot(std::move(settings)), nullptr),
                .access_log = access_log_,
                .gate = server::load_gate(16, 16, std::size_t{1} << 20U),
                .metrics = {}} {}

  server::worker* operator->() { return &worker_; }
  server::worker& operator*() { return worker_; }

 private:
  static std::shared_ptr<const config::snapshot> make_snapshot(config::settings settings) {
    auto made = std::make_shared<config::snapshot>();
    made->settings = std::move(settings);
    made->registry = plain_registry();
    return made;
  }

  observe::access_log access_log_{false};
  server::process shared_;
  server::worker worker_{shared_, std::make_shared<observe::worker_metrics>()};
};

}  // namespace phigate::test
