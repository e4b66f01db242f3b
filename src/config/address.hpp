// Addresses and URLs as the two files write them. Messages quote nothing: a URL may hold what a variable expanded to.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "phigate/core/registry.hpp"

namespace phigate::config {

bool is_ip_address(std::string_view text);  // IPv4 in four parts, or IPv6 without brackets
bool is_loopback(std::string_view text);    // 127.0.0.0/8 or ::1; a name never is

// scheme://host[:port][/prefix]. Refused: user information, query, fragment, dot segments, anything but ASCII, and http
// to anything but a loopback address (spec §11). The host comes back in lower case.
std::expected<core::base_url, std::string> parse_base_url(std::string_view text);

// scheme://host[:port] as a browser writes it in `Origin`: no path, lower case, no port that the scheme implies.
std::expected<std::string, std::string> parse_origin(std::string_view text);

}  // namespace phigate::config
