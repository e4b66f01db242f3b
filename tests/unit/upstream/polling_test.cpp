// How long a provider is given before it is asked again, and what a refused question means.
#include "upstream/protocols/polling.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string_view>

namespace phigate::upstream {
namespace {

using core::failure_kind;
using std::chrono::seconds;
using namespace std::chrono_literals;

TEST(poll_pace, waits_as_long_as_a_provider_at_work_says_within_bounds) {
  poll_pace pace(500ms);
  EXPECT_EQ(pace.at_work(std::nullopt), 500ms);
  EXPECT_EQ(pace.at_work(1s), 1s);
  EXPECT_EQ(pace.at_work(10s), 10s);
  EXPECT_EQ(pace.at_work(11s), 10s);
  EXPECT_EQ(pace.at_work(seconds::max()), 10s);
  EXPECT_EQ(pace.at_work(std::nullopt), 500ms);
}

TEST(poll_pace, believes_soon_from_the_second_time_on) {
  poll_pace pace(500ms);
  EXPECT_EQ(pace.at_work(0s), 1s);
  EXPECT_EQ(pace.at_work(0s), 100ms);
  EXPECT_EQ(pace.refused(429, 0s), 100ms);
  EXPECT_EQ(pace.at_work(-1s), 100ms);
  poll_pace refused(500ms);
  EXPECT_EQ(refused.refused(429, 0s), 1s);
  EXPECT_EQ(refused.at_work(0s), 100ms);
}

TEST(poll_pace, asks_nobody_again_before_the_time_that_a_refusal_names) {
  poll_pace pace(500ms);
  EXPECT_EQ(pace.refused(429, 1s), 1s);
  EXPECT_EQ(pace.refused(503, 60s), 60s);
  EXPECT_EQ(pace.refused(429, 24h), 24h);
  EXPECT_EQ(pace.refused(503, seconds::max()), 24h);
}

TEST(poll_pace, excuses_five_refusals_in_a_row) {
  poll_pace pace(500ms);
  for (int round = 0; round < 2; ++round) {
    for (int time = 0; time < 5; ++time) EXPECT_EQ(pace.refused(time % 2 == 0 ? 429 : 503, 7s), 7s) << time;
    EXPECT_FALSE(pace.refused(429, 7s));
    EXPECT_FALSE(pace.refused(503, 0s));
    EXPECT_EQ(pace.at_work(std::nullopt), 500ms) << "an answer starts the count anew";
  }
}

TEST(poll_pace, excuses_no_other_refusal_and_none_that_names_no_time) {
  poll_pace pace(500ms);
  for (const int status : {301, 400, 401, 403, 404, 408, 428, 430, 500, 502, 504, 529}) {
    EXPECT_FALSE(pace.refused(status, 1s)) << status;
  }
  EXPECT_FALSE(pace.refused(429, std::nullopt));
  EXPECT_FALSE(pace.refused(503, std::nullopt));
  for (int time = 0; time < 5; ++time) EXPECT_TRUE(pace.refused(429, 1s)) << "what is not excused does not count";
}

TEST(lost_operation, is_the_providers_failure_and_says_nothing_of_its_words) {
  for (const int status : {400, 404, 405, 409, 410, 413, 422}) {
    const auto failure = lost_operation({status, R"({"error":{"code":"gone","message":"secret"}})"});
    ASSERT_TRUE(failure) << status;
    EXPECT_EQ(failure->kind, failure_kind::server_error);
    EXPECT_EQ(failure->reach, core::reach::head_received);
    EXPECT_EQ(failure->status, status);
    EXPECT_TRUE(failure->sent_whole);
    EXPECT_EQ(failure->said.message, "");
    EXPECT_EQ(failure->said.code, "");
  }
}

TEST(lost_operation, leaves_every_other_refusal_as_it_is) {
  for (const int status : {301, 401, 402, 403, 408, 429, 500, 503, 529}) {
    EXPECT_FALSE(lost_operation({status, ""})) << status;
  }
}

}  // namespace
}  // namespace phigate::upstream
