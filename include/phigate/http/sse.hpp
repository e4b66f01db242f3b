// Server-sent events: where each event ends, and its data. Lines end in LF, CR or CRLF; events end at a blank line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace phigate::http {

// Finds events in a growing buffer without looking at a byte twice.
class sse_scanner {
 public:
  // Length of the first whole event in `buffered`, its blank line included; 0: none yet. After taking an event off the
  // front of the buffer call with the rest. A CR at the very end waits for the byte behind it, unless `at_end`.
  std::size_t next(std::string_view buffered, bool at_end = false);

 private:
  std::size_t scanned_ = 0;      // where to look on
  bool line_has_bytes_ = false;  // since the last line end
};

// What an event says. Views into the event, or into `scratch` when its data spans lines.
struct sse_event {
  std::string_view type;  // of `event:`; empty when absent
  std::string_view data;  // `data:` lines joined by LF
  bool has_data = false;  // false: comments only
};

sse_event parse_sse_event(std::string_view event, std::string& scratch);

}  // namespace phigate::http
