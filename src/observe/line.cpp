#include "observe/line.hpp"

#include <fmt/format.h>

#include <chrono>
#include <ctime>
#include <iterator>

namespace phigate::observe {

namespace {

void append_time(std::string& out) {
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  // The calendar part changes once a second: one conversion serves all lines of it.
  thread_local std::time_t rendered_for = -1;
  thread_local std::string rendered;
  if (rendered_for != seconds) {
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    rendered = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                           parts.tm_hour, parts.tm_min, parts.tm_sec);
    rendered_for = seconds;
  }
  fmt::format_to(std::back_inserter(out), "{}.{:03}Z", rendered, millis);
}

void append_quoted(std::string& out, std::string_view value) {
  out += '"';
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    } else {
      out += c;
    }
  }
  out += '"';
}

bool is_plain(std::string_view value) {
  if (value.empty()) return false;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7f || c == '"' || c == '\\' || c == '=') return false;
  }
  return true;
}

}  // namespace

line::line(std::string& out, bool json, std::string_view level, std::string_view event) : out_(out), json_(json) {
  if (json_) {
    out_ += "{\"time\":\"";
    append_time(out_);
    out_ += "\",\"level\":\"";
    out_ += level;
    out_ += "\",\"event\":";
    append_quoted(out_, event);
    return;
  }
  append_time(out_);
  out_ += ' ';
  out_ += level;
  out_ += ' ';
  out_ += event;
}

void line::key(std::string_view name) {
  if (json_) {
    out_ += ',';
    append_quoted(out_, name);
    out_ += ':';
    return;
  }
  out_ += ' ';
  out_ += name;
  out_ += '=';
}

void line::text(std::string_view name, std::string_view value) {
  key(name);
  if (!json_ && is_plain(value)) {
    out_ += value;
  } else {
    append_quoted(out_, value);
  }
}

void line::number(std::string_view name, std::string_view digits) {
  key(name);
  out_ += digits;
}

void line::number(std::string_view name, std::int64_t value) {
  number(name, std::to_string(value));
}

void line::end() {
  out_ += json_ ? "}\n" : "\n";
}

}  // namespace phigate::observe
