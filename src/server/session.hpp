// One client connection: heads in, requests in turn, answers out (HTTP/1.1 keep-alive; pipelined requests are answered
// in order).
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "phigate/net/channel.hpp"
#include "phigate/net/deadline.hpp"
#include "phigate/net/interrupt.hpp"
#include "phigate/net/padded_buffer.hpp"
#include "phigate/server/worker.hpp"
#include "server/request_context.hpp"

namespace phigate::server {

class session {
 public:
  session(worker& on, std::shared_ptr<net::channel> client, listener_role role, permit connection);
  ~session();
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  // Until the connection ends. The spawner holds the session.
  boost::asio::awaitable<void> run();

  // The drain's two blows: an idle session closes; a busy one is interrupted.
  void close_if_idle();
  void cut();

  // For the endpoints.
  [[nodiscard]] worker& on() { return worker_; }
  [[nodiscard]] net::channel& client() { return *client_; }
  [[nodiscard]] net::interrupt& interrupt() { return interrupt_; }

 private:
  boost::asio::awaitable<bool> serve_one();
  boost::asio::awaitable<std::optional<std::size_t>> await_head(request_context& context);
  boost::asio::awaitable<void> serve(request_context& context, const http::request_head& head,
                                     const std::shared_ptr<serving>& by);
  boost::asio::awaitable<void> refuse_head(request_context& context, http::head_fault fault);
  void note_rest(const request_context& context, const config::settings& settings);
  boost::asio::awaitable<void> linger();
  void record(const request_context& context);
  void cut_off();

  worker& worker_;
  std::shared_ptr<net::channel> client_;
  listener_role role_;
  permit connection_permit_;
  net::interrupt interrupt_;
  net::deadline end_;  // armed by the drain's end alone
  bool first_request_ = true;
  bool idle_ = true;
  bool is_cut_short_ = false;       // the last answer: the connection's end must not look like its own
  std::uint64_t rest_to_drop_ = 0;  // at most, of a body that was answered before it was read
};

}  // namespace phigate::server
