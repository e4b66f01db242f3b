// Which region has which modality, for which class: the matrix of `phigate routes --matrix` and GET /vendors.
#pragma once

#include <array>
#include <chrono>

#include "phigate/core/registry.hpp"
#include "phigate/core/vocabulary.hpp"

namespace phigate::core {

struct coverage {
  region_set general;  // some route of the modality is admitted there, by the rules of spec §3
  region_set phi;      // some route is admitted there for class phi: a part of `general`
};

// By modality, on that day: agreements lapse.
using coverage_matrix = std::array<coverage, modality_count>;
coverage_matrix coverage_of(const registry& known, std::chrono::sys_days today);

// The registry as it would be once every key is there: an endpoint without a credential counts as having one, unless
// the file switches it off. What is disabled in another way, or has a credential and lacks something else, stays so.
registry_tables with_all_credentials(const registry& known);

}  // namespace phigate::core
