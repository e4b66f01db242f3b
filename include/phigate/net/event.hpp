// A one-waiter event for coroutines of one worker: the waiter sleeps until `set`.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <utility>

namespace phigate::net {

class event {
 public:
  explicit event(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}
  event(const event&) = delete;
  event& operator=(const event&) = delete;

  // Wakes the waiter, or leaves a mark for the next to take. The waiter runs after the caller, never inside it.
  void set();
  // The same, but the waiter runs here and now: for the last act of a completion handler.
  void resume();
  // The mark, taken off: there is nothing to wait for.
  [[nodiscard]] bool take() { return std::exchange(set_, false); }
  // Returns at the next `set`. Only when `take` found nothing; one waiter at a time; awaited at once.
  boost::asio::awaitable<void> wait();
  [[nodiscard]] boost::asio::any_io_executor executor() const { return executor_; }

 private:
  boost::asio::any_io_executor executor_;
  std::move_only_function<void()> waiter_;
  bool set_ = false;
};

}  // namespace phigate::net
