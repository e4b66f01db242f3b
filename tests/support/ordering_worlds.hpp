// Small worlds for the tests of ordering, routing and explain: hosts of a model, requests, and orders as names.
#pragma once

#include <chrono>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "phigate/core/eligibility.hpp"
#include "phigate/core/ordering.hpp"
#include "phigate/core/policy.hpp"
#include "support/registry_builder.hpp"

namespace phigate::test {

// "endpoint model" of each position.
using names = std::vector<std::string>;

inline constexpr std::chrono::sys_days ordering_day = std::chrono::year(2026) / 6 / 1;

inline core::policy request(std::string_view model, core::model_kind kind, core::modality what = core::modality::chat) {
  core::policy wanted;
  wanted.region = core::region::eu;
  wanted.modality = what;
  wanted.model = {.kind = kind, .name = std::string(model)};
  return wanted;
}

inline core::policy automatic(core::modality what = core::modality::chat) {
  return request("auto", core::model_kind::automatic, what);
}

inline core::policy pinned(std::string_view model, core::modality what = core::modality::chat) {
  return request(model, core::model_kind::concrete, what);
}

// A provider with one endpoint of the same name, which hosts one model at `price` for input and output alike.
inline registry_builder& host(registry_builder& builder, std::string_view name, std::string_view model,
                              std::string_view price, core::modality what = core::modality::chat) {
  return builder.provider(name)
      .endpoint(name, "DE", {core::region::eu})
      .model(model, {what}, token_price(price, price));
}

inline std::vector<core::provider_id> slugs(const core::registry& known, std::initializer_list<std::string_view> all) {
  std::vector<core::provider_id> ids;
  for (std::string_view slug : all) ids.push_back(known.find_provider(slug).value());
  return ids;
}

inline names names_of(std::span<const core::ranked_route> routes) {
  names all;
  for (const core::ranked_route& one : routes) all.push_back(one.route.endpoint().id + " " + one.route.model().id);
  return all;
}

// The order of the builder's routes; empty when nothing is left. `signals` are those of the eligible routes.
inline names order(const registry_builder& builder, const core::policy& wanted,
                   const std::vector<core::route_signals>& signals = {}) {
  const auto known = builder.build();
  const auto eligible = core::select(wanted, *known, ordering_day);
  if (!eligible) return {eligible.error().message};
  const auto ordered = core::route_order::make(*eligible, wanted, signals);
  return ordered ? names_of(ordered->routes()) : names{};
}

inline names order_by_success(const registry_builder& builder, const core::policy& wanted,
                              std::initializer_list<double> successes) {
  std::vector<core::route_signals> signals;
  for (double success : successes) {
    signals.push_back({.success = success, .latency = {}, .throughput = {}, .cooling = false});
  }
  return order(builder, wanted, signals);
}

}  // namespace phigate::test
