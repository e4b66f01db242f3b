// The retry rules of spec §5 as transcripts: what happened in, next step out.
#include "phigate/core/failover.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace phigate::core {
namespace {

using namespace std::chrono_literals;

const failover::time_point t0{1h};

attempt_failure failed(failure_kind kind, int status = 0, reach how_far = reach::maybe_sent) {
  attempt_failure failure;
  failure.kind = kind;
  failure.status = status;
  failure.reach = status != 0 ? reach::head_received : how_far;
  return failure;
}

attempt_failure rate_limited(std::optional<std::chrono::seconds> retry_after = {}) {
  attempt_failure failure = failed(failure_kind::rate_limited, 429);
  failure.retry_after = retry_after;
  return failure;
}

attempt_failure timed_out(bool sent_whole) {
  attempt_failure failure = failed(failure_kind::timeout);
  failure.sent_whole = sent_whole;
  return failure;
}

attempt_failure stale(reach how_far = reach::maybe_sent) {
  attempt_failure failure = failed(failure_kind::reset, 0, how_far);
  failure.reused_connection = true;
  return failure;
}

// A machine over routes p0/m0, p1/m1, …; each call says what the next step is, as text.
class transcript {
 public:
  explicit transcript(std::size_t routes, int max_attempts = 4, std::chrono::milliseconds total = 60s)
      : machine_(candidates(routes), {.max_attempts = max_attempts, .deadline = t0 + total}) {}

  std::string start(std::chrono::milliseconds at = 0ms) { return text(machine_.start(t0 + at)); }
  std::string fails(const attempt_failure& failure, std::chrono::milliseconds at = 0ms) {
    return text(machine_.on_failure(failure, t0 + at));
  }
  std::string answers(std::chrono::milliseconds at = 0ms) { return text(machine_.on_success(t0 + at)); }

  [[nodiscard]] const failover& machine() const { return machine_; }
  [[nodiscard]] const api_error& error() const { return error_; }
  // "p0/m0 503 12ms, …"
  [[nodiscard]] std::string records() const {
    std::string text;
    for (const attempt_record& one : error_.attempts) {
      text += (text.empty() ? "" : ", ") + one.provider + "/" + one.model + " " + one.outcome + " " +
              std::to_string(one.milliseconds) + "ms";
    }
    return text;
  }

 private:
  static std::vector<failover::candidate> candidates(std::size_t routes) {
    static constexpr std::array<std::string_view, 6> providers{"p0", "p1", "p2", "p3", "p4", "p5"};
    static constexpr std::array<std::string_view, 6> models{"m0", "m1", "m2", "m3", "m4", "m5"};
    std::vector<failover::candidate> all;
    for (std::size_t i = 0; i < routes; ++i) all.push_back({.provider = providers[i], .model = models[i]});
    return all;
  }

  std::string text(const next_step& next) {
    if (const auto* dial = std::get_if<step::dial>(&next)) {
      return "dial " + std::to_string(dial->route) + (dial->fresh ? " fresh" : "");
    }
    if (std::holds_alternative<step::relay>(next)) return "relay";
    error_ = std::get<step::fail>(next).error;
    return "fail " + std::to_string(error_.http_status()) + " " + std::string(traits_of(error_.code).code);
  }

