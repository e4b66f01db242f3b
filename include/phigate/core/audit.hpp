// The response headers that say what happened (spec §6), from one value: every exit passes here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "phigate/core/metering.hpp"
#include "phigate/core/vocabulary.hpp"

namespace phigate::core {

// What is known of a request when its answer's head is written. Views must outlive the call.
struct audit_facts {
  std::string_view request_id;                 // always
  std::string_view client_request_id;          // left out unless it is 1 to 128 of A-Za-z0-9._- (spec §2)
  std::optional<core::data_class> data_class;  // once the policy headers parsed
  int attempts = 0;                            // routes tried
  std::string_view provider;                   // the last one tried; empty: none
  std::string_view strategy = "default";
  std::string_view variant;  // "floor", …; empty: none was given
  bool success = false;      // a 2xx from a provider
  std::string_view model;    // the concrete id that served
  core::region region = region::eu;
  std::optional<metered> cost;  // absent in a stream's head: there it comes as trailers
};

// "x-request-id: …\r\n" and so on, appended to `out`.
void append_audit_headers(std::string& out, const audit_facts& facts);

// A stream's trailers, and the comment line before its [DONE]. No blank line ends it: clients that take one for the end
// of an event would find an empty event there.
std::string_view stream_trailer_names();  // "x-phi-cost-micro, x-phi-usage"
void append_stream_trailers(std::string& out, const metered& cost);
void append_stream_comment(std::string& out, const metered& cost);  // ": x-phi-cost-micro=… x-phi-usage=…\n"

}  // namespace phigate::core
