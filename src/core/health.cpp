#include "phigate/core/health.hpp"

#include <optional>
#include <utility>

#include "core/route_health.hpp"

namespace phigate::core {
namespace {

// The last two parts hold no `/`, so no two routes share a name.
std::string name_of(const route& one, const registry& known) {
  std::string name = known.endpoint_of(one).id;
  name.append(1, '/').append(known.model_of(one).id);
  name.append(1, '/').append(to_string(one.modality));
  return name;
}

// Nothing for what says nothing about the route.
std::optional<trouble> trouble_of(failure_kind kind) {
  switch (kind) {
    case failure_kind::connect:
    case failure_kind::tls:
    case failure_kind::reset:
    case failure_kind::timeout:
    case failure_kind::server_error:
    case failure_kind::request_timeout:
    case failure_kind::bad_response:
      return trouble::fault;
    case failure_kind::rate_limited:
      return trouble::rate_limit;
    case failure_kind::auth_failed:
    case failure_kind::misconfigured:
      return trouble::operator_mistake;
    case failure_kind::too_large:
    case failure_kind::overloaded:
    case failure_kind::client_mistake:
      return std::nullopt;
  }
  std::unreachable();
}

// The endpoint itself was out of reach, whatever was to be asked of it.
bool is_failure_to_connect(const attempt_failure& failure) {
  return failure.kind == failure_kind::connect || failure.kind == failure_kind::tls ||
         (failure.kind == failure_kind::timeout && failure.reach == reach::not_sent);
}

}  // namespace

health_board::health_board(const registry& known, const health_settings& settings, const health_board* before)
    : settings_(settings), by_endpoint_(known.tables().endpoints.size()) {
  const bool same_window = before != nullptr && before->settings_.window == settings.window;
  for (const route& one : known.routes()) {
    const auto id = static_cast<route_id>(routes_.size());
    std::string name = name_of(one, known);
    const std::shared_ptr<route_health> earlier = before != nullptr ? before->find(name) : nullptr;
    if (earlier && same_window) {
      routes_.push_back(earlier);
    } else if (earlier) {
      routes_.push_back(std::make_shared<route_health>(settings.window, *earlier));
    } else {
      routes_.push_back(std::make_shared<route_health>(settings.window));
    }
    by_endpoint_[static_cast<std::size_t>(one.endpoint)].push_back(id);
    endpoint_of_.push_back(one.endpoint);
    by_name_.emplace(std::move(name), routes_.back());
  }
}

health_board::~health_board() = default;

void health_board::record_success(route_id route, const served_sample& sample, time_point now) {
  at(route).on_success(sample, now);
}

void health_board::record_failure(route_id route, const attempt_failure& failure, time_point now) {
  const std::optional<trouble> what = trouble_of(failure.kind);
  if (!what || failure.blames_request) return;
  if (!is_failure_to_connect(failure)) {
    at(route).on_failure(*what, failure.retry_after, now, settings_);
    return;
  }
  for (const route_id beside :
       by_endpoint_.at(static_cast<std::size_t>(endpoint_of_.at(static_cast<std::size_t>(route))))) {
    at(beside).on_failure(*what, failure.retry_after, now, settings_);
  }
}

void health_board::take_turn(route_id route, time_point now) {
  at(route).take_turn(now);
}

route_signals health_board::signals(route_id route, time_point now) const {
  return at(route).signals(now);
}

route_report health_board::report(route_id route, time_point now) const {
  return at(route).report(now);
}

bool health_board::is_known(route_id route) const {
  return at(route).is_known();
}

route_health& health_board::at(route_id route) const {
  return *routes_.at(static_cast<std::size_t>(route));
}

std::shared_ptr<route_health> health_board::find(const std::string& name) const {
  const auto found = by_name_.find(name);
  return found != by_name_.end() ? found->second : nullptr;
}

}  // namespace phigate::core
