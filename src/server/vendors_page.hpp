// GET /vendors for a person: the registry as one page without script, for any width and in both colour schemes.
#pragma once

#include <chrono>
#include <string>

#include "phigate/core/coverage.hpp"
#include "phigate/core/registry.hpp"

namespace phigate::server {

// A whole HTML document; every text of the registry in it is escaped.
std::string vendors_page(const core::registry& known, const core::coverage_matrix& matrix, std::chrono::sys_days today);

}  // namespace phigate::server
