#include "phigate/net/event.hpp"

#include <boost/asio/post.hpp>
#include <utility>

#include "net/awaiting.hpp"

namespace phigate::net {

void event::set() {
  if (!waiter_) {
    set_ = true;
    return;
  }
  auto waiter = std::exchange(waiter_, nullptr);
  boost::asio::post(executor_, std::move(waiter));
}

void event::resume() {
  if (waiter_) {
    auto waiter = std::exchange(waiter_, nullptr);
    waiter();
  } else {
    set_ = true;
  }
}

boost::asio::awaitable<void> event::wait() {
  return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(
      [this](auto handler) { waiter_ = std::move(handler); }, boost::asio::use_awaitable);
}

}  // namespace phigate::net
