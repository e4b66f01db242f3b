#include "server/farewell.hpp"

#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include "phigate/net/interrupt.hpp"
#include "phigate/observe/log.hpp"

namespace phigate::server {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds patience{5};  // for a head that is still to come, and again for the deletion
constexpr std::string_view no_traceparent;

// What outlasts the request.
struct leave {
  std::shared_ptr<serving> by;
  core::eligible_route route;
  std::string request_id;
  std::optional<upstream::answer_head> began;
  std::shared_ptr<net::channel> unheard;
};

bool is_success(int status) {
  return status >= 200 && status <= 299;
}

const upstream::adapter& adapter_of(const leave& of) {
  return *of.by->upstreams.at(of.route.route().endpoint).adapter;
}

void warn(const leave& of, std::string_view outcome) {
  observe::log(observe::level::warn, "a provider was not told to delete what it keeps",
               {{"id", of.request_id},
                {"provider", of.route.provider().slug},
                {"endpoint", of.route.endpoint().id},
                {"outcome", outcome}});
}

std::string outcome_of(const core::attempt_failure& failure) {
  return failure.status != 0 ? std::to_string(failure.status) : std::string(core::to_string(failure.kind));
}

upstream::attempt_limits limits_from_now() {
  upstream::attempt_limits limits;
  limits.total = std::chrono::steady_clock::now() + patience;
  limits.answer = patience;
  return limits;
}

// The head that the request itself did not wait for. A refusal leaves nothing to delete.
asio::awaitable<void> hear(leave& of) {
  net::interrupt cut;
  upstream::attempt attempt(of.by->upstreams, of.route, limits_from_now(), cut);
  std::shared_ptr<net::channel> connection = std::move(of.unheard);
  const auto answered = co_await attempt.take_up(std::move(connection));
  if (is_success(attempt.head().status)) {
    of.began = attempt.head();
  } else if (attempt.head().status == 0) {
    warn(of, outcome_of(answered.error()));
  }
  if (answered) attempt.release();
}

asio::awaitable<void> tell(const leave& of, const upstream::wire_request& request) {
  const upstream::attempt_limits limits = limits_from_now();
  net::interrupt cut;
  bool fresh = false;
  while (true) {
    upstream::attempt attempt(of.by->upstreams, of.route, limits, cut);
    const auto opened = co_await attempt.open(request, no_traceparent, fresh);
    if (opened) {
      attempt.release();
      co_return;
    }
    if (!core::was_stale_connection(opened.error()) || fresh) {
      warn(of, outcome_of(opened.error()));
      co_return;
    }
    fresh = true;
  }
}

asio::awaitable<void> take_leave(std::unique_ptr<worker::errand> /*held to the end*/, leave of) {
  if (of.unheard) co_await hear(of);
  if (!of.began) co_return;
  auto last = adapter_of(of).farewell(of.route.endpoint(), *of.began);
  if (!last) {
    warn(of, "no_address");
    co_return;
  }
  const upstream::wire_request request = std::move(*last);
  co_await tell(of, request);
}

void spawn(worker& on, leave of) {
  auto errand = std::make_unique<worker::errand>(on);
  asio::co_spawn(on.context(), take_leave(std::move(errand), std::move(of)), [](const std::exception_ptr& thrown) {
    if (thrown) observe::log(observe::level::error, "exception while taking leave of a provider");
  });
}

}  // namespace

farewell::farewell(exchange& with, const core::eligible_route& route)
    : with_(with),
      route_(route),
      is_due_(with.by->upstreams.at(route.route().endpoint).adapter->takes_leave(*with.context.data_class)) {}

void farewell::note(upstream::attempt& first, const std::expected<void, core::attempt_failure>& opened) {
  if (!is_due_) return;
  const int status = first.head().status;
  if (is_success(status)) began_ = first.head();
  if (status != 0 || opened) return;
  unheard_ = first.hand_over();
  const core::attempt_failure& failure = opened.error();
  // A kept-alive connection that the provider had closed took nothing on.
  const bool is_cut = with_.connection.interrupt().why() != net::interruption::none;
  const bool was_stale = !is_cut && core::was_stale_connection(failure);
  if (!unheard_ && failure.sent_whole && !was_stale) lost_ = core::to_string(failure.kind);
}

void farewell::say() noexcept {
  if (!std::exchange(is_due_, false)) return;
  if (!began_ && !unheard_ && lost_.empty()) return;
  try {
    leave of{with_.by, route_, with_.context.id, std::move(began_), std::move(unheard_)};
    if (!lost_.empty()) {
      warn(of, lost_);
    } else {
      spawn(with_.on(), std::move(of));
    }
  } catch (const std::exception& bug) {
    observe::log(observe::level::error, "exception while taking leave of a provider", {{"what", bug.what()}});
  }
}

}  // namespace phigate::server
