#include "phigate/net/channel.hpp"

#include <utility>

namespace phigate::net {

std::shared_ptr<channel> channel::make(boost::asio::any_io_executor executor, std::unique_ptr<byte_stream> stream) {
  return std::shared_ptr<channel>(new channel(std::move(executor), std::move(stream)));
}

channel::channel(boost::asio::any_io_executor executor, std::unique_ptr<byte_stream> stream)
    : stream_(std::move(stream)), event_(std::move(executor)) {}

channel::~channel() = default;

void channel::make_room() {
  // A read under way holds a pointer into the buffer: it has room by definition.
  if (reading_) return;
  if (buffer_.empty()) buffer_.clear();
  if (buffer_.room_size() > 0) return;
  const std::size_t capacity = buffer_.capacity();
  if (capacity == 0) {
    buffer_.reserve(default_capacity);
  } else if (buffer_.size() < capacity) {
    buffer_.reserve(capacity);
  } else {
    buffer_.reserve(capacity + capacity / 2);
  }
}

void channel::start_read() {
  reading_ = true;
  asio::mutable_buffer room(buffer_.room(), buffer_.room_size());
  stream_->async_read_some(
      room, [self = shared_from_this()](error_code error, std::size_t size) { self->on_read(error, size); });
}

void channel::on_read(error_code error, std::size_t size) {
  reading_ = false;
  buffer_.commit(size);
  if (error) {
    closed_ = true;
    close_reason_ = error;
    if (auto gone = std::exchange(on_gone_, nullptr)) gone();
  } else if (on_gone_ && buffer_.room_size() > 0) {
    // Still watched: go on reading what is pipelined, so that a close behind it is noticed too.
    start_read();
  }
  event_.resume();
}

asio::awaitable<channel::wake> channel::more() {
  const std::size_t before = buffer_.size();
  if (!reading_ && !closed_) {
    make_room();
    start_read();
  }
  while (true) {
    if (buffer_.size() > before) co_return wake::data;
    if (closed_) co_return wake::closed;
    if (std::exchange(nudged_, false)) co_return wake::nudged;
    if (!event_.take()) co_await event_.wait();
  }
}

void channel::nudge() {
  nudged_ = true;
  event_.set();
}

void channel::watch(std::move_only_function<void()> on_gone) {
  if (closed_) {
    on_gone();
    return;
  }
  on_gone_ = std::move(on_gone);
  if (!reading_ && buffer_.room_size() > 0) start_read();
}

asio::awaitable<io_result> channel::write(std::span<const asio::const_buffer> from) {
  return net::write(*stream_, from);
}

void channel::close() {
  stream_->close();
}

}  // namespace phigate::net
