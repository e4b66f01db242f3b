// A provider's `usage` object (spec §7).
#pragma once

#include <cstdint>
#include <optional>

#include "codec/json_cursor.hpp"
#include "phigate/core/metering.hpp"

namespace phigate::codec {

enum class completion_count : std::uint8_t { required, optional };  // embeddings report none

// Takes the value at `cursor`. Nothing when it is no object, or a count in it is missing, negative or no integer.
std::optional<core::token_usage> read_usage(json_cursor& cursor, completion_count completion);

}  // namespace phigate::codec
