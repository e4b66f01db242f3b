// Azure Document Intelligence's errors, and whose fault they are.
#pragma once

#include "phigate/codec/json.hpp"
#include "phigate/core/failover.hpp"
#include "phigate/upstream/adapter.hpp"

namespace phigate::upstream {

// A request that was refused: {"error": {"code", "message", "innererror": {"code", "message"}}}.
core::attempt_failure analysis_refusal(const refusal& refused);

// An analysis that failed: `error` of the operation's state, the same object. A document that can't be read is the
// client's mistake, as it would have been at the door; anything else is the provider's.
core::attempt_failure analysis_failure(codec::json_value error);

}  // namespace phigate::upstream
