#include "server/stream_relay.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <utility>

#include "phigate/codec/request.hpp"
#include "phigate/codec/writers.hpp"
#include "phigate/core/audit.hpp"
#include "phigate/http/writer.hpp"

namespace phigate::server {

namespace asio = boost::asio;
using core::failure_kind;

namespace {

// One write carries at most about this much: back-pressure reaches the provider after it.
constexpr std::size_t batch_limit = 64u << 10;
// No request can ask for more choices at once.
constexpr std::uint32_t most_choices = 1024;

void mark(std::vector<bool>& set, std::uint32_t index) {
  if (index >= most_choices) return;
  if (set.size() <= index) set.resize(index + 1);
  set[index] = true;
}

}  // namespace

stream_relay::stream_relay(worker& on, upstream::attempt& from, responder& to, net::interrupt& cut,
                           const stream_settings& settings)
    : worker_(on), from_(from), to_(to), cut_(cut), settings_(settings), silence_(on.deadlines(), [this] {
        from_.nudge();
      }) {}

// Whether an error event names what the client sent as its cause.
bool stream_relay::blames_request() const {
  if (!provider_said_) return false;
  return provider_said_->type == "invalid_request_error" || provider_said_->code == "context_length_exceeded" ||
         provider_said_->code == "content_filter";
}

core::attempt_failure stream_relay::bad_answer(std::string note) const {
  core::attempt_failure failure = core::unusable_answer(failure_kind::bad_response, std::move(note));
  failure.blames_request = blames_request();
  return failure;
}

asio::awaitable<std::expected<void, core::attempt_failure>> stream_relay::hold() {
  while (true) {
    if (has_content_) co_return std::expected<void, core::attempt_failure>{};
    if (provider_failed_)
      co_return std::unexpected(
          bad_answer(broken_by_ == "error_event" ? "an error event before content" : "an event that is no JSON"));
    if (done_seen_ || at_end_) co_return std::unexpected(bad_answer("ended before content"));
    if (read_failure_) co_return std::unexpected(*read_failure_);
    if (out_.size() > held_limit) co_return std::unexpected(bad_answer("too much before content"));
    const bool got = co_await fill();
    if (got) take_events(at_end_);
  }
}

// Reads what there is, waiting for the first of it. False: woken for another reason.
asio::awaitable<bool> stream_relay::fill() {
  std::optional<upstream::attempt::read_outcome> next = co_await from_.read();
  if (next->kind == upstream::attempt::read_kind::nudged) co_return false;
  while (next) {
    if (next->kind == upstream::attempt::read_kind::end) at_end_ = true;
    if (next->kind == upstream::attempt::read_kind::failed) read_failure_ = std::move(next->failure);
    if (next->kind != upstream::attempt::read_kind::data) break;
    received_.append(next->data);
    if (received_.size() >= batch_limit) break;
    next = from_.try_read();
  }
  co_return true;
}

stream_relay::verdict stream_relay::judge(std::string_view event) {
  http::sse_event parsed = http::parse_sse_event(event, scratch_);
  if (!parsed.has_data) return verdict::plain;
  if (parsed.data.empty()) return verdict::hidden;  // says nothing, and the SDKs would read it as broken JSON
  if (parsed.data.starts_with("[DONE]")) return verdict::done;
  if (parsed.data.data() == scratch_.data()) {
    scratch_.reserve(scratch_.size() + codec::padding);
    parsed.data = scratch_;
  }
  if (!worker_.response_reader().read_chunk(parsed.data, chunk_)) return verdict::malformed;
  if (chunk_.is_error || parsed.type == "error") {
    provider_said_ = codec::read_provider_error(200, parsed.data);
    return verdict::error;
  }
  if (chunk_.finishes_in_error && settings_.finishes_in_error) {
    provider_said_.emplace().message = "The provider gave up on its answer.";
    return verdict::error;
  }
  if (chunk_.usage) usage_ = chunk_.usage;
  relayed_bytes_ += chunk_.relayed_bytes;
  note_choices();
  if (chunk_.only_usage && settings_.hide_usage) return verdict::hidden;
  return chunk_.has_content ? verdict::content : verdict::plain;
}

void stream_relay::note_choices() {
  for (const std::uint32_t index : chunk_.started) mark(started_, index);
  for (const std::uint32_t index : chunk_.finished) mark(finished_, index);
}

bool stream_relay::all_finished() const {
  for (std::size_t i = 0; i < started_.size(); ++i) {
    if (started_[i] && (i >= finished_.size() || !finished_[i])) return false;
  }
  return !started_.empty();
}

// Judges each whole event and moves what the client may see to out_.
void stream_relay::take_events(bool at_end) {
  while (!done_seen_ && !provider_failed_) {
    const std::size_t size = scanner_.next(received_.view(), at_end);
    if (size == 0) break;
    const std::string_view event = received_.view().substr(0, size);
    switch (judge(event)) {
      case verdict::content:
        has_content_ = true;
        [[fallthrough]];
      case verdict::plain:
        out_ += event;
        break;
      case verdict::hidden:
        break;
      case verdict::done:
        done_seen_ = true;
        break;
      case verdict::error:
        provider_failed_ = true;
        broken_by_ = "error_event";
        break;
      case verdict::malformed:
        provider_failed_ = true;
        broken_by_ = "bad_response";
        break;
    }
    received_.consume(size);
  }
  if (received_.empty()) received_.clear();
  if (received_.size() > event_limit) {
    provider_failed_ = true;
    broken_by_ = "bad_response";
  }
}

asio::awaitable<bool> stream_relay::relay(std::string head, meter cost) {
  meter_ = std::move(cost);
  until_ = std::chrono::steady_clock::now() + settings_.longest;
  idle_left_ = settings_.idle;
  while (true) {
    settle();
    const bool written = co_await flush(head);
    head.clear();
    if (!written && !ended_) cost_ = meter_(std::nullopt, relayed_bytes_);
    if (!written || ended_) break;
    co_await await_events();
  }
  co_return complete_;
}

// Waits for what the provider sends next. Only this waiting counts for its idle time: not the client's reading.
asio::awaitable<void> stream_relay::await_events() {
  const auto since = std::chrono::steady_clock::now();
  from_.arm(std::min(since + idle_left_, until_));
  const bool got = co_await fill();
  from_.disarm();
  const auto now = std::chrono::steady_clock::now();
  provider_time_ += now - since;
  if (got) {
    idle_left_ = settings_.idle;
    take_events(at_end_);
    co_return;
  }
  idle_left_ -= std::min(idle_left_, std::chrono::duration_cast<std::chrono::milliseconds>(now - since));
  out_ += ": keep-alive\n";  // without a blank line, as every comment (core/audit.hpp)
}

// Whether the stream is over, and how. Only one that is whole gets a [DONE]: a cut must not look like an end.
void stream_relay::settle() {
  if (provider_failed_) {
    blame(broken_by_ == "error_event" ? failure_kind::server_error : failure_kind::bad_response);
    break_stream(core::error_code::upstream_error, broken_by_, "The provider sent what is no event.");
  } else if (done_seen_ || at_end_) {
    if (all_finished()) {
      complete_ = true;
      end(usage_);
    } else {
      blame(failure_kind::bad_response);
      break_stream(core::error_code::upstream_error, "truncated",
                   "The provider ended its answer before it was complete.");
    }
  } else if (read_failure_) {
    settle_failure();
  }
}

void stream_relay::settle_failure() {
  switch (cut_.why()) {
    case net::interruption::client_gone:
      ended_ = true;
      cost_ = meter_(std::nullopt, relayed_bytes_);
      break;
    case net::interruption::shutting_down:
      break_stream(core::error_code::shutting_down, "shutting_down",
                   "The gateway shut down before the answer was complete.");
      break;
    case net::interruption::timeout:
      // A stream that lasts longer than this gateway lets any is no fault of the provider's.
      if (std::chrono::steady_clock::now() < until_) blame(failure_kind::timeout);
      break_stream(core::error_code::upstream_timeout, "timeout",
                   "The provider stopped sending before its answer was complete.");
      break;
    case net::interruption::none:
      blame(read_failure_->kind);
      break_stream(core::error_code::upstream_error, core::to_string(read_failure_->kind),
                   "The connection to the provider broke before its answer was complete.");
      break;
  }
}

void stream_relay::break_stream(core::error_code code, std::string_view why, std::string message) {
  core::api_error error;
  error.code = code;
  error.message = std::move(message);
  if (provider_said_) {
    // The provider's own words, in the shape that every error has here.
    error.message = provider_said_->message;
    error.provider_type = provider_said_->type;
    error.provider_code = provider_said_->code;
    error.param = provider_said_->param;
    error.provider_innererror = provider_said_->innererror;
  }
  out_ += codec::error_event(error);
  broken_by_ = why;
  end(std::nullopt);
}

std::optional<core::attempt_failure> stream_relay::failure() const {
  if (!broken_as_) return std::nullopt;
  core::attempt_failure failed;
  failed.kind = *broken_as_;
  failed.blames_request = blames_request();
  failed.reach = core::reach::committed;
  failed.sent_whole = true;
  return failed;
}

void stream_relay::end(const std::optional<core::token_usage>& usage) {
  cost_ = meter_(usage, relayed_bytes_);
  ended_ = true;
  if (complete_) {
    core::append_stream_comment(out_, cost_);
    out_ += "data: [DONE]\n\n";
  }
  if (!settings_.chunked) return;
  tail_ = "0\r\n";
  core::append_stream_trailers(tail_, cost_);
  tail_ += "\r\n";
}

// Everything that waits, in one write: the head when it is the first, one chunk, and at the end what closes the stream.
asio::awaitable<bool> stream_relay::flush(std::string_view head) {
  std::string chunk_start;
  std::string_view chunk_end;
  if (settings_.chunked && !out_.empty()) {
    http::append_chunk_header(chunk_start, out_.size());
    chunk_end = "\r\n";
  }
  if (head.empty() && out_.empty() && tail_.empty()) co_return true;
  const std::array<asio::const_buffer, 5> pieces{
      asio::const_buffer(head.data(), head.size()), asio::buffer(chunk_start), asio::buffer(out_),
      asio::const_buffer(chunk_end.data(), chunk_end.size()), asio::buffer(tail_)};
  const bool written = co_await to_.write(pieces);
  out_.clear();
  silence_.arm_in(settings_.keep_alive);
  co_return written;
}

}  // namespace phigate::server
