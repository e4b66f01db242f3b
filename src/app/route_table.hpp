// `phigate routes`: the registry as a person reads it, by the very rules that route.
#pragma once

#include <chrono>
#include <string>

#include "app/commands.hpp"
#include "phigate/core/registry.hpp"

namespace phigate::app {

// Throws std::runtime_error naming the valid ones for a region or modality that is none.
std::string route_table(const core::registry& registry, const routes_query& query);

}  // namespace phigate::app
