// Callback operations as coroutines inside net/. The completion's arguments land in the caller's frame, and errors are results:
// nothing throws.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <utility>

namespace phigate::net {

// `start(resume)` starts the operation; calling `resume` once, later, continues the coroutine.
template <typename Start>
boost::asio::awaitable<void> suspend(Start start) {
  auto initiate = [&start](auto handler) { start(std::move_only_function<void()>(std::move(handler))); };
  co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(initiate,
                                                                                     boost::asio::use_awaitable);
}

}  // namespace phigate::net
