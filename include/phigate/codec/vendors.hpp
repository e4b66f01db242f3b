// The registry as anybody may see it (spec §10, GET /vendors): no credential, and of a base URL neither path nor user
// part. Its host is shown, also where a variable is in it: it tells where data goes, and names and TLS carry it openly.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "phigate/core/coverage.hpp"
#include "phigate/core/registry.hpp"

namespace phigate::codec {

// One JSON object: providers with their endpoints and models, the matrix, residents, aliases. `now` (UTC) tells which
// agreements hold. Facts that the registry does not have are null; an endpoint's terms are those in force there.
std::string vendors_object(const core::registry& known, const core::coverage_matrix& matrix,
                           std::chrono::sys_seconds now);
// The same object, told at another time of the same day.
std::string retold(std::string object, std::chrono::sys_seconds now);

// What the JSON and the page tell alike.
std::string day_text(std::chrono::sys_days day);  // 2026-01-31
// Empty for an endpoint in use. The registry's own words may name the operator's environment: these never do.
std::string_view why_unused(const core::endpoint& endpoint);

}  // namespace phigate::codec
