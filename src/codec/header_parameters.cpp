#include "codec/header_parameters.hpp"

#include <algorithm>

#include "phigate/core/ascii.hpp"

namespace phigate::codec {
namespace {

bool is_token_char(char c) {
  return core::ascii::is_alphanumeric(c) || std::string_view("!#$%&'*+-.^_`|~").contains(c);
}

bool is_plain(char c) {
  return c > ' ' && c < '\x7F' && !std::string_view(";,\"\\").contains(c);
}

// Where the quote stands that closes a string whose content begins at `begin`; npos without one.
std::size_t closing_quote(std::string_view text, std::size_t begin) {
  for (std::size_t at = begin; at < text.size(); ++at) {
    if (text[at] == '"') return at;
    if (text[at] == '\\') ++at;
  }
  return std::string_view::npos;
}

// Takes one parameter off the front of `rest`, which begins with its name.
std::optional<header_parameter> take_parameter(std::string_view& rest) {
  const std::size_t equals = rest.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  header_parameter found{.name = rest.substr(0, equals)};
  if (!is_token(found.name)) return std::nullopt;
  rest.remove_prefix(equals + 1);
  std::size_t end = 0;
  if (rest.starts_with('"')) {
    const std::size_t quote = closing_quote(rest, 1);
    if (quote == std::string_view::npos) return std::nullopt;
    found.quoted = true;
    found.value = rest.substr(1, quote - 1);
    end = quote + 1;
  } else {
    end = static_cast<std::size_t>(std::ranges::find_if_not(rest, is_plain) - rest.begin());
    found.value = rest.substr(0, end);
    if (end == 0) return std::nullopt;
  }
  rest.remove_prefix(end);
  return found;
}

}  // namespace

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_token_char);
}

std::string_view without_outer_space(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::optional<header_value> read_header_value(std::string_view text) {
  const std::size_t end = std::min(text.find(';'), text.size());
  header_value found{.value = without_outer_space(text.substr(0, end))};
  std::string_view rest = text.substr(end);
  for (;;) {
    rest = without_outer_space(rest);
    if (rest.empty()) return found;
    if (rest.front() != ';') return std::nullopt;
    rest = without_outer_space(rest.substr(1));
    if (rest.empty() || rest.front() == ';') continue;  // `a=b;` is sent, and means no more than `a=b`
    const auto parameter = take_parameter(rest);
    if (!parameter) return std::nullopt;
    found.parameters.push_back(*parameter);
  }
}

}  // namespace phigate::codec
