// Chat, vision and embeddings: the checks of spec §2 in their order, then the routing.
#include <utility>

#include "phigate/core/routing.hpp"
#include "phigate/server/request_policy.hpp"
#include "server/admission.hpp"
#include "server/body_reader.hpp"
#include "server/endpoints.hpp"
#include "server/routed_request.hpp"

namespace phigate::server {

namespace asio = boost::asio;

namespace {

using core::api_error;
using core::error_code;
using read_facts = std::expected<codec::request_facts, api_error> (codec::request_reader::*)(std::string_view);

std::unexpected<api_error> refusal(error_code code, std::string message, std::string param = {}) {
  api_error error;
  error.code = code;
  error.message = std::move(message);
  error.param = std::move(param);
  return std::unexpected(std::move(error));
}

admitted admit(exchange& with) {
  const config::settings& settings = with.settings();
  if (admitted known = check_key(with.facts(), with.head, with.context); !known) return known;
  if (admitted policy = check_policy_headers(settings, with.head, with.context); !policy) return policy;
  if (admitted type = check_content_type(with.head); !type) return type;
  return check_length(settings, with.head);
}

// Whether there is room for one more request, and time.
admitted check_load(exchange& with, permit& in_flight) {
  if (with.on().shared.stage.load(std::memory_order_relaxed) >= drain_stage::closing) {
    auto refused = refusal(error_code::draining, "The gateway is shutting down. Send the request to another instance.");
    refused.error().retry_after_seconds = 1;
    return refused;
  }
  if (in_flight.grow(1)) return {};
  auto refused = refusal(error_code::overloaded, "The gateway is at its limit of requests. Try again shortly.");
  refused.error().retry_after_seconds = 1;
  return refused;
}

// From the body's facts to the routes in their order.
std::expected<core::route_order, api_error> route(exchange& with, const codec::request_facts& facts) {
  request_context& context = with.context;
  const auto policy = settle_policy(inputs_of(context, with.settings()), facts, with.facts().registry());
  if (!policy) return std::unexpected(policy.error());
  context.region = policy->region;
  context.strategy = core::strategy_of(*policy);
  if (policy->model.variant) context.variant = core::to_string(*policy->model.variant);
  if (const admitted region = check_key_region(context); !region) return std::unexpected(region.error());
  if (const admitted permitted = check_key_class(context); !permitted) return std::unexpected(permitted.error());
  return core::route_request(*policy, with.facts().registry(), *with.facts().health, this_moment());
}

api_error shut_down() {
  return refusal(error_code::shutting_down, "The gateway shut down before the request was sent on. Send it again.")
      .error();
}

class in_flight_gauge {
 public:
  explicit in_flight_gauge(observe::worker_metrics& metrics) : metrics_(metrics) { metrics_.add_in_flight(1); }
  ~in_flight_gauge() { metrics_.add_in_flight(-1); }
  in_flight_gauge(const in_flight_gauge&) = delete;
  in_flight_gauge& operator=(const in_flight_gauge&) = delete;

 private:
  observe::worker_metrics& metrics_;
};

asio::awaitable<void> serve_inference(exchange& with, read_facts read) {
  permit in_flight(with.on().shared.gate.in_flight);
  admitted admission = admit(with);
  if (admission) admission = check_load(with, in_flight);
  if (!admission) {
    co_await with.answers.send_error(admission.error());
    co_return;
  }
  const in_flight_gauge gauge(with.on().metrics());

  body_reader reader(with);
  const bool whole = co_await reader.read();
  if (!whole) {
    if (reader.fault()) co_await with.answers.send_error(std::move(*reader.fault()));
    co_return;
  }
  if (with.connection.interrupt().why() != net::interruption::none) {
    co_await with.answers.send_error(shut_down());
    co_return;
  }
  const auto facts = (with.on().request_reader().*read)(reader.body());
  if (!facts) {
    co_await with.answers.send_error(facts.error());
    co_return;
  }
  auto order = route(with, *facts);
  if (!order) {
    co_await with.answers.send_error(order.error());
    co_return;
  }
  net::interrupt& interrupt = with.connection.interrupt();
  with.connection.client().watch([&interrupt] { interrupt.fire(net::interruption::client_gone); });
  routed_request request(with, reader, *facts);
  co_await request.serve(std::move(*order));
  with.connection.client().unwatch();
}

}  // namespace

asio::awaitable<void> serve_chat(exchange& with) {
  return serve_inference(with, &codec::request_reader::read_chat);
}

asio::awaitable<void> serve_embeddings(exchange& with) {
  return serve_inference(with, &codec::request_reader::read_embeddings);
}

}  // namespace phigate::server
