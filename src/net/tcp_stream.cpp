#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <vector>

#include "net/socket_operations.hpp"
#include "phigate/net/socket_stream.hpp"

namespace phigate::net {

namespace {

constexpr std::size_t most_pieces = 16;  // of one write that is tried at once; more are rare

class tcp_stream final : public byte_stream {
 public:
  explicit tcp_stream(asio::ip::tcp::socket socket) : socket_(std::move(socket)) {}

  void async_read_some(asio::mutable_buffer into, io_completion done) override {
    socket_.async_read_some(into, std::move(done));
  }
  void async_write(std::span<const asio::const_buffer> from, io_completion done) override {
    asio::async_write(socket_, from, std::move(done));
  }
  std::optional<io_result> write_now(std::span<const asio::const_buffer> from, io_completion& done) override;
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

std::optional<io_result> tcp_stream::write_now(std::span<const asio::const_buffer> from, io_completion& done) {
  std::array<iovec, most_pieces> pieces{};
  std::size_t count = 0;
  for (const asio::const_buffer& buffer : from) {
    if (buffer.size() == 0) continue;
    if (count == most_pieces) break;
    pieces[count++] = {const_cast<void*>(buffer.data()), buffer.size()};
  }
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = count;
  const ssize_t sent = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
    return io_result{error_code(errno, boost::system::system_category()), 0};
  }
  auto taken = sent < 0 ? std::size_t{0} : static_cast<std::size_t>(sent);
  if (taken == asio::buffer_size(from)) return io_result{error_code(), taken};

  // The rest waits for the socket.
  std::vector<asio::const_buffer> rest(from.begin(), from.end());
  for (asio::const_buffer& buffer : rest) {
    const std::size_t part = std::min(taken, buffer.size());
    buffer += part;
    taken -= part;
  }
  asio::async_write(socket_, rest, std::move(done));
  return std::nullopt;
}

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
