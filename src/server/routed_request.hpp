// A request that may be routed: from its validated body to the answer (spec §3 to §7). It can only dial what
// core::select admitted.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "phigate/codec/request.hpp"
#include "phigate/core/failover.hpp"
#include "phigate/core/metering.hpp"
#include "phigate/core/ordering.hpp"
#include "phigate/upstream/attempt.hpp"
#include "server/body_reader.hpp"
#include "server/endpoints.hpp"

namespace phigate::server {

class routed_request {
 public:
  // All three outlive it. The body is released as soon as no other route can need it.
  routed_request(exchange& with, body_reader& body, const codec::request_facts& facts)
      : with_(with), body_(body), facts_(facts) {}

  // Tries the routes and answers; whatever happens is answered or, when the client is gone, not.
  boost::asio::awaitable<void> serve(core::route_order order);

 private:
  using outcome = std::expected<void, core::attempt_failure>;

  boost::asio::awaitable<core::next_step> try_route(const core::step::dial& dial);
  boost::asio::awaitable<outcome> answer_whole(upstream::attempt& attempt);
  boost::asio::awaitable<outcome> answer_stream(upstream::attempt& attempt);
  static core::attempt_failure bad_answer(core::failure_kind kind, std::string note);
  core::next_step failed(const core::attempt_failure& failure);
  bool may_fail_over();
  [[nodiscard]] bool was_cut_short(const core::attempt_failure& failure, net::steady_time now) const;
  void served(const core::served_sample& sample);
  [[nodiscard]] bool is_conversational() const;
  [[nodiscard]] std::optional<double> tokens_per_second(std::chrono::nanoseconds over) const;
  [[nodiscard]] upstream::attempt_limits limits() const;
  core::metered meter(const std::optional<core::token_usage>& usage, std::int64_t relayed_bytes);
  void note_request_id(const std::string& id);
  static std::string passed_headers(const upstream::attempt& attempt);
  void count(std::string_view ended);
  [[nodiscard]] bool is_cut() const;

  exchange& with_;
  body_reader& body_;
  const codec::request_facts& facts_;
  std::optional<core::route_order> order_;
  std::optional<core::failover> failover_;
  const core::eligible_route* current_ = nullptr;
  config::timeouts timeouts_;       // of the current route
  std::int64_t output_tokens_ = 0;  // as metered
  retry_slot retry_;                // held from the second failover to the commit
  net::steady_time deadline_{};
  net::steady_time dialled_at_{};
};

}  // namespace phigate::server
