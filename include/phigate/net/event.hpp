// A one-waiter event for coroutines of one worker: the waiter sleeps until `set`.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>

namespace phigate::net {

class event {
 public:
  explicit event(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}
  event(const event&) = delete;
  event& operator=(const event&) = delete;

  // Wakes the waiter, or lets the next wait return at once. The waiter runs after the caller, never inside it.
  void set();
  // Returns when set, and clears it. One waiter at a time.
  boost::asio::awaitable<void> wait();
  [[nodiscard]] boost::asio::any_io_executor executor() const { return executor_; }

 private:
  boost::asio::any_io_executor executor_;
  std::move_only_function<void()> waiter_;
  bool set_ = false;
};

}  // namespace phigate::net
