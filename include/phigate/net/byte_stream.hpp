// The seam between sockets and everything above (design §2.7): a connected stream of bytes, whatever carries it.
// Implementations: TCP and TLS in src/net, scripted fakes in tests. One thread at a time: a stream lives on one worker.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>

namespace phigate::net {

namespace asio = boost::asio;
using boost::system::error_code;

// Called once, never from inside the call that started the operation. At the peer's close: asio::error::eof.
using io_completion = std::move_only_function<void(error_code, std::size_t)>;

struct io_result {
  error_code error;
  std::size_t size = 0;
};

class byte_stream {
 public:
  byte_stream() = default;
  byte_stream(const byte_stream&) = delete;
  byte_stream& operator=(const byte_stream&) = delete;
  virtual ~byte_stream() = default;

  // At most one read and one write at a time. Buffers stay valid until the completion.
  virtual void async_read_some(asio::mutable_buffer into, io_completion done) = 0;
  // Writes all of it, or fails.
  virtual void async_write(std::span<const asio::const_buffer> from, io_completion done) = 0;
  // The same, but what can be written without waiting ends here: a result, and `done` is left alone. Nothing: it will
  // be called.
  virtual std::optional<io_result> write_now(std::span<const asio::const_buffer> from, io_completion& done) {
    async_write(from, std::move(done));
    return std::nullopt;
  }

  // Nothing has arrived and the peer has not closed: an idle connection that may be used again.
  [[nodiscard]] virtual bool is_quiet() = 0;
  // Says "no more from us" (TCP FIN, after TLS's close_notify where that needs no wait).
  virtual void shutdown_send() = 0;
  // Ends the stream now; what is under way completes with operation_aborted. May be called twice.
  virtual void close() = 0;
  // The next close resets the connection (no FIN): a cut that the peer must not take for an end.
  virtual void reset_on_close() = 0;
};

// The same for coroutines: await them at once.
asio::awaitable<io_result> read_some(byte_stream& stream, asio::mutable_buffer into);
asio::awaitable<io_result> write(byte_stream& stream, std::span<const asio::const_buffer> from);

}  // namespace phigate::net
