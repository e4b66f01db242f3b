// Callback operations as awaitables inside net/, with one coroutine frame (Asio's) and no allocation of our own for
// each. Errors are results: nothing throws.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace phigate::net {

// `start(resume)` starts the operation; calling `resume(result)` once, later, continues the awaiting coroutine with it.
// What `start` refers to lives until then.
template <typename Result, typename Start>
boost::asio::awaitable<Result> await_result(Start start) {
  return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(Result)>(
      [start](auto handler) mutable { start(std::move(handler)); }, boost::asio::use_awaitable);
}

}  // namespace phigate::net
