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

// Most writes need no waiting; then nothing is suspended.
asio::awaitable<io_result> write(byte_stream& stream, std::span<const asio::const_buffer> from) {
  std::move_only_function<void(io_result)> resume;
  io_completion done = [&resume](error_code error, std::size_t size) {
    // It lives in the frame that its call may end.
    auto resumed = std::move(resume);
    resumed(io_result{error, size});
  };
  const std::optional<io_result> now = stream.write_now(from, done);
  if (now) co_return *now;
  auto finished = await_result<io_result>([&resume](auto handler) { resume = std::move(handler); });
  const io_result result = co_await std::move(finished);
  co_return result;
}

}  // namespace phigate::net
