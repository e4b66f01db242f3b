// A request that may be routed: from its validated body to the answer (spec §3 to §7). It can only dial what
// core::select admitted.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <expected>
#include <optional>
#include <string>

#include "phigate/codec/request.hpp"
#include "phigate/core/failover.hpp"
#include "phigate/core/ordering.hpp"
#include "phigate/upstream/adapter.hpp"
#include "phigate/upstream/attempt.hpp"
#include "server/body_reader.hpp"
#include "server/endpoints.hpp"
#include "server/farewell.hpp"

namespace phigate::server {

class routed_request {
 public:
  // All outlive it. The body, and what of `asked` is a copy of it, counted in `copies`, are released as soon as no
  // other route can need them.
  routed_request(exchange& with, body_reader& body, codec::client_request& asked, permit& copies)
      : with_(with), body_(body), asked_(asked), copies_(copies), facts_(asked.facts) {}

  // Tries the routes and answers; whatever happens is answered or, when the client is gone, not.
  boost::asio::awaitable<void> serve(core::route_order order);

 private:
  using outcome = std::expected<void, core::attempt_failure>;

  boost::asio::awaitable<core::next_step> try_route(const core::step::dial& dial);
  boost::asio::awaitable<outcome> converse(upstream::conversation& talk, farewell& leave, bool fresh);
  core::next_step failed(const core::attempt_failure& failure);
  bool may_fail_over();
  void let_go();
  [[nodiscard]] bool was_cut_short(const core::attempt_failure& failure, net::steady_time now) const;
  [[nodiscard]] upstream::attempt_limits limits(upstream::delivery how) const;
  void note_request_id(const std::string& id);
  [[nodiscard]] bool is_cut() const;

  exchange& with_;
  body_reader& body_;
  codec::client_request& asked_;
  permit& copies_;
  const codec::request_facts& facts_;
  std::optional<core::route_order> order_;
  std::optional<core::failover> failover_;
  const core::eligible_route* current_ = nullptr;
  config::timeouts timeouts_;  // of the current route
  retry_slot retry_;           // held from the second failover to the commit
  net::steady_time deadline_{};
  net::steady_time dialled_at_{};
};

}  // namespace phigate::server
