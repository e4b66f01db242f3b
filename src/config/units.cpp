#include "config/units.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>

#include "phigate/core/ascii.hpp"

namespace phigate::config {
namespace {

struct unit {
  std::string_view suffix;
  std::uint64_t factor;
};

// Largest first, so that the text form takes the largest that fits.
constexpr std::array<unit, 4> durations{{{"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::array<unit, 4> sizes{{{"GiB", 1u << 30}, {"MiB", 1u << 20}, {"KiB", 1u << 10}, {"B", 1}}};

// Twelve digits times the largest factor stay far inside 64 bits.
constexpr std::size_t most_digits = 12;

std::optional<std::uint64_t> number(std::string_view digits) {
  if (digits.empty() || digits.size() > most_digits || !std::ranges::all_of(digits, core::ascii::is_digit))
    return std::nullopt;
  std::uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

struct grammar {
  std::span<const unit> units;
  std::string_view what;     // "a duration"
  std::string_view example;  // the unit to suggest for a bare number
  std::string_view names;    // "ms, s, m, h"
};

std::expected<std::uint64_t, std::string> parse(std::string_view text, const grammar& rules) {
  const auto digits = static_cast<std::size_t>(std::ranges::find_if_not(text, core::ascii::is_digit) - text.begin());
  const std::string_view suffix = text.substr(digits);
  const auto value = number(text.substr(0, digits));
  const std::string listed = " (" + std::string(rules.names) + ")";
  if (value && suffix.empty()) {
    return std::unexpected(std::string(rules.what) + " needs a unit: write " + std::to_string(*value) +
                           std::string(rules.example) + listed);
  }
  const auto known = std::ranges::find(rules.units, suffix, &unit::suffix);
  if (!value || known == rules.units.end()) {
    return std::unexpected("must be " + std::string(rules.what) + ", a whole number and a unit" + listed);
  }
  return *value * known->factor;
}

std::string shortest(std::uint64_t value, std::span<const unit> units) {
  const auto fits =
      std::ranges::find_if(units, [&](const unit& u) { return value % u.factor == 0 && value >= u.factor; });
  const unit& chosen = fits == units.end() ? units.back() : *fits;
  return std::to_string(value / chosen.factor) + std::string(chosen.suffix);
}

constexpr grammar duration_grammar{durations, "a duration", "s", "ms, s, m, h"};
constexpr grammar size_grammar{sizes, "a size", "B", "B, KiB, MiB, GiB"};

}  // namespace

std::expected<milliseconds, std::string> parse_duration(std::string_view text) {
  const auto value = parse(text, duration_grammar);
  if (!value) return std::unexpected(value.error());
  return milliseconds(static_cast<milliseconds::rep>(*value));
}

std::expected<std::uint64_t, std::string> parse_size(std::string_view text) {
  return parse(text, size_grammar);
}

std::expected<std::chrono::sys_days, std::string> parse_date(std::string_view text) {
  using namespace std::chrono;
  const bool shaped = text.size() == 10 && text[4] == '-' && text[7] == '-';
  const auto y = shaped ? number(text.substr(0, 4)) : std::nullopt;
  const auto m = shaped ? number(text.substr(5, 2)) : std::nullopt;
  const auto d = shaped ? number(text.substr(8, 2)) : std::nullopt;
  if (!y || !m || !d) return std::unexpected("must be a date, written 2026-12-31");
  const year_month_day date{year(static_cast<int>(*y)), month(static_cast<unsigned>(*m)),
                            day(static_cast<unsigned>(*d))};
  if (!date.ok()) return std::unexpected("is no day of the calendar");
  return sys_days(date);
}

std::string duration_text(milliseconds value) {
  return shortest(static_cast<std::uint64_t>(value.count()), durations);
}
std::string size_text(std::uint64_t bytes) {
  return shortest(bytes, sizes);
}

}  // namespace phigate::config
