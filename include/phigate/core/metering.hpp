// What an answer cost (spec §7): one exact sum, rounded half up once, to micro-USD.
#pragma once

#include <cstdint>
#include <string_view>

#include "phigate/core/money.hpp"
#include "phigate/core/vocabulary.hpp"

namespace phigate::core {

enum class usage_source : std::uint8_t { provider, estimated };
std::string_view to_string(usage_source source);  // the value of x-phi-usage

// A provider's usage block, already checked: no negative and no fractional count.
struct token_usage {
  std::int64_t prompt = 0;
  std::int64_t cached = 0;  // part of prompt; clamped to it when metered
  std::int64_t completion = 0;
};

struct metered {
  std::int64_t micro_usd = 0;
  usage_source source = usage_source::provider;
};

// Micro-USD. A sum past the largest integer is that integer; a unit that the price lacks costs nothing.
std::int64_t token_cost(const price& price, const token_usage& usage);
std::int64_t audio_cost(const price& price, std::int64_t milliseconds);  // by the second, rounded up
std::int64_t character_cost(const price& price, std::int64_t code_points);
std::int64_t page_cost(const price& price, std::int64_t pages);

// ceil(bytes / 4) of what was sent and of what was relayed.
token_usage estimate_tokens(std::int64_t request_bytes, std::int64_t relayed_bytes);

}  // namespace phigate::core
