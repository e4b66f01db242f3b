#include "net/tls_stream.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include "net/awaiting.hpp"
#include "net/socket_operations.hpp"

namespace phigate::net {

tls_stream::tls_stream(asio::ip::tcp::socket socket, SSL_CTX* context, side role)
    : socket_(std::move(socket)), ssl_(SSL_new(context)) {
  if (!ssl_) throw std::bad_alloc();
  error_code ignored;
  socket_.native_non_blocking(true, ignored);
  if (SSL_set_fd(ssl_.get(), socket_.native_handle()) != 1) throw std::bad_alloc();
  if (role == side::client) {
    SSL_set_connect_state(ssl_.get());
  } else {
    SSL_set_accept_state(ssl_.get());
    SSL_set_mode(ssl_.get(), SSL_MODE_RELEASE_BUFFERS);  // many clients wait between requests
  }
}

// A peer that closes without close_notify: for HTTP its framing says whether something is missing, not TLS.
tls_stream::progress tls_stream::judge(int result, error_code& error) {
  const int system_error = errno;
  const int what = SSL_get_error(ssl_.get(), result);
  switch (what) {
    case SSL_ERROR_NONE:
      return progress::done;
    case SSL_ERROR_WANT_READ:
      awaited_ = asio::socket_base::wait_read;
      return progress::blocked;
    case SSL_ERROR_WANT_WRITE:
      awaited_ = asio::socket_base::wait_write;
      return progress::blocked;
    case SSL_ERROR_ZERO_RETURN:
      error = asio::error::eof;
      break;
    case SSL_ERROR_SYSCALL:
      error =
          system_error == 0 ? error_code(asio::error::eof) : error_code(system_error, boost::system::system_category());
      break;
    default: {
      const unsigned long code = ERR_peek_last_error();
      const bool cut = ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
      error = cut ? error_code(asio::error::eof) : error_code(static_cast<int>(code), asio::error::get_ssl_category());
      break;
    }
  }
  ERR_clear_error();
  return progress::failed;
}

template <typename Then>
void tls_stream::await_ready(Then then) {
  socket_.async_wait(awaited_, [self = shared_from_this(), then = std::move(then)](error_code error) mutable {
    // A close ends the wait before OpenSSL may touch the descriptor, which could be another connection's by now.
    if (!error && !self->socket_.is_open()) error = asio::error::operation_aborted;
    then(error);
  });
}

asio::awaitable<io_result> tls_stream::handshake() {
  return await_result<io_result>([this](auto resume) {
    shake([resume = std::move(resume)](io_result result) mutable { std::move(resume)(result); });
  });
}

void tls_stream::shake(std::move_only_function<void(io_result)> done) {
  error_code error = asio::error::operation_aborted;
  progress state = progress::failed;
  if (socket_.is_open()) state = judge(SSL_do_handshake(ssl_.get()), error);
  if (state == progress::blocked) {
    await_ready([this, done = std::move(done)](error_code failed) mutable {
      if (failed) return done(io_result{failed, 0});
      shake(std::move(done));
    });
    return;
  }
  asio::post(socket_.get_executor(),
             [self = shared_from_this(), done = std::move(done),
              error = state == progress::done ? error_code() : error]() mutable { done(io_result{error, 0}); });
}

void tls_stream::async_read_some(asio::mutable_buffer into, io_completion done) {
  read_into_ = into;
  read_done_ = std::move(done);
  if (SSL_has_pending(ssl_.get()) == 1) {
    asio::post(socket_.get_executor(), [self = shared_from_this()] { self->read_some(); });
    return;
  }
  // An answer is hardly ever here the moment it is asked for: waiting first saves a read in vain.
  awaited_ = asio::socket_base::wait_read;
  await_ready([this](error_code error) {
    if (error) return std::exchange(read_done_, nullptr)(error, 0);
    read_some();
  });
}

void tls_stream::read_some() {
  std::size_t size = 0;
  error_code error = asio::error::operation_aborted;
  progress state = progress::failed;
  if (socket_.is_open()) state = judge(SSL_read_ex(ssl_.get(), read_into_.data(), read_into_.size(), &size), error);
  if (state == progress::blocked) {
    await_ready([this](error_code failed) {
      if (failed) return std::exchange(read_done_, nullptr)(failed, 0);
      read_some();
    });
    return;
  }
  std::exchange(read_done_, nullptr)(state == progress::done ? error_code() : error, size);
}

// Gathers the next record's worth. What OpenSSL did not take yet is offered again as it was.
void tls_stream::stage() {
  if (!record_) record_ = std::make_unique_for_overwrite<char[]>(record_size);
  while (first_unsent_ < unsent_.size() && staged_ < record_size) {
    asio::const_buffer& next = unsent_[first_unsent_];
    const std::size_t part = std::min(next.size(), record_size - staged_);
    if (part > 0) std::memcpy(record_.get() + staged_, next.data(), part);
    staged_ += part;
    next += part;
    if (next.size() == 0) ++first_unsent_;
  }
}

// Nothing: the socket takes no more for now, and `write_done_` will be called.
std::optional<io_result> tls_stream::write_some() {
  while (true) {
    if (staged_ == 0) stage();
    if (staged_ == 0) return io_result{error_code(), written_};
    if (!socket_.is_open()) return io_result{asio::error::operation_aborted, written_};
    std::size_t size = 0;
    error_code error;
    const progress state = judge(SSL_write_ex(ssl_.get(), record_.get(), staged_, &size), error);
    if (state == progress::failed) return io_result{error, written_};
    if (state == progress::done) {
      written_ += std::exchange(staged_, 0);
      continue;
    }
    await_ready([this](error_code failed) {
      const auto result = failed ? io_result{failed, written_} : write_some();
      if (result) std::exchange(write_done_, nullptr)(result->error, result->size);
    });
    return std::nullopt;
  }
}

std::optional<io_result> tls_stream::write_now(std::span<const asio::const_buffer> from, io_completion& done) {
  unsent_.assign(from.begin(), from.end());
  first_unsent_ = 0;
  staged_ = 0;
  written_ = 0;
  // The completion is in its place before the first byte goes: it may be due at any time once the socket blocks.
  write_done_ = std::move(done);
  auto result = write_some();
  if (result) done = std::exchange(write_done_, nullptr);
  return result;
}

void tls_stream::async_write(std::span<const asio::const_buffer> from, io_completion done) {
  const auto result = write_now(from, done);
  if (!result) return;
  asio::post(socket_.get_executor(),
             [done = std::move(done), result = *result]() mutable { done(result.error, result.size); });
}

bool tls_stream::is_quiet() {
  return SSL_has_pending(ssl_.get()) == 0 && socket_is_quiet(socket_);
}

// close_notify first, so that the peer can tell the end from a cut; its own is not waited for.
void tls_stream::shutdown_send() {
  if (!socket_.is_open()) return;
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
  error_code ignored;
  socket_.shutdown(asio::socket_base::shutdown_send, ignored);
}

void tls_stream::close() {
  // Without this OpenSSL takes the session for broken and never resumes it; HTTP's framing has already told a cut from
  // an end.
  SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  error_code ignored;
  socket_.close(ignored);
}

void tls_stream::reset_on_close() {
  set_reset_on_close(socket_);
}

namespace {

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
  std::optional<io_result> write_now(std::span<const asio::const_buffer> from, io_completion& done) override {
    return stream_->write_now(from, done);
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

}  // namespace phigate::net
