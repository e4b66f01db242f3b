// The retry machine's runs as text: what happened in, next step out.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "phigate/core/failover.hpp"

namespace phigate::test {

inline constexpr core::failover::time_point transcript_start{std::chrono::hours{1}};

inline core::attempt_failure failed(core::failure_kind kind, int status = 0,
                                    core::reach how_far = core::reach::maybe_sent) {
  core::attempt_failure failure;
  failure.kind = kind;
  failure.status = status;
  failure.reach = status != 0 ? core::reach::head_received : how_far;
  return failure;
}

inline core::attempt_failure rate_limited(std::optional<std::chrono::seconds> retry_after = {}) {
  core::attempt_failure failure = failed(core::failure_kind::rate_limited, 429);
  failure.retry_after = retry_after;
  return failure;
}

inline core::attempt_failure timed_out(bool sent_whole) {
  core::attempt_failure failure = failed(core::failure_kind::timeout);
  failure.sent_whole = sent_whole;
  return failure;
}

inline core::attempt_failure stale(core::reach how_far = core::reach::maybe_sent) {
  core::attempt_failure failure = failed(core::failure_kind::reset, 0, how_far);
  failure.reused_connection = true;
  return failure;
}

// A machine over routes p0/m0, p1/m1, …; each call says what the next step is, as text.
class transcript {
 public:
  explicit transcript(std::size_t routes, int max_attempts = 4,
                      std::chrono::milliseconds total = std::chrono::seconds{60})
      : machine_(candidates(routes), {.max_attempts = max_attempts, .deadline = transcript_start + total}) {}

  std::string start(std::chrono::milliseconds at = {}) { return text(machine_.start(transcript_start + at)); }
  std::string fails(const core::attempt_failure& failure, std::chrono::milliseconds at = {}) {
    return text(machine_.on_failure(failure, transcript_start + at));
  }
  // The same when the process has no failover left to give.
  std::string fails_over_budget(const core::attempt_failure& failure, std::chrono::milliseconds at = {}) {
    return text(machine_.on_failure(failure, transcript_start + at, [this] {
      ++asked_;
      return false;
    }));
  }
  std::string answers(std::chrono::milliseconds at = {}) { return text(machine_.on_success(transcript_start + at)); }

  [[nodiscard]] const core::failover& machine() const { return machine_; }
  [[nodiscard]] const core::api_error& error() const { return error_; }
  [[nodiscard]] int asked() const { return asked_; }  // for a failover beyond the first
  // "p0/m0 503 12ms, …"
  [[nodiscard]] std::string records() const {
    std::string text;
    for (const core::attempt_record& one : error_.attempts) {
      text += (text.empty() ? "" : ", ") + one.provider + "/" + one.model + " " + one.outcome + " " +
              std::to_string(one.milliseconds) + "ms";
    }
    return text;
  }

 private:
  static std::vector<core::failover::candidate> candidates(std::size_t routes) {
    static constexpr std::array<std::string_view, 6> providers{"p0", "p1", "p2", "p3", "p4", "p5"};
    static constexpr std::array<std::string_view, 6> models{"m0", "m1", "m2", "m3", "m4", "m5"};
    std::vector<core::failover::candidate> all;
    for (std::size_t i = 0; i < routes; ++i) all.push_back({.provider = providers[i], .model = models[i]});
    return all;
  }

  std::string text(const core::next_step& next) {
    if (const auto* dial = std::get_if<core::step::dial>(&next)) {
      return "dial " + std::to_string(dial->route) + (dial->fresh ? " fresh" : "");
    }
    if (std::holds_alternative<core::step::relay>(next)) return "relay";
    error_ = std::get<core::step::fail>(next).error;
    return "fail " + std::to_string(error_.http_status()) + " " + std::string(core::traits_of(error_.code).code);
  }

  core::failover machine_;
  core::api_error error_;
  int asked_ = 0;
};

}  // namespace phigate::test
