#include "phigate/http/sse.hpp"

namespace phigate::http {
namespace {

constexpr auto npos = std::string_view::npos;

// Where the next CR or LF is. In windows: memchr for the one that is absent would else run over the whole rest at each
// line.
std::size_t find_line_break(std::string_view text, std::size_t from) {
  constexpr std::size_t window = 256;
  for (; from < text.size(); from += window) {
    const auto part = text.substr(from, window);
    const auto lf = part.find('\n');
    const auto cr = part.substr(0, lf).find('\r');
    if (cr != npos) return from + cr;
    if (lf != npos) return from + lf;
  }
  return npos;
}

// Takes a line off the front of `text`, without its end.
std::string_view take_line(std::string_view& text) {
  const auto end = find_line_break(text, 0);
  const auto line = text.substr(0, end);
  if (end == npos) {
    text = {};
    return line;
  }
  text.remove_prefix(text.substr(end).starts_with("\r\n") ? end + 2 : end + 1);
  return line;
}

void add_data(sse_event& event, std::string_view value, std::size_t& lines, std::string& scratch) {
  event.has_data = true;
  if (lines == 0) {
    event.data = value;
  } else {
    if (lines == 1) scratch.assign(event.data);
    scratch.push_back('\n');
    scratch.append(value);
  }
  ++lines;
}

}  // namespace

std::size_t sse_scanner::next(std::string_view buffered, bool at_end) {
  while (true) {
    const auto line_break = find_line_break(buffered, scanned_);
    const bool open = line_break == npos;
    const auto end = open ? buffered.size() : line_break;
    if (end > scanned_) line_has_bytes_ = true;
    scanned_ = end;
    if (open) return 0;

    std::size_t length = 1;
    if (buffered[end] == '\r') {
      const bool last = end + 1 == buffered.size();
      if (last && !at_end) return 0;
      if (!last && buffered[end + 1] == '\n') length = 2;
    }
    const bool blank = !line_has_bytes_;
    line_has_bytes_ = false;
    scanned_ = end + length;
    if (blank) {
      scanned_ = 0;
      return end + length;
    }
  }
}

sse_event parse_sse_event(std::string_view event, std::string& scratch) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (event.starts_with(byte_order_mark)) event.remove_prefix(byte_order_mark.size());

  sse_event parsed;
  std::size_t lines = 0;
  while (!event.empty()) {
    const auto line = take_line(event);
    const auto colon = line.find(':');
    const auto name = line.substr(0, colon);
    auto value = colon == npos ? std::string_view{} : line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (name == "data") add_data(parsed, value, lines, scratch);
    if (name == "event") parsed.type = value;
  }
  if (lines > 1) parsed.data = scratch;
  return parsed;
}

}  // namespace phigate::http
