// A provider's answer that is read to its end before anything of it goes on (spec §5), over as many requests as its
// protocol takes to get it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <expected>
#include <functional>
#include <string>

#include "phigate/core/eligibility.hpp"
#include "phigate/core/failover.hpp"
#include "phigate/net/padded_buffer.hpp"
#include "phigate/upstream/adapter.hpp"
#include "phigate/upstream/attempt.hpp"
#include "server/endpoints.hpp"

namespace phigate::server {

// An answer that can't be used. `note` is for the log.
core::attempt_failure unusable_answer(core::failure_kind kind, std::string note);

struct whole_answer {
  upstream::answered said;
  net::padded_buffer body;  // the provider's: the client's too where the adapter changed nothing
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

  // From the opened first attempt to the conversation's end. The attempt is released where its answer was whole.
  boost::asio::awaitable<outcome> read(upstream::attempt& first);

  // What the answer holds of the process's memory for bodies, until the reader goes.
  [[nodiscard]] const permit& memory() const { return memory_; }

 private:
  using reply = std::expected<upstream::reply_step, core::attempt_failure>;
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
