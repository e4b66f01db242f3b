#include "server/answer_delivery.hpp"

#include <utility>

#include "phigate/http/writer.hpp"
#include "server/byte_relay.hpp"
#include "server/stream_relay.hpp"

namespace phigate::server {

namespace asio = boost::asio;
using std::chrono::steady_clock;

namespace {

std::string passed_headers(const upstream::attempt& attempt) {
  std::string out;
  if (attempt.head().retry_after) http::append_field(out, "retry-after", attempt.head().retry_after->count());
  return out;
}

std::chrono::microseconds in_microseconds(std::chrono::nanoseconds span) {
  return std::chrono::duration_cast<std::chrono::microseconds>(span);
}

}  // namespace

answer_delivery::answer_delivery(exchange& with, const codec::request_facts& facts, const core::eligible_route& route,
                                 const config::timeouts& timeouts, std::function<void()> let_go)
    : with_(with), facts_(facts), route_(route), timeouts_(timeouts), let_go_(std::move(let_go)) {}

asio::awaitable<answer_delivery::outcome> answer_delivery::whole(upstream::attempt& attempt,
                                                                 upstream::conversation& talk, farewell& leave,
                                                                 whole_answer_reader::limits_now limits) {
  const net::steady_time sent_at = attempt.sent_at();
  whole_answer_reader reader(with_, route_, talk, timeouts_.idle, std::move(limits));
  const auto answer = co_await reader.read(attempt);
  if (!answer) co_return std::unexpected(answer.error());

  const auto latency = steady_clock::now() - sent_at;
  with_.count_attempt("ok");
  note_latency(latency);
  with_.context.cost = meter(answer->said.usage, answer->said.relayed_bytes, answer->said.relayed_pages);
  core::served_sample sample;
  sample.tokens_per_second = tokens_per_second(latency);
  // Without a stream a completion's time is that of its whole text: it says nothing of how soon the first word comes.
  if (!is_conversational()) sample.latency = in_microseconds(latency);
  served(sample);
  let_go_();
  leave.say();  // now: a slow client must not keep the provider waiting
  // What the first of several answers said of waiting is no word for the client.
  const std::string headers = answer->said.body ? std::string() : passed_headers(attempt);
  const int status =
      answer->said.body ? 200 : answer->status;  // the gateway's own text is whole, whatever it is made of
  co_await with_.answers.send_answer(status, answer->said.content_type, answer->text(), headers);
  co_return outcome{};
}

asio::awaitable<answer_delivery::outcome> answer_delivery::events(upstream::attempt& attempt,
                                                                  const upstream::conversation& talk) {
  stream_settings how;
  how.finishes_in_error = talk.finishes_in_error();
  how.hide_usage = !facts_.asks_for_usage;
  how.chunked = !with_.context.http_1_0;
  how.idle = timeouts_.idle;
  how.longest = timeouts_.stream;
  stream_relay relay(with_.on(), attempt, with_.answers, with_.connection.interrupt(), how);
  auto held = co_await relay.hold();
  if (!held) co_return held;

  const auto latency = commit(attempt);
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
    sample.latency = in_microseconds(latency);
    sample.tokens_per_second = tokens_per_second(relay.provider_time());
    served(sample);
  }
  ended(complete, relay);
  co_return outcome{};
}

asio::awaitable<answer_delivery::outcome> answer_delivery::bytes(upstream::attempt& attempt,
                                                                 const upstream::conversation& talk) {
  byte_settings how;
  how.chunked = !with_.context.http_1_0;
  how.idle = timeouts_.idle;
  how.longest = timeouts_.stream;
  byte_relay relay(attempt, with_.answers, with_.connection.interrupt(), how);
  auto held = co_await relay.hold();
  if (!held) co_return held;

  const std::string_view media_type = talk.media_type();  // before what was asked for goes
  const auto latency = commit(attempt);
  with_.context.cost = meter({}, 0);  // known before the first byte: it goes by what was asked for
  const std::string passed = passed_headers(attempt);
  std::string head = with_.answers.bytes_head(media_type, passed);
  const bool complete = co_await relay.relay(std::move(head));
  if (complete) {
    attempt.release();
    core::served_sample sample;
    sample.latency = in_microseconds(latency);
    served(sample);
  }
  // Events say themselves that they broke off; of bytes without a length or chunks only the connection can.
  with_.context.cut_short = !complete && with_.context.http_1_0;
  ended(complete, relay);
  co_return outcome{};
}

// From here on the client has a part of the answer. How long it took.
std::chrono::nanoseconds answer_delivery::commit(upstream::attempt& attempt) {
  attempt.commit();
  let_go_();
  const auto latency = steady_clock::now() - attempt.sent_at();
  note_latency(latency);
  return latency;
}

// A break after the commit shows in the record, and in the route's health where the provider is to blame.
template <typename Relay>
void answer_delivery::ended(bool complete, const Relay& relay) {
  if (complete) {
    with_.count_attempt("ok");
    return;
  }
  const std::string_view by = relay.broken_by();
  const std::optional<core::attempt_failure> failure = relay.failure();
  if (failure) with_.facts().health->record_failure(route_.id(), *failure, steady_clock::now());
  with_.context.keep_alive = false;
  with_.context.client_gone = with_.context.client_gone || by.empty();
  with_.context.error_code = by;
  with_.count_attempt(by.empty() ? "cut" : by);
}

core::metered answer_delivery::meter(const core::usage& usage, std::int64_t relayed_bytes, std::int64_t relayed_pages) {
  const core::usage_estimate otherwise{.request_bytes = facts_.estimate_bytes,
                                       .relayed_bytes = relayed_bytes,
                                       .audio_milliseconds = facts_.audio_milliseconds,
                                       .characters = facts_.characters,
                                       .pages = relayed_pages > 0 ? relayed_pages : facts_.pages};
  output_tokens_ = usage.tokens ? usage.tokens->completion : core::estimate_tokens(0, relayed_bytes).completion;
  return core::meter(route_.model().cost, facts_.modality, usage, otherwise);
}

void answer_delivery::note_latency(std::chrono::nanoseconds latency) {
  with_.on().metrics().observe_upstream_latency(with_.context.provider, std::chrono::duration<double>(latency).count());
}

void answer_delivery::served(const core::served_sample& sample) {
  with_.facts().health->record_success(route_.id(), sample, steady_clock::now());
}

bool answer_delivery::is_conversational() const {
  return facts_.modality == core::modality::chat || facts_.modality == core::modality::vision;
}

// Nothing where the time is too short to be told from none.
std::optional<double> answer_delivery::tokens_per_second(std::chrono::nanoseconds over) const {
  constexpr std::chrono::milliseconds shortest{1};
  if (output_tokens_ <= 0 || over < shortest) return std::nullopt;
  return static_cast<double>(output_tokens_) / std::chrono::duration<double>(over).count();
}

}  // namespace phigate::server
