#include <algorithm>
#include <utility>

#include "fields.hpp"
#include "grammar.hpp"
#include "phigate/http/head.hpp"
#include "target.hpp"

namespace phigate::http {
namespace {

using grammar::char_class;
using verdict = std::expected<void, head_fault>;

std::unexpected<head_fault> refuse_and_close(int status, const char* message) {
  return std::unexpected(head_fault{.status = status, .close = true, .message = message, .field = {}});
}

std::unexpected<head_fault> refuse(int status, const char* message) {
  return std::unexpected(head_fault{.status = status, .close = false, .message = message, .field = {}});
}

verdict parse_request_line(std::string_view line, request_head& out) {
  constexpr auto malformed = "The request line must be a method, a path and a version with one space between each.";
  const auto first = line.find(' ');
  if (first == std::string_view::npos) return refuse_and_close(400, malformed);
  const auto second = line.find(' ', first + 1);
  if (second == std::string_view::npos) return refuse_and_close(400, malformed);

  out.method = line.substr(0, first);
  out.target = line.substr(first + 1, second - first - 1);
  out.path = path_of(out.target);
  // A third space would be in the version, and make it malformed.
  const auto version = parse_version(line.substr(second + 1));
  const bool formed =
      grammar::is_token(out.method) && !out.target.empty() && grammar::all_of(out.target, char_class::plain_text);
  if (!formed || (!version && version.error() == version_error::malformed)) return refuse_and_close(400, malformed);
  if (!version) return refuse_and_close(505, "Only HTTP/1.1 and HTTP/1.0 are served here.");
  out.minor_version = *version;
  return {};
}

verdict check_host(const request_head& head) {
  const auto host = head.find("host");
  if (!host && head.minor_version == 0) return {};
  if (!host || head.count("host") > 1) return refuse_and_close(400, "Send exactly one Host header.");
  if (!is_host(*host)) return refuse_and_close(400, "The Host header must be a host name, with or without a port.");
  return {};
}

verdict read_framing(request_head& out) {
  const auto body = read_body_announcement(out.fields, out.minor_version);
  if (!body && body.error() == body_error::unknown_coding) {
    return refuse_and_close(501, "The only transfer coding served here is chunked.");
  }
  if (!body) {
    return refuse_and_close(
        400, "The length of the body is ambiguous: send one Content-Length, or Transfer-Encoding: chunked.");
  }
  const auto keep_alive = read_keep_alive(out.fields, out.minor_version);
  if (!keep_alive) return refuse_and_close(400, "The Connection header is malformed.");

  out.framing = body->chunked ? framing::chunked : body->length > 0 ? framing::length : framing::none;
  out.content_length = body->length;
  out.keep_alive = *keep_alive;
  return {};
}

bool begins_like_policy(std::string_view name) {
  const auto begins = [name](std::string_view prefix) {
    return equals_ignoring_case(name.substr(0, prefix.size()), prefix);
  };
  return begins("x_phi") || begins("x_region");
}

bool is_disguised(const field& field) {
  if (field.name.find('_') == std::string_view::npos || begins_like_policy(field.name)) return false;
  std::string dashed(field.name);
  std::ranges::replace(dashed, '_', '-');
  return is_read_field(dashed);
}

// What is wrong with a request whose extent is beyond doubt, so the connection may go on behind it.
verdict check_meaning(request_head& out) {
  if (out.method == "CONNECT" || out.method == "TRACE") return refuse(405, "This method is not served here.");
  if (!is_unambiguous_target(out.target)) {
    return refuse(
        400, "The request target must be a plain absolute path, without dot segments, doubled or escaped slashes.");
  }
  if (std::ranges::any_of(out.fields, is_disguised)) {
    return refuse(400, "A header name is written with `_` where `-` belongs.");
  }
  const bool bodiless = out.method == "GET" || out.method == "HEAD" || out.method == "DELETE";
  if (bodiless && out.framing != framing::none) return refuse(400, "This method takes no body.");

  const auto expectation = out.find("expect");
  if (!expectation) return {};
  if (out.count("expect") > 1 || !equals_ignoring_case(*expectation, "100-continue")) {
    return refuse(417, "The only expectation met here is 100-continue.");
  }
  // RFC 9110 §10.1.1: an HTTP/1.0 client doesn't know the interim answer; without a body nobody waits for it.
  out.expects_continue = out.minor_version >= 1 && out.framing != framing::none;
  return {};
}

}  // namespace

std::optional<std::string_view> request_head::find(std::string_view name) const {
  return find_field(fields, name);
}

std::size_t request_head::count(std::string_view name) const {
  return count_fields(fields, name);
}

verdict parse_request_head(std::string_view head, const head_limits& limits, request_head& out) {
  auto fields = std::move(out.fields);  // for its capacity
  fields.clear();
  out = request_head{};
  out.fields = std::move(fields);

  const auto line_end = head.find("\r\n");
  if (line_end == std::string_view::npos) return refuse_and_close(400, "The request head is incomplete.");
  if (line_end > limits.request_line) return refuse_and_close(414, "The request line is too long.");
  if (const auto line = parse_request_line(head.substr(0, line_end), out); !line) return line;

  const auto block = head.substr(line_end + 2);
  if (block.size() > limits.header) return refuse_and_close(431, "The request's header is too large.");
  std::string_view at_fault;
  if (const auto parsed = parse_fields(block, out.fields, at_fault); !parsed) {
    if (parsed.error() != field_error::not_plain) return refuse_and_close(400, "A header line is malformed.");
    auto refused = refuse_and_close(400, "A header that this server reads holds a byte that is not plain ASCII.");
    refused.error().field = at_fault;
    return refused;
  }
  if (out.fields.size() > limits.fields) return refuse_and_close(431, "The request has too many header fields.");

  if (const auto host = check_host(out); !host) return host;
  if (const auto body = read_framing(out); !body) return body;
  return check_meaning(out);
}

}  // namespace phigate::http
