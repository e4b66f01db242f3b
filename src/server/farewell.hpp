// What is said to a provider once a request is over (upstream/adapter.hpp): nobody waits for its answer.
#pragma once

#include <memory>

#include "phigate/core/eligibility.hpp"
#include "phigate/server/worker.hpp"
#include "phigate/upstream/adapter.hpp"

namespace phigate::server {

// Sends it in the background, on a fresh connection when the kept-alive one is gone, within a few seconds. Only a
// failure is logged. A worker that closes waits for it.
void say_farewell(worker& on, std::shared_ptr<serving> by, const core::eligible_route& route,
                  upstream::wire_request request);

}  // namespace phigate::server
