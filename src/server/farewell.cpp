#include "server/farewell.hpp"

#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <exception>
#include <utility>

#include "phigate/net/interrupt.hpp"
#include "phigate/observe/log.hpp"
#include "phigate/upstream/attempt.hpp"

namespace phigate::server {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds patience{5};
constexpr std::string_view no_traceparent;

asio::awaitable<void> say(std::unique_ptr<worker::errand> /*held to the end*/, std::shared_ptr<serving> by,
                          core::eligible_route route, upstream::wire_request request) {
  upstream::attempt_limits limits;
  limits.total = std::chrono::steady_clock::now() + patience;
  limits.answer = patience;
  net::interrupt cut;
  bool fresh = false;
  while (true) {
    upstream::attempt attempt(by->upstreams, route, limits, cut);
    const auto opened = co_await attempt.open(request, no_traceparent, fresh);
    if (opened) {
      attempt.release();
      co_return;
    }
    const core::attempt_failure& failure = opened.error();
    if (core::was_stale_connection(failure) && !fresh) {
      fresh = true;
      continue;
    }
    observe::log(observe::level::warn, "a provider was not told to delete what it keeps",
                 {{"provider", route.provider().slug},
                  {"endpoint", route.endpoint().id},
                  {"outcome",
                   failure.status != 0 ? std::to_string(failure.status) : std::string(core::to_string(failure.kind))}});
    co_return;
  }
}

}  // namespace

void say_farewell(worker& on, std::shared_ptr<serving> by, const core::eligible_route& route,
                  upstream::wire_request request) {
  auto errand = std::make_unique<worker::errand>(on);
  asio::co_spawn(on.context(), say(std::move(errand), std::move(by), route, std::move(request)),
                 [](const std::exception_ptr& thrown) {
                   if (thrown) observe::log(observe::level::error, "exception while taking leave of a provider");
                 });
}

}  // namespace phigate::server
