// Azure Document Intelligence's errors, and whose fault they are.
#pragma once

#include <string_view>

#include "phigate/core/failover.hpp"
#include "phigate/upstream/adapter.hpp"

namespace phigate::upstream {

// A request that was refused: {"error": {"code", "message", "innererror": {"code", "message"}}}.
core::attempt_failure analysis_refusal(const refusal& refused);

// An analysis that failed: the outermost `code` of its error, and the operation's state that the error is in, shaped as
// in a refusal. A document that can't be read is the client's mistake, as it would have been at the door; a model that
// is not there is the operator's; anything else is the provider's.
core::attempt_failure analysis_failure(std::string_view code, std::string_view state);

}  // namespace phigate::upstream
