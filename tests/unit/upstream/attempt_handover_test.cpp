// An attempt that is cut while its head is awaited, and another that waits on in its place.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "unit/upstream/attempt_bench.hpp"

namespace phigate::upstream {
namespace {

using namespace std::chrono_literals;
using core::failure_kind;
using net::interruption;

struct handed {
  std::expected<void, core::attempt_failure> opened;
  std::shared_ptr<net::channel> connection;
};

boost::asio::awaitable<handed> open_and_hand_over(attempt_bench& bench) {
  handed result;
  attempt subject(bench.provider.upstreams, bench.provider.route, bench.limits, bench.cut);
  result.opened = co_await subject.open(bench.request, bench.traceparent, false);
  result.connection = subject.hand_over();
  co_return result;
}

boost::asio::awaitable<exchange> take_up(attempt_bench& bench, std::shared_ptr<net::channel> connection) {
  exchange result;
  net::interrupt own;
  attempt subject(bench.provider.upstreams, bench.provider.route, bench.limits, own);
  auto answered = co_await subject.take_up(std::move(connection));
  result.head = subject.head();
  if (!answered) result.refused = std::move(answered.error());
  if (answered) subject.release();
  co_return result;
}

// Cut once the provider has sent so much.
handed cut_behind(attempt_bench& bench, std::string_view sent, const std::shared_ptr<test::fake_peer>& peer) {
  peer->sends(sent);
  test::running<handed> started(bench.context, open_and_hand_over(bench));
  bench.settle();
  EXPECT_FALSE(started.done());
  bench.cut.fire(interruption::client_gone);
  bench.settle();
  EXPECT_TRUE(started.done()) << "without time passing";
  return started.finish();
}

constexpr std::string_view accepted = "HTTP/1.1 202 x\r\noperation-location: here\r\ncontent-length: 0\r\n\r\n";

TEST(attempt_handover, the_head_is_heard_by_whoever_takes_the_connection_up) {
  for (const std::string_view before : {"", "HTTP/1.1 202 x\r\noper", "HTTP/1.1 100 Continue\r\n\r\n"}) {
    SCOPED_TRACE(before);
    attempt_bench bench;
    bench.limits.head_outlives_cut = true;
    const auto peer = bench.provider.dialer.connects();
    handed left = cut_behind(bench, before, peer);
    ASSERT_FALSE(left.opened);
    EXPECT_EQ(left.opened.error().kind, failure_kind::reset);
    EXPECT_TRUE(left.opened.error().sent_whole);
    ASSERT_TRUE(left.connection);
    EXPECT_FALSE(peer->was_closed());

    test::running<exchange> started(bench.context, take_up(bench, std::move(left.connection)));
    bench.settle();
    EXPECT_FALSE(started.done());
    peer->sends(before.starts_with("HTTP/1.1 202") ? accepted.substr(before.size()) : accepted);
    const exchange heard = started.finish();
    EXPECT_FALSE(heard.refused);
    EXPECT_EQ(heard.head.status, 202);
    EXPECT_EQ(heard.head.operation_location, "here");
    EXPECT_EQ(bench.pool().size(), 1U) << "the connection may serve again";
  }
}

TEST(attempt_handover, a_timeout_leaves_the_connection_too) {
  attempt_bench bench;
  bench.limits.head_outlives_cut = true;
  bench.limits.answer = 20ms;
  const auto peer = bench.provider.dialer.connects();
  handed left = test::run(bench.context, open_and_hand_over(bench));
  ASSERT_FALSE(left.opened);
  EXPECT_EQ(left.opened.error().kind, failure_kind::timeout);
  ASSERT_TRUE(left.connection);
  peer->sends(answer(503, ""));
  const exchange heard = test::run(bench.context, take_up(bench, std::move(left.connection)));
  ASSERT_TRUE(heard.refused);
  EXPECT_EQ(heard.refused->status, 503);
}

TEST(attempt_handover, the_second_wait_has_an_end_as_well) {
  attempt_bench bench;
  bench.limits.head_outlives_cut = true;
  const auto peer = bench.provider.dialer.connects();
  handed left = cut_behind(bench, "", peer);
  bench.limits.head_outlives_cut = false;
  bench.limits.answer = 20ms;
  const exchange heard = test::run(bench.context, take_up(bench, std::move(left.connection)));
  ASSERT_TRUE(heard.refused);
  EXPECT_EQ(heard.refused->kind, failure_kind::timeout);
  EXPECT_TRUE(peer->was_closed());
}

TEST(attempt_handover, nothing_is_left_unless_it_is_wanted) {
  attempt_bench bench;
  const auto peer = bench.provider.dialer.connects();
  const handed left = cut_behind(bench, "", peer);
  EXPECT_FALSE(left.connection);
  EXPECT_TRUE(peer->was_closed());
}

TEST(attempt_handover, a_request_that_is_not_sent_whole_is_given_up) {
  attempt_bench bench;
  bench.limits.head_outlives_cut = true;
  const auto peer = bench.provider.dialer.connects();
  peer->stops_reading();
  const handed left = cut_behind(bench, "", peer);
  EXPECT_FALSE(left.connection);
  EXPECT_TRUE(peer->was_closed());
}

TEST(attempt_handover, there_is_nothing_to_wait_for_behind_a_head_or_a_close) {
  for (const std::string_view sent : {accepted, std::string_view("nonsense\r\n\r\n")}) {
    attempt_bench bench;
    bench.limits.head_outlives_cut = true;
    bench.provider.dialer.connects()->sends(sent);
    EXPECT_FALSE(test::run(bench.context, open_and_hand_over(bench)).connection) << sent;
  }
  attempt_bench bench;
  bench.limits.head_outlives_cut = true;
  bench.provider.dialer.connects()->closes();
  EXPECT_FALSE(test::run(bench.context, open_and_hand_over(bench)).connection);
}

// The head came, and in the same moment the cut.
TEST(attempt_handover, a_cut_that_comes_with_the_head_closes_the_connection) {
  attempt_bench bench;
  bench.limits.head_outlives_cut = true;
  const auto peer = bench.provider.dialer.connects();
  test::running<exchange> started(bench.context, bench.perform(false));
  bench.settle();
  peer->sends("HTTP/1.1 202 x\r\ncontent-length: 9\r\n\r\n");
  bench.cut.fire(interruption::client_gone);
  const exchange result = started.finish();
  EXPECT_TRUE(result.refused || result.broken);
  EXPECT_TRUE(peer->was_closed());
}

}  // namespace
}  // namespace phigate::upstream
