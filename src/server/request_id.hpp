#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace phigate::server {

// A UUIDv7 (RFC 9562 §5.7) as text: 48 bits of milliseconds, the rest random.
std::string make_request_id(std::chrono::system_clock::time_point now, const std::array<std::uint8_t, 10>& random);
// The same with the clock and OpenSSL's generator.
std::string make_request_id();

// What a client may name its request (spec §2): 1 to 128 of A-Z a-z 0-9 . _ -
bool is_client_request_id(std::string_view text);

}  // namespace phigate::server
