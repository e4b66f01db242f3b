#include "core/cooldown.hpp"

#include <utility>

namespace phigate::core {
namespace {

std::chrono::milliseconds plain_time(trouble what, std::optional<std::chrono::seconds> retry_after,
                                     const health_settings& settings) {
  switch (what) {
    case trouble::fault:
      return settings.server_error;
    case trouble::rate_limit:
      // Cut before it becomes milliseconds, which a hostile number of seconds would overflow.
      return std::max<std::chrono::milliseconds>(
          settings.rate_limit, std::clamp(retry_after.value_or(std::chrono::seconds(0)), std::chrono::seconds(0),
                                          cooldown::longest_retry_after));
    case trouble::operator_mistake:
      return cooldown::operator_mistake_time;
  }
  std::unreachable();
}

}  // namespace

void cooldown::on_failure(trouble what, std::optional<std::chrono::seconds> retry_after, time_point now,
                          const health_settings& settings) {
  last_failure_ = std::max(last_failure_, now);
  plain_until_ = std::max(plain_until_, last_failure_ + plain_time(what, retry_after, settings));
  if (what == trouble::fault) count_fault(last_failure_, settings.repeated);
}

void cooldown::count_fault(time_point at, std::chrono::milliseconds repeated) {
  if (at <= faults_.back() + repeat_span) repeated_until_ = std::max(repeated_until_, at + repeated);
  std::ranges::rotate(faults_, faults_.end() - 1);
  faults_.front() = at;
}

bool cooldown::take_turn(time_point now) {
  if (!turn_open(now)) return false;
  last_turn_ = now;
  return true;
}

cooldown::time_point cooldown::avoided_until() const {
  const time_point next_turn = std::max({plain_until_, last_failure_ + first_turn, last_turn_ + turn_interval});
  // Without a repeated cooldown the end is the plain one's, which no turn comes before.
  return std::min(until(), next_turn);
}

std::chrono::steady_clock::duration cooldown::left(time_point now) const {
  return cooling(now) ? until() - now : std::chrono::steady_clock::duration::zero();
}

}  // namespace phigate::core
