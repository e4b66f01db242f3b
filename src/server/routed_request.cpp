#include "server/routed_request.hpp"

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

#include "phigate/http/writer.hpp"
#include "phigate/observe/log.hpp"
#include "server/byte_relay.hpp"
#include "server/farewell.hpp"
#include "server/route_terms.hpp"
#include "server/stream_relay.hpp"
#include "server/whole_answer.hpp"

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

  const upstream::adapter& speaks = *with_.by->upstreams.at(route.route().endpoint).adapter;
  const upstream::call call{.asked = asked_,
                            .endpoint = route.endpoint(),
                            .model = route.model(),
                            .data_class = *with_.context.data_class,
                            .content_type = with_.context.content_type,
                            .accept = with_.context.accept,
                            .responses = with_.on().response_reader()};
  const std::unique_ptr<upstream::conversation> talk = speaks.begin(call);
  outcome result = co_await converse(*talk, dial.fresh);
  if (auto last = talk->farewell()) say_farewell(with_.on(), with_.by, route, std::move(*last));
  if (!result) co_return failed(result.error());
  co_return failover_->on_success(steady_clock::now());
}

asio::awaitable<routed_request::outcome> routed_request::converse(upstream::conversation& talk, bool fresh) {
  const upstream::wire_request request = talk.first();
  const upstream::delivery how = talk.how();
  upstream::attempt attempt(with_.by->upstreams, *current_, limits(how), with_.connection.interrupt());
  outcome result = co_await attempt.open(request, with_.context.traceparent, fresh);
  note_request_id(attempt.head().request_id);
  if (!result) co_return result;
  if (how != upstream::delivery::whole) {
    if (auto unfit = talk.check(attempt.head())) co_return std::unexpected(std::move(*unfit));
  }
  switch (how) {
    case upstream::delivery::whole:
      result = co_await answer_whole(attempt, talk);
      break;
    case upstream::delivery::events:
      result = co_await answer_events(attempt);
      break;
    case upstream::delivery::bytes:
      result = co_await answer_bytes(attempt, talk);
      break;
  }
  co_return result;
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

upstream::attempt_limits routed_request::limits(upstream::delivery how) const {
  const bool events = how == upstream::delivery::events;
  upstream::attempt_limits limits;
  limits.connect = timeouts_.connect;
  limits.answer = events ? timeouts_.first_token : timeouts_.first_byte;
  limits.total = std::min(deadline_, with_.context.started + timeouts_.total);
  limits.answer_bounds_body = events;
  limits.response_bytes = how == upstream::delivery::whole ? with_.settings().limits.response : UINT64_MAX;
  return limits;
}

core::metered routed_request::meter(const core::usage& usage, std::int64_t relayed_bytes) {
  const core::usage_estimate otherwise{.request_bytes = facts_.estimate_bytes,
                                       .relayed_bytes = relayed_bytes,
                                       .audio_milliseconds = facts_.audio_milliseconds,
                                       .characters = facts_.characters,
                                       .pages = facts_.pages};
  output_tokens_ = usage.tokens ? usage.tokens->completion : core::estimate_tokens(0, relayed_bytes).completion;
  return core::meter(current_->model().cost, facts_.modality, usage, otherwise);
}

void routed_request::note_latency(std::chrono::nanoseconds latency) {
  with_.on().metrics().observe_upstream_latency(with_.context.provider, std::chrono::duration<double>(latency).count());
}

// After the commit: it shows in the record, and in the route's health where the provider is to blame.
void routed_request::broken_off(std::string_view by, const std::optional<core::attempt_failure>& failure) {
  if (failure) with_.facts().health->record_failure(current_->id(), *failure, steady_clock::now());
  with_.context.keep_alive = false;
  with_.context.client_gone = with_.context.client_gone || by.empty();
  with_.context.error_code = by;
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

asio::awaitable<routed_request::outcome> routed_request::answer_whole(upstream::attempt& attempt,
                                                                      upstream::conversation& talk) {
  const net::steady_time sent_at = attempt.sent_at();
  whole_answer_reader reader(with_, *current_, talk, timeouts_.idle,
                             [this] { return limits(upstream::delivery::whole); });
  const auto answer = co_await reader.read(attempt);
  if (!answer) co_return std::unexpected(answer.error());

  const auto latency = steady_clock::now() - sent_at;
  count("ok");
  note_latency(latency);
  with_.context.cost = meter(answer->said.usage, answer->said.relayed_bytes);
  core::served_sample sample;
  sample.tokens_per_second = tokens_per_second(latency);
  // Without a stream a completion's time is that of its whole text: it says nothing of how soon the first word comes.
  if (!is_conversational()) sample.latency = std::chrono::duration_cast<std::chrono::microseconds>(latency);
  served(sample);
  retry_.release();
  // What the first of several answers said of waiting is no word for the client.
  const std::string headers = answer->said.body ? std::string() : passed_headers(attempt);
  co_await with_.answers.send_answer(answer->status, answer->said.content_type, answer->text(), headers);
  co_return outcome{};
}

asio::awaitable<routed_request::outcome> routed_request::answer_events(upstream::attempt& attempt) {
  if (!is_event_stream(attempt.head().content_type)) {
    co_return std::unexpected(unusable_answer(core::failure_kind::bad_response, "no event stream"));
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
  note_latency(latency);
  const std::string passed = passed_headers(attempt);
  std::string head = with_.answers.stream_head(attempt.head().content_type, passed);
  stream_relay::meter cost = [this](const std::optional<core::token_usage>& usage, std::int64_t bytes) {
    return meter(core::usage{.tokens = usage}, bytes);
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
    broken_off(relay.broken_by(), relay.failure());
  }
  count(complete ? "ok" : relay.broken_by().empty() ? "cut" : relay.broken_by());
  co_return outcome{};
}

asio::awaitable<routed_request::outcome> routed_request::answer_bytes(upstream::attempt& attempt,
                                                                      const upstream::conversation& talk) {
  byte_settings how;
  how.chunked = !with_.context.http_1_0;
  how.idle = timeouts_.idle;
  how.longest = timeouts_.stream;
  byte_relay relay(attempt, with_.answers, with_.connection.interrupt(), how);
  auto held = co_await relay.hold();
  if (!held) co_return held;

  attempt.commit();
  retry_.release();
  body_.release();
  const auto latency = steady_clock::now() - attempt.sent_at();
  note_latency(latency);
  with_.context.cost = meter({}, 0);  // known before the first byte: it goes by what was asked for
  const std::string passed = passed_headers(attempt);
  std::string head = with_.answers.bytes_head(talk.media_type(), passed);
  const bool complete = co_await relay.relay(std::move(head));
  if (complete) {
    attempt.release();
    core::served_sample sample;
    sample.latency = std::chrono::duration_cast<std::chrono::microseconds>(latency);
    served(sample);
  } else {
    broken_off(relay.broken_by(), relay.failure());
  }
  count(complete ? "ok" : relay.broken_by().empty() ? "cut" : relay.broken_by());
  co_return outcome{};
}

}  // namespace phigate::server
