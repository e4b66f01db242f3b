// What holds for a request at one route: the model's own word first, then its endpoint's, then the gateway's (spec
// §11).
#pragma once

#include "phigate/config/settings.hpp"
#include "phigate/core/eligibility.hpp"

namespace phigate::server {

// `usual`, the gateway's, with what the route overrides.
config::timeouts timeouts_for(const core::eligible_route& route, config::timeouts usual);

}  // namespace phigate::server
