#include "phigate/core/metering.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace phigate::core {
namespace {

// std::numeric_limits does not know this type without compiler extensions.
constexpr int128 largest = ~(int128{1} << 127);

// Sums and products of what is never negative, held at the largest value instead of running over.
constexpr int128 product(int128 a, int128 b) {
  if (a == 0 || b == 0) return 0;
  return a > largest / b ? largest : a * b;
}

constexpr int128 sum(int128 a, int128 b) {
  return a > largest - b ? largest : a + b;
}

constexpr std::int64_t rounded_quotient(int128 dividend, int128 divisor) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  const int128 quotient = sum(dividend, divisor / 2) / divisor;
  return quotient > most ? most : static_cast<std::int64_t>(quotient);
}

constexpr std::int64_t at_least_zero(std::int64_t count) {
  return std::max<std::int64_t>(count, 0);
}

constexpr std::int64_t quotient_rounded_up(std::int64_t dividend, std::int64_t divisor) {
  return dividend / divisor + (dividend % divisor != 0 ? 1 : 0);
}

// Prices and fx are both in millionths, so `units` at `unit_price` come in millionths of a micro-USD.
std::int64_t unit_cost(const price& rates, const std::optional<decimal>& unit_price, std::int64_t units,
                       std::int64_t units_per_price) {
  if (!unit_price) return 0;
  const int128 in_currency = product(at_least_zero(units), unit_price->micros());
  return rounded_quotient(product(in_currency, rates.usd_per_unit.micros()), int128{1'000'000} * units_per_price);
}

usage_source source_of(bool is_said) {
  return is_said ? usage_source::provider : usage_source::estimated;
}

}  // namespace

std::string_view to_string(usage_source source) {
  return source == usage_source::provider ? "provider" : "estimated";
}

metered meter(const price& rates, modality what, const usage& said, const usage_estimate& otherwise) {
  switch (what) {
    case modality::chat:
    case modality::vision:
    case modality::embeddings: {
      const token_usage estimated = estimate_tokens(otherwise.request_bytes, otherwise.relayed_bytes);
      return {token_cost(rates, said.tokens.value_or(estimated)), source_of(said.tokens.has_value())};
    }
    case modality::stt:
      return {audio_cost(rates, said.audio_milliseconds.value_or(otherwise.audio_milliseconds)),
              source_of(said.audio_milliseconds.has_value())};
    case modality::tts:
      return {character_cost(rates, otherwise.characters), usage_source::estimated};
    case modality::ocr:
      return {page_cost(rates, said.pages.value_or(otherwise.pages)), source_of(said.pages.has_value())};
  }
  std::unreachable();
}

std::int64_t token_cost(const price& rates, const token_usage& usage) {
  if (!rates.tokens) return 0;
  const std::int64_t prompt = at_least_zero(usage.prompt);
  const std::int64_t cached = std::clamp<std::int64_t>(usage.cached, 0, prompt);
  const decimal cached_price = rates.tokens->cached_input.value_or(rates.tokens->input);

  int128 in_currency = product(prompt - cached, rates.tokens->input.micros());
  in_currency = sum(in_currency, product(cached, cached_price.micros()));
  in_currency = sum(in_currency, product(at_least_zero(usage.completion), rates.tokens->output.micros()));
  constexpr int128 tokens_per_price = 1'000'000;
  return rounded_quotient(product(in_currency, rates.usd_per_unit.micros()), 1'000'000 * tokens_per_price);
}

std::int64_t audio_cost(const price& rates, std::int64_t milliseconds) {
  const std::int64_t seconds = quotient_rounded_up(at_least_zero(milliseconds), 1'000);
  return unit_cost(rates, rates.per_minute, seconds, 60);
}

std::int64_t character_cost(const price& rates, std::int64_t code_points) {
  return unit_cost(rates, rates.per_million_chars, code_points, 1'000'000);
}

std::int64_t page_cost(const price& rates, std::int64_t pages) {
  return unit_cost(rates, rates.per_page, pages, 1);
}

token_usage estimate_tokens(std::int64_t request_bytes, std::int64_t relayed_bytes) {
  return {.prompt = quotient_rounded_up(at_least_zero(request_bytes), 4),
          .cached = 0,
          .completion = quotient_rounded_up(at_least_zero(relayed_bytes), 4)};
}

}  // namespace phigate::core
