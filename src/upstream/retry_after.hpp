#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace phigate::upstream {

// Retry-After as seconds from `now`: a number (a fraction is rounded up) or an HTTP-date (RFC 9110 §10.2.3). Nothing
// for any other text; a date that has passed is 0.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view value,
                                                      std::chrono::system_clock::time_point now);

}  // namespace phigate::upstream
