// Base64 with the standard alphabet and padding (RFC 4648 §4).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace phigate::codec {

void append_base64(std::string& out, std::span<const std::uint8_t> bytes);

// Whether decode_base64 takes it; empty text is none.
bool is_base64(std::string_view text);

// Nothing for a character outside the alphabet, a wrong length or padding elsewhere than at the end.
std::optional<std::vector<std::uint8_t>> decode_base64(std::string_view text);

}  // namespace phigate::codec
