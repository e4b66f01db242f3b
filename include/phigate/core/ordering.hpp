// The order in which eligible routes are tried (spec §4). Pure: it reorders and cuts, it never adds.
#pragma once

#include <span>
#include <vector>

#include "phigate/core/eligibility.hpp"
#include "phigate/core/policy.hpp"

namespace phigate::core {

// What live traffic says of one route. Until health is measured every route has this default.
struct route_signals {
  double health = 1.0;  // (0, 1]
};

// The ordered list of routes for one request: a permutation of a subset of the eligible ones, never empty.
class route_order {
 public:
  [[nodiscard]] std::span<const eligible_route> routes() const { return routes_; }

  // `signals[i]` belongs to `eligible.routes()[i]`; a route without one has the default.
  // Keys 5 and 6 of spec §4: for auto and an alias the region's resident first; for auto then the cheapest model; then
  // score = health / price², free routes first by health; then registry order. Embeddings are cut to one model.
  static route_order make(const eligible_routes& eligible, const policy& policy,
                          std::span<const route_signals> signals);

 private:
  explicit route_order(std::vector<eligible_route> routes) : routes_(std::move(routes)) {}
  std::vector<eligible_route> routes_;
};

// The price a route is ordered by (spec §4): blended (3·input + output)/4 per million tokens for chat and vision,
// otherwise the unit price. In quarters of a millionth of a micro-USD (4·10¹² are one dollar), so that the blend is
// exact.
int128 ordering_price(const hosted_model& model, modality modality);

}  // namespace phigate::core
