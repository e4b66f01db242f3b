// The log (threats §4): events with fields, as text or as one JSON object a line. No prompt, completion, credential or
// provider text is ever a field: callers pass names, ids, codes and numbers.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace phigate::observe {

enum class level : std::uint8_t { trace, debug, info, warn, error };

struct log_settings {
  level threshold = level::info;
  bool json = false;
};

// From one thread at a time, while others may log: each line is whole, in the old form or in the new one. Before the
// first call messages go out as text at info.
void configure_log(const log_settings& settings);
bool is_logged(level severity);

struct log_field {
  log_field(std::string_view field_key, std::string_view text) : key(field_key), value(text), quoted(true) {}
  log_field(std::string_view field_key, const std::string& text) : log_field(field_key, std::string_view(text)) {}
  log_field(std::string_view field_key, const char* text) : log_field(field_key, std::string_view(text)) {}
  log_field(std::string_view field_key, std::int64_t number)
      : key(field_key), value(std::to_string(number)), quoted(false) {}
  log_field(std::string_view field_key, int number) : log_field(field_key, std::int64_t{number}) {}

  std::string_view key;
  std::string value;
  bool quoted;  // a string in JSON; else a number
};

void log(level severity, std::string_view event, std::initializer_list<log_field> fields = {});

// Writes out what waits. Called at the end of the process.
void flush_log();

}  // namespace phigate::observe
