#include "server/routed_request.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "phigate/http/writer.hpp"
#include "phigate/observe/log.hpp"
#include "server/route_terms.hpp"
#include "server/stream_relay.hpp"

namespace phigate::server {

namespace asio = boost::asio;
using std::chrono::steady_clock;

namespace {

constexpr std::size_t longest_request_id = 256;

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

bool is_event_stream(std::string_view content_type) {
  constexpr std::string_view wanted = "text/event-stream";
  if (!http::equals_ignoring_case(content_type.substr(0, wanted.size()), wanted)) return false;
  const std::string_view rest = content_type.substr(wanted.size());
  return rest.empty() || rest.front() == ';' || rest.front() == ' ';
}

std::vector<core::failover::candidate> candidates_of(const core::route_order& order) {
  std::vector<core::failover::candidate> out;
  out.reserve(order.routes().size());
  for (const core::ranked_route& one : order.routes()) out.push_back({one.route.provider().slug, one.route.model().id});
  return out;
}

}  // namespace

bool routed_request::is_cut() const {
  const auto why = with_.connection.interrupt().why();
  return why == net::interruption::client_gone || why == net::interruption::shutting_down;
}

asio::awaitable<void> routed_request::serve(core::route_order order) {
  const config::settings& settings = with_.settings();
  deadline_ = with_.context.started + settings.timeouts.total;
  order_ = std::move(order);
  core::failover_limits limits;
  limits.max_attempts = settings.max_attempts;
  limits.deadline = deadline_;
  failover_.emplace(candidates_of(*order_), limits);

  core::next_step next = failover_->start(steady_clock::now());
  while (const auto* dial = std::get_if<core::step::dial>(&next)) {
    const core::step::dial now = *dial;
    next = co_await try_route(now);
    if (is_cut()) break;
  }
  if (with_.context.status != 0) co_return;  // the answer is on its way or done
  if (with_.connection.interrupt().why() == net::interruption::client_gone) {
    with_.context.client_gone = true;
    co_return;
  }
  core::api_error error;
  if (auto* failed = std::get_if<core::step::fail>(&next); failed != nullptr && !is_cut()) {
    error = std::move(failed->error);
  } else {
    error.code = core::error_code::shutting_down;
    error.message = "The gateway shut down before the answer was complete. Send the request again.";
    error.retry_after_seconds = 1;
  }
  co_await with_.answers.send_error(std::move(error));
}

asio::awaitable<core::next_step> routed_request::try_route(const core::step::dial& dial) {
  const core::eligible_route& route = order_->routes()[dial.route].route;
  if (!dial.fresh) {
    dialled_at_ = steady_clock::now();
    with_.facts().health->take_turn(route.id(), dialled_at_);
  }
  current_ = &route;
  timeouts_ = timeouts_for(route, with_.settings().timeouts);
  with_.context.attempts = failover_->attempts();
  with_.context.provider = route.provider().slug;
  with_.context.endpoint = route.endpoint().id;
  with_.context.model = route.model().id;

  const codec::body_edits edits = edits_for(route, facts_);
  const codec::spliced_body body = codec::splice(body_.body(), facts_, edits);
  upstream::outgoing_request request;
  request.modality = facts_.modality;
  request.content_type = with_.context.content_type;
  request.accept = with_.context.accept;
  request.traceparent = with_.context.traceparent;
  request.body = body.pieces;
  request.body_size = body.size;

  upstream::attempt attempt(with_.by.upstreams, route, limits(), with_.connection.interrupt());
  outcome result = co_await attempt.open(request, dial.fresh);
  note_request_id(attempt.head().request_id);
  if (result && facts_.stream) {
    result = co_await answer_stream(attempt);
  } else if (result) {
    result = co_await answer_whole(attempt);
  }
  if (!result) co_return failed(result.error());
  co_return failover_->on_success(steady_clock::now());
}

core::next_step routed_request::failed(const core::attempt_failure& failure) {
  const auto now = steady_clock::now();
  if (is_cut()) {
    count("cut");
    return failover_->on_failure(failure, now);
  }
  core::next_step next = failover_->on_failure(failure, now, [this] { return may_fail_over(); });
  const auto* dial = std::get_if<core::step::dial>(&next);
  if (dial == nullptr) retry_.release();
  if (core::was_stale_connection(failure)) return next;  // no attempt: the request goes out once more, afresh

  const std::string ended =
      failure.status != 0 ? std::to_string(failure.status) : std::string(core::to_string(failure.kind));
  count(ended);
  observe::log(observe::level::info, "attempt failed",
               {{"id", with_.context.id},
                {"provider", with_.context.provider},
                {"endpoint", with_.context.endpoint},
                {"outcome", ended},
                {"note", failure.note}});
  if (!was_cut_short(failure, now)) with_.facts().health->record_failure(current_->id(), failure, now);
  return next;
}

// Asked before a second or later failover alone.
bool routed_request::may_fail_over() {
  process& shared = with_.on().shared;
  if (retry_.take(shared.retries, shared.gate.in_flight.taken())) return true;
  with_.on().metrics().count_refused_failover();
  return false;
}

// The request's own time ran out, most of it before this route was tried: a client that uploads slowly, or the routes
// before, must not make this one look slow.
bool routed_request::was_cut_short(const core::attempt_failure& failure, net::steady_time now) const {
  if (failure.kind != core::failure_kind::timeout || now < deadline_) return false;
  return deadline_ - dialled_at_ < (deadline_ - with_.context.started) / 2;
}

void routed_request::served(const core::served_sample& sample) {
  with_.facts().health->record_success(current_->id(), sample, steady_clock::now());
}

bool routed_request::is_conversational() const {
  return facts_.modality == core::modality::chat || facts_.modality == core::modality::vision;
}

// Nothing where the time is too short to be told from none.
std::optional<double> routed_request::tokens_per_second(std::chrono::nanoseconds over) const {
  constexpr std::chrono::milliseconds shortest{1};
  if (output_tokens_ <= 0 || over < shortest) return std::nullopt;
  return static_cast<double>(output_tokens_) / std::chrono::duration<double>(over).count();
}

void routed_request::count(std::string_view ended) {
  with_.on().metrics().count_attempt(with_.context.provider, with_.context.endpoint, ended);
}

upstream::attempt_limits routed_request::limits() const {
  upstream::attempt_limits limits;
  limits.connect = timeouts_.connect;
  limits.answer = facts_.stream ? timeouts_.first_token : timeouts_.first_byte;
  limits.total = std::min(deadline_, with_.context.started + timeouts_.total);
  limits.answer_bounds_body = facts_.stream;
  limits.response_bytes = facts_.stream ? UINT64_MAX : with_.settings().limits.response;
  return limits;
}

core::metered routed_request::meter(const std::optional<core::token_usage>& usage, std::int64_t relayed_bytes) {
  core::metered out;
  out.source = usage ? core::usage_source::provider : core::usage_source::estimated;
  const core::token_usage counted = usage ? *usage : core::estimate_tokens(facts_.estimate_bytes, relayed_bytes);
  out.micro_usd = core::token_cost(current_->model().cost, counted);
  output_tokens_ = counted.completion;
  return out;
}

// A provider's name for the request, for whoever asks it for support; of an answer and of a refusal alike.
void routed_request::note_request_id(const std::string& id) {
  const bool fit = id.size() <= longest_request_id && is_printable(id);
  with_.context.upstream_request_id = fit ? id : std::string();
}

std::string routed_request::passed_headers(const upstream::attempt& attempt) {
  std::string out;
  if (attempt.head().retry_after) http::append_field(out, "retry-after", attempt.head().retry_after->count());
  return out;
}

asio::awaitable<routed_request::outcome> routed_request::answer_whole(upstream::attempt& attempt) {
  net::padded_buffer body;
  permit memory(with_.on().shared.gate.memory);
  while (true) {
    // A body that stops half-way leaves time for another route.
    attempt.arm_within(timeouts_.idle);
    auto piece = co_await attempt.read();
    if (piece.kind == upstream::attempt::read_kind::failed) co_return std::unexpected(std::move(piece.failure));
    if (piece.kind == upstream::attempt::read_kind::end) break;
    if (piece.kind != upstream::attempt::read_kind::data) continue;
    if (!memory.grow(piece.data.size())) co_return std::unexpected(bad_answer(core::failure_kind::too_large, "memory"));
    body.append(piece.data);
  }
  if (attempt.has_surplus()) co_return std::unexpected(bad_answer(core::failure_kind::bad_response, "surplus bytes"));
  codec::response_reader& reader = with_.on().response_reader();
  const bool embeddings = facts_.modality == core::modality::embeddings;
  const auto facts = embeddings ? reader.read_embeddings(body.view()) : reader.read_completion(body.view());
  if (!facts) co_return std::unexpected(bad_answer(core::failure_kind::bad_response, "no JSON object"));
  if (facts->is_error) co_return std::unexpected(bad_answer(core::failure_kind::bad_response, "an error with a 2xx"));

  std::string_view answer = body.view();
  const bool wants_base64 = facts_.encoding == codec::encoding_format::base64;
  std::optional<std::string> converted;
  if (embeddings && wants_base64 == facts->float_embeddings) {
    // The client gets the encoding it asked for (OpenAI's default is floats), whichever the provider speaks.
    converted = wants_base64 ? codec::embeddings_to_base64(answer) : codec::embeddings_to_floats(answer);
    if (!converted) co_return std::unexpected(bad_answer(core::failure_kind::bad_response, "no embeddings"));
    answer = *converted;
  }
  const std::string headers = passed_headers(attempt);
  const std::string content_type = attempt.head().content_type;
  const auto latency = steady_clock::now() - attempt.sent_at();
  attempt.release();

  count("ok");
  with_.on().metrics().observe_upstream_latency(with_.context.provider, std::chrono::duration<double>(latency).count());
  with_.context.cost = meter(facts->usage, facts->relayed_bytes);
  core::served_sample sample;
  sample.tokens_per_second = tokens_per_second(latency);
  // Without a stream a completion's time is that of its whole text: it says nothing of how soon the first word comes.
  if (!is_conversational()) sample.latency = std::chrono::duration_cast<std::chrono::microseconds>(latency);
  served(sample);
  retry_.release();
  co_await with_.answers.send_answer(attempt.head().status, content_type, answer, headers);
  co_return outcome{};
}

core::attempt_failure routed_request::bad_answer(core::failure_kind kind, std::string note) {
  core::attempt_failure failure;
  failure.kind = kind;
  failure.reach = core::reach::head_received;
  failure.sent_whole = true;
  failure.note = std::move(note);
  return failure;
}

asio::awaitable<routed_request::outcome> routed_request::answer_stream(upstream::attempt& attempt) {
  if (!is_event_stream(attempt.head().content_type)) {
    co_return std::unexpected(bad_answer(core::failure_kind::bad_response, "no event stream"));
  }
  stream_settings how;
  how.hide_usage = !facts_.asks_for_usage;
  how.chunked = !with_.context.http_1_0;
  how.idle = timeouts_.idle;
  how.longest = timeouts_.stream;

  stream_relay relay(with_.on(), attempt, with_.answers, with_.connection.interrupt(), how);
  auto held = co_await relay.hold();
  if (!held) co_return held;

  attempt.commit();
  retry_.release();
  body_.release();
  const auto latency = steady_clock::now() - attempt.sent_at();
  with_.on().metrics().observe_upstream_latency(with_.context.provider, std::chrono::duration<double>(latency).count());
  const std::string passed = passed_headers(attempt);
  std::string head = with_.answers.stream_head(attempt.head().content_type, passed);
  stream_relay::meter cost = [this](const std::optional<core::token_usage>& usage, std::int64_t bytes) {
    return meter(usage, bytes);
  };
  const bool complete = co_await relay.relay(std::move(head), std::move(cost));
  with_.context.cost = relay.cost();
  if (complete) {
    attempt.release();
    core::served_sample sample;
    sample.latency = std::chrono::duration_cast<std::chrono::microseconds>(latency);
    sample.tokens_per_second = tokens_per_second(relay.provider_time());
    served(sample);
  } else {
    if (const auto failure = relay.failure())
      with_.facts().health->record_failure(current_->id(), *failure, steady_clock::now());
    with_.context.keep_alive = false;
    with_.context.client_gone = with_.context.client_gone || relay.broken_by().empty();
    with_.context.error_code = relay.broken_by();
  }
  count(complete ? "ok" : relay.broken_by().empty() ? "cut" : relay.broken_by());
  co_return outcome{};
}

}  // namespace phigate::server
