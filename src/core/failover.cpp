#include "phigate/core/failover.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace phigate::core {
namespace {

bool ends_at_once(failure_kind kind) {
  switch (kind) {
    case failure_kind::too_large:
    case failure_kind::overloaded:
    case failure_kind::client_mistake:
    case failure_kind::auth_failed:
    case failure_kind::misconfigured:
      return true;
    case failure_kind::connect:
    case failure_kind::tls:
    case failure_kind::reset:
    case failure_kind::timeout:
    case failure_kind::server_error:
    case failure_kind::rate_limited:
    case failure_kind::request_timeout:
    case failure_kind::bad_response:
      return false;
  }
  std::unreachable();
}

std::int64_t whole_seconds(std::chrono::seconds wait) {
  return std::max<std::int64_t>(wait.count(), 0);
}

// The client's own mistake, in the provider's words: they go to the one who sent the request and nowhere else (threats
// §4).
api_error passed_on(const attempt_failure& failure) {
  const provider_error& said = failure.said;
  const error_traits fallback = traits_of(error_code::upstream_client_error);
  api_error error{.code = error_code::upstream_client_error, .message = said.message, .param = said.param};
  const bool is_client_status = failure.status >= 400 && failure.status < 500;
  if (is_client_status) error.status = failure.status;
  if (error.message.empty()) {
    error.message =
        "The provider refused this request with status " + std::to_string(error.http_status()) + " and gave no reason.";
  }
  error.provider_type = said.type.empty() ? std::string(fallback.type) : said.type;
  error.provider_code = said.code.empty() ? std::string(fallback.code) : said.code;
  error.provider_innererror = said.innererror;
  if (failure.retry_after) error.retry_after_seconds = whole_seconds(*failure.retry_after);
  return error;
}

// The end of a request that no other route may try. No provider text but a client mistake's: the rest is the operator's
// affair.
api_error final_error(const attempt_failure& failure, const failover::candidate& tried) {
  const std::string provider(tried.provider);
  const std::string model(tried.model);
  switch (failure.kind) {
    case failure_kind::too_large:
      return {.code = error_code::upstream_response_too_large,
              .message =
                  "The answer of " + provider + " was larger than this gateway accepts. Ask for less in one request."};
    case failure_kind::overloaded:
      return {.code = error_code::overloaded,
              .message = "The gateway has no room for an answer of this size while it holds others. Try again shortly.",
              .retry_after_seconds = 1};
    case failure_kind::auth_failed:
      return {
          .code = error_code::upstream_auth_failed,
          .message = "The gateway's credential for " + provider +
                     " was refused; your own key is fine. Its operator must check that credential and its account."};
    case failure_kind::misconfigured:
      return {.code = error_code::upstream_misconfigured,
              .message = provider + " does not know what this gateway calls for " + model +
                         ". Its operator must check the base URL and the upstream name in the registry."};
    default:
      return passed_on(failure);
  }
}

}  // namespace

attempt_failure unusable_answer(failure_kind kind, std::string note) {
  attempt_failure failure;
  failure.kind = kind;
  failure.reach = reach::head_received;
  failure.sent_whole = true;
  failure.note = std::move(note);
  return failure;
}

// A reset after a byte of an answer does say something of the route, and so does silence.
bool was_stale_connection(const attempt_failure& failure) {
  return failure.reused_connection && failure.kind == failure_kind::reset && failure.reach < reach::head_received;
}

std::string_view to_string(failure_kind kind) {
  switch (kind) {
    case failure_kind::connect:
      return "connect";
    case failure_kind::tls:
      return "tls";
    case failure_kind::reset:
      return "reset";
    case failure_kind::timeout:
      return "timeout";
    case failure_kind::server_error:
      return "server_error";
    case failure_kind::rate_limited:
      return "rate_limited";
    case failure_kind::request_timeout:
      return "request_timeout";
    case failure_kind::bad_response:
      return "bad_response";
    case failure_kind::too_large:
      return "too_large";
    case failure_kind::overloaded:
      return "overloaded";
    case failure_kind::client_mistake:
      return "client_mistake";
    case failure_kind::auth_failed:
      return "auth_failed";
    case failure_kind::misconfigured:
      return "misconfigured";
  }
  std::unreachable();
}

