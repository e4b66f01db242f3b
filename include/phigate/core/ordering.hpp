// The order in which eligible routes are tried (spec §4). Pure: it reorders and cuts, it never adds.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "phigate/core/eligibility.hpp"
#include "phigate/core/policy.hpp"

namespace phigate::core {

// What live traffic says of one route (spec §9). Until something is measured every route has these values. They are
// measured, so whoever orders by them trusts none to be in its range, or to be a number.
struct route_signals {
  double success = 1.0;                              // smoothed ratio, in (0, 1]
  std::optional<std::chrono::microseconds> latency;  // median
  std::optional<double> throughput;                  // median, output tokens a second
  bool cooling = false;                              // and no half-open turn is open now
};

// One position of an order, with what put it there.
struct ranked_route {
  eligible_route route;
  double health = 1.0;          // success · latency share, in [0, 1]; 0 only for a success that is none
  bool cooling = false;         // as ordered
  int128 price = 0;             // ordering_price
  std::optional<double> score;  // health / price², price in USD; absent for a free route
};

// The list of routes for one request: a permutation of a subset of the eligible ones, never empty.
class route_order {
 public:
  [[nodiscard]] std::span<const ranked_route> routes() const { return routes_; }

  // `signals[i]` belongs to `eligible.routes()[i]`; a route without one has the defaults. The keys of spec §4 in their
  // order; embeddings are cut to `only_model`, and then `allow_fallbacks: false` cuts to the providers of `order` or to
  // the first route. Nothing when that last cut leaves none.
  static std::optional<route_order> make(const eligible_routes& eligible, const policy& policy,
                                         std::span<const route_signals> signals);

 private:
  explicit route_order(std::vector<ranked_route> routes) : routes_(std::move(routes)) {}
  std::vector<ranked_route> routes_;
};

// The model to which embeddings are cut, because an index of two would be corrupt: for auto the first in the registry,
// for an alias the first that it names, of those with an eligible route. Nothing measured or preferred chooses it.
// Nothing where there is nothing to cut: another modality, or a concrete model.
std::optional<std::string_view> only_model(const eligible_routes& eligible, const policy& policy);

// The price a route is ordered by (spec §4): blended (3·input + output)/4 per million tokens for chat and vision,
// otherwise the unit price. In quarters of a millionth of a micro-USD (4·10¹² are one dollar), so that the blend is
// exact.
int128 ordering_price(const hosted_model& model, modality modality);
double ordering_price_in_usd(int128 price);

}  // namespace phigate::core
