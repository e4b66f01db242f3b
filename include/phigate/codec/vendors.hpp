// The registry as anybody may see it (spec §10, GET /vendors): no credential, no path and no user part of a base URL.
#pragma once

#include <chrono>
#include <string>

#include "phigate/core/coverage.hpp"
#include "phigate/core/registry.hpp"

namespace phigate::codec {

// One JSON object: providers with their endpoints and models, the matrix, residents, aliases. `now` (UTC) tells which
// agreements hold. Facts that the registry does not have are null.
std::string vendors_object(const core::registry& known, const core::coverage_matrix& matrix,
                           std::chrono::sys_seconds now);

}  // namespace phigate::codec
