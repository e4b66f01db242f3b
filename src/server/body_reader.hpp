// The client's body, read whole within its limits (spec §2, threats §1).
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <optional>
#include <string_view>

#include "phigate/core/error.hpp"
#include "phigate/net/padded_buffer.hpp"
#include "phigate/server/load_gate.hpp"
#include "server/endpoints.hpp"

namespace phigate::server {

// 503: what all requests together may hold of bodies, and of copies of them, is spent (threats §5).
core::api_error too_many_bodies();

class body_reader {
 public:
  explicit body_reader(exchange& with) : with_(with), memory_(with.on().shared.gate.memory) {}

  // Judges a body while it arrives; gets all of it so far, and an error ends the reading.
  using inspection = std::function<std::optional<core::api_error>(std::string_view so_far)>;

  // Answers `Expect: 100-continue` first. False: `fault` says what to answer, or the client is gone.
  boost::asio::awaitable<bool> read(inspection inspect = {});

  // Valid as long as the reader lives and nothing awaits more from the client; with padding behind it.
  [[nodiscard]] std::string_view body() const { return body_; }
  // The body is needed no more: gives back its memory, long before a stream's end.
  void release();
  [[nodiscard]] std::optional<core::api_error>& fault() { return fault_; }

 private:
  boost::asio::awaitable<bool> read_in_place();
  boost::asio::awaitable<bool> read_aside();
  boost::asio::awaitable<bool> await_more(std::size_t received);
  bool fail(core::error_code code, std::string message);
  bool fail(core::api_error error);
  bool passes(std::string_view so_far);
  bool take_memory(std::size_t size);

  exchange& with_;
  permit memory_;
  net::padded_buffer aside_;
  std::string_view body_;
  inspection inspect_;
  std::optional<core::api_error> fault_;
  net::steady_time started_ = std::chrono::steady_clock::now();
};

}  // namespace phigate::server
