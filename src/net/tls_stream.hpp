// TLS over a TCP socket, for both sides. Asio's stream sends one record for each buffer of a gather list, so writes are
// gathered here first: one request head and body leave in one record and one system call.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <memory>
#include <vector>

#include "phigate/net/byte_stream.hpp"

namespace phigate::net {

class tls_stream final : public byte_stream, public std::enable_shared_from_this<tls_stream> {
 public:
  tls_stream(asio::ip::tcp::socket socket, asio::ssl::context& context) : stream_(std::move(socket), context) {}

  void async_read_some(asio::mutable_buffer into, io_completion done) override;
  void async_write(std::span<const asio::const_buffer> from, io_completion done) override;
  bool is_quiet() override;
  void shutdown_send() override;
  void close() override;
  void reset_on_close() override;

  // Runs the handshake; afterwards bytes flow.
  asio::awaitable<io_result> handshake(asio::ssl::stream_base::handshake_type side);

  [[nodiscard]] asio::ip::tcp::socket& socket() { return stream_.next_layer(); }
  [[nodiscard]] SSL* native() { return stream_.native_handle(); }

 private:
  static constexpr std::size_t record_size = 16u << 10;  // TLS's largest record
  void write_next();

  asio::ssl::stream<asio::ip::tcp::socket> stream_;
  std::vector<asio::const_buffer> unsent_;
  std::size_t first_unsent_ = 0;
  std::unique_ptr<char[]> record_;
  std::size_t written_ = 0;
  io_completion write_done_;
};

// A tls_stream must outlive its last completion, whoever drops it first: the owner holds it through this.
std::unique_ptr<byte_stream> share(std::shared_ptr<tls_stream> stream);

}  // namespace phigate::net
