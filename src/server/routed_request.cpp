#include "server/routed_request.hpp"

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

#include "phigate/observe/log.hpp"
#include "server/answer_delivery.hpp"
#include "server/route_terms.hpp"
#include "server/whole_answer.hpp"

namespace phigate::server {

namespace asio = boost::asio;
using std::chrono::steady_clock;

namespace {

constexpr std::size_t longest_request_id = 256;

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
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
  farewell leave(with_, route);
  outcome result = co_await converse(*talk, leave, dial.fresh);
  leave.say();
  if (!result) co_return failed(result.error());
  co_return failover_->on_success(steady_clock::now());
}

asio::awaitable<routed_request::outcome> routed_request::converse(upstream::conversation& talk, farewell& leave,
                                                                  bool fresh) {
  const upstream::wire_request request = talk.first();
  const upstream::delivery how = talk.how();
  upstream::attempt_limits bounds = limits(how);
  bounds.head_outlives_cut = leave.is_due();
  upstream::attempt attempt(with_.by->upstreams, *current_, bounds, with_.connection.interrupt());
  outcome result = co_await attempt.open(request, with_.context.traceparent, fresh);
  note_request_id(attempt.head().request_id);
  leave.note(attempt, result);
  if (!result) co_return result;
  if (how != upstream::delivery::whole) {
    // A part of an answer (206), or none (204), is none to relay.
    if (attempt.head().status != 200) {
      co_return std::unexpected(core::unusable_answer(core::failure_kind::bad_response, "neither 200 nor a refusal"));
    }
    if (auto unfit = talk.check(attempt.head())) co_return std::unexpected(std::move(*unfit));
  }
  answer_delivery delivery(with_, facts_, *current_, timeouts_, [this] { let_go(); });
  if (how == upstream::delivery::whole) {
    whole_answer_reader::limits_now now = [this] { return limits(upstream::delivery::whole); };
    result = co_await delivery.whole(attempt, talk, leave, std::move(now));
  } else if (how == upstream::delivery::events) {
    result = co_await delivery.events(attempt, talk);
  } else {
    result = co_await delivery.bytes(attempt, talk);
  }
  co_return result;
}

// No other route can be asked any more.
void routed_request::let_go() {
  retry_.release();
  body_.release();
  asked_.media = {};
  copies_.release();
}

core::next_step routed_request::failed(const core::attempt_failure& failure) {
  const auto now = steady_clock::now();
  if (is_cut()) {
    with_.count_attempt("cut");
    return failover_->on_failure(failure, now);
  }
  core::next_step next = failover_->on_failure(failure, now, [this] { return may_fail_over(); });
  const auto* dial = std::get_if<core::step::dial>(&next);
  if (dial == nullptr) retry_.release();
  if (core::was_stale_connection(failure)) return next;  // no attempt: the request goes out once more, afresh

  const std::string ended =
      failure.status != 0 ? std::to_string(failure.status) : std::string(core::to_string(failure.kind));
  with_.count_attempt(ended);
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

// The request's own time ran out, or would have, most of it before this route was tried: a client that uploads slowly,
// or the routes before, must not make this one look slow.
bool routed_request::was_cut_short(const core::attempt_failure& failure, net::steady_time now) const {
  if (failure.kind != core::failure_kind::timeout) return false;
  if (now < deadline_ && !failure.is_foreseen) return false;
  return deadline_ - dialled_at_ < (deadline_ - with_.context.started) / 2;
}

// A provider's name for the request, for whoever asks it for support; of an answer and of a refusal alike.
void routed_request::note_request_id(const std::string& id) {
  const bool fit = id.size() <= longest_request_id && is_printable(id);
  with_.context.upstream_request_id = fit ? id : std::string();
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

}  // namespace phigate::server
