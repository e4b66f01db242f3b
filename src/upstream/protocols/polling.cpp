#include "upstream/protocols/polling.hpp"

#include <algorithm>
#include <utility>

#include "upstream/protocols/parts.hpp"

namespace phigate::upstream {

using core::failure_kind;
using std::chrono::milliseconds;
using std::chrono::seconds;
using namespace std::chrono_literals;

milliseconds poll_pace::at_work(std::optional<seconds> retry_after) {
  refusals_ = 0;
  return wait_as_told(retry_after);
}

milliseconds poll_pace::wait_as_told(std::optional<seconds> retry_after) {
  if (!retry_after) return usual_;
  if (*retry_after > 0s) return std::min(*retry_after, seconds(10s));
  return std::exchange(had_zero_, true) ? milliseconds(100ms) : milliseconds(1s);
}

std::optional<milliseconds> poll_pace::refused(int status, std::optional<seconds> retry_after) {
  constexpr seconds longest = 24h;  // no deadline is further off
  constexpr int most_refusals = 5;
  const bool is_busy = (status == 429 || status == 503) && retry_after;
  if (!is_busy || refusals_ == most_refusals) return std::nullopt;
  ++refusals_;
  return *retry_after > 0s ? std::min(*retry_after, longest) : wait_as_told(retry_after);
}

std::optional<core::attempt_failure> lost_operation(const refusal& refused) {
  core::attempt_failure failure = classify_by_status(refused);
  const bool blames_another =
      failure.kind == failure_kind::client_mistake || failure.kind == failure_kind::misconfigured;
  if (!blames_another) return std::nullopt;
  failure.kind = failure_kind::server_error;
  failure.sent_whole = true;
  failure.said = {};
  return failure;
}

}  // namespace phigate::upstream
