// The one door through which answers leave: status line, audit headers, body (design: every exit passes the same
// place).
#pragma once

#include <boost/asio/awaitable.hpp>
#include <span>
#include <string>
#include <string_view>

#include "phigate/core/error.hpp"
#include "phigate/net/channel.hpp"
#include "phigate/server/worker.hpp"
#include "server/request_context.hpp"

namespace phigate::server {

// A client that reads nothing for this long is dropped (threats §1).
inline constexpr std::chrono::seconds client_stall_limit{120};

class responder {
 public:
  responder(worker& on, net::channel& client, request_context& context)
      : worker_(on), client_(client), context_(context) {}

  // A whole answer. `more_headers`: complete lines. False: the client is gone.
  boost::asio::awaitable<bool> send(int status, std::string_view content_type, std::string_view body,
                                    std::string_view more_headers = {});
  boost::asio::awaitable<bool> send_error(core::api_error error, std::string_view more_headers = {});
  // A provider's whole 2xx answer, with its audit headers.
  boost::asio::awaitable<bool> send_answer(int status, std::string_view content_type, std::string_view body,
                                           std::string_view more_headers);

  // A stream: its head alone, to be written with the first events. After it come `write`s.
  [[nodiscard]] std::string stream_head(std::string_view content_type, std::string_view more_headers);

  // The same for an answer of another kind than events; what it cost is known.
  [[nodiscard]] std::string bytes_head(std::string_view content_type, std::string_view more_headers);

  // Raw bytes of an answer under way; bounded by the stall limit. False: the client is gone.
  boost::asio::awaitable<bool> write(std::span<const boost::asio::const_buffer> pieces);

 private:
  void give_up_body();
  [[nodiscard]] std::string start_head(int status, std::string_view content_type) const;
  [[nodiscard]] std::string relayed_head(std::string_view content_type, std::string_view framing_lines,
                                         std::string_view more_headers);
  void append_audit(std::string& head, bool answered) const;
  void append_connection(std::string& head) const;
  boost::asio::awaitable<bool> write_whole(std::string head, std::string_view body);

  worker& worker_;
  net::channel& client_;
  request_context& context_;
};

}  // namespace phigate::server
