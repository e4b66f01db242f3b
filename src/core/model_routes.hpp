// The routes of a model as a request names it, from the registry's indices: a pinned model must not cost a walk over
// the registry.
#pragma once

#include <vector>

#include "phigate/core/policy.hpp"
#include "phigate/core/registry.hpp"

namespace phigate::core {

// Of any region; each once, in registry order, even where an alias names a model twice.
std::vector<route_id> routes_of_alias(const alias& wanted, modality what, const registry& known);

// The same for any selector; for `auto` every route of the modality.
std::vector<route_id> routes_of_model(const model_selector& wanted, modality what, const registry& known);

}  // namespace phigate::core
