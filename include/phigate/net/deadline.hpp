// Deadlines from one coarse timer per worker (design §3): arming one is two stores, not a kernel timer.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <optional>

namespace phigate::net {

using steady_time = std::chrono::steady_clock::time_point;
using std::chrono::milliseconds;

class deadline;

// All deadlines of one worker. Expiry is seen up to `resolution` late, never early. Outlives its deadlines.
class deadline_queue {
 public:
  static constexpr milliseconds resolution{10};

  explicit deadline_queue(boost::asio::io_context& context);
  deadline_queue(const deadline_queue&) = delete;
  deadline_queue& operator=(const deadline_queue&) = delete;

 private:
  friend class deadline;
  void link(deadline& node);
  void unlink(deadline& node);
  void wake_by(steady_time when);
  void sweep(steady_time now);

  boost::asio::steady_timer timer_;
  steady_time wake_at_ =
      steady_time::max();  // when the timer fires next; at most `resolution` later than the earliest deadline
  deadline* first_ = nullptr;
  deadline* cursor_ = nullptr;  // the sweep's next node: expiry may unlink any other
};

// One thing that may take too long. Unarmed at first; expiry disarms it before its callback runs.
class deadline {
 public:
  deadline(deadline_queue& queue, std::move_only_function<void()> on_expiry)
      : queue_(queue), on_expiry_(std::move(on_expiry)) {}
  deadline(const deadline&) = delete;
  deadline& operator=(const deadline&) = delete;
  ~deadline() { disarm(); }

  void arm(steady_time when);
  void arm_in(milliseconds span) { arm(std::chrono::steady_clock::now() + span); }
  void disarm();
  [[nodiscard]] bool armed() const { return linked_; }

 private:
  friend class deadline_queue;
  deadline_queue& queue_;
  std::move_only_function<void()> on_expiry_;
  steady_time when_{};
  deadline* next_ = nullptr;
  deadline* previous_ = nullptr;
  bool linked_ = false;
};

}  // namespace phigate::net
