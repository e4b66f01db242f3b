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

boost::asio::awaitable<void> event::wait() {
  if (!set_) {
    auto start = [this](std::move_only_function<void()> resume) { waiter_ = std::move(resume); };
    co_await suspend(start);
  }
  set_ = false;
}

}  // namespace phigate::net
