// A scripted byte_stream: the test holds the peer, the code under test the stream. No socket, no time.
#pragma once

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <cstddef>
#include <cstring>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "phigate/net/byte_stream.hpp"

namespace phigate::test {

namespace asio = boost::asio;
using net::error_code;

// The far end. What it `sends` arrives piece by piece, one for each read; when nothing is left reads wait: a stall.
class fake_peer {
 public:
  explicit fake_peer(asio::any_io_executor executor) : executor_(std::move(executor)) {}
  fake_peer(const fake_peer&) = delete;
  fake_peer& operator=(const fake_peer&) = delete;

  fake_peer& sends(std::string_view piece) {
    if (!piece.empty()) arriving_.emplace_back(piece);
    serve_read();
    return *this;
  }
  // Cut into two at `place`.
  fake_peer& sends_split(std::string_view bytes, std::size_t place) {
    return sends(bytes.substr(0, place)).sends(bytes.substr(std::min(place, bytes.size())));
  }
  fake_peer& sends_bytewise(std::string_view bytes) {
    for (std::size_t i = 0; i < bytes.size(); ++i) sends(bytes.substr(i, 1));
    return *this;
  }
  fake_peer& closes() { return ends(asio::error::eof); }
  fake_peer& resets() { return ends(asio::error::connection_reset); }
  // Writes stall until they are accepted again.
  fake_peer& stops_reading() {
    accepts_writes_ = false;
    return *this;
  }
  fake_peer& reads_on() {
    accepts_writes_ = true;
    serve_write();
    return *this;
  }
  fake_peer& fails_writes(error_code error) {
    write_error_ = error;
    serve_write();
    return *this;
  }
  // Called after each write that got through, with everything written so far.
  void on_written(std::function<void(std::string_view)> then) { on_written_ = std::move(then); }

  [[nodiscard]] const std::string& written() const { return written_; }
  void forget_written() { written_.clear(); }
  [[nodiscard]] std::size_t writes() const { return writes_; }
  [[nodiscard]] std::size_t reads() const { return reads_; }
  [[nodiscard]] std::size_t unread_pieces() const { return arriving_.size(); }
  [[nodiscard]] bool is_read_waiting() const { return read_.has_value(); }
  [[nodiscard]] bool is_write_waiting() const { return write_.has_value(); }
  [[nodiscard]] bool was_closed() const { return closed_; }  // by the side under test
  [[nodiscard]] bool was_reset() const { return closed_ && reset_on_close_; }
  [[nodiscard]] bool got_end() const { return send_shut_; }
  [[nodiscard]] asio::any_io_executor executor() const { return executor_; }

 private:
  friend class fake_stream;
  struct waiting_read {
    asio::mutable_buffer into;
    net::io_completion done;
  };
  struct waiting_write {
    std::string bytes;
    net::io_completion done;
  };

  fake_peer& ends(error_code how) {
    end_ = how;
    serve_read();
    return *this;
  }

  void complete(net::io_completion done, error_code error, std::size_t size) {
    asio::post(executor_, [done = std::move(done), error, size]() mutable { done(error, size); });
  }

  void serve_read() {
    if (!read_) return;
    if (!arriving_.empty()) {
      std::string& piece = arriving_.front();
      const std::size_t size = std::min(piece.size(), read_->into.size());
      std::memcpy(read_->into.data(), piece.data(), size);
      piece.erase(0, size);
      if (piece.empty()) arriving_.pop_front();
      finish_read({}, size);
    } else if (end_) {
      finish_read(*end_, 0);
    }
  }

  void finish_read(error_code error, std::size_t size) {
    ++reads_;
    auto done = std::move(read_->done);
    read_.reset();
    complete(std::move(done), error, size);
  }

  void serve_write() {
    if (!write_) return;
    if (!write_error_ && !accepts_writes_) return;
    waiting_write now = std::move(*write_);
    write_.reset();
    if (write_error_) {
      complete(std::move(now.done), *write_error_, 0);
      return;
    }
    written_ += now.bytes;
    ++writes_;
    complete(std::move(now.done), {}, now.bytes.size());
    if (on_written_) on_written_(written_);
  }

  void close() {
    closed_ = true;
    if (read_) finish_read(asio::error::operation_aborted, 0);
    if (write_) {
      auto done = std::move(write_->done);
      write_.reset();
      complete(std::move(done), asio::error::operation_aborted, 0);
    }
  }

  asio::any_io_executor executor_;
  std::deque<std::string> arriving_;
  std::optional<error_code> end_;
  std::optional<waiting_read> read_;
  std::optional<waiting_write> write_;
  std::optional<error_code> write_error_;
  std::function<void(std::string_view)> on_written_;
  std::string written_;
  std::size_t writes_ = 0;
  std::size_t reads_ = 0;
  bool accepts_writes_ = true;
  bool closed_ = false;
  bool send_shut_ = false;
  bool reset_on_close_ = false;
};

class fake_stream final : public net::byte_stream {
 public:
  explicit fake_stream(std::shared_ptr<fake_peer> peer) : peer_(std::move(peer)) {}
  ~fake_stream() override { peer_->close(); }
  fake_stream(const fake_stream&) = delete;
  fake_stream& operator=(const fake_stream&) = delete;

  void async_read_some(asio::mutable_buffer into, net::io_completion done) override {
    if (peer_->read_) throw std::logic_error("two reads at once");
    if (into.size() == 0) throw std::logic_error("a read into nothing");
    if (peer_->closed_) {
      peer_->complete(std::move(done), asio::error::operation_aborted, 0);
      return;
    }
    peer_->read_.emplace(fake_peer::waiting_read{into, std::move(done)});
    peer_->serve_read();
  }

  void async_write(std::span<const asio::const_buffer> from, net::io_completion done) override {
    if (peer_->write_) throw std::logic_error("two writes at once");
    if (peer_->closed_) {
      peer_->complete(std::move(done), asio::error::operation_aborted, 0);
      return;
    }
    std::string bytes;
    for (const asio::const_buffer& part : from) bytes.append(static_cast<const char*>(part.data()), part.size());
    peer_->write_.emplace(fake_peer::waiting_write{std::move(bytes), std::move(done)});
    peer_->serve_write();
  }

  bool is_quiet() override { return !peer_->closed_ && peer_->arriving_.empty() && !peer_->end_; }
  void shutdown_send() override { peer_->send_shut_ = true; }
  void close() override { peer_->close(); }
  void reset_on_close() override { peer_->reset_on_close_ = true; }

 private:
  std::shared_ptr<fake_peer> peer_;
};

}  // namespace phigate::test
