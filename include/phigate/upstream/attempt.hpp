// One request on one connection to one eligible route (spec §5): connect or take a kept-alive connection, send, read
// the head, then the body piece by piece. What goes wrong before the commit is a value for core::failover.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "phigate/core/eligibility.hpp"
#include "phigate/core/failover.hpp"
#include "phigate/http/body.hpp"
#include "phigate/http/head.hpp"
#include "phigate/net/channel.hpp"
#include "phigate/net/deadline.hpp"
#include "phigate/net/interrupt.hpp"
#include "phigate/upstream/adapter.hpp"
#include "phigate/upstream/upstream_set.hpp"

namespace phigate::upstream {

struct attempt_limits {
  std::chrono::milliseconds connect{3'000};   // resolving and TLS included
  std::chrono::milliseconds answer{300'000};  // from the request being sent: to the head, or for a stream to its commit
  net::steady_time total{};                   // nothing before the commit outlasts it
  bool answer_bounds_body = false;            // a stream: `answer` goes on until `commit` is called
  bool head_outlives_cut = false;             // a cut while the head is awaited leaves its connection to `hand_over`
  std::uint64_t response_bytes = 256u << 20;
};

class attempt {
 public:
  attempt(upstream_set& upstreams, const core::eligible_route& route, const attempt_limits& limits,
          net::interrupt& cut);
  ~attempt();
  attempt(const attempt&) = delete;
  attempt& operator=(const attempt&) = delete;

  // Connects (`fresh`: not from the pool), sends, reads the head. A value only for a 2xx; any other status comes back
  // classified. `request` outlives the call; `traceparent`: the client's, empty for none.
  boost::asio::awaitable<std::expected<void, core::attempt_failure>> open(const wire_request& request,
                                                                          std::string_view traceparent, bool fresh);

  // The connection on which the head is still to come, once a cut or a time-out has ended the wait for it; null unless
  // the limits ask for it.
  std::shared_ptr<net::channel> hand_over();
  // Instead of `open`: waits on for the head, on the connection that an attempt at the same route handed over.
  boost::asio::awaitable<std::expected<void, core::attempt_failure>> take_up(std::shared_ptr<net::channel> connection);

  // As soon as it was read, even where what follows it can't be used; before that its status is 0.
  [[nodiscard]] const answer_head& head() const { return head_; }
  // The body of a refusal, as far as it was read.
  [[nodiscard]] std::string_view refusal_body() const { return refusal_body_; }
  // When the request's last byte was written.
  [[nodiscard]] net::steady_time sent_at() const { return sent_at_; }

  enum class read_kind : std::uint8_t { data, end, nudged, failed };
  struct read_outcome {
    read_kind kind = read_kind::end;
    std::string_view data;  // valid until the next read
    core::attempt_failure failure;
  };
  // The next decoded bytes of the body.
  boost::asio::awaitable<read_outcome> read();
  // The same without waiting; nothing when nothing more has arrived.
  std::optional<read_outcome> try_read();

  // The body ended, but bytes that belong to nothing came behind it.
  [[nodiscard]] bool has_surplus() const { return body_.done() && connection_ && !connection_->received().empty(); }

  // From here on the caller sets the time bounds.
  void commit() { timer_.disarm(); }
  void arm(net::steady_time when) { timer_.arm(when); }
  // Before the commit: bounds the wait for what comes next, within the total.
  void arm_within(std::chrono::milliseconds span);
  void disarm() { timer_.disarm(); }
  // Lets a read under way return `nudged`.
  void nudge();

  // The body was read to its end: the connection may serve again. Else it is closed. When only the framing's last bytes
  // are missing, they are awaited in the background.
  void release();

 private:
  using outcome = std::expected<void, core::attempt_failure>;
  boost::asio::awaitable<outcome> connect(bool fresh);
  [[nodiscard]] std::string head_of(const wire_request& request, std::string_view traceparent) const;
  boost::asio::awaitable<outcome> send(const wire_request& request, std::string_view traceparent);
  boost::asio::awaitable<outcome> hear();
  boost::asio::awaitable<outcome> read_head();
  boost::asio::awaitable<outcome> refuse();
  outcome accept_head(const http::response_head& head);
  void cut_off();
  core::attempt_failure failure(core::failure_kind kind, std::string note) const;
  core::attempt_failure broken_connection(std::string note) const;

  upstream_set& upstreams_;
  upstream_endpoint& endpoint_;
  const core::eligible_route route_;
  attempt_limits limits_;
  net::interrupt& cut_;
  net::deadline timer_;
  std::shared_ptr<net::channel> connection_;
  bool reused_ = false;
  bool keep_alive_ = false;
  bool sent_whole_ = false;
  bool may_leave_waiting_ = false;  // the head is awaited, and the wait may go on elsewhere
  bool left_waiting_ = false;
  core::reach reach_ = core::reach::not_sent;
  net::steady_time sent_at_{};
  answer_head head_;
  std::string refusal_body_;
  http::body_decoder body_;
};

}  // namespace phigate::upstream
