#include "phigate/http/writer.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace phigate::http {
namespace {

constexpr auto reasons = std::to_array<std::pair<int, std::string_view>>({
    {100, "Continue"},
    {101, "Switching Protocols"},
    {103, "Early Hints"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {424, "Failed Dependency"},
    {425, "Too Early"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
});

void refuse_line_breaks(std::string_view text) {
  const bool breaks = std::ranges::any_of(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
  if (breaks) throw std::invalid_argument("a line break inside a line of an HTTP head");
}

template <typename Integer>
void append_digits(std::string& out, Integer value, int base) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, base).ptr;
  out.append(digits.data(), end);
}

void write_two_digits(char* at, unsigned value) {
  at[0] = static_cast<char>('0' + value / 10);
  at[1] = static_cast<char>('0' + value % 10);
}

}  // namespace

void append_status_line(std::string& out, int status) {
  out.append("HTTP/1.1 ");
  append_digits(out, status, 10);
  out.push_back(' ');
  const auto found = std::ranges::lower_bound(reasons, status, {}, &std::pair<int, std::string_view>::first);
  if (found != reasons.end() && found->first == status) out.append(found->second);
  out.append("\r\n");
}

void append_request_line(std::string& out, std::string_view method, std::string_view target) {
  refuse_line_breaks(method);
  refuse_line_breaks(target);
  out.append(method).append(" ").append(target).append(" HTTP/1.1\r\n");
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  refuse_line_breaks(name);
  refuse_line_breaks(value);
  out.append(name).append(": ").append(value).append("\r\n");
}

void append_blank_line(std::string& out) {
  out.append("\r\n");
}

void append_chunk_header(std::string& out, std::size_t size) {
  append_digits(out, size, 16);
  out.append("\r\n");
}

void append_last_chunk(std::string& out) {
  out.append("0\r\n");
}

std::string http_date(std::chrono::system_clock::time_point time) {
  constexpr std::string_view days = "SunMonTueWedThuFriSat";
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));

  std::string text = "Sun, 06 Nov 1994 08:49:37 GMT";
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  text.replace(0, 3, days.substr(std::size_t{3} * std::chrono::weekday(day).c_encoding(), 3));
  write_two_digits(&text[5], static_cast<unsigned>(date.day()));
  text.replace(8, 3, months.substr(std::size_t{3} * (static_cast<unsigned>(date.month()) - 1), 3));
  write_two_digits(&text[12], year / 100);
  write_two_digits(&text[14], year % 100);
  write_two_digits(&text[17], static_cast<unsigned>(clock.hours().count()));
  write_two_digits(&text[20], static_cast<unsigned>(clock.minutes().count()));
  write_two_digits(&text[23], static_cast<unsigned>(clock.seconds().count()));
  return text;
}

}  // namespace phigate::http
