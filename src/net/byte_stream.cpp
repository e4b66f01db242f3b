#include "phigate/net/byte_stream.hpp"

#include "net/awaiting.hpp"

namespace phigate::net {

asio::awaitable<io_result> read_some(byte_stream& stream, asio::mutable_buffer into) {
  io_result result;
  auto start = [&](std::move_only_function<void()> resume) {
    stream.async_read_some(into, [&result, resume = std::move(resume)](error_code error, std::size_t size) mutable {
      result = io_result{error, size};
      resume();
    });
  };
  co_await suspend(start);
  co_return result;
}

asio::awaitable<error_code> write(byte_stream& stream, std::span<const asio::const_buffer> from) {
  error_code result;
  auto start = [&](std::move_only_function<void()> resume) {
    stream.async_write(from, [&result, resume = std::move(resume)](error_code error, std::size_t) mutable {
      result = error;
      resume();
    });
  };
  co_await suspend(start);
  co_return result;
}

}  // namespace phigate::net
