#include <algorithm>
#include <cstdint>

#include "phigate/http/head.hpp"

namespace phigate::http {
namespace {

enum class line_state : std::uint8_t { whole, open, bad };

struct line_search {
  line_state state;
  std::size_t at;  // whole: its CR; open: where to look on; bad: the byte at fault
};

// Three memchr runs a line; a CR at the very end waits for its LF.
line_search find_line_end(std::string_view window, std::size_t from) {
  const auto part = window.substr(from);
  const auto cr = part.find('\r');
  const auto text = part.substr(0, cr);
  const auto bad = std::min(text.find('\n'), text.find('\0'));
  if (bad != std::string_view::npos) return {line_state::bad, from + bad};
  if (cr == std::string_view::npos) return {line_state::open, window.size()};
  if (cr + 1 == part.size()) return {line_state::open, from + cr};
  if (part[cr + 1] != '\n') return {line_state::bad, from + cr};
  return {line_state::whole, from + cr};
}

std::unexpected<head_fault> refuse(int status, const char* message) {
  return std::unexpected(head_fault{.status = status, .close = true, .message = message, .field = {}});
}

constexpr auto bare_line_break = "Lines of a request head end in CRLF; a CR, LF or NUL alone is not allowed.";

// True: the request line ended and the header block begins. The limits hold by position, not by how the bytes arrived:
// each verdict is the one that byte-wise feeding would have come to first.
std::expected<bool, head_fault> find_request_line(std::string_view received, std::size_t limit,
                                                  head_progress& progress) {
  while (true) {
    const auto line = find_line_end(received.substr(0, progress.line + limit + 2), progress.scanned);
    if (line.state != line_state::whole && line.at > progress.line + limit) {
      return refuse(414, "The request line is too long.");
    }
    if (line.state == line_state::bad) return refuse(400, bare_line_break);
    if (line.state == line_state::open) {
      progress.scanned = line.at;
      return false;
    }
    const bool blank = line.at == progress.line;
    progress.scanned = progress.line = line.at + 2;
    if (!blank) {
      progress.header = progress.line;
      return true;
    }
    // Old clients send a CRLF too many after a body.
    if (progress.skip == 4) return refuse(400, "Too many blank lines before the request line.");
    progress.skip = progress.line;
  }
}

}  // namespace

std::expected<head_extent, head_fault> find_request_head(std::string_view received, const head_limits& limits,
                                                         head_progress& progress) {
  if (progress.header == 0) {
    const auto found = find_request_line(received, limits.request_line, progress);
    if (!found) return std::unexpected(found.error());
    if (!*found) return head_extent{.skip = progress.skip, .size = 0};
  }
  const auto end = progress.header + limits.header;
  const auto window = received.substr(0, end);
  while (true) {
    const auto line = find_line_end(window, progress.scanned);
    if (line.state == line_state::bad) return refuse(400, bare_line_break);
    if (line.state == line_state::open) {
      if (window.size() == end) return refuse(431, "The request's header is too large.");
      progress.scanned = line.at;
      return head_extent{.skip = progress.skip, .size = 0};
    }
    const bool blank = line.at == progress.line;
    progress.scanned = progress.line = line.at + 2;
    if (blank) return head_extent{.skip = progress.skip, .size = progress.line - progress.skip};
    if (++progress.fields > limits.fields) return refuse(431, "The request has too many header fields.");
  }
}

std::expected<std::size_t, response_fault> find_response_head(std::string_view received, std::size_t& scanned) {
  const auto window = received.substr(0, response_head_limit);
  // What is not HTTP may never send a line end: waiting for one would be waiting for a time-out.
  constexpr std::string_view start = "HTTP/1.";
  if (!start.starts_with(window.substr(0, start.size()))) return std::unexpected(response_fault::malformed);
  while (true) {
    const auto line = find_line_end(window, scanned);
    if (line.state == line_state::bad) return std::unexpected(response_fault::malformed);
    if (line.state == line_state::open) {
      if (window.size() == response_head_limit) return std::unexpected(response_fault::too_large);
      scanned = line.at;
      return std::size_t{0};
    }
    if (line.at == 0) return std::unexpected(response_fault::malformed);  // no status line
    scanned = line.at + 2;
    // Bare line feeds were refused, so one right before this CR ends the line before: this line is blank.
    if (window[line.at - 1] == '\n') return scanned;
  }
}

}  // namespace phigate::http
