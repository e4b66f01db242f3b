#include "price_rules.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace phigate::core {
namespace {

constexpr std::int64_t trillionths_per_dollar = 1'000'000'000'000;
constexpr std::size_t bound_places = 12;

// A unit that a model has no price for does not make it cost anything.
bool is_zero(const std::optional<decimal>& amount) {
  return !amount || *amount == decimal{};
}

// In the unit of a price_ceiling, exact: a decimal of six places times a rate of six.
int128 in_trillionths(const price& cost, decimal amount) {
  return int128{amount.micros()} * cost.usd_per_unit.micros();
}

// A cached token is an input token too, and no bound may be passed by way of the cache.
decimal dearest_input(const token_price& tokens) {
  return tokens.cached_input ? std::max(tokens.input, *tokens.cached_input) : tokens.input;
}

bool is_at_most(int128 value, const std::optional<int128>& bound) {
  return !bound || value <= *bound;
}

// Shortest: "0.11".
std::string dollars(int128 trillionths) {
  std::string text = std::to_string(static_cast<std::int64_t>(trillionths / trillionths_per_dollar));
  const auto fraction = static_cast<std::int64_t>(trillionths % trillionths_per_dollar);
  if (fraction == 0) return text;
  std::string places = std::to_string(fraction);
  places.insert(0, bound_places - places.size(), '0');
  places.erase(places.find_last_not_of('0') + 1);
  return text + "." + places;
}

std::string cost_text(std::string_view what, decimal amount, const price& cost, std::string_view unit) {
  return std::string(what) + " costs " + amount.text() + " " + cost.currency + " per " + std::string(unit);
}

std::string excess_text(std::string_view what, int128 value, std::string_view bound_name, int128 bound) {
  return std::string(what) + " costs " + dollars(value) + " USD per million tokens, over max_price." +
         std::string(bound_name) + " " + dollars(bound);
}

}  // namespace

bool is_free(const price& cost) {
  if (!cost.tokens && !cost.per_minute && !cost.per_million_chars && !cost.per_page) return false;
  const bool tokens_are_free = !cost.tokens || (is_zero(cost.tokens->input) && is_zero(cost.tokens->output) &&
                                                is_zero(cost.tokens->cached_input));
  return tokens_are_free && is_zero(cost.per_minute) && is_zero(cost.per_million_chars) && is_zero(cost.per_page);
}

std::string free_detail(const price& cost) {
  if (cost.tokens) {
    constexpr std::string_view unit = "million tokens";
    if (!is_zero(cost.tokens->input)) return cost_text("input", cost.tokens->input, cost, unit);
    if (!is_zero(cost.tokens->output)) return cost_text("output", cost.tokens->output, cost, unit);
    if (!is_zero(cost.tokens->cached_input)) return cost_text("cached input", *cost.tokens->cached_input, cost, unit);
  }
  if (!is_zero(cost.per_minute)) return cost_text("audio", *cost.per_minute, cost, "minute");
  if (!is_zero(cost.per_million_chars)) return cost_text("text", *cost.per_million_chars, cost, "million characters");
  if (!is_zero(cost.per_page)) return cost_text("a document", *cost.per_page, cost, "page");
  return "its price is unknown";
}

bool is_within(const price& cost, const price_ceiling& most) {
  return cost.tokens && is_at_most(in_trillionths(cost, dearest_input(*cost.tokens)), most.prompt) &&
         is_at_most(in_trillionths(cost, cost.tokens->output), most.completion);
}

std::string ceiling_detail(const price& cost, const price_ceiling& most) {
  if (!cost.tokens) return "its price per token is unknown";
  const int128 input = in_trillionths(cost, dearest_input(*cost.tokens));
  if (!is_at_most(input, most.prompt)) return excess_text("input", input, "prompt", *most.prompt);
  const int128 output = in_trillionths(cost, cost.tokens->output);
  if (!is_at_most(output, most.completion)) return excess_text("output", output, "completion", *most.completion);
  return {};
}

}  // namespace phigate::core
