#include "phigate/core/health.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/registry_builder.hpp"

namespace phigate::core {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using test::registry_builder;

health_board::time_point second(double at) {
  return health_board::time_point(seconds(3'000'000)) + nanoseconds(static_cast<std::int64_t>(at * 1e9));
}

attempt_failure failure(failure_kind kind, reach how_far = reach::head_received) {
  attempt_failure one;
  one.kind = kind;
  one.reach = how_far;
  return one;
}

attempt_failure rate_limit(std::optional<seconds> retry_after) {
  attempt_failure one = failure(failure_kind::rate_limited);
  one.retry_after = retry_after;
  return one;
}

// acme-1 has the routes big chat, big vision and small chat; acme-2 and other-1 have big chat each.
std::shared_ptr<const registry> three_endpoints() {
  registry_builder builder;
  builder.provider("acme").endpoint("acme-1", "DE", {region::eu});
  builder.model("big", {modality::chat, modality::vision}).model("small", {modality::chat});
  builder.endpoint("acme-2", "DE", {region::eu}).model("big", {modality::chat});
  builder.provider("other").endpoint("other-1", "DE", {region::eu}).model("big", {modality::chat});
  return builder.build();
}

constexpr route_id big{0};
constexpr route_id big_vision{1};
constexpr route_id small{2};
constexpr route_id second_endpoint{3};
constexpr route_id other_provider{4};
constexpr std::array all_routes{big, big_vision, small, second_endpoint, other_provider};

class health_test : public testing::Test {
 protected:
  [[nodiscard]] bool cooling(route_id route, double at) const { return board_.signals(route, second(at)).cooling; }
  // In seconds.
  [[nodiscard]] double left(route_id route, double at) const {
    return std::chrono::duration<double>(board_.report(route, second(at)).cooling_left).count();
  }
  [[nodiscard]] std::uint32_t failures(route_id route, double at) const {
    return board_.report(route, second(at)).failures;
  }
  void fail(route_id route, failure_kind kind, double at, int times = 1) {
    for (int i = 0; i < times; ++i) board_.record_failure(route, failure(kind), second(at));
  }
  void succeed(route_id route, double at) { board_.record_success(route, {}, second(at)); }

