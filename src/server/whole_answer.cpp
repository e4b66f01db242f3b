#include "server/whole_answer.hpp"

#include <utility>
#include <variant>

#include "phigate/net/deadline.hpp"
#include "phigate/net/event.hpp"

namespace phigate::server {

namespace asio = boost::asio;
using core::failure_kind;

namespace {

// Room for this much each answer has in any case: a request that was let in shall end.
constexpr std::size_t assured_room = std::size_t{128} << 10U;

}  // namespace

whole_answer_reader::whole_answer_reader(exchange& with, const core::eligible_route& route,
                                         upstream::conversation& talk, std::chrono::milliseconds idle,
                                         limits_now limits)
    : with_(with),
      route_(route),
      talk_(talk),
      idle_(idle),
      limits_(std::move(limits)),
      memory_(with.on().shared.gate.memory) {}

asio::awaitable<whole_answer_reader::outcome> whole_answer_reader::read(upstream::attempt& first) {
  reply heard = co_await hear(first);
  while (heard) {
    upstream::reply_step step = std::move(*heard);
    if (auto* failure = std::get_if<core::attempt_failure>(&step)) co_return std::unexpected(std::move(*failure));
    if (auto* said = std::get_if<upstream::answered>(&step)) {
      if (said->body && !keep_instead(*said->body)) {
        co_return std::unexpected(core::unusable_answer(failure_kind::overloaded, "memory"));
      }
      co_return whole_answer{std::move(*said), std::move(body_), status_};
    }
    const auto next = std::move(std::get<upstream::ask_again>(step));
    const auto waited = co_await pause(next.after);
    if (!waited) co_return std::unexpected(waited.error());
    heard = co_await ask(next.request);
  }
  co_return std::unexpected(std::move(heard.error()));
}

// What the adapter made of the answer takes the place of the provider's bytes.
bool whole_answer_reader::keep_instead(std::string_view rendered) {
  body_ = {};
  memory_.release();
  return take_memory(rendered.size());
}

bool whole_answer_reader::take_memory(std::size_t size) {
  if (memory_.amount() + size > assured_room) return memory_.grow(size);
  memory_.take(size);
  return true;
}

// The whole of one answer, and what the conversation makes of it.
asio::awaitable<whole_answer_reader::reply> whole_answer_reader::hear(upstream::attempt& from) {
  memory_.release();
  body_.clear();
  while (true) {
    // A body that stops half-way leaves time for another route.
    from.arm_within(idle_);
    auto piece = co_await from.read();
    if (piece.kind == upstream::attempt::read_kind::failed) co_return std::unexpected(std::move(piece.failure));
    if (piece.kind == upstream::attempt::read_kind::end) break;
    if (piece.kind != upstream::attempt::read_kind::data) continue;
    if (!take_memory(piece.data.size()))
      co_return std::unexpected(core::unusable_answer(failure_kind::overloaded, "memory"));
    body_.append(piece.data);
  }
  if (from.has_surplus()) co_return std::unexpected(core::unusable_answer(failure_kind::bad_response, "surplus bytes"));
  body_.reserve(1);  // an empty one needs its padding too
  status_ = from.head().status;
  from.release();
  co_return talk_.take(from.head(), body_.view());
}

// One further request. A kept-alive connection that turns out closed is no failure of it.
asio::awaitable<whole_answer_reader::reply> whole_answer_reader::ask(const upstream::wire_request& request) {
  bool stale = false;
  reply heard = co_await ask_once(request, false, stale);
  if (!stale) co_return heard;
  heard = co_await ask_once(request, true, stale);
  co_return heard;
}

asio::awaitable<whole_answer_reader::reply> whole_answer_reader::ask_once(const upstream::wire_request& request,
                                                                          bool fresh, bool& stale) {
  const upstream::attempt_limits limits = limits_();
  upstream::attempt attempt(with_.by->upstreams, route_, limits, with_.connection.interrupt());
  const auto opened = co_await attempt.open(request, with_.context.traceparent, fresh);
  if (opened) {
    reply heard = co_await hear(attempt);
    co_return heard;
  }
  const core::attempt_failure& failure = opened.error();
  stale = core::was_stale_connection(failure);
  if (failure.status == 0) co_return std::unexpected(failure);
  const upstream::refusal refused{failure.status, attempt.refusal_body()};
  auto excused = talk_.excuse(refused, attempt.head());
  if (!excused) co_return std::unexpected(failure);
  co_return std::move(*excused);
}

// Ends early when the request does. Where it would only run into the deadline, what is left of the time goes to another
// route.
asio::awaitable<std::expected<void, core::attempt_failure>> whole_answer_reader::pause(std::chrono::milliseconds span) {
  const auto wanted = std::chrono::steady_clock::now() + span;
  if (limits_().total < wanted) {
    core::attempt_failure failure = core::unusable_answer(failure_kind::timeout, "still at work");
    failure.is_foreseen = true;
    co_return std::unexpected(std::move(failure));
  }
  const auto executor = co_await asio::this_coro::executor;
  net::interrupt& cut = with_.connection.interrupt();
  net::event woken(executor);
  net::deadline timer(with_.on().deadlines(), [&woken] { woken.set(); });
  timer.arm(wanted);
  cut.on_fire([&woken] { woken.set(); });
  if (!woken.take()) co_await woken.wait();
  cut.forget();
  if (cut.why() != net::interruption::none) {
    co_return std::unexpected(core::unusable_answer(failure_kind::reset, "cut while waiting to ask again"));
  }
  co_return std::expected<void, core::attempt_failure>{};
}

}  // namespace phigate::server
