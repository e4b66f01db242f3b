#include "upstream/retry_after.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace phigate::upstream {

namespace {

using std::chrono::seconds;

// Far beyond what anybody waits for; keeps sums from overflowing.
constexpr seconds longest{365 * 24 * 3600};

std::optional<seconds> parse_number(std::string_view value) {
  const std::size_t point = value.find('.');
  const std::string_view whole = value.substr(0, point);
  if (whole.empty() || whole.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  std::int64_t count = longest.count();  // stays so when there are too many digits
  std::from_chars(whole.data(), whole.data() + whole.size(), count);
  if (point != std::string_view::npos) {
    const std::string_view fraction = value.substr(point + 1);
    if (fraction.empty() || fraction.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
    if (fraction.find_first_not_of('0') != std::string_view::npos && count < longest.count()) ++count;
  }
  return std::min(seconds(count), longest);
}

std::optional<unsigned> parse_digits(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "Sun, 06 Nov 1994 08:49:37 GMT", the one form that senders may still generate.
std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view value) {
  static constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (value.size() != 29 || value.substr(3, 2) != ", " || value.substr(25) != " GMT") return std::nullopt;
  if (value[7] != ' ' || value[11] != ' ' || value[16] != ' ' || value[19] != ':' || value[22] != ':')
    return std::nullopt;
  const auto month = std::find(months.begin(), months.end(), value.substr(8, 3));
  const auto day = parse_digits(value.substr(5, 2));
  const auto year = parse_digits(value.substr(12, 4));
  const auto hour = parse_digits(value.substr(17, 2));
  const auto minute = parse_digits(value.substr(20, 2));
  const auto second = parse_digits(value.substr(23, 2));
  if (month == months.end() || !day || !year || !hour || !minute || !second) return std::nullopt;
  if (*hour > 23 || *minute > 59 || *second > 60) return std::nullopt;  // 60: a leap second
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(static_cast<unsigned>(month - months.begin()) + 1),
                                         std::chrono::day(*day));
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) + seconds(*second);
}

}  // namespace

std::optional<seconds> parse_retry_after(std::string_view value, std::chrono::system_clock::time_point now) {
  if (value.empty()) return std::nullopt;
  if (const auto number = parse_number(value)) return number;
  const auto date = parse_http_date(value);
  if (!date) return std::nullopt;
  const auto wait = *date - std::chrono::time_point_cast<seconds>(now);
  return std::clamp(wait, seconds(0), longest);
}

}  // namespace phigate::upstream
