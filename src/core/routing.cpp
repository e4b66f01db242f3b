#include "phigate/core/routing.hpp"

#include <array>
#include <cstddef>
#include <memory_resource>

#include "order_eligible.hpp"
#include "refusal.hpp"

namespace phigate::core {
namespace {

// Room on the stack for the signals of all but the longest lists.
constexpr std::size_t scratch_size = 4096;

api_error nothing_left(const eligible_routes& eligible, const policy& wanted, std::chrono::sys_days today) {
  const std::optional<std::string_view> only = only_model(eligible, wanted);
  std::vector<route_id> cut;
  for (const eligible_route& one : eligible.routes()) {
    if (!only || one.model().id == *only) cut.push_back(one.id());
  }
  return refusal_of_cut(wanted, eligible.source(), today, cut);
}

}  // namespace

std::expected<route_order, api_error> order_eligible(const eligible_routes& eligible, const policy& wanted,
                                                     const health_board& health, moment when) {
  std::array<std::byte, scratch_size> space;
  std::pmr::monotonic_buffer_resource scratch(space.data(), space.size());
  std::pmr::vector<route_signals> signals(&scratch);
  signals.reserve(eligible.routes().size());
  for (const eligible_route& one : eligible.routes()) signals.push_back(health.signals(one.id(), when.now));

  auto order = route_order::make(eligible, wanted, signals);
  if (!order) return std::unexpected(nothing_left(eligible, wanted, when.today));
  return *std::move(order);
}

std::expected<route_order, api_error> route_request(const policy& wanted, const registry& known,
                                                    const health_board& health, moment when) {
  auto eligible = select(wanted, known, when.today);
  if (!eligible) return std::unexpected(std::move(eligible.error()));
  return order_eligible(*eligible, wanted, health, when);
}

}  // namespace phigate::core
