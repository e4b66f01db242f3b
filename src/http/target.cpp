#include "target.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>

#include "grammar.hpp"

namespace phigate::http {
namespace {

using grammar::char_class;

// Dots, separators and controls have no business in an escape: whoever decodes sees another path than whoever does not.
bool is_harmless_escape(std::string_view digits) {
  if (digits.size() < 2) return false;
  const auto high = grammar::hex_value(digits[0]);
  const auto low = grammar::hex_value(digits[1]);
  if (!high || !low) return false;
  const auto byte = static_cast<unsigned>(*high) * 16 + *low;
  return byte >= 0x20 && byte != 0x7f && byte != '/' && byte != '.' && byte != '\\';
}

bool has_harmless_escapes(std::string_view path) {
  for (auto at = path.find('%'); at != std::string_view::npos; at = path.find('%', at + 3)) {
    if (!is_harmless_escape(path.substr(at + 1, 2))) return false;
  }
  return true;
}

// No `.` or `..` segment and no empty one but the last.
bool has_plain_segments(std::string_view path) {
  while (true) {
    path.remove_prefix(1);
    const auto slash = path.find('/');
    const auto segment = path.substr(0, slash);
    if (segment == "." || segment == "..") return false;
    if (slash == std::string_view::npos) return true;
    if (segment.empty()) return false;
    path.remove_prefix(slash);
  }
}

bool is_address_literal(std::string_view host) {
  if (host.size() < 4 || !host.starts_with('[') || !host.ends_with(']')) return false;
  return std::ranges::all_of(host.substr(1, host.size() - 2),
                             [](char c) { return grammar::hex_value(c).has_value() || c == ':' || c == '.'; });
}

bool is_port(std::string_view text) {
  if (text.empty() || text.size() > 5 || !std::ranges::all_of(text, grammar::is_digit)) return false;
  std::uint32_t port = 0;
  std::from_chars(text.data(), text.data() + text.size(), port);
  return port <= 65535;
}

}  // namespace

std::string_view path_of(std::string_view target) {
  return target.substr(0, target.find('?'));
}

bool is_unambiguous_target(std::string_view target) {
  if (!target.starts_with('/')) return false;
  const auto path = path_of(target);
  const auto query = target.substr(path.size());
  const bool visible =
      std::ranges::all_of(query, [](char c) { return c != ' ' && c != '#' && grammar::is(c, char_class::plain_text); });
  return visible && grammar::all_of(path, char_class::path) && has_harmless_escapes(path) && has_plain_segments(path);
}

bool is_host(std::string_view value) {
  // The colons of an address literal are inside its brackets.
  const auto bracket = value.rfind(']');
  const auto colon = value.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos && !is_port(value.substr(colon + 1))) return false;
  const auto host = value.substr(0, colon);
  return !host.empty() && (grammar::all_of(host, char_class::host) || is_address_literal(host));
}

}  // namespace phigate::http
