#include "phigate/core/preferences.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <utility>

#include "phigate/core/ascii.hpp"

namespace phigate::core {
namespace {

constexpr std::array<std::pair<std::string_view, sort_metric>, 3> sort_metrics{
    {{"price", sort_metric::price}, {"latency", sort_metric::latency}, {"throughput", sort_metric::throughput}}};

constexpr std::string_view eu_name = "eu";
constexpr std::string_view eea_name = "eea";

residency members(std::string_view name, std::span<const country> all) {
  return {.name = std::string(name), .countries = {all.begin(), all.end()}};
}

// A bound counts in 10⁻¹² USD.
constexpr std::int64_t bound_places = 12;
// A price is below 10⁹ in its own currency and so is that currency's rate: as a bound, a product has 30 digits at most.
constexpr std::int64_t most_bound_digits = 30;
constexpr int128 highest_bound = [] {
  int128 power = 1;
  for (std::int64_t i = 0; i < most_bound_digits; ++i) power *= 10;
  return power;
}();
// No text is long enough for its digits to make up for such an exponent.
constexpr std::int64_t largest_exponent = 1'000'000'000'000;

// A JSON number taken apart; its views refer to the text.
struct number_parts {
  bool negative = false;
  std::string_view whole;
  std::string_view places;
  std::int64_t exponent = 0;  // held at ±largest_exponent

  [[nodiscard]] std::size_t digits() const { return whole.size() + places.size(); }
  [[nodiscard]] char digit(std::size_t i) const { return i < whole.size() ? whole[i] : places[i - whole.size()]; }
};

std::string_view take_digits(std::string_view& text) {
  const auto end = std::ranges::find_if_not(text, ascii::is_digit);
  const auto length = static_cast<std::size_t>(end - text.begin());
  const std::string_view digits = text.substr(0, length);
  text.remove_prefix(length);
  return digits;
}

bool take(std::string_view& text, char wanted) {
  if (!text.starts_with(wanted)) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<std::int64_t> take_exponent(std::string_view& text) {
  const bool negative = take(text, '-');
  if (!negative) take(text, '+');
  const std::string_view digits = take_digits(text);
  if (digits.empty()) return std::nullopt;
  std::int64_t value = 0;
  for (char c : digits) value = std::min(value * 10 + (c - '0'), largest_exponent);
  return negative ? -value : value;
}

// JSON's own grammar: a bound that only some readers would take for a number is none.
std::optional<number_parts> take_apart(std::string_view text) {
  number_parts parts;
  parts.negative = take(text, '-');
  parts.whole = take_digits(text);
  if (parts.whole.empty() || (parts.whole.size() > 1 && parts.whole.front() == '0')) return std::nullopt;
  if (take(text, '.')) {
    parts.places = take_digits(text);
    if (parts.places.empty()) return std::nullopt;
  }
  if (take(text, 'e') || take(text, 'E')) {
    const auto exponent = take_exponent(text);
    if (!exponent) return std::nullopt;
    parts.exponent = *exponent;
  }
  if (!text.empty()) return std::nullopt;
  return parts;
}

}  // namespace

std::optional<sort_metric> parse_sort_metric(std::string_view text) {
  const auto found = std::ranges::find(sort_metrics, text, &decltype(sort_metrics)::value_type::first);
  if (found == sort_metrics.end()) return std::nullopt;
  return found->second;
}

std::optional<residency> parse_residency(std::string_view text) {
  if (ascii::equals_ignoring_case(text, eu_name)) return members(eu_name, eu_members());
  if (ascii::equals_ignoring_case(text, eea_name)) return members(eea_name, eea_members());
  const auto one = country::parse(text);
  if (!one) return std::nullopt;
  return members(one->text(), {&*one, 1});
}

std::optional<region> region_of(const residency& where, const registry& known) {
  if (where.name == eu_name || where.name == eea_name) return region::eu;
  std::optional<region> found;
  for (region candidate : all_regions()) {
    const std::optional<region_facts>& facts = known.region_of(candidate);
    // A region that lists no countries takes any, and so names none.
    const bool holds = facts && std::ranges::any_of(where.countries, [&facts](const country& one) {
                         return std::ranges::find(facts->countries, one) != facts->countries.end();
                       });
    if (!holds) continue;
    if (found) return std::nullopt;
    found = candidate;
  }
  return found;
}

std::optional<int128> parse_price_bound(std::string_view json_number) {
  const auto parts = take_apart(json_number);
  if (!parts) return std::nullopt;
  std::size_t first = 0;
  while (first < parts->digits() && parts->digit(first) == '0') ++first;
  if (first == parts->digits()) return 0;  // "-0" too
  if (parts->negative) return std::nullopt;

  // The power of ten of the first digit that is not 0, and then of each one after it.
  const auto place = static_cast<std::int64_t>(parts->whole.size()) - 1 - static_cast<std::int64_t>(first);
  std::int64_t power = place + parts->exponent + bound_places;
  if (power >= most_bound_digits) return highest_bound;
  int128 bound = 0;
  for (std::size_t i = first; power >= 0; ++i, --power) {
    const int digit = i < parts->digits() ? parts->digit(i) - '0' : 0;
    bound = bound * 10 + digit;
  }
  return bound;
}

}  // namespace phigate::core
