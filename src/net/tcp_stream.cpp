#include <sys/socket.h>

#include <boost/asio/write.hpp>
#include <cerrno>

#include "net/socket_operations.hpp"
#include "phigate/net/socket_stream.hpp"

namespace phigate::net {

namespace {

class tcp_stream final : public byte_stream {
 public:
  explicit tcp_stream(asio::ip::tcp::socket socket) : socket_(std::move(socket)) {}

  void async_read_some(asio::mutable_buffer into, io_completion done) override {
    socket_.async_read_some(into, std::move(done));
  }
  void async_write(std::span<const asio::const_buffer> from, io_completion done) override {
    asio::async_write(socket_, from, std::move(done));
  }
  bool is_quiet() override { return socket_is_quiet(socket_); }
  void shutdown_send() override {
    error_code ignored;
    socket_.shutdown(asio::socket_base::shutdown_send, ignored);
  }
  void close() override {
    error_code ignored;
    socket_.close(ignored);
  }
  void reset_on_close() override { set_reset_on_close(socket_); }

 private:
  asio::ip::tcp::socket socket_;
};

}  // namespace

bool socket_is_quiet(asio::ip::tcp::socket& socket) {
  char byte = 0;
  const auto size = ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void set_reset_on_close(asio::ip::tcp::socket& socket) {
  error_code ignored;
  socket.set_option(asio::socket_base::linger(true, 0), ignored);
}

std::unique_ptr<byte_stream> make_tcp_stream(asio::ip::tcp::socket socket) {
  return std::make_unique<tcp_stream>(std::move(socket));
}

}  // namespace phigate::net
