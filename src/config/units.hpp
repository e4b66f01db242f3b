// How durations, sizes and dates are written in the files (spec §12). Pure: text in, value or a message out. A message
// says what to write and follows the quoted text.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace phigate::config {

using std::chrono::milliseconds;

// "250ms", "3s", "5m", "1h": a whole number and one unit.
std::expected<milliseconds, std::string> parse_duration(std::string_view text);

// "512B", "16KiB", "25MiB", "2GiB", in bytes.
std::expected<std::uint64_t, std::string> parse_size(std::string_view text);

// "2026-01-31": a day that the calendar has.
std::expected<std::chrono::sys_days, std::string> parse_date(std::string_view text);

// The shortest exact form: "3s", "25MiB". For messages.
std::string duration_text(milliseconds value);
std::string size_text(std::uint64_t bytes);

}  // namespace phigate::config
