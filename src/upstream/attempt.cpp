#include "phigate/upstream/attempt.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <utility>
#include <vector>

#include "upstream/finish_body.hpp"
#include "upstream/retry_after.hpp"

namespace phigate::upstream {

namespace asio = boost::asio;
using core::failure_kind;
using core::reach;

namespace {

// A provider that sends more interim answers than this never comes to the point.
constexpr int most_interim_answers = 16;
// How long the rest of a refusal is waited for: its status is known, and another route may be waiting.
constexpr std::chrono::seconds refusal_patience{2};
// Enough of an error body to find its message.
constexpr std::size_t most_error_bytes = 64u << 10;

// Every field of that name: a harmless one may stand before another.
bool is_encoded(const http::response_head& head) {
  return std::any_of(head.fields.begin(), head.fields.end(), [](const http::field& field) {
    return http::equals_ignoring_case(field.name, "content-encoding") && !field.value.empty() &&
           !http::equals_ignoring_case(field.value, "identity");
  });
}

// A provider's own name for the request: under a usual name, else under any that ends as those do ("dg-request-id").
std::string_view request_id_of(const http::response_head& head) {
  for (const std::string_view name : {"x-request-id", "request-id", "apim-request-id", "x-requestid"}) {
    if (const auto id = head.find(name); id && !id->empty()) return *id;
  }
  static constexpr std::string_view ending = "-request-id";
  const auto other = std::ranges::find_if(head.fields, [](const http::field& field) {
    const std::size_t front = field.name.size() - std::min(field.name.size(), ending.size());
    return http::equals_ignoring_case(field.name.substr(front), ending);
  });
  return other == head.fields.end() ? std::string_view() : other->value;
}

// Nothing where there are two of them: neither can be believed.
std::string_view only_field(const http::response_head& head, std::string_view name) {
  const auto is_named = [name](const http::field& field) { return http::equals_ignoring_case(field.name, name); };
  if (std::ranges::count_if(head.fields, is_named) != 1) return {};
  return *head.find(name);
}

}  // namespace

attempt::attempt(upstream_set& upstreams, const core::eligible_route& route, const attempt_limits& limits,
                 net::interrupt& cut)
    : upstreams_(upstreams),
      endpoint_(upstreams.at(route.route().endpoint)),
      route_(route),
      limits_(limits),
      cut_(cut),
      timer_(upstreams.deadlines(), [this] { cut_.fire(net::interruption::timeout); }),
      body_(http::framing::none, 0, 0) {}

attempt::~attempt() {
  cut_.forget();
  cut_.clear_timeout();
  if (connection_) connection_->close();
}

core::attempt_failure attempt::failure(failure_kind kind, std::string note) const {
  core::attempt_failure failed;
  failed.kind = kind;
  failed.reach = reach_;
  failed.sent_whole = sent_whole_;
  failed.reused_connection = reused_;
  failed.note = std::move(note);
  return failed;
}

// The one place that tells a time-out from a broken connection.
core::attempt_failure attempt::broken_connection(std::string note) const {
  const bool timed_out = cut_.why() == net::interruption::timeout;
  return failure(timed_out ? failure_kind::timeout : failure_kind::reset, std::move(note));
}

void attempt::arm_within(std::chrono::milliseconds span) {
  timer_.arm(std::min(std::chrono::steady_clock::now() + span, limits_.total));
}

asio::awaitable<attempt::outcome> attempt::open(const wire_request& request, std::string_view traceparent, bool fresh) {
  outcome connected = co_await connect(fresh);
  if (!connected) co_return connected;
  cut_.on_fire([this] { cut_off(); });
  outcome sent = co_await send(request, traceparent);
  if (!sent) co_return sent;
  outcome answered = co_await hear();
  co_return answered;
}

asio::awaitable<attempt::outcome> attempt::take_up(std::shared_ptr<net::channel> connection) {
  connection_ = std::move(connection);
  reach_ = reach::maybe_sent;
  sent_whole_ = true;
  sent_at_ = std::chrono::steady_clock::now();
  arm_within(limits_.answer);
  cut_.on_fire([this] { cut_off(); });
  outcome answered = co_await hear();
  co_return answered;
}

std::shared_ptr<net::channel> attempt::hand_over() {
  if (!left_waiting_) return nullptr;
  left_waiting_ = false;
  timer_.disarm();
  cut_.forget();
  return std::exchange(connection_, nullptr);
}

// What is awaited ends. A connection whose head is of use all the same stays open for whoever takes it over.
void attempt::cut_off() {
  if (may_leave_waiting_) {
    connection_->nudge();
  } else {
    connection_->close();
  }
}

// The head, and all of the answer where it is a refusal.
asio::awaitable<attempt::outcome> attempt::hear() {
  may_leave_waiting_ = limits_.head_outlives_cut && sent_whole_;
  outcome answered = co_await read_head();
  // A cut may have come together with the head's last byte: then nothing was left to be taken over.
  if (std::exchange(may_leave_waiting_, false) && !left_waiting_ && cut_.why() != net::interruption::none) cut_off();
  if (!answered) co_return answered;
  if (head_.status < 200 || head_.status > 299) {
    outcome refused = co_await refuse();
    co_return refused;
  }
  if (!limits_.answer_bounds_body) timer_.arm(limits_.total);
  co_return outcome{};
}

asio::awaitable<attempt::outcome> attempt::connect(bool fresh) {
  if (!fresh) connection_ = endpoint_.pool->take();
  reused_ = connection_ != nullptr;
  if (reused_) co_return outcome{};

  arm_within(limits_.connect);
  auto dialled = co_await upstreams_.dialer().dial(endpoint_.target, cut_);
  if (!dialled) {
    const net::dial_error& error = dialled.error();
    if (cut_.why() == net::interruption::timeout) co_return std::unexpected(failure(failure_kind::timeout, error.note));
    const auto kind = error.failure == net::dial_failure::tls ? failure_kind::tls : failure_kind::connect;
    co_return std::unexpected(failure(kind, error.note));
  }
  const auto executor = co_await asio::this_coro::executor;
  connection_ = net::channel::make(executor, std::move(*dialled));
  co_return outcome{};
}

std::string attempt::head_of(const wire_request& request, std::string_view traceparent) const {
  constexpr std::string_view trace_name = "traceparent: ";
  constexpr std::string_view length_name = "content-length: ";
  constexpr std::size_t framing_room = 48;  // the words of the request line, a length, line ends
  std::string head;
  head.reserve(request.method.size() + request.target.size() + endpoint_.fields.size() + request.header_lines.size() +
               trace_name.size() + traceparent.size() + length_name.size() + framing_room);
  head.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\n");
  head.append(endpoint_.fields).append(request.header_lines);
  if (!traceparent.empty()) head.append(trace_name).append(traceparent).append("\r\n");
  if (request.method == "POST") head.append(length_name).append(std::to_string(request.body.size)).append("\r\n");
  return head += "\r\n";
}

asio::awaitable<attempt::outcome> attempt::send(const wire_request& request, std::string_view traceparent) {
  const std::string head = head_of(request, traceparent);
  std::vector<asio::const_buffer> buffers;
  buffers.reserve(request.body.pieces.size() + 1);
  buffers.emplace_back(head.data(), head.size());
  for (const std::string_view piece : request.body.pieces) buffers.emplace_back(piece.data(), piece.size());

  arm_within(limits_.answer);
  reach_ = reach::maybe_sent;
  const net::io_result written = co_await connection_->write(buffers);
  sent_whole_ = !written.error;
  if (cut_.why() != net::interruption::none) co_return std::unexpected(broken_connection("sending"));
  // A provider may answer and close before it has read all: what it said is worth reading.
  sent_at_ = std::chrono::steady_clock::now();
  timer_.arm(std::min(sent_at_ + limits_.answer, limits_.total));
  co_return outcome{};
}

asio::awaitable<attempt::outcome> attempt::read_head() {
  std::size_t scanned = 0;
  int interim = 0;
  while (true) {
    const std::string_view received = connection_->received();
    if (!received.empty()) reach_ = reach::head_received;
    const auto size = http::find_response_head(received, scanned);
    if (!size) co_return std::unexpected(failure(failure_kind::bad_response, "malformed head"));
    if (*size == 0) {
      const auto woken = co_await connection_->more();
      if (woken == net::channel::wake::closed) co_return std::unexpected(broken_connection("closed before its answer"));
      left_waiting_ = woken == net::channel::wake::nudged && cut_.why() != net::interruption::none;
      if (left_waiting_) co_return std::unexpected(broken_connection("cut before its answer"));
      continue;
    }
    http::response_head head;
    const auto parsed = http::parse_response_head(received.substr(0, *size), false, head);
    if (!parsed) co_return std::unexpected(failure(failure_kind::bad_response, "malformed head"));
    scanned = 0;
    if (head.status >= 200) {
      outcome accepted = accept_head(head);
      connection_->consume(*size);
      co_return accepted;
    }
    if (head.status == 101 || ++interim > most_interim_answers) {
      co_return std::unexpected(failure(failure_kind::bad_response, "interim answers without an end"));
    }
    connection_->consume(*size);
  }
}

attempt::outcome attempt::accept_head(const http::response_head& head) {
  head_.status = head.status;
  head_.content_type = head.find("content-type").value_or("");
  head_.request_id = request_id_of(head);
  head_.operation_location = only_field(head, "operation-location");
  head_.retry_after = parse_retry_after(head.find("retry-after").value_or(""), std::chrono::system_clock::now());
  keep_alive_ = head.keep_alive && sent_whole_;
  body_ = http::body_decoder(head.framing, head.content_length, limits_.response_bytes);
  if (is_encoded(head)) return std::unexpected(failure(failure_kind::bad_response, "content-encoded"));
  return {};
}

// Reads what the provider says of its refusal, and lets the adapter class it.
asio::awaitable<attempt::outcome> attempt::refuse() {
  std::string& body = refusal_body_;
  bool whole = false;
  const bool body_tells = head_.status >= 400 && head_.status < 500 && head_.status != 408 && head_.status != 429;
  timer_.arm(std::min(std::chrono::steady_clock::now() + refusal_patience, limits_.total));
  while (body.size() < most_error_bytes) {
    // Where the status says all, the body matters for keeping the connection alone: what has arrived is taken.
    std::optional<read_outcome> piece = try_read();
    if (!piece && !body_tells) break;
    if (!piece) piece = co_await read();
    if (piece->kind == read_kind::nudged) continue;
    whole = piece->kind == read_kind::end;
    if (piece->kind != read_kind::data) break;
    body.append(piece->data);
  }
  cut_.clear_timeout();
  if (cut_.why() == net::interruption::client_gone) co_return std::unexpected(broken_connection("client gone"));
  core::attempt_failure refused = endpoint_.adapter->classify(refusal{head_.status, body}, route_.provider());
  refused.reach = reach_;
  refused.sent_whole = sent_whole_;
  refused.reused_connection = reused_;
  refused.retry_after = head_.retry_after;
  if (whole) release();
  co_return std::unexpected(std::move(refused));
}

std::optional<attempt::read_outcome> attempt::try_read() {
  read_outcome result;
  while (!body_.done()) {
    const auto piece = body_.step(connection_->received());
    if (!piece) {
      const bool too_large = piece.error() == http::body_fault::too_large;
      result.kind = read_kind::failed;
      result.failure = failure(too_large ? failure_kind::too_large : failure_kind::bad_response, "malformed body");
      return result;
    }
    connection_->consume(piece->consumed);
    if (!piece->data.empty()) {
      result.kind = read_kind::data;
      result.data = piece->data;
      return result;
    }
    if (piece->consumed == 0) return std::nullopt;
  }
  return result;
}

asio::awaitable<attempt::read_outcome> attempt::read() {
  while (true) {
    if (auto here = try_read()) co_return std::move(*here);
    const auto woken = co_await connection_->more();
    if (woken == net::channel::wake::data) continue;
    read_outcome result;
    if (woken == net::channel::wake::nudged) {
      result.kind = read_kind::nudged;
      co_return result;
    }
    const bool orderly = connection_->close_reason() == asio::error::eof;
    if (orderly && body_.finish()) co_return result;
    result.kind = read_kind::failed;
    result.failure = broken_connection("closed before its answer was whole");
    co_return result;
  }
}

void attempt::nudge() {
  if (connection_) connection_->nudge();
}

void attempt::release() {
  timer_.disarm();
  cut_.forget();
  if (!connection_) return;
  auto connection = std::exchange(connection_, nullptr);
  if (!keep_alive_ || cut_.why() != net::interruption::none || connection->is_closed()) {
    connection->close();
    return;
  }
  if (body_.done()) {
    if (connection->received().empty() && !connection->is_reading()) {
      endpoint_.pool->put(std::move(connection));
    } else {
      connection->close();  // surplus bytes: whose answer they are nobody can say
    }
    return;
  }
  finish_in_background(std::move(connection), body_, endpoint_.pool, upstreams_.deadlines());
}

}  // namespace phigate::upstream
