// A provider's audio on its way to the client (spec §5): committed at its first byte, then relayed as it comes.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "phigate/core/failover.hpp"
#include "phigate/net/interrupt.hpp"
#include "phigate/upstream/attempt.hpp"
#include "server/responder.hpp"

namespace phigate::server {

struct byte_settings {
  bool chunked = true;  // false: an HTTP/1.0 client
  std::chrono::milliseconds idle{120'000};
  std::chrono::milliseconds longest{3'600'000};
};

class byte_relay {
 public:
  // All outlive it.
  byte_relay(upstream::attempt& from, responder& to, net::interrupt& cut, const byte_settings& settings)
      : from_(from), to_(to), cut_(cut), settings_(settings) {}

  // Waits for the first byte. A failure here is one that another route may make good.
  boost::asio::awaitable<std::expected<void, core::attempt_failure>> hold();

  // Writes `head` with what was held, then everything as it comes. False: the answer was cut, and the connection with
  // it: it closes without its last chunk, so that nobody takes the part for the whole.
  boost::asio::awaitable<bool> relay(std::string head);

  // What broke it, for the record; empty when nothing did, and when the client went.
  [[nodiscard]] std::string_view broken_by() const { return broken_by_; }
  // How the provider failed after the commit; nothing when it did not.
  [[nodiscard]] const std::optional<core::attempt_failure>& failure() const { return failure_; }

 private:
  boost::asio::awaitable<bool> write(std::string_view head, std::string_view data, bool last);
  void break_off(const core::attempt_failure& by);

  upstream::attempt& from_;
  responder& to_;
  net::interrupt& cut_;
  byte_settings settings_;
  std::string_view held_;  // in the attempt's connection, until its next read
  std::string_view broken_by_;
  std::optional<core::attempt_failure> failure_;
};

}  // namespace phigate::server
