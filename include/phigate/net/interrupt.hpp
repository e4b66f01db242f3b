// Why work was cut short, and what to cut (design §5: cancel and time-out are told apart in one place).
#pragma once

#include <cstdint>
#include <functional>

namespace phigate::net {

enum class interruption : std::uint8_t { none, timeout, client_gone, shutting_down };

// One for each request: whoever waits says how to be woken. The first cause stays, except that a time-out, which ends
// one attempt alone, gives way to what ends the request.
class interrupt {
 public:
  // The way to cut what is under way now; replaces the last. Runs at once when already fired.
  void on_fire(std::move_only_function<void()> cut) {
    cut_ = std::move(cut);
    if (why_ != interruption::none && cut_) cut_();
  }
  void forget() { cut_ = nullptr; }
  void fire(interruption why) {
    const bool ends_more = why_ == interruption::timeout && why != interruption::timeout;
    if (why_ != interruption::none && !ends_more) return;
    why_ = why;
    if (cut_) cut_();
  }
  // A time-out ends one attempt, not the request.
  void clear_timeout() {
    if (why_ == interruption::timeout) why_ = interruption::none;
  }
  [[nodiscard]] interruption why() const { return why_; }

 private:
  interruption why_ = interruption::none;
  std::move_only_function<void()> cut_;
};

}  // namespace phigate::net
