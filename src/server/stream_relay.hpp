// One provider's event stream on its way to the client (spec §5): held until the first event with content, then relayed
// as it comes.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "phigate/codec/response.hpp"
#include "phigate/core/error.hpp"
#include "phigate/core/failover.hpp"
#include "phigate/core/metering.hpp"
#include "phigate/http/sse.hpp"
#include "phigate/net/deadline.hpp"
#include "phigate/net/padded_buffer.hpp"
#include "phigate/upstream/attempt.hpp"
#include "server/responder.hpp"

namespace phigate::server {

struct stream_settings {
  bool hide_usage = true;          // the client did not ask: a chunk with usage and no choices is kept from it
  bool chunked = true;             // false: an HTTP/1.0 client
  bool finishes_in_error = false;  // of upstream::conversation
  std::chrono::milliseconds idle{120'000};
  std::chrono::milliseconds longest{3'600'000};
  std::chrono::milliseconds keep_alive{15'000};  // a client that has heard nothing for so long gets a comment
};

class stream_relay {
 public:
  static constexpr std::size_t held_limit = 64u << 10;
  static constexpr std::size_t event_limit = 8u << 20;  // one event: beyond it the provider is not speaking SSE

  // What the answer cost, once it is known what was relayed.
  using meter = std::function<core::metered(const std::optional<core::token_usage>&, std::int64_t relayed_bytes)>;

  stream_relay(worker& on, upstream::attempt& from, responder& to, net::interrupt& cut,
               const stream_settings& settings);

  // Reads until an event has content. A failure here is one that another route may make good.
  boost::asio::awaitable<std::expected<void, core::attempt_failure>> hold();

  // Writes `head` with what was held, then everything as it comes, to the end. False: the answer was cut, and the
  // connection with it.
  boost::asio::awaitable<bool> relay(std::string head, meter cost);

  [[nodiscard]] const core::metered& cost() const { return cost_; }
  // The stream ended as it should. Else: what broke it, for the record ("timeout", "reset", …); empty when the client
  // went.
  [[nodiscard]] bool is_complete() const { return complete_; }
  [[nodiscard]] std::string_view broken_by() const { return broken_by_; }
  // How the provider failed after the commit; nothing when it did not: a whole stream, a client that went, a shutdown.
  [[nodiscard]] std::optional<core::attempt_failure> failure() const;
  // What was spent waiting for the provider after the commit; waiting for the client does not count.
  [[nodiscard]] std::chrono::nanoseconds provider_time() const { return provider_time_; }

 private:
  enum class verdict : std::uint8_t { plain, content, hidden, error, done, malformed };
  verdict judge(std::string_view event);
  void note_choices();
  [[nodiscard]] bool all_finished() const;

  void take_events(bool at_end);
  boost::asio::awaitable<bool> fill();
  boost::asio::awaitable<void> await_events();
  boost::asio::awaitable<bool> flush(std::string_view head);
  void settle();
  void settle_failure();
  void break_stream(core::error_code code, std::string_view why, std::string message);
  void blame(core::failure_kind kind) { broken_as_ = kind; }
  void end(const std::optional<core::token_usage>& usage);
  [[nodiscard]] bool blames_request() const;
  core::attempt_failure bad_answer(std::string note) const;

  worker& worker_;
  upstream::attempt& from_;
  responder& to_;
  net::interrupt& cut_;
  stream_settings settings_;
  meter meter_;

  net::deadline silence_;                  // since the client last heard something
  std::chrono::milliseconds idle_left_{};  // of the time that the provider may be silent
  net::steady_time until_{};
  net::padded_buffer received_;  // decoded bytes, not yet judged
  http::sse_scanner scanner_;
  std::string scratch_;
  codec::chunk_facts chunk_;
  std::string out_;            // what goes to the client next, without chunk framing
  std::string tail_;           // what follows the last chunk of out_: the final chunk and trailers
  std::vector<bool> started_;  // by choice index
  std::vector<bool> finished_;

  std::optional<core::token_usage> usage_;
  std::int64_t relayed_bytes_ = 0;
  core::metered cost_;
  bool has_content_ = false;
  bool ended_ = false;  // nothing more goes to the client after out_ and tail_
  bool complete_ = false;
  bool done_seen_ = false;
  bool provider_failed_ = false;                       // an error event, or something that is no event
  std::optional<core::provider_error> provider_said_;  // where it ended the stream itself
  std::optional<core::attempt_failure> read_failure_;
  bool at_end_ = false;
  std::string_view broken_by_;
  std::optional<core::failure_kind> broken_as_;
  std::chrono::nanoseconds provider_time_{};
};

}  // namespace phigate::server
