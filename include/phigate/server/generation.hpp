// One loaded configuration with what is built from it (design §2.5). A reload makes the next one; a request keeps the
// one that it began with.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "phigate/config/loader.hpp"
#include "phigate/core/health.hpp"
#include "phigate/server/key_ring.hpp"
#include "phigate/upstream/upstream_set.hpp"

namespace phigate::server {

// Shared by all workers; immutable but for the health board, which every thread may write to.
struct generation {
  std::shared_ptr<const config::snapshot> snapshot;
  std::shared_ptr<const upstream::trust_stores> trust;
  key_ring keys;
  std::shared_ptr<core::health_board> health;

  [[nodiscard]] const config::settings& settings() const { return snapshot->settings; }
  [[nodiscard]] const core::registry& registry() const { return *snapshot->registry; }
};

// `before`: the generation that this one follows; its health goes on. Null: the first. Throws std::runtime_error naming
// a CA file that can't be used.
std::shared_ptr<const generation> make_generation(std::shared_ptr<const config::snapshot> snapshot,
                                                  const generation* before);

// What GET /vendors tells of a generation on one day (UTC): rendered when first asked for, and kept. Null: not yet.
struct vendors_told {
  std::chrono::sys_days on{};
  std::shared_ptr<const std::string> object;
  std::shared_ptr<const std::string> page;
};

// A generation as one worker serves it: with upstream connections of its own. Used by that worker's thread alone.
struct serving {
  std::shared_ptr<const generation> facts;
  upstream::upstream_set upstreams;
  vendors_told vendors{};
};

}  // namespace phigate::server
