// A byte stream with an input buffer and a read that may stay outstanding: the way to notice a client's disconnect
// while something else is awaited, without a second read of our own when its next request comes.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "phigate/net/byte_stream.hpp"
#include "phigate/net/event.hpp"
#include "phigate/net/padded_buffer.hpp"

namespace phigate::net {

class channel : public std::enable_shared_from_this<channel> {
 public:
  static constexpr std::size_t default_capacity = 16u << 10;

  static std::shared_ptr<channel> make(boost::asio::any_io_executor executor, std::unique_ptr<byte_stream> stream);
  ~channel();

  // What arrived and was not consumed, with readable padding behind it. Valid until the next `more`, consumed or not,
  // and until the next `make_room`; background reads only append.
  [[nodiscard]] std::string_view received() const { return buffer_.view(); }
  void consume(std::size_t size) { buffer_.consume(size); }
  // Room to read into behind what is there, so that a watch can see the peer's close. Moves bytes unless a read is
  // outstanding.
  void make_room();

  enum class wake : std::uint8_t { data, closed, nudged };
  // Waits for more bytes. A full buffer is grown by half: the caller bounds what it lets stand there.
  boost::asio::awaitable<wake> more();
  // Lets `more` return `nudged`; a read under way goes on.
  void nudge();

  // Keeps one read outstanding without a waiter, as long as there is room; `on_gone` runs when the peer closes or
  // fails.
  void watch(std::move_only_function<void()> on_gone);
  void unwatch() { on_gone_ = nullptr; }

  boost::asio::awaitable<io_result> write(std::span<const asio::const_buffer> from);

  [[nodiscard]] bool is_closed() const { return closed_; }
  [[nodiscard]] error_code close_reason() const { return close_reason_; }  // eof: an orderly end
  [[nodiscard]] bool is_reading() const { return reading_; }
  [[nodiscard]] byte_stream& stream() { return *stream_; }
  [[nodiscard]] boost::asio::any_io_executor executor() const { return event_.executor(); }
  void close();

 private:
  channel(boost::asio::any_io_executor executor, std::unique_ptr<byte_stream> stream);
  void start_read();
  void on_read(error_code error, std::size_t size);

  std::unique_ptr<byte_stream> stream_;
  event event_;
  padded_buffer buffer_;
  bool reading_ = false;
  bool closed_ = false;
  bool nudged_ = false;
  error_code close_reason_;
  std::move_only_function<void()> on_gone_;
};

}  // namespace phigate::net
