// What an answer cost (spec §7): one exact sum, rounded half up once, to micro-USD.
#pragma once

#include <cstdint>
#include <optional>
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

// What a provider says it worked on; each is there or not, already checked as above.
struct usage {
  std::optional<token_usage> tokens{};
  std::optional<std::int64_t> audio_milliseconds{};
  std::optional<std::int64_t> pages{};
};

// What stands in where the provider says nothing: measured or guessed by the gateway. None is negative.
struct usage_estimate {
  std::int64_t request_bytes = 0;  // for tokens: of the texts sent
  std::int64_t relayed_bytes = 0;  // for tokens: of the texts relayed
  std::int64_t audio_milliseconds = 0;
  std::int64_t characters = 0;  // code points of a text to speak: providers don't report it
  std::int64_t pages = 0;
};

struct metered {
  std::int64_t micro_usd = 0;
  usage_source source = usage_source::provider;
};

// The cost of one answer in the modality's unit: of what the provider said, else of the estimate.
metered meter(const price& price, modality modality, const usage& said, const usage_estimate& otherwise);

// Micro-USD. A sum past the largest integer is that integer; a unit that the price lacks costs nothing.
std::int64_t token_cost(const price& price, const token_usage& usage);
std::int64_t audio_cost(const price& price, std::int64_t milliseconds);  // by the second, rounded up
std::int64_t character_cost(const price& price, std::int64_t code_points);
std::int64_t page_cost(const price& price, std::int64_t pages);

// ceil(bytes / 4) of what was sent and of what was relayed.
token_usage estimate_tokens(std::int64_t request_bytes, std::int64_t relayed_bytes);

}  // namespace phigate::core
