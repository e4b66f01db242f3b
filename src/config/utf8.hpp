#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace phigate::config {

// The offset of the first byte that is not part of well-formed UTF-8 (Unicode, table 3-7), or nothing.
std::optional<std::size_t> first_invalid_utf8(std::string_view text);

}  // namespace phigate::config
