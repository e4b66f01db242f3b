// One request from its head to its record: what is known of it so far. Lives in the session's frame; everything that
// works on the request gets it by reference.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "phigate/config/settings.hpp"
#include "phigate/core/audit.hpp"
#include "phigate/core/metering.hpp"
#include "phigate/core/vocabulary.hpp"
#include "phigate/http/head.hpp"
#include "phigate/net/deadline.hpp"

namespace phigate::server {

struct request_context {
  net::steady_time started = std::chrono::steady_clock::now();
  std::string id;
  std::string client_id;  // empty: none that may be echoed

  // Of the head; its views are gone once the body is read, so what is needed later is copied.
  bool is_head_method = false;
  bool http_1_0 = false;
  bool keep_alive = true;
  bool expects_continue = false;
  http::framing framing = http::framing::none;
  std::uint64_t content_length = 0;
  std::string content_type;
  std::string accept;
  std::string traceparent;
  std::string origin;  // only when CORS admits it

  std::string_view route = "other";  // a name for metrics and the record: static storage

  // Admission's findings.
  const config::api_key* key = nullptr;  // null: auth is off, or not checked for this path
  std::optional<core::data_class> data_class;
  std::optional<core::region> named_region;  // of X-Region
  std::optional<core::region> region;        // in force

  // Routing's findings.
  int attempts = 0;
  std::string_view provider;  // the snapshot's
  std::string_view endpoint;
  std::string_view model;
  std::string_view strategy = "default";  // static storage
  std::string_view variant;               // static storage; empty: none
  std::optional<core::metered> cost;
  std::string upstream_request_id;  // the last provider's own; empty: none fit to pass on

  // The answer's.
  int status = 0;
  std::string_view error_code;
  bool client_gone = false;
  bool body_consumed = false;  // the request's body was read to its end: the connection may go on
  bool gave_up_body = false;   // answered before the body was read to its end
  bool cut_short = false;      // the answer broke off where nothing but the connection's end can show it
};

}  // namespace phigate::server
