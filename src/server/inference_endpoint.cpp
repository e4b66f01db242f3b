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
using read_facts = std::expected<codec::request_facts, api_error> (codec::request_reader::*)(std::string_view);

admitted admit(exchange& with) {
  const config::settings& settings = with.settings();
  if (admitted known = check_key(with.facts(), with.head, with.context); !known) return known;
  if (admitted policy = check_policy_headers(settings, with.head, with.context); !policy) return policy;
  if (admitted type = check_content_type(with.head); !type) return type;
  return check_length(settings, with.head);
}

// From the body's facts to the routes in their order.
std::expected<core::route_order, api_error> route(exchange& with, const codec::request_facts& facts) {
  const auto policy = settle_permitted_policy(with.facts(), facts, with.context);
  if (!policy) return std::unexpected(policy.error());
  return core::route_request(*policy, with.facts().registry(), *with.facts().health, this_moment());
}

api_error shut_down() {
  return {.code = core::error_code::shutting_down,
          .message = "The gateway shut down before the request was sent on. Send it again."};
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
  if (admission) admission = check_load(with.on().shared, in_flight);
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
