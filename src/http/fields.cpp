#include "fields.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "grammar.hpp"

namespace phigate::http {
namespace {

using grammar::char_class;

constexpr std::size_t most_length_digits = 18;  // fits 64 bits with room to add

constexpr auto read_fields = std::to_array<std::string_view>(
    {"host", "content-length", "transfer-encoding", "connection", "expect", "content-type", "content-encoding",
     "accept", "authorization", "x-api-key", "x-region", "x-phi", "x-request-id", "traceparent", "origin"});

std::expected<field, field_error> parse_field(std::string_view line, std::string_view& name_at_fault) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return std::unexpected(field_error::malformed);
  const auto name = line.substr(0, colon);
  const auto raw = line.substr(colon + 1);
  // A fold begins with a blank and a blank before the colon ends the name: neither is a token.
  if (!grammar::is_token(name)) return std::unexpected(field_error::malformed);
  // Before trimming: parties differ in whether a HTAB around a value counts.
  if (is_read_field(name)) {
    if (!grammar::all_of(raw, char_class::plain_text)) {
      name_at_fault = name;
      return std::unexpected(field_error::not_plain);
    }
  } else if (!grammar::all_of(raw, char_class::text)) {
    return std::unexpected(field_error::malformed);
  }
  return field{name, grammar::trim_blanks(raw)};
}

enum class transfer_coding : std::uint8_t { chunked, unknown, malformed };

transfer_coding read_coding(std::string_view value) {
  bool chunked = false;
  bool unknown = false;
  std::optional<std::string_view> rest = value;
  while (const auto element = grammar::next_element(rest)) {
    // Parameters and empty elements are no tokens; `identity` is obsolete, and parties differ in what it does.
    if (chunked || !grammar::is_token(*element) || equals_ignoring_case(*element, "identity")) {
      return transfer_coding::malformed;
    }
    if (equals_ignoring_case(*element, "chunked")) {
      chunked = true;
    } else {
      unknown = true;
    }
  }
  return unknown ? transfer_coding::unknown : transfer_coding::chunked;
}

std::optional<std::uint64_t> parse_length(std::string_view value) {
  if (value.empty() || value.size() > most_length_digits) return std::nullopt;
  if (!std::ranges::all_of(value, grammar::is_digit)) return std::nullopt;
  std::uint64_t length = 0;
  std::from_chars(value.data(), value.data() + value.size(), length);
  return length;
}

}  // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return grammar::to_lower(x) == grammar::to_lower(y); });
}

bool is_read_field(std::string_view name) {
  constexpr std::string_view cors = "access-control-";  // CORS preflights
  if (name.size() > cors.size() && equals_ignoring_case(name.substr(0, cors.size()), cors)) return true;
  // Lengths first: nearly all names part there, and each field of each request comes this way.
  return std::ranges::any_of(read_fields, [name](std::string_view read) {
    return read.size() == name.size() && equals_ignoring_case(read, name);
  });
}

std::expected<void, field_error> parse_fields(std::string_view block, std::vector<field>& out) {
  std::string_view ignored;
  return parse_fields(block, out, ignored);
}

std::expected<void, field_error> parse_fields(std::string_view block, std::vector<field>& out,
                                              std::string_view& name_at_fault) {
  out.clear();
  while (true) {
    const auto end = block.find('\r');
    if (end == std::string_view::npos || !block.substr(end).starts_with("\r\n")) {
      return std::unexpected(field_error::malformed);
    }
    const auto line = block.substr(0, end);
    block.remove_prefix(end + 2);
    if (line.empty()) break;
    const auto parsed = parse_field(line, name_at_fault);
    if (!parsed) return std::unexpected(parsed.error());
    out.push_back(*parsed);
  }
  if (!block.empty()) return std::unexpected(field_error::malformed);
  return {};
}

std::optional<std::string_view> find_field(const std::vector<field>& fields, std::string_view name) {
  for (const auto& field : fields) {
    if (equals_ignoring_case(field.name, name)) return field.value;
  }
  return std::nullopt;
}

std::size_t count_fields(const std::vector<field>& fields, std::string_view name) {
  const auto named = [name](const field& field) { return equals_ignoring_case(field.name, name); };
  return static_cast<std::size_t>(std::ranges::count_if(fields, named));
}

bool is_underscore_twin(std::string_view name, std::string_view other) {
  if (name.size() != other.size() || name.find('_') == std::string_view::npos) return false;
  return std::ranges::equal(name, other, [](char x, char y) {
    return (x == '_' && y == '-') || grammar::to_lower(x) == grammar::to_lower(y);
  });
}

std::expected<body_announcement, body_error> read_body_announcement(const std::vector<field>& fields,
                                                                    int minor_version) {
  constexpr std::string_view length_name = "content-length";
  constexpr std::string_view coding_name = "transfer-encoding";
  std::optional<std::string_view> length;
  std::optional<std::string_view> coding;
  for (const auto& [name, value] : fields) {
    if (is_underscore_twin(name, length_name) || is_underscore_twin(name, coding_name)) {
      return std::unexpected(body_error::ambiguous);
    }
    const bool is_length = equals_ignoring_case(name, length_name);
    if (!is_length && !equals_ignoring_case(name, coding_name)) continue;
    // One of the two fields, once: equal repetitions are refused as well.
    if (length || coding) return std::unexpected(body_error::ambiguous);
    (is_length ? length : coding) = value;
  }

  if (length) {
    const auto bytes = parse_length(*length);
    if (!bytes) return std::unexpected(body_error::ambiguous);
    return body_announcement{.stated = true, .chunked = false, .length = *bytes};
  }
  if (!coding) return body_announcement{};
  const auto kind = minor_version == 0 ? transfer_coding::malformed : read_coding(*coding);
  if (kind == transfer_coding::malformed) return std::unexpected(body_error::ambiguous);
  if (kind == transfer_coding::unknown) return std::unexpected(body_error::unknown_coding);
  return body_announcement{.stated = true, .chunked = true, .length = 0};
}

std::optional<bool> read_keep_alive(const std::vector<field>& fields, int minor_version) {
  bool close = false;
  bool keep_alive = false;
  for (const auto& [name, value] : fields) {
    if (!equals_ignoring_case(name, "connection")) continue;
    std::optional<std::string_view> rest = value;
    while (const auto option = grammar::next_element(rest)) {
      if (option->empty()) continue;  // RFC 9110 §5.6.1 wants empty elements taken
      if (!grammar::is_token(*option)) return std::nullopt;
      close = close || equals_ignoring_case(*option, "close");
      keep_alive = keep_alive || equals_ignoring_case(*option, "keep-alive");
    }
  }
  return !close && (keep_alive || minor_version >= 1);
}

std::expected<int, version_error> parse_version(std::string_view text) {
  constexpr std::string_view name = "HTTP/";
  const bool formed = text.size() == name.size() + 3 && text.starts_with(name) && grammar::is_digit(text[5]) &&
                      text[6] == '.' && grammar::is_digit(text[7]);
  if (!formed) return std::unexpected(version_error::malformed);
  if (text[5] != '1' || text[7] > '1') return std::unexpected(version_error::unsupported);
  return text[7] - '0';
}

}  // namespace phigate::http
