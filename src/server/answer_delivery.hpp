// A provider's 2xx answer on its way to the client (spec §5 to §7): read whole or relayed as it comes, metered, and
// entered in the route's health, the metrics and the record.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "phigate/codec/request.hpp"
#include "phigate/config/settings.hpp"
#include "phigate/core/eligibility.hpp"
#include "phigate/core/failover.hpp"
#include "phigate/core/health.hpp"
#include "phigate/core/metering.hpp"
#include "phigate/upstream/adapter.hpp"
#include "phigate/upstream/attempt.hpp"
#include "server/endpoints.hpp"
#include "server/farewell.hpp"
#include "server/whole_answer.hpp"

namespace phigate::server {

class answer_delivery {
 public:
  // An error: nothing went to the client, and another route may make it good.
  using outcome = std::expected<void, core::attempt_failure>;

  // All outlive it. `let_go` is called as soon as no other route can be asked any more: what was kept for that alone
  // goes before the client, which may be slow, is waited for.
  answer_delivery(exchange& with, const codec::request_facts& facts, const core::eligible_route& route,
                  const config::timeouts& timeouts, std::function<void()> let_go);

  // The attempt's answer and what the conversation asks besides, within `limits` each. `leave` is taken before the
  // client gets anything.
  boost::asio::awaitable<outcome> whole(upstream::attempt& attempt, upstream::conversation& talk, farewell& leave,
                                        whole_answer_reader::limits_now limits);
  boost::asio::awaitable<outcome> events(upstream::attempt& attempt, const upstream::conversation& talk);
  boost::asio::awaitable<outcome> bytes(upstream::attempt& attempt, const upstream::conversation& talk);

 private:
  std::chrono::nanoseconds commit(upstream::attempt& attempt);
  core::metered meter(const core::usage& usage, std::int64_t relayed_bytes, std::int64_t relayed_pages = 0);
  void note_latency(std::chrono::nanoseconds latency);
  void served(const core::served_sample& sample);
  template <typename Relay>
  void ended(bool complete, const Relay& relay);
  [[nodiscard]] bool is_conversational() const;
  [[nodiscard]] std::optional<double> tokens_per_second(std::chrono::nanoseconds over) const;

  exchange& with_;
  const codec::request_facts& facts_;
  const core::eligible_route& route_;
  const config::timeouts& timeouts_;
  std::function<void()> let_go_;
  std::int64_t output_tokens_ = 0;  // as metered
};

}  // namespace phigate::server