failover::failover(std::vector<candidate> routes, failover_limits limits)
    : routes_(std::move(routes)), limits_(limits), allowed_(limits.max_attempts) {
  if (routes_.empty()) throw std::invalid_argument("failover: no route to try");
  if (allowed_ < 1) throw std::invalid_argument("failover: max_attempts must be at least 1");
}

next_step failover::start(time_point now) {
  return dial_next(now);
}

next_step failover::on_success(time_point) {
  return step::relay{};
}

next_step failover::on_failure(const attempt_failure& failure, time_point now, const permission& may_fail_over) {
  const bool redial = was_stale_connection(failure) && !retried_fresh_;
  if (redial && now < limits_.deadline) {
    retried_fresh_ = true;
    return step::dial{.route = current_, .fresh = true};
  }
  record(failure, now);
  if (ends_at_once(failure.kind)) return ended(final_error(failure, routes_[current_]));
  if (redial) return out_of_time();
  // Nothing that the client has seen a part of may be sent again.
  if (failure.reach == reach::committed) return exhausted();
  // The provider may still be at work on it, and a slow request is slow elsewhere too.
  if (failure.kind == failure_kind::timeout && failure.sent_whole) allowed_ = std::min(allowed_, attempts_ + 1);
  const bool is_due = has_next() && now < limits_.deadline;
  // Requests that fail over again and again would multiply the load of an outage; a first failover is always theirs.
  if (is_due && attempts_ > 1 && may_fail_over && !may_fail_over()) return exhausted();
  return dial_next(now);
}

// Each attempt takes one position, so the next one is the number of attempts so far.
bool failover::has_next() const {
  return static_cast<std::size_t>(attempts_) < routes_.size() && attempts_ < allowed_;
}

void failover::record(const attempt_failure& failure, time_point now) {
  const auto spent = std::chrono::duration_cast<std::chrono::milliseconds>(now - dialled_at_).count();
  records_.push_back(
      {.provider = std::string(routes_[current_].provider),
       .model = std::string(routes_[current_].model),
       .outcome = failure.status != 0 ? std::to_string(failure.status) : std::string(to_string(failure.kind)),
       .milliseconds = std::max<std::int64_t>(spent, 0)});
  last_timed_out_ = failure.kind == failure_kind::timeout;
  if (failure.kind != failure_kind::rate_limited) {
    only_rate_limits_ = false;
  } else if (failure.retry_after) {
    smallest_retry_after_ = std::min(smallest_retry_after_.value_or(*failure.retry_after), *failure.retry_after);
  }
}

next_step failover::dial_next(time_point now) {
  if (!has_next()) return exhausted();
  if (now >= limits_.deadline) return out_of_time();
  current_ = static_cast<std::size_t>(attempts_);
  ++attempts_;
  retried_fresh_ = false;
  dialled_at_ = now;
  return step::dial{.route = current_};
}

step::fail failover::ended(api_error error) const {
  error.attempts = records_;
  return {std::move(error)};
}

step::fail failover::out_of_time() const {
  return ended({.code = error_code::upstream_timeout,
                .message =
                    "No provider answered within the time that this gateway allows. Send the request again, or a "
                    "shorter one."});
}

step::fail failover::exhausted() const {
  if (last_timed_out_) {
    return ended(
        {.code = error_code::upstream_timeout,
         .message = "The last provider tried did not answer in time. Send the request again, or a shorter one."});
  }
  if (!only_rate_limits_) {
    return ended({.code = error_code::upstream_error,
                  .message =
                      "No provider that was tried gave a usable answer; error.metadata.attempts lists them. Send "
                      "the request again later."});
  }
  api_error error{.code = error_code::upstream_rate_limited,
                  .message = "Every provider that was tried is limiting this gateway's rate. Wait before you retry."};
  if (smallest_retry_after_) error.retry_after_seconds = whole_seconds(*smallest_retry_after_);
  return ended(std::move(error));
}

}  // namespace phigate::core
