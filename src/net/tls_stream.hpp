// TLS over a TCP socket, for both sides: OpenSSL reads and writes the socket itself, Asio only says when it can.
// (Asio's own stream copies every byte through a pair of memory buffers and sends one record for each buffer of a
// gather list.)
#pragma once

#include <openssl/ssl.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "phigate/net/byte_stream.hpp"

namespace phigate::net {

class tls_stream final : public byte_stream, public std::enable_shared_from_this<tls_stream> {
 public:
  enum class side : std::uint8_t { client, server };

  // Throws std::bad_alloc.
  tls_stream(asio::ip::tcp::socket socket, SSL_CTX* context, side role);

  // Runs the handshake; afterwards bytes flow.
  asio::awaitable<io_result> handshake();

  void async_read_some(asio::mutable_buffer into, io_completion done) override;
  void async_write(std::span<const asio::const_buffer> from, io_completion done) override;
  std::optional<io_result> write_now(std::span<const asio::const_buffer> from, io_completion& done) override;
  bool is_quiet() override;
  void shutdown_send() override;
  void close() override;
  void reset_on_close() override;

  [[nodiscard]] SSL* native() { return ssl_.get(); }

 private:
  struct ssl_deleter {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  static constexpr std::size_t record_size = 16u << 10;  // TLS's largest record

  enum class progress : std::uint8_t { done, blocked, failed };
  // What OpenSSL's last call says of the operation; remembers what it waits for.
  progress judge(int result, error_code& error);
  // Calls `then(error)` once the socket is ready for what `judge` remembered.
  template <typename Then>
  void await_ready(Then then);

  void shake(std::move_only_function<void(io_result)> done);
  void read_some();
  std::optional<io_result> write_some();
  void stage();

  asio::ip::tcp::socket socket_;
  std::unique_ptr<SSL, ssl_deleter> ssl_;
  asio::socket_base::wait_type awaited_ = asio::socket_base::wait_read;

  asio::mutable_buffer read_into_;
  io_completion read_done_;

  std::vector<asio::const_buffer> unsent_;
  std::size_t first_unsent_ = 0;
  std::unique_ptr<char[]> record_;  // what is being written: one record for many small buffers
  std::size_t staged_ = 0;
  std::size_t written_ = 0;
  io_completion write_done_;
};

// A tls_stream must outlive its last completion, whoever drops it first: the owner holds it through this.
std::unique_ptr<byte_stream> share(std::shared_ptr<tls_stream> stream);

}  // namespace phigate::net
