// Cross-origin requests from browsers (spec §10): off unless the configuration lists origins.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace phigate::server {

// The origin itself when it is listed, else empty.
std::string_view admitted_origin(const std::vector<std::string>& listed, std::string_view origin);
// For any answer to an admitted origin; nothing for an empty one.
void append_cors_headers(std::string& head, std::string_view origin);
// For a preflight's answer.
void append_preflight_headers(std::string& head, std::string_view methods);

}  // namespace phigate::server
