#include <utility>

#include "fields.hpp"
#include "grammar.hpp"
#include "phigate/http/head.hpp"

namespace phigate::http {
namespace {

// `HTTP/1.1 200 reason`. The space behind the status is part of the grammar even where the reason is empty.
bool parse_status_line(std::string_view line, response_head& out) {
  constexpr std::size_t before_reason = 13;
  if (line.size() < before_reason || line[8] != ' ' || line[12] != ' ') return false;
  const auto version = parse_version(line.substr(0, 8));
  if (!version) return false;
  int status = 0;
  for (const char digit : line.substr(9, 3)) {
    if (!grammar::is_digit(digit)) return false;
    status = status * 10 + (digit - '0');
  }
  if (status < 100 || status > 599) return false;
  if (!grammar::all_of(line.substr(before_reason), grammar::char_class::text)) return false;
  out.status = status;
  out.minor_version = *version;
  return true;
}

bool read_framing(bool to_head, response_head& out) {
  const auto body = read_body_announcement(out.fields, out.minor_version);
  const auto keep_alive = read_keep_alive(out.fields, out.minor_version);
  if (!body || !keep_alive) return false;
  out.keep_alive = *keep_alive;
  out.framing = framing::none;

  if (out.status < 200 || out.status == 204) return !body->chunked && body->length == 0;
  if (to_head || out.status == 304) return true;  // what they announce is the body of another answer
  if (!body->stated) {
    out.framing = framing::until_close;
    out.keep_alive = false;
    return true;
  }
  out.content_length = body->length;
  if (body->chunked) out.framing = framing::chunked;
  if (body->length > 0) out.framing = framing::length;
  return true;
}

}  // namespace

std::optional<std::string_view> response_head::find(std::string_view name) const {
  return find_field(fields, name);
}

std::expected<void, response_fault> parse_response_head(std::string_view head, bool to_head, response_head& out) {
  if (head.size() > response_head_limit) return std::unexpected(response_fault::too_large);
  auto fields = std::move(out.fields);  // for its capacity
  fields.clear();
  out = response_head{};
  out.fields = std::move(fields);

  const auto line_end = head.find("\r\n");
  const bool whole = line_end != std::string_view::npos && parse_status_line(head.substr(0, line_end), out) &&
                     parse_fields(head.substr(line_end + 2), out.fields) && read_framing(to_head, out);
  // Nothing here asks for another protocol, and what would follow isn't HTTP.
  if (!whole || out.status == 101) return std::unexpected(response_fault::malformed);
  return {};
}

}  // namespace phigate::http
