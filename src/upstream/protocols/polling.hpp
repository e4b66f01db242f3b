// What protocols have in common whose providers work on a request for a while and are asked about it until it is done.
#pragma once

#include <chrono>
#include <optional>

#include "phigate/core/failover.hpp"
#include "phigate/upstream/adapter.hpp"

namespace phigate::upstream {

// How long to wait before a provider is asked again. One for each request.
class poll_pace {
 public:
  // `usual`: where the provider names no time.
  explicit poll_pace(std::chrono::milliseconds usual) : usual_(usual) {}

  // It is still at work: as long as it says, from 100 ms to 10 s. A 0 says that it is about done, and is believed from
  // the second time on; the first is a second.
  std::chrono::milliseconds at_work(std::optional<std::chrono::seconds> retry_after);
  // It refused to be asked, with this status: for being asked too often (429), or having too much to do (503). Not
  // again before it says, though that may be beyond the request's deadline. A 0 counts as above. Nothing: another
  // refusal, one that names no time, or one more than five without an answer between.
  std::optional<std::chrono::milliseconds> refused(int status, std::optional<std::chrono::seconds> retry_after);

 private:
  std::chrono::milliseconds wait_as_told(std::optional<std::chrono::seconds> retry_after);

  std::chrono::milliseconds usual_;
  bool had_zero_ = false;
  int refusals_ = 0;  // since the last answer
};

// A refusal of the question how far the work is. The question is the gateway's and what it asks about was named by the
// provider: that it comes to nothing is no mistake of the client, and none of the operator, whose endpoint began the
// work. It becomes the provider's failure. Nothing: the refusal is of another kind, and stands as it is.
std::optional<core::attempt_failure> lost_operation(const refusal& refused);

}  // namespace phigate::upstream
