// The second half of route_request, for whoever needs the eligible routes as well.
#pragma once

#include <expected>

#include "phigate/core/routing.hpp"

namespace phigate::core {

// route_order::make with the board's signals; no_route where `allow_fallbacks: false` leaves none.
std::expected<route_order, api_error> order_eligible(const eligible_routes& eligible, const policy& wanted,
                                                     const health_board& health, moment when);

}  // namespace phigate::core
