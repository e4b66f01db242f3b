#include "net/tls_stream.hpp"

#include <algorithm>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>
#include <cstring>
#include <utility>

#include "net/awaiting.hpp"
#include "net/socket_operations.hpp"

namespace phigate::net {

namespace {

// A peer that closes without close_notify: for HTTP its framing says whether something is missing, not TLS.
error_code normalised(error_code error) {
  return error == asio::ssl::error::stream_truncated ? error_code(asio::error::eof) : error;
}

class shared_tls_stream final : public byte_stream {
 public:
  explicit shared_tls_stream(std::shared_ptr<tls_stream> stream) : stream_(std::move(stream)) {}
  ~shared_tls_stream() override { stream_->close(); }
  shared_tls_stream(const shared_tls_stream&) = delete;
  shared_tls_stream& operator=(const shared_tls_stream&) = delete;

  void async_read_some(asio::mutable_buffer into, io_completion done) override {
    stream_->async_read_some(into, std::move(done));
  }
  void async_write(std::span<const asio::const_buffer> from, io_completion done) override {
    stream_->async_write(from, std::move(done));
  }
  bool is_quiet() override { return stream_->is_quiet(); }
  void shutdown_send() override { stream_->shutdown_send(); }
  void close() override { stream_->close(); }
  void reset_on_close() override { stream_->reset_on_close(); }

 private:
  std::shared_ptr<tls_stream> stream_;
};

}  // namespace

std::unique_ptr<byte_stream> share(std::shared_ptr<tls_stream> stream) {
  return std::make_unique<shared_tls_stream>(std::move(stream));
}

void tls_stream::async_read_some(asio::mutable_buffer into, io_completion done) {
  stream_.async_read_some(into, [self = shared_from_this(), done = std::move(done)](
                                    error_code error, std::size_t size) mutable { done(normalised(error), size); });
}

void tls_stream::async_write(std::span<const asio::const_buffer> from, io_completion done) {
  unsent_.assign(from.begin(), from.end());
  first_unsent_ = 0;
  written_ = 0;
  write_done_ = std::move(done);
  write_next();
}

void tls_stream::write_next() {
  if (!record_) record_ = std::make_unique_for_overwrite<char[]>(record_size);
  std::size_t gathered = 0;
  while (first_unsent_ < unsent_.size() && gathered < record_size) {
    asio::const_buffer& next = unsent_[first_unsent_];
    const std::size_t part = std::min(next.size(), record_size - gathered);
    if (part > 0) std::memcpy(record_.get() + gathered, next.data(), part);
    gathered += part;
    next += part;
    if (next.size() == 0) ++first_unsent_;
  }
  asio::async_write(stream_, asio::const_buffer(record_.get(), gathered),
                    [self = shared_from_this()](error_code error, std::size_t size) {
                      self->written_ += size;
                      if (!error && self->first_unsent_ < self->unsent_.size()) {
                        self->write_next();
                        return;
                      }
                      auto done = std::exchange(self->write_done_, nullptr);
                      done(error, self->written_);
                    });
}

asio::awaitable<io_result> tls_stream::handshake(asio::ssl::stream_base::handshake_type side) {
  return await_result<io_result>([this, side](auto resume) {
    stream_.async_handshake(side, [self = shared_from_this(), resume = std::move(resume)](error_code error) mutable {
      std::move(resume)(io_result{error, 0});
    });
  });
}

// Bytes that OpenSSL or Asio have already taken from the socket can't wait here: a read takes a whole record, and what
// it leaves shows as pending.
bool tls_stream::is_quiet() {
  return SSL_pending(native()) == 0 && BIO_ctrl_pending(SSL_get_rbio(native())) == 0 && socket_is_quiet(socket());
}

// close_notify first, so that the peer can tell the end from a cut; whoever closes the stream ends the wait for its
// answer.
void tls_stream::shutdown_send() {
  stream_.async_shutdown([self = shared_from_this()](error_code) {
    error_code ignored;
    self->socket().shutdown(asio::socket_base::shutdown_send, ignored);
  });
}

void tls_stream::close() {
  // Without this OpenSSL takes the session for broken and never resumes it; HTTP's framing has already told a cut from
  // an end.
  SSL_set_shutdown(native(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  error_code ignored;
  socket().close(ignored);
}

void tls_stream::reset_on_close() {
  set_reset_on_close(socket());
}

}  // namespace phigate::net
