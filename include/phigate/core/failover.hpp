// The retry rules (spec §5) as a state machine: it takes what happened and returns the next step. No I/O, no clock.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "phigate/core/error.hpp"

namespace phigate::core {

// How far a request got. It alone decides whether it may be sent again (design §2.3).
enum class reach : std::uint8_t { not_sent, maybe_sent, head_received, committed };

enum class failure_kind : std::uint8_t {
  connect,          // refused, unreachable, no address
  tls,              // handshake or verification
  reset,            // closed or reset before the answer was whole
  timeout,          // connect, first byte, first token or the deadline
  server_error,     // 5xx, 3xx
  rate_limited,     // 429
  request_timeout,  // 408
  bad_response,     // no valid HTTP, no JSON where JSON is due, content-encoded, an error event before content
  too_large,        // a response over limits.response
  overloaded,       // a response that found no room in limits.memory: not the provider's fault
  client_mistake,   // any other 4xx: passed on
  auth_failed,      // 401, 402, 403: the operator's credential
  misconfigured,    // 404: the operator's model or URL
};
std::string_view to_string(failure_kind kind);  // "connect", "timeout", … as in error.metadata.attempts

// What a provider said of a request that it refused, in OpenAI's terms.
struct provider_error {
  std::string message;
  std::string type;
  std::string code;
  std::string param;
  std::string innererror{};  // what Azure's content filter found: a JSON object; empty: nothing
};

struct attempt_failure {
  failure_kind kind = failure_kind::connect;
  core::reach reach = reach::not_sent;
  bool sent_whole = false;         // the last byte of the request was written
  bool reused_connection = false;  // the connection came from the pool
  int status = 0;                  // the provider's, when its head was read
  std::optional<std::chrono::seconds> retry_after;
  provider_error said;          // for client_mistake
  bool blames_request = false;  // a failure by its place (an error event), but the provider says: the client's mistake
  bool is_foreseen = false;     // a time-out before its time: waiting on would have run into the deadline
  std::string note;             // for the log: no provider text, no content
};

// An answer whose head is here, to a request that was sent whole, and that can't be used. `note` is for the log.
attempt_failure unusable_answer(failure_kind kind, std::string note);

// A kept-alive connection that the provider closed before it answered. It says nothing about the route: the request is
// sent once more on a fresh connection, and neither is an attempt of its own.
bool was_stale_connection(const attempt_failure& failure);

struct failover_limits {
  int max_attempts = 4;
  std::chrono::steady_clock::time_point deadline;
};

namespace step {
// Dial position `route` of the order. `fresh`: not from the pool (the retry of a closed kept-alive connection, no new
// attempt).
struct dial {
  std::size_t route = 0;
  bool fresh = false;
};
// The answer is committed or whole: hand it to the client.
struct relay {};
// The end: tell the client.
struct fail {
  api_error error;
};
}  // namespace step

using next_step = std::variant<step::dial, step::relay, step::fail>;

class failover {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  // `routes`: provider and model of each position of the order, for the records. At least one, and at least one attempt
  // allowed: else std::invalid_argument.
  struct candidate {
    std::string_view provider;  // must outlive the machine: the snapshot's
    std::string_view model;
  };
  failover(std::vector<candidate> routes, failover_limits limits);

  // The first dial. Call once.
  next_step start(time_point now);
  // The attempt under way answered and is fit for the client.
  next_step on_success(time_point now);
  // The attempt under way failed before the commit. A second or later failover, and no other step, first asks
  // `may_fail_over`: false says that the process has spent its budget for them (threats §5), and the request ends with
  // the failures it had.
  using permission = std::function<bool()>;
  next_step on_failure(const attempt_failure& failure, time_point now, const permission& may_fail_over = {});

  [[nodiscard]] int attempts() const { return attempts_; }        // routes tried, the one under way counted
  [[nodiscard]] std::size_t current() const { return current_; }  // position of the last dial
  [[nodiscard]] const std::vector<attempt_record>& failures() const { return records_; }

 private:
  [[nodiscard]] bool has_next() const;
  next_step dial_next(time_point now);
  void record(const attempt_failure& failure, time_point now);
  [[nodiscard]] step::fail ended(api_error error) const;  // with the attempts so far
  [[nodiscard]] step::fail out_of_time() const;           // a dial was due, but the deadline has passed
  [[nodiscard]] step::fail exhausted() const;             // no dial is left

  std::vector<candidate> routes_;
  failover_limits limits_;
  std::size_t current_ = 0;
  int attempts_ = 0;
  int allowed_;                 // attempts still allowed in all; a time-out after the whole request cuts it to one more
  bool retried_fresh_ = false;  // for the route under way
  time_point dialled_at_{};
  std::vector<attempt_record> records_;
  bool only_rate_limits_ = true;
  bool last_timed_out_ = false;
  std::optional<std::chrono::seconds> smallest_retry_after_;
};

}  // namespace phigate::core