  std::shared_ptr<const registry> known_ = three_endpoints();
  health_board board_{*known_, {}};
};

TEST_F(health_test, knows_nothing_at_first) {
  for (const route_id route : all_routes) {
    EXPECT_FALSE(board_.is_known(route));
    const route_signals signals = board_.signals(route, second(0));
    EXPECT_EQ(signals.success, 1);
    EXPECT_FALSE(signals.latency || signals.throughput || signals.cooling);
  }
}

TEST_F(health_test, refuses_a_route_that_it_lacks) {
  const route_id beyond{5};
  EXPECT_THROW(board_.record_success(beyond, {}, second(0)), std::out_of_range);
  EXPECT_THROW(board_.record_failure(beyond, failure(failure_kind::reset), second(0)), std::out_of_range);
  EXPECT_THROW(board_.record_failure(beyond, failure(failure_kind::connect), second(0)), std::out_of_range);
  EXPECT_THROW(board_.take_turn(beyond, second(0)), std::out_of_range);
  EXPECT_THROW((void)board_.signals(beyond, second(0)), std::out_of_range);
}

TEST_F(health_test, needs_a_window) {
  EXPECT_THROW(health_board(*known_, {.window = milliseconds(0)}), std::invalid_argument);
}

// What each kind of failure does: to the route's counts, its cooldown, and to the endpoint's other routes.
TEST_F(health_test, weighs_each_failure_by_its_kind) {
  struct row {
    failure_kind kind;
    reach how_far;
    std::uint32_t counted;
    int cooldown;
    bool whole_endpoint;
  };
  using enum failure_kind;
  const std::vector<row> rows{
      {connect, reach::not_sent, 1, 30, true},
      {tls, reach::not_sent, 1, 30, true},
      {timeout, reach::not_sent, 1, 30, true},
      {timeout, reach::maybe_sent, 1, 30, false},
      {timeout, reach::head_received, 1, 30, false},
      {timeout, reach::committed, 1, 30, false},
      {reset, reach::not_sent, 1, 30, false},
      {reset, reach::maybe_sent, 1, 30, false},
      {reset, reach::committed, 1, 30, false},
      {server_error, reach::head_received, 1, 30, false},
      {request_timeout, reach::head_received, 1, 30, false},
      {bad_response, reach::head_received, 1, 30, false},
      {bad_response, reach::committed, 1, 30, false},
      {rate_limited, reach::head_received, 1, 60, false},
      {auth_failed, reach::head_received, 0, 120, false},
      {misconfigured, reach::head_received, 0, 120, false},
      {client_mistake, reach::head_received, 0, 0, false},
      {too_large, reach::head_received, 0, 0, false},
      {too_large, reach::committed, 0, 0, false},
      {overloaded, reach::head_received, 0, 0, false},
  };
  for (const row& one : rows) {
    SCOPED_TRACE(std::string(to_string(one.kind)) + " " + std::to_string(static_cast<int>(one.how_far)));
    health_board board(*known_, {});
    board.record_failure(small, failure(one.kind, one.how_far), second(0));
    for (const route_id route : all_routes) {
      const bool hit = route == small || (one.whole_endpoint && (route == big || route == big_vision));
      const route_report report = board.report(route, second(0));
      EXPECT_EQ(report.failures, hit ? one.counted : 0U);
      EXPECT_EQ(report.successes, 0U);
      EXPECT_EQ(report.cooling_left, seconds(hit ? one.cooldown : 0));
      EXPECT_EQ(report.signals.cooling, hit && one.cooldown > 0);
      EXPECT_EQ(board.is_known(route), hit && one.cooldown > 0);
    }
  }
}

TEST_F(health_test, takes_no_offence_at_an_error_event_that_blames_the_request) {
  core::attempt_failure blamed = failure(failure_kind::bad_response, reach::head_received);
  blamed.blames_request = true;
  board_.record_failure(big, blamed, second(0));
  EXPECT_FALSE(board_.is_known(big));
  EXPECT_EQ(left(big, 0), 0);
}

TEST_F(health_test, hears_a_rate_limits_retry_after) {
  board_.record_failure(big, rate_limit(seconds(90)), second(0));
  EXPECT_EQ(left(big, 0), 90);
  board_.record_failure(small, rate_limit(seconds(5)), second(0));
  EXPECT_EQ(left(small, 0), 60);
  board_.record_failure(second_endpoint, rate_limit(seconds::max()), second(0));
  EXPECT_EQ(left(second_endpoint, 0), 300);
}

TEST_F(health_test, makes_no_half_open_cooldown_of_mistakes_and_rate_limits) {
  fail(big, failure_kind::auth_failed, 0, 5);
  fail(small, failure_kind::misconfigured, 0, 5);
  fail(second_endpoint, failure_kind::rate_limited, 0, 5);
  for (const double at : {0.0, 30.0, 59.0}) {
    for (const route_id route : {big, small, second_endpoint}) EXPECT_TRUE(cooling(route, at));
  }
  EXPECT_EQ(board_.signals(big, second(0)).success, 1);
}

TEST_F(health_test, counts_failures_of_any_kind_but_429_towards_a_repeated_one) {
  fail(big, failure_kind::server_error, 0);
  fail(big, failure_kind::rate_limited, 0);
  fail(big, failure_kind::client_mistake, 0);
  fail(big, failure_kind::auth_failed, 0);
  fail(big, failure_kind::reset, 20);
  EXPECT_EQ(left(big, 20), 100);
  board_.record_failure(small, failure(failure_kind::connect, reach::not_sent), second(60));
  EXPECT_EQ(left(big, 60), 120);
  EXPECT_EQ(left(small, 60), 30);
  EXPECT_EQ(left(second_endpoint, 60), 0);
}

TEST_F(health_test, brings_the_whole_endpoint_to_a_repeated_failure) {
  for (const route_id route : {big, big_vision, small}) {
    board_.record_failure(route, failure(failure_kind::connect, reach::not_sent), second(0));
  }
  for (const route_id route : {big, big_vision, small}) {
    EXPECT_EQ(left(route, 0), 120);
    EXPECT_EQ(failures(route, 0), 3U);
  }
  for (const route_id route : {second_endpoint, other_provider}) EXPECT_FALSE(board_.is_known(route));
}

TEST_F(health_test, ends_the_cooldown_of_the_route_that_succeeds_alone) {
  board_.record_failure(big, failure(failure_kind::connect, reach::not_sent), second(0));
  succeed(big, 1);
  EXPECT_FALSE(cooling(big, 1));
  EXPECT_TRUE(cooling(small, 1));
}

TEST_F(health_test, probes_a_route_that_failed_repeatedly) {
  fail(big, failure_kind::server_error, 0, 3);
  EXPECT_TRUE(cooling(big, 29.9));
  // Looking takes no turn, dialling does.
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(cooling(big, 30));
  EXPECT_EQ(left(big, 30), 90);
  board_.take_turn(big, second(31));
  EXPECT_TRUE(cooling(big, 31));
  EXPECT_TRUE(cooling(big, 50.9));
  EXPECT_FALSE(cooling(big, 51));
  board_.take_turn(big, second(51));
  fail(big, failure_kind::timeout, 55);
  EXPECT_EQ(left(big, 55), 120);
  EXPECT_TRUE(cooling(big, 84.9));
  EXPECT_FALSE(cooling(big, 85));
  board_.take_turn(big, second(85));
  succeed(big, 86);
  EXPECT_FALSE(cooling(big, 86));
  EXPECT_EQ(left(big, 86), 0);
}

TEST_F(health_test, takes_the_turn_of_the_dialled_route_alone) {
  for (int i = 0; i < 3; ++i) {
    board_.record_failure(big, failure(failure_kind::connect, reach::not_sent), second(0));
  }
  board_.take_turn(big, second(30));
  EXPECT_TRUE(cooling(big, 30));
  EXPECT_FALSE(cooling(small, 30));
  board_.take_turn(other_provider, second(30));
  EXPECT_FALSE(board_.is_known(other_provider));
}

TEST_F(health_test, lets_a_dial_before_the_turn_change_nothing) {
  fail(big, failure_kind::server_error, 0, 3);
  board_.take_turn(big, second(15));
  EXPECT_FALSE(cooling(big, 30));
}

TEST_F(health_test, forgets_outcomes_after_the_window_and_still_knows_the_route) {
  succeed(big, 0);
  fail(big, failure_kind::server_error, 0);
  EXPECT_EQ(failures(big, 290), 1U);
  EXPECT_DOUBLE_EQ(board_.signals(big, second(290)).success, 6.0 / 7);
  EXPECT_EQ(failures(big, 300), 0U);
  EXPECT_EQ(board_.signals(big, second(300)).success, 1);
  EXPECT_TRUE(board_.is_known(big));
}

TEST_F(health_test, measures_latency_and_throughput_apart) {
  for (const int value : {300, 100, 200}) board_.record_success(big, {.latency = microseconds(value)}, second(0));
  for (const int value : {30, 10, 20}) board_.record_success(small, {.tokens_per_second = value}, second(0));
  EXPECT_EQ(board_.signals(big, second(0)).latency, microseconds(200));
  EXPECT_EQ(board_.signals(big, second(0)).throughput, std::nullopt);
  EXPECT_EQ(board_.signals(small, second(0)).latency, std::nullopt);
  EXPECT_EQ(board_.signals(small, second(0)).throughput, 20);
}

TEST_F(health_test, is_carried_over_by_name_and_shared_from_then_on) {
  succeed(big, 0);
  fail(second_endpoint, failure_kind::server_error, 0);
  // The same routes at other places, one of another modality, and one new.
  registry_builder builder;
  builder.provider("new").endpoint("new-1", "DE", {region::eu}).model("big", {modality::chat});
  builder.provider("acme").endpoint("acme-2", "DE", {region::eu}).model("big", {modality::chat});
  builder.endpoint("acme-1", "DE", {region::eu}).model("big", {modality::embeddings}).model("small", {modality::chat});
  const auto changed = builder.build();
  auto before = std::make_unique<health_board>(*known_, health_settings{}, &board_);
  health_board after(*changed, {}, before.get());
  before.reset();
  constexpr route_id new_one{0};
  constexpr route_id moved_second_endpoint{1};
  constexpr route_id big_embeddings{2};
  constexpr route_id moved_small{3};
  EXPECT_FALSE(after.is_known(new_one));
  EXPECT_FALSE(after.is_known(big_embeddings));
  EXPECT_FALSE(after.is_known(moved_small));
  EXPECT_EQ(after.report(moved_second_endpoint, second(1)).failures, 1U);
  EXPECT_TRUE(after.signals(moved_second_endpoint, second(1)).cooling);
  // A request that began on the old snapshot ends.
  succeed(second_endpoint, 2);
  EXPECT_FALSE(after.signals(moved_second_endpoint, second(2)).cooling);
  // A failure to connect counts for the routes that the endpoint has now.
  after.record_failure(moved_small, failure(failure_kind::connect, reach::not_sent), second(3));
  EXPECT_TRUE(after.signals(big_embeddings, second(3)).cooling);
  EXPECT_TRUE(cooling(small, 3));
  EXPECT_FALSE(cooling(big, 3));
}

TEST_F(health_test, uses_new_cooldowns_for_new_failures) {
  fail(big, failure_kind::server_error, 0);
  health_board after(*known_, {.server_error = seconds(5)}, &board_);
  after.record_failure(big, failure(failure_kind::server_error), second(1));
  EXPECT_EQ(after.report(big, second(1)).cooling_left, seconds(29));
  after.record_failure(small, failure(failure_kind::server_error), second(1));
  EXPECT_EQ(after.report(small, second(1)).cooling_left, seconds(5));
}

TEST_F(health_test, is_copied_when_the_window_changes) {
  succeed(big, 0);
  fail(big, failure_kind::rate_limited, 0);
  for (const int value : {1, 2, 3}) board_.record_success(big, {.latency = microseconds(value)}, second(1));
  fail(small, failure_kind::server_error, 0);
  const health_board after(*known_, {.window = seconds(600)}, &board_);
  EXPECT_EQ(after.report(big, second(1)).successes, 4U);
  EXPECT_EQ(after.report(big, second(1)).failures, 1U);
  EXPECT_EQ(after.signals(big, second(1)).latency, microseconds(2));
  EXPECT_TRUE(after.signals(small, second(1)).cooling);
  EXPECT_FALSE(after.is_known(big_vision));
  succeed(big, 2);
  EXPECT_EQ(after.report(big, second(2)).successes, 4U);
  EXPECT_EQ(after.report(big, second(500)).successes, 4U);
}

}  // namespace
}  // namespace phigate::core