  failover machine_;
  api_error error_;
};

TEST(failover, relays_the_first_answer) {
  transcript t(3);
  EXPECT_EQ(t.start(), "dial 0");
  EXPECT_EQ(t.machine().attempts(), 1);
  EXPECT_EQ(t.answers(), "relay");
  EXPECT_EQ(t.machine().attempts(), 1);
  EXPECT_TRUE(t.machine().failures().empty());
}

TEST(failover, goes_to_the_next_route_after_every_failure_that_another_could_mend) {
  const std::vector<attempt_failure> mendable{
      failed(failure_kind::connect, 0, reach::not_sent),
      failed(failure_kind::tls, 0, reach::not_sent),
      failed(failure_kind::reset),
      failed(failure_kind::reset, 200),
      timed_out(false),
      timed_out(true),
      failed(failure_kind::server_error, 500),
      failed(failure_kind::server_error, 529),
      failed(failure_kind::server_error, 302),
      rate_limited(),
      failed(failure_kind::request_timeout, 408),
      failed(failure_kind::bad_response, 200),
  };
  for (const attempt_failure& failure : mendable) {
    transcript t(2);
    t.start();
    EXPECT_EQ(t.fails(failure), "dial 1") << to_string(failure.kind);
    EXPECT_EQ(t.machine().current(), 1U);
    EXPECT_EQ(t.answers(), "relay");
    EXPECT_EQ(t.machine().attempts(), 2);
    EXPECT_EQ(t.machine().failures().size(), 1U);
  }
}

TEST(failover, ends_at_once_where_another_route_would_not_help) {
  struct row {
    attempt_failure failure;
    std::string_view expected;
  };
  for (const row& one : {row{failed(failure_kind::client_mistake, 422), "fail 422 upstream_client_error"},
                         row{failed(failure_kind::auth_failed, 401), "fail 502 upstream_auth_failed"},
                         row{failed(failure_kind::auth_failed, 402), "fail 502 upstream_auth_failed"},
                         row{failed(failure_kind::misconfigured, 404), "fail 502 upstream_misconfigured"},
                         row{failed(failure_kind::too_large, 200), "fail 502 upstream_response_too_large"}}) {
    transcript t(3);
    t.start();
    EXPECT_EQ(t.fails(one.failure, 7ms), one.expected);
    EXPECT_EQ(t.machine().attempts(), 1);
    EXPECT_EQ(t.records(), "p0/m0 " + std::to_string(one.failure.status) + " 7ms");
    EXPECT_FALSE(t.error().message.empty());
  }
}

TEST(failover, passes_on_a_clients_mistake_as_the_provider_gave_it) {
  attempt_failure failure = failed(failure_kind::client_mistake, 413);
  failure.said = {
      .message = "too long", .type = "invalid_request", .code = "context_length_exceeded", .param = "messages"};
  transcript t(2);
  t.start();
  EXPECT_EQ(t.fails(failure), "fail 413 upstream_client_error");
  EXPECT_EQ(t.error().message, "too long");
  EXPECT_EQ(t.error().provider_type, "invalid_request");
  EXPECT_EQ(t.error().provider_code, "context_length_exceeded");
  EXPECT_EQ(t.error().param, "messages");
}

TEST(failover, fills_in_what_the_provider_did_not_say) {
  transcript t(2);
  t.start();
  t.fails(failed(failure_kind::client_mistake, 422));
  EXPECT_NE(t.error().message.find("422"), std::string::npos);
  EXPECT_EQ(t.error().provider_type, "invalid_request_error");
  EXPECT_EQ(t.error().provider_code, "upstream_client_error");
  EXPECT_EQ(t.error().param, "");
}

TEST(failover, never_passes_on_a_status_that_is_no_clients_mistake) {
  for (int status : {0, 200, 302, 399, 500}) {
    transcript t(1);
    t.start();
    EXPECT_EQ(t.fails(failed(failure_kind::client_mistake, status)), "fail 400 upstream_client_error");
  }
}

TEST(failover, repeats_no_word_of_a_provider_about_the_operators_mistakes) {
  for (failure_kind kind :
       {failure_kind::auth_failed, failure_kind::misconfigured, failure_kind::server_error, failure_kind::too_large}) {
    attempt_failure failure = failed(kind, 403);
    failure.said = {.message = "canary", .type = "canary", .code = "canary", .param = "canary"};
    failure.note = "canary";
    transcript t(1);
    t.start();
    t.fails(failure);
    for (const std::string& text :
         {t.error().message, t.error().param, t.error().provider_code, t.error().provider_type}) {
      EXPECT_EQ(text.find("canary"), std::string::npos) << to_string(kind);
    }
  }
}

TEST(failover, dials_the_same_route_afresh_once_when_a_kept_alive_connection_was_closed) {
  transcript t(2);
  EXPECT_EQ(t.start(), "dial 0");
  EXPECT_EQ(t.fails(stale()), "dial 0 fresh");
  EXPECT_EQ(t.machine().attempts(), 1);
  EXPECT_TRUE(t.machine().failures().empty());
  EXPECT_EQ(t.fails(stale()), "dial 1");
  EXPECT_EQ(t.machine().attempts(), 2);
}

TEST(failover, allows_each_route_its_own_fresh_dial) {
  transcript t(2);
  t.start();
  EXPECT_EQ(t.fails(stale(reach::not_sent), 1ms), "dial 0 fresh");
  EXPECT_EQ(t.fails(failed(failure_kind::connect), 3ms), "dial 1");
  EXPECT_EQ(t.fails(stale(), 4ms), "dial 1 fresh");
  EXPECT_EQ(t.fails(failed(failure_kind::server_error, 503), 9ms), "fail 502 upstream_error");
  // A fresh dial is part of its attempt, and so is the time before it.
  EXPECT_EQ(t.records(), "p0/m0 connect 3ms, p1/m1 503 6ms");
}

TEST(failover, dials_afresh_after_nothing_else) {
  attempt_failure late = stale(reach::head_received);
  attempt_failure silent = timed_out(true);
  silent.reused_connection = true;
  attempt_failure first_use = failed(failure_kind::reset);
  attempt_failure refused = failed(failure_kind::connect);
  refused.reused_connection = true;
  for (const attempt_failure& failure : {late, silent, first_use, refused}) {
    transcript t(2);
    t.start();
    EXPECT_EQ(t.fails(failure), "dial 1");
  }
}

TEST(failover, bounds_the_attempts) {
  for (int most : {1, 2, 4}) {
    transcript t(6, most);
    EXPECT_EQ(t.start(), "dial 0");
    for (int i = 1; i < most; ++i) {
      EXPECT_EQ(t.fails(failed(failure_kind::server_error, 500)), "dial " + std::to_string(i));
    }
    EXPECT_EQ(t.fails(failed(failure_kind::server_error, 500)), "fail 502 upstream_error");
    EXPECT_EQ(t.machine().attempts(), most);
  }
}

TEST(failover, tries_one_more_route_after_a_time_out_of_a_request_that_was_wholly_sent) {
  transcript t(6);
  t.start();
  EXPECT_EQ(t.fails(timed_out(true)), "dial 1");
  EXPECT_EQ(t.fails(failed(failure_kind::server_error, 500)), "fail 502 upstream_error");
  EXPECT_EQ(t.machine().attempts(), 2);
}

TEST(failover, goes_on_after_a_time_out_of_a_request_that_was_not_wholly_sent) {
  transcript t(6);
  t.start();
  EXPECT_EQ(t.fails(timed_out(false)), "dial 1");
  EXPECT_EQ(t.fails(timed_out(false)), "dial 2");
  EXPECT_EQ(t.fails(timed_out(false)), "dial 3");
  EXPECT_EQ(t.fails(timed_out(false)), "fail 504 upstream_timeout");
}

TEST(failover, does_not_gain_another_route_from_a_second_time_out) {
  transcript t(6);
  t.start();
  EXPECT_EQ(t.fails(timed_out(true)), "dial 1");
  EXPECT_EQ(t.fails(timed_out(true)), "fail 504 upstream_timeout");

  transcript late(6, 2);
  late.start();
  EXPECT_EQ(late.fails(failed(failure_kind::connect)), "dial 1");
  EXPECT_EQ(late.fails(timed_out(true)), "fail 504 upstream_timeout");
}

TEST(failover, keeps_the_cut_of_a_time_out_through_a_fresh_dial) {
  transcript t(6);
  t.start();
  EXPECT_EQ(t.fails(timed_out(true)), "dial 1");
  EXPECT_EQ(t.fails(stale()), "dial 1 fresh");
  EXPECT_EQ(t.fails(failed(failure_kind::connect)), "fail 502 upstream_error");
}

TEST(failover, dials_nothing_at_or_past_the_deadline) {
  transcript before(3, 4, 100ms);
  before.start();
  EXPECT_EQ(before.fails(failed(failure_kind::server_error, 500), 99ms), "dial 1");

  for (const attempt_failure& failure :
       {failed(failure_kind::server_error, 500), rate_limited(), timed_out(true), stale()}) {
    transcript t(3, 4, 100ms);
    t.start();
    EXPECT_EQ(t.fails(failure, 100ms), "fail 504 upstream_timeout");
    EXPECT_EQ(t.error().attempts.size(), 1U);
  }
}

TEST(failover, has_no_fresh_dial_past_the_deadline_even_of_the_last_route) {
  transcript t(1, 1, 100ms);
  t.start();
  EXPECT_EQ(t.fails(stale(), 100ms), "fail 504 upstream_timeout");
  EXPECT_EQ(t.records(), "p0/m0 reset 100ms");
}

TEST(failover, does_not_start_at_the_deadline) {
  transcript t(1, 4, 100ms);
  EXPECT_EQ(t.start(100ms), "fail 504 upstream_timeout");
  EXPECT_EQ(t.machine().attempts(), 0);
  EXPECT_TRUE(t.error().attempts.empty());
}

TEST(failover, ends_with_the_last_failures_own_error_past_the_deadline_when_no_route_was_left) {
  transcript t(1, 4, 100ms);
  t.start();
  EXPECT_EQ(t.fails(failed(failure_kind::server_error, 500), 200ms), "fail 502 upstream_error");
}

TEST(failover, is_429_with_the_smallest_wait_when_every_failure_was_a_429) {
  transcript t(3);
  t.start();
  t.fails(rate_limited(30s));
  t.fails(rate_limited(7s));
  EXPECT_EQ(t.fails(rate_limited()), "fail 429 upstream_rate_limited");
  EXPECT_EQ(t.error().retry_after_seconds, 7);
  EXPECT_EQ(t.records(), "p0/m0 429 0ms, p1/m1 429 0ms, p2/m2 429 0ms");
}

TEST(failover, is_429_without_a_wait_when_no_provider_named_one) {
  transcript t(1);
  t.start();
  EXPECT_EQ(t.fails(rate_limited()), "fail 429 upstream_rate_limited");
  EXPECT_FALSE(t.error().retry_after_seconds);
}

TEST(failover, does_not_count_a_fresh_dial_as_a_failure_other_than_429) {
  transcript t(1);
  t.start();
  t.fails(stale());
  EXPECT_EQ(t.fails(rate_limited(5s)), "fail 429 upstream_rate_limited");
}

TEST(failover, is_502_when_one_failure_was_no_429_and_names_no_wait) {
  transcript t(2);
  t.start();
  t.fails(failed(failure_kind::connect));
  EXPECT_EQ(t.fails(rate_limited(5s)), "fail 502 upstream_error");
  EXPECT_FALSE(t.error().retry_after_seconds);
}

TEST(failover, is_504_only_when_the_last_failure_was_a_time_out) {
  transcript last(2);
  last.start();
  last.fails(rate_limited());
  EXPECT_EQ(last.fails(timed_out(false)), "fail 504 upstream_timeout");

  transcript first(2);
  first.start();
  first.fails(timed_out(false));
  EXPECT_EQ(first.fails(rate_limited()), "fail 502 upstream_error");

  transcript status(1);
  status.start();
  EXPECT_EQ(status.fails(failed(failure_kind::request_timeout, 408)), "fail 502 upstream_error");
}

TEST(failover, records_each_attempt_from_its_own_dial) {
  transcript t(3);
  t.start(5ms);
  t.fails(failed(failure_kind::connect), 15ms);
  t.fails(failed(failure_kind::bad_response), 40ms);
  t.fails(failed(failure_kind::server_error, 529), 41ms);
  EXPECT_EQ(t.records(), "p0/m0 connect 10ms, p1/m1 bad_response 25ms, p2/m2 529 1ms");
}

TEST(failover, records_no_negative_time) {
  transcript t(1);
  t.start(10ms);
  t.fails(failed(failure_kind::connect), 5ms);
  EXPECT_EQ(t.records(), "p0/m0 connect 0ms");
}

TEST(failover, sends_nothing_again_once_the_client_has_seen_a_part) {
  attempt_failure broken = failed(failure_kind::reset);
  broken.reach = reach::committed;
  broken.reused_connection = true;
  transcript t(3);
  t.start();
  EXPECT_EQ(t.fails(broken), "fail 502 upstream_error");
}

TEST(failover, can_not_be_made_without_a_route_or_an_attempt) {
  EXPECT_THROW(failover({}, {.max_attempts = 4, .deadline = t0}), std::invalid_argument);
  EXPECT_THROW(failover({{.provider = "p", .model = "m"}}, {.max_attempts = 0, .deadline = t0}), std::invalid_argument);
}

}  // namespace
}  // namespace phigate::core
