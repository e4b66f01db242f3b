// One line for each finished request, written by a thread of its own: a worker only appends to a bounded buffer (design
// §3).
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "phigate/core/vocabulary.hpp"

namespace phigate::observe {

// What a finished request says of itself. Nothing of its content.
struct access_record {
  std::string_view request_id;
  std::string_view client_request_id;  // the caller passes it for class general alone
  std::string_view key_id;             // empty: no key
  std::string_view route;              // "chat_completions", "models", …
  int status = 0;
  std::string_view error_code;  // empty: none
  std::string_view region;      // empty: not known
  std::string_view data_class;
  std::string_view provider;
  std::string_view endpoint;
  std::string_view model;
  int attempts = 0;
  std::int64_t cost_micro_usd = -1;  // below 0: not metered
  std::int64_t milliseconds = 0;
  bool client_gone = false;
};

// All workers' lines. Past `capacity` waiting bytes lines are dropped and counted; the count is itself logged.
class access_log {
 public:
  static constexpr std::size_t capacity = 4u << 20;

  explicit access_log(bool json);
  ~access_log();  // writes out what waits
  access_log(const access_log&) = delete;
  access_log& operator=(const access_log&) = delete;

  void write(const access_record& record);
  // The form of the lines written from now on; from any thread, while others write.
  void set_json(bool json);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace phigate::observe
