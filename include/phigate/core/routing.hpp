// From a policy to the routes in their order: the one way by which requests, `explain` and the command line route.
#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "phigate/core/eligibility.hpp"
#include "phigate/core/health.hpp"
#include "phigate/core/ordering.hpp"
#include "phigate/core/policy.hpp"

namespace phigate::core {

// When a decision is made: agreements lapse by the calendar, cooldowns by the steady clock.
struct moment {
  std::chrono::sys_days today;  // UTC
  std::chrono::steady_clock::time_point now;
};

// select, then route_order::make with the board's signals; no_route where `allow_fallbacks: false` leaves none.
std::expected<route_order, api_error> route_request(const policy& wanted, const registry& known,
                                                    const health_board& health, moment when);

// Why one route of the registry is no candidate.
struct explained_exclusion {
  route_id route{};
  std::string_view reason;  // an exclusion_reason, or "allow_fallbacks"; "model" where embeddings keep to another one
  std::string detail;       // for a person
};

// What a request would meet (spec §10). Every route of the registry is in `order` or in `excluded`, once.
struct explanation {
  std::optional<route_order> order;           // the candidates; absent when refused
  std::vector<explained_exclusion> excluded;  // in registry order
  std::optional<api_error> error;             // what the request would have got
};

explanation explain(const policy& wanted, const registry& known, const health_board& health, moment when);

}  // namespace phigate::core
