#include "phigate/net/deadline.hpp"

#include <algorithm>

namespace phigate::net {

deadline_queue::deadline_queue(boost::asio::io_context& context) : timer_(context) {}

void deadline::arm(steady_time when) {
  when_ = when;
  if (!linked_) queue_.link(*this);
  // Most deadlines are later than the next wake-up already planned, and moving one later leaves that wake-up alone:
  // it finds nothing due and plans the next.
  if (when < queue_.wake_at_) queue_.wake_by(when);
}

void deadline::disarm() {
  if (linked_) queue_.unlink(*this);
}

void deadline_queue::link(deadline& node) {
  node.previous_ = nullptr;
  node.next_ = first_;
  if (first_ != nullptr) first_->previous_ = &node;
  first_ = &node;
  node.linked_ = true;
}

void deadline_queue::unlink(deadline& node) {
  if (cursor_ == &node) cursor_ = node.next_;
  if (node.previous_ != nullptr) node.previous_->next_ = node.next_;
  if (node.next_ != nullptr) node.next_->previous_ = node.previous_;
  if (first_ == &node) first_ = node.next_;
  node.linked_ = false;
}

void deadline_queue::wake_by(steady_time when) {
  // What is due within the resolution must not push back a wake-up that is nearer: a stream of such would keep it from
  // ever coming.
  const steady_time at = std::max(when, std::chrono::steady_clock::now() + resolution);
  if (at >= wake_at_) return;
  wake_at_ = at;
  timer_.expires_at(wake_at_);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) sweep(std::chrono::steady_clock::now());
  });
}

void deadline_queue::sweep(steady_time now) {
  wake_at_ = steady_time::max();
  auto earliest = steady_time::max();
  cursor_ = first_;
  while (cursor_ != nullptr) {
    deadline& node = *cursor_;
    cursor_ = node.next_;
    if (node.when_ > now) {
      earliest = std::min(earliest, node.when_);
      continue;
    }
    unlink(node);
    node.on_expiry_();
  }
  if (earliest < wake_at_) wake_by(earliest);
}

}  // namespace phigate::net
