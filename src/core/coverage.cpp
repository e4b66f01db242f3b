#include "phigate/core/coverage.hpp"

#include <algorithm>

#include "phigate/core/eligibility.hpp"

namespace phigate::core {
namespace {

bool is_served(const policy& wanted, const registry& known, std::chrono::sys_days today) {
  return std::ranges::any_of(known.routes_in(wanted.region, wanted.modality),
                             [&](route_id id) { return !exclude(known.at(id), wanted, known, today); });
}

coverage coverage_for(modality what, const registry& known, std::chrono::sys_days today) {
  coverage found;
  for (const region where : all_regions()) {
    policy wanted{.region = where, .data_class = data_class::general, .modality = what};
    if (is_served(wanted, known, today)) found.general.insert(where);
    wanted.data_class = data_class::phi;
    if (is_served(wanted, known, today)) found.phi.insert(where);
  }
  return found;
}

}  // namespace

coverage_matrix coverage_of(const registry& known, std::chrono::sys_days today) {
  coverage_matrix matrix;
  for (const modality what : all_modalities()) {
    matrix[static_cast<std::size_t>(what)] = coverage_for(what, known, today);
  }
  return matrix;
}

registry_tables with_all_credentials(const registry& known) {
  registry_tables tables = known.tables();
  for (endpoint& host : tables.endpoints) {
    if (host.enabled || !host.credential.empty() || host.switched_off) continue;
    host.enabled = true;
    host.disabled_because.clear();
    host.credential = secret("present");
  }
  return tables;
}

}  // namespace phigate::core
