// The retry rules of spec §5 as transcripts: what happened in, next step out.
#include "phigate/core/failover.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "support/failover_transcript.hpp"

namespace phigate::core {
namespace {

using namespace std::chrono_literals;

using test::failed;
using test::rate_limited;
using test::stale;
using test::timed_out;
using test::transcript;

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
                         row{failed(failure_kind::too_large, 200), "fail 502 upstream_response_too_large"},
                         row{failed(failure_kind::overloaded, 200), "fail 503 overloaded"}}) {
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

TEST(failover, has_its_first_failover_whatever_the_budget) {
  transcript t(3);
  t.start();
  EXPECT_EQ(t.fails_over_budget(failed(failure_kind::server_error, 503)), "dial 1");
  EXPECT_EQ(t.answers(), "relay");
}

TEST(failover, ends_with_the_failures_it_had_when_a_later_failover_is_over_the_budget) {
  transcript t(4);
  t.start();
  t.fails(failed(failure_kind::connect), 2ms);
  EXPECT_EQ(t.fails_over_budget(failed(failure_kind::server_error, 503), 5ms), "fail 502 upstream_error");
  EXPECT_EQ(t.records(), "p0/m0 connect 2ms, p1/m1 503 3ms");
  EXPECT_EQ(t.machine().attempts(), 2);

  transcript limited(4);
  limited.start();
  limited.fails(rate_limited(9s));
  EXPECT_EQ(limited.fails_over_budget(rate_limited(4s)), "fail 429 upstream_rate_limited");
  EXPECT_EQ(limited.error().retry_after_seconds, 4);

  transcript silent(4);
  silent.start();
  silent.fails(failed(failure_kind::connect));
  EXPECT_EQ(silent.fails_over_budget(timed_out(false)), "fail 504 upstream_timeout");

  transcript third(4);
  third.start();
  third.fails(failed(failure_kind::connect));
  EXPECT_EQ(third.fails(failed(failure_kind::connect)), "dial 2");
  EXPECT_EQ(third.fails_over_budget(failed(failure_kind::connect)), "fail 502 upstream_error");
}

TEST(failover, asks_for_budget_only_when_a_failover_beyond_the_first_is_due) {
  transcript first(3);
  first.start();
  first.fails_over_budget(failed(failure_kind::connect));
  EXPECT_EQ(first.asked(), 0);  // a first failover
  first.fails_over_budget(stale());
  EXPECT_EQ(first.asked(), 0);  // no failover
  first.fails_over_budget(failed(failure_kind::connect));
  EXPECT_EQ(first.asked(), 1);

  transcript last(3, 2);
  last.start();
  last.fails(failed(failure_kind::connect));
  last.fails_over_budget(failed(failure_kind::connect));
  EXPECT_EQ(last.asked(), 0);  // no attempt is left

  transcript final_one(3);
  final_one.start();
  final_one.fails(failed(failure_kind::connect));
  final_one.fails_over_budget(failed(failure_kind::auth_failed, 401));
  EXPECT_EQ(final_one.asked(), 0);  // the failure ends it

  transcript late(3, 4, 10ms);
  late.start();
  late.fails(failed(failure_kind::connect));
  EXPECT_EQ(late.fails_over_budget(failed(failure_kind::connect), 10ms), "fail 504 upstream_timeout");
  EXPECT_EQ(late.asked(), 0);  // no time is left
}

TEST(failover, dials_afresh_over_the_budget_since_that_is_no_failover) {
  transcript t(4);
  t.start();
  EXPECT_EQ(t.fails_over_budget(stale()), "dial 0 fresh");
  EXPECT_EQ(t.fails_over_budget(failed(failure_kind::connect)), "dial 1");
  EXPECT_EQ(t.fails_over_budget(stale()), "dial 1 fresh");
  EXPECT_EQ(t.fails_over_budget(stale()), "fail 502 upstream_error");
}

TEST(failover, passes_on_a_clients_mistake_over_the_budget_too) {
  transcript t(4);
  t.start();
  t.fails(failed(failure_kind::connect));
  EXPECT_EQ(t.fails_over_budget(failed(failure_kind::client_mistake, 422)), "fail 422 upstream_client_error");
}

TEST(failover, can_not_be_made_without_a_route_or_an_attempt) {
  EXPECT_THROW(failover({}, {.max_attempts = 4, .deadline = {}}), std::invalid_argument);
  EXPECT_THROW(failover({{.provider = "p", .model = "m"}}, {.max_attempts = 0, .deadline = {}}), std::invalid_argument);
}

}  // namespace
}  // namespace phigate::core
