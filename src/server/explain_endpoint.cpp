// What a request would meet, told without sending it anywhere (spec §10). It runs the checks and the routing of a
// request; a request that would be refused is an answer like any other here.
#include <utility>

#include "phigate/codec/writers.hpp"
#include "phigate/core/routing.hpp"
#include "phigate/server/request_policy.hpp"
#include "server/admission.hpp"
#include "server/body_reader.hpp"
#include "server/endpoints.hpp"

namespace phigate::server {

namespace asio = boost::asio;

namespace {

using core::api_error;

// What keeps this call itself from being read; all later faults are the explained request's own.
admitted admit_call(exchange& with) {
  if (admitted known = check_key(with.facts(), with.head, with.context); !known) return known;
  if (admitted type = check_content_type(with.head); !type) return type;
  return check_length(with.settings(), with.head);
}

codec::explained_request refused(codec::explained_request so_far, api_error error) {
  so_far.result.error = std::move(error);
  return so_far;
}

codec::explained_request explain_request(exchange& with, const admitted& headers,
                                         const std::expected<codec::request_facts, api_error>& facts) {
  request_context& context = with.context;
  codec::explained_request explained;
  explained.region = context.named_region;
  explained.data_class = context.data_class;
  if (facts) explained.modality = facts->modality;
  if (!headers) return refused(std::move(explained), headers.error());
  if (!facts) return refused(std::move(explained), facts.error());

  const auto policy = settle_permitted_policy(with.facts(), *facts, context);
  explained.region = context.region;
  if (!policy) return refused(std::move(explained), policy.error());
  explained.strategy = context.strategy;
  explained.result = core::explain(*policy, with.facts().registry(), *with.facts().health, this_moment());
  return explained;
}

}  // namespace

asio::awaitable<void> serve_explain(exchange& with) {
  permit in_flight(with.on().shared.gate.in_flight);
  admitted call = admit_call(with);
  // Read with the head, whose bytes are gone once the body comes.
  const admitted headers = check_policy_headers(with.settings(), with.head, with.context);
  if (call) call = check_load(with.on().shared, in_flight);
  if (!call) {
    co_await with.answers.send_error(call.error());
    co_return;
  }
  body_reader reader(with);
  const bool whole = co_await reader.read();
  if (!whole) {
    if (reader.fault()) co_await with.answers.send_error(std::move(*reader.fault()));
    co_return;
  }
  const auto facts = with.on().request_reader().read_explain(reader.body());
  if (!facts && facts.error().code == core::error_code::invalid_json) {
    co_await with.answers.send_error(facts.error());
    co_return;
  }
  const std::string body = codec::explanation_object(explain_request(with, headers, facts), with.facts().registry());
  co_await with.answers.send(200, "application/json", body);
}

}  // namespace phigate::server
