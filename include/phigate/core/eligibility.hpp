// The only maker of eligible routes (spec §3, design §2.1). Whoever holds an `eligible_route` holds proof that every
// rule was checked: nothing else can build one, and upstream/ dials nothing else.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "phigate/core/error.hpp"
#include "phigate/core/policy.hpp"
#include "phigate/core/registry.hpp"

namespace phigate::core {

// The rules of spec §3 in their order; the first that fails is a route's reason.
enum class exclusion_reason : std::uint8_t {
  disabled,
  modality,
  region,
  phi,
  model,
  only,
  ignore,
  data_residency,
  eu_owned,
  retention,
  data_collection,
  variant_free,
  max_price,
  parameters,
};
std::string_view to_string(exclusion_reason reason);

struct exclusion {
  exclusion_reason reason{};
  std::string detail;  // what failed, for a person: "no agreement covers US and chat today"
};

class eligible_routes;

// A route that the request's policy admits. Refers into the registry that its maker was given: the request's snapshot
// keeps that alive.
class eligible_route {
 public:
  [[nodiscard]] route_id id() const { return id_; }
  [[nodiscard]] const core::route& route() const { return registry_->at(id_); }
  [[nodiscard]] const hosted_model& model() const { return registry_->model_of(route()); }
  [[nodiscard]] const core::endpoint& endpoint() const { return registry_->endpoint_of(route()); }
  [[nodiscard]] const core::provider& provider() const { return registry_->provider_of(route()); }

 private:
  friend std::expected<eligible_routes, api_error> select(const policy&, const registry&, std::chrono::sys_days);
  eligible_route(const registry& owner, route_id id) : registry_(&owner), id_(id) {}
  const registry* registry_;
  route_id id_;
};

// Never empty; in registry order. `route_order::make` puts them in the order of use.
class eligible_routes {
 public:
  [[nodiscard]] std::span<const eligible_route> routes() const { return routes_; }
  [[nodiscard]] const registry& source() const { return *registry_; }

 private:
  friend std::expected<eligible_routes, api_error> select(const policy&, const registry&, std::chrono::sys_days);
  friend class route_order;
  eligible_routes(const registry& owner, std::vector<eligible_route> routes)
      : registry_(&owner), routes_(std::move(routes)) {}
  const registry* registry_;
  std::vector<eligible_route> routes_;
};

// The first rule that `route` fails under `policy` on the day `today` (UTC), or nothing when it is eligible.
std::optional<exclusion> exclude(const route& route, const policy& policy, const registry& registry,
                                 std::chrono::sys_days today);

// The same of every route of the registry at once, by route_id: for whoever shows them all.
std::vector<std::optional<exclusion>> exclude_all(const policy& policy, const registry& registry,
                                                  std::chrono::sys_days today);

// Every route that passes all rules; else model_not_found, phi_blocked or no_route by the table of spec §3, with counts
// for no_route. Where a format, a voice or another wish of a voice request alone left none: unsupported_parameter in
// place of no_route (spec §10), naming the parameter and what there is.
std::expected<eligible_routes, api_error> select(const policy& policy, const registry& registry,
                                                 std::chrono::sys_days today);

// Regions in which some enabled route could serve `modality` for class phi today: what phi_blocked names, and the
// matrix.
region_set verified_regions(const registry& registry, modality modality, std::chrono::sys_days today);

}  // namespace phigate::core
