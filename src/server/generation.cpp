#include "phigate/server/generation.hpp"

#include <utility>

namespace phigate::server {

namespace {

core::health_settings health_settings_of(const config::settings& settings) {
  return {.window = settings.health_window,
          .server_error = settings.cooldowns.server_error,
          .rate_limit = settings.cooldowns.rate_limit,
          .repeated = settings.cooldowns.repeated};
}

}  // namespace

std::shared_ptr<const generation> make_generation(std::shared_ptr<const config::snapshot> snapshot,
                                                  const generation* before) {
  const config::settings& settings = snapshot->settings;
  auto trust = upstream::trust_stores::load(*snapshot->registry, settings.upstream_ca_file);
  const core::health_board* earlier = before != nullptr ? before->health.get() : nullptr;
  auto health = std::make_shared<core::health_board>(*snapshot->registry, health_settings_of(settings), earlier);
  key_ring keys(settings.keys);
  return std::make_shared<const generation>(
      generation{std::move(snapshot), std::move(trust), std::move(keys), std::move(health)});
}

}  // namespace phigate::server
