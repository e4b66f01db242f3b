// A provider's answer that is read to its end before anything of it goes on (spec §5), over as many requests as its
// protocol takes to get it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <expected>
#include <functional>
#include <string_view>

#include "phigate/core/eligibility.hpp"
#include "phigate/core/failover.hpp"
#include "phigate/net/padded_buffer.hpp"
#include "phigate/upstream/adapter.hpp"
#include "phigate/upstream/attempt.hpp"
#include "server/endpoints.hpp"

namespace phigate::server {

struct whole_answer {
  upstream::answered said;
  net::padded_buffer body;  // the provider's, where the adapter changed nothing
  int status = 200;

  [[nodiscard]] std::string_view text() const { return said.body ? std::string_view(*said.body) : body.view(); }
};

class whole_answer_reader {
 public:
  using outcome = std::expected<whole_answer, core::attempt_failure>;
  // How long each request may take, asked anew for each: the time that is left shrinks.
  using limits_now = std::function<upstream::attempt_limits()>;

  // All outlive it. `idle`: the most that may pass between two bytes.
  whole_answer_reader(exchange& with, const core::eligible_route& route, upstream::conversation& talk,
                      std::chrono::milliseconds idle, limits_now limits);

  // From the opened first attempt to the conversation's end. The attempt is released where its answer was whole. What
  // the answer takes of the process's memory for bodies is held until the reader goes.
  boost::asio::awaitable<outcome> read(upstream::attempt& first);

 private:
  using reply = std::expected<upstream::reply_step, core::attempt_failure>;
  bool keep_instead(std::string_view rendered);
  bool take_memory(std::size_t size);
  boost::asio::awaitable<reply> hear(upstream::attempt& from);
  boost::asio::awaitable<reply> ask(const upstream::wire_request& request);
  boost::asio::awaitable<reply> ask_once(const upstream::wire_request& request, bool fresh, bool& stale);
  boost::asio::awaitable<std::expected<void, core::attempt_failure>> pause(std::chrono::milliseconds span);

  exchange& with_;
  const core::eligible_route& route_;
  upstream::conversation& talk_;
  std::chrono::milliseconds idle_;
  limits_now limits_;
  permit memory_;
  net::padded_buffer body_;
  int status_ = 200;
};

}  // namespace phigate::server
