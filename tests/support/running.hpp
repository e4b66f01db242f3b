// Runs coroutines of a test on an event loop of its own: to their end, or as far as they get without time passing.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

namespace phigate::test {

namespace asio = boost::asio;

// An io_context whose pending handlers can be dropped while what they refer to is still alive.
class event_loop : public asio::io_context {
 public:
  event_loop() : io_context(1) {}
  void drop_handlers() { shutdown(); }
};

// A coroutine under way. Its result, or what it threw, is taken once.
template <typename Result>
class running {
 public:
  running(asio::io_context& context, asio::awaitable<Result> work) : context_(context) {
    asio::co_spawn(context_, std::move(work), [kept = kept_](std::exception_ptr thrown, Result value) {
      kept->thrown = std::move(thrown);
      kept->value.emplace(std::move(value));
    });
  }
  running(const running&) = delete;
  running& operator=(const running&) = delete;

  [[nodiscard]] bool done() const { return kept_->value.has_value(); }

  // Runs the loop until the coroutine has ended. A hang is a failure after `patience`.
  Result finish(std::chrono::seconds patience = std::chrono::seconds(20)) {
    const auto until = std::chrono::steady_clock::now() + patience;
    context_.restart();
    while (!done()) {
      if (context_.run_one_until(until) == 0) throw std::runtime_error("the coroutine does not end");
    }
    if (kept_->thrown) std::rethrow_exception(kept_->thrown);
    return std::move(*kept_->value);
  }

 private:
  struct outcome {
    std::exception_ptr thrown;
    std::optional<Result> value;
  };
  asio::io_context& context_;
  std::shared_ptr<outcome> kept_ = std::make_shared<outcome>();
};

template <typename Result>
Result run(asio::io_context& context, asio::awaitable<Result> work) {
  running<Result> started(context, std::move(work));
  return started.finish();
}

inline asio::awaitable<bool> to_its_end(asio::awaitable<void> work) {
  co_await std::move(work);
  co_return true;
}

inline void run(asio::io_context& context, asio::awaitable<void> work) {
  run(context, to_its_end(std::move(work)));
}

// Runs the loop until `met`, in real time. False: not within `patience`.
template <typename Condition>
bool run_until(asio::io_context& context, Condition met,
               std::chrono::milliseconds patience = std::chrono::milliseconds(5'000)) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!met()) {
    context.restart();
    if (context.run_one_until(until) == 0 && std::chrono::steady_clock::now() >= until) return false;
  }
  return true;
}

// Everything that can happen now happens.
inline void settle(asio::io_context& context) {
  context.restart();
  while (context.poll() > 0) context.restart();
}

}  // namespace phigate::test
