#include "phigate/net/byte_stream.hpp"

#include "net/awaiting.hpp"

namespace phigate::net {

asio::awaitable<io_result> read_some(byte_stream& stream, asio::mutable_buffer into) {
  return await_result<io_result>([&stream, into](auto resume) {
    stream.async_read_some(into, [resume = std::move(resume)](error_code error, std::size_t size) mutable {
      std::move(resume)(io_result{error, size});
    });
  });
}

asio::awaitable<io_result> write(byte_stream& stream, std::span<const asio::const_buffer> from) {
  return await_result<io_result>([&stream, from](auto resume) {
    stream.async_write(from, [resume = std::move(resume)](error_code error, std::size_t size) mutable {
      std::move(resume)(io_result{error, size});
    });
  });
}

}  // namespace phigate::net
