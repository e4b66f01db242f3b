#include "phigate/core/money.hpp"

#include <cstddef>

namespace phigate::core {
namespace {

constexpr std::size_t most_whole_digits = 9;
constexpr std::size_t most_places = 6;
constexpr std::int64_t micros_per_unit = 1'000'000;

bool all_digits(std::string_view text) {
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

// `text` has only digits, and few enough not to overflow.
std::int64_t to_integer(std::string_view text) {
  std::int64_t value = 0;
  for (char digit : text) value = value * 10 + (digit - '0');
  return value;
}

}  // namespace

std::optional<decimal> decimal::parse(std::string_view text) {
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  if (whole.empty() || whole.size() > most_whole_digits || !all_digits(whole)) return std::nullopt;
  // "010" is eight to some readers of YAML and ten to others: a price must have one reading.
  if (whole.size() > 1 && whole.front() == '0') return std::nullopt;

  std::int64_t micros = to_integer(whole) * micros_per_unit;
  if (point != std::string_view::npos) {
    const std::string_view places = text.substr(point + 1);
    if (places.empty() || places.size() > most_places || !all_digits(places)) return std::nullopt;
    std::int64_t fraction = to_integer(places);
    for (std::size_t i = places.size(); i < most_places; ++i) fraction *= 10;
    micros += fraction;
  }
  return decimal(micros);
}

std::string decimal::text() const {
  std::string text = std::to_string(micros_ / micros_per_unit);
  const std::int64_t fraction = micros_ % micros_per_unit;
  if (fraction == 0) return text;
  std::string places = std::to_string(fraction);
  places.insert(0, most_places - places.size(), '0');
  places.erase(places.find_last_not_of('0') + 1);
  text += '.';
  text += places;
  return text;
}

}  // namespace phigate::core
