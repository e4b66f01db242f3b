// When a connection serves again, and when it must not (threats §2).
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "unit/upstream/attempt_bench.hpp"

namespace phigate::upstream {
namespace {

using core::failure_kind;
using core::reach;

// A kept-alive connection, waiting in the pool.
std::shared_ptr<fake_peer> pooled_connection(attempt_bench& bench) {
  auto peer = bench.provider.dialer.connects();
  peer->sends(answer(200, "first"));
  EXPECT_EQ(bench.run().body, "first");
  EXPECT_EQ(bench.pool().size(), 1U);
  return peer;
}

TEST(attempt_reuse, a_second_request_goes_over_the_first_ones_connection) {
  attempt_bench bench;
  const auto peer = pooled_connection(bench);
  peer->on_written([&](std::string_view) { peer->sends(answer(200, "second")); });
  EXPECT_EQ(bench.run().body, "second");
  EXPECT_EQ(bench.provider.dialer.dials(), 1U);
  EXPECT_EQ(peer->writes(), 2U);
  EXPECT_EQ(bench.pool().size(), 1U);
}

TEST(attempt_reuse, a_fresh_dial_leaves_the_pool_alone) {
  attempt_bench bench;
  const auto kept = pooled_connection(bench);
  bench.provider.dialer.connects()->sends(answer(200, "second"));
  EXPECT_EQ(bench.run(true).body, "second");
  EXPECT_EQ(bench.provider.dialer.dials(), 2U);
  EXPECT_EQ(kept->writes(), 1U);
  EXPECT_EQ(bench.pool().size(), 2U);
}

TEST(attempt_reuse, surplus_bytes_behind_the_end_close_the_connection) {
  for (const std::string surplus : {"x", "\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"}) {
    for (const std::string& whole : {answer(200, "ok"), answer(204, ""),
                                     std::string("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
                                                 "2\r\nok\r\n0\r\n\r\n")}) {
      attempt_bench bench;
      const auto peer = bench.provider.dialer.connects();
      peer->sends(whole + surplus);
      const exchange result = bench.run();
      EXPECT_FALSE(result.refused || result.broken);
      EXPECT_TRUE(peer->was_closed()) << whole << surplus;
      EXPECT_EQ(bench.pool().size(), 0U);
    }
  }
}

TEST(attempt_reuse, bytes_that_arrive_while_it_waits_in_the_pool_are_nobodys) {
  attempt_bench bench;
  const auto peer = pooled_connection(bench);
  peer->sends(answer(200, "foreign"));
  bench.provider.dialer.connects()->sends(answer(200, "own"));
  EXPECT_EQ(bench.run().body, "own");
  EXPECT_TRUE(peer->was_closed());
}

// The provider closed while the request was on its way: no fault of the route, so the same one is tried over.
TEST(attempt_reuse, a_stale_connection_fails_so_that_failover_dials_the_same_route_afresh) {
  struct ending {
    bool request_arrives;
    std::function<void(fake_peer&)> end;
  };
  const std::vector<ending> endings{
      {true, [](fake_peer& peer) { peer.closes(); }},
      {true, [](fake_peer& peer) { peer.resets(); }},
      {false, [](fake_peer& peer) { peer.fails_writes(boost::asio::error::broken_pipe).closes(); }},
  };
  for (const ending& each : endings) {
    attempt_bench bench;
    const auto peer = pooled_connection(bench);
    if (!each.request_arrives) peer->stops_reading();
    test::running<exchange> started(bench.context, bench.perform(false));
    bench.settle();
    ASSERT_FALSE(started.done());
    each.end(*peer);
    const exchange result = started.finish();
    ASSERT_TRUE(result.refused);
    EXPECT_EQ(result.refused->kind, failure_kind::reset);
    EXPECT_EQ(result.refused->reach, reach::maybe_sent);
    EXPECT_TRUE(result.refused->reused_connection);
    EXPECT_TRUE(peer->was_closed());

    core::failover_limits limits;
    limits.deadline = core::failover::time_point(std::chrono::hours(1));
    core::failover machine({core::failover::candidate{"acme", "m"}}, limits);
    machine.start({});
    const core::next_step next = machine.on_failure(*result.refused, {});
    const auto* dial = std::get_if<core::step::dial>(&next);
    ASSERT_NE(dial, nullptr);
    EXPECT_EQ(dial->route, 0U);
    EXPECT_TRUE(dial->fresh);
    EXPECT_EQ(machine.attempts(), 1);
  }
}

TEST(attempt_reuse, a_reused_connection_that_broke_inside_the_answer_is_no_stale_one) {
  attempt_bench bench;
  const auto peer = pooled_connection(bench);
  peer->on_written([&](std::string_view) { peer->sends("HTTP/1.1 2").closes(); });
  const exchange result = bench.run();
  ASSERT_TRUE(result.refused);
  EXPECT_EQ(result.refused->kind, failure_kind::reset);
  EXPECT_TRUE(result.refused->reused_connection);
  EXPECT_EQ(result.refused->reach, reach::head_received);
}

boost::asio::awaitable<void> abandon(attempt_bench& bench, std::size_t reads) {
  attempt subject(bench.provider.upstreams, bench.provider.route, bench.limits, bench.cut);
  const auto opened = co_await subject.open(bench.request, bench.traceparent, false);
  EXPECT_TRUE(opened);
  for (; reads > 0; --reads) {
    const auto piece = co_await subject.read();
    EXPECT_EQ(piece.kind, attempt::read_kind::data);
  }
}

TEST(attempt_reuse, an_attempt_that_goes_without_a_release_closes_its_connection) {
  for (const std::size_t reads : {0U, 1U, 2U}) {
    attempt_bench bench;
    const auto peer = bench.provider.dialer.connects();
    peer->sends("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n").sends("ab").sends("cd");
    test::run(bench.context, abandon(bench, reads));
    EXPECT_TRUE(peer->was_closed()) << reads;
    EXPECT_EQ(bench.pool().size(), 0U);
  }
}

// The client's answer is whole, as a stream's [DONE] says, while the framing's end is still on its way.
boost::asio::awaitable<void> release_after_one_read(attempt_bench& bench) {
  attempt subject(bench.provider.upstreams, bench.provider.route, bench.limits, bench.cut);
  const auto opened = co_await subject.open(bench.request, bench.traceparent, false);
  EXPECT_TRUE(opened);
  const auto piece = co_await subject.read();
  EXPECT_EQ(piece.data, "done");
  subject.release();
}

class finish_in_background : public testing::Test {
 protected:
  finish_in_background() {
    peer_->sends("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\ndone");
    test::run(bench_.context, release_after_one_read(bench_));
    bench_.settle();
  }

  attempt_bench bench_;
  std::shared_ptr<fake_peer> peer_ = bench_.provider.dialer.connects();
};

TEST_F(finish_in_background, pools_the_connection_once_the_framing_has_ended) {
  EXPECT_EQ(bench_.pool().size(), 0U);
  EXPECT_FALSE(peer_->was_closed());
  peer_->sends("\r\n0\r").sends("\n\r").sends("\n");
  bench_.settle();
  EXPECT_EQ(bench_.pool().size(), 1U);
  peer_->on_written([&](std::string_view) { peer_->sends(answer(200, "again")); });
  EXPECT_EQ(bench_.run().body, "again");
}

TEST_F(finish_in_background, closes_on_content_behind_the_end) {
  peer_->sends("\r\n1\r\nx\r\n0\r\n\r\n");
  bench_.settle();
  EXPECT_TRUE(peer_->was_closed());
  EXPECT_EQ(bench_.pool().size(), 0U);
}

TEST_F(finish_in_background, closes_on_surplus_bytes) {
  peer_->sends("\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n");
  bench_.settle();
  EXPECT_TRUE(peer_->was_closed());
  EXPECT_EQ(bench_.pool().size(), 0U);
}

TEST_F(finish_in_background, closes_on_bad_framing) {
  peer_->sends("xx");
  bench_.settle();
  EXPECT_TRUE(peer_->was_closed());
}

TEST_F(finish_in_background, closes_when_the_provider_does) {
  peer_->sends("\r\n0\r\n").closes();
  bench_.settle();
  EXPECT_TRUE(peer_->was_closed());
  EXPECT_EQ(bench_.pool().size(), 0U);
}

TEST_F(finish_in_background, loses_its_patience) {
  EXPECT_TRUE(test::run_until(bench_.context, [&] { return peer_->was_closed(); }));
  bench_.settle();
  EXPECT_EQ(bench_.pool().size(), 0U);
}

TEST(attempt_reuse, a_body_that_runs_until_the_close_is_not_waited_for) {
  attempt_bench bench;
  const auto peer = bench.provider.dialer.connects();
  peer->sends("HTTP/1.1 200 OK\r\n\r\ndone");
  test::run(bench.context, release_after_one_read(bench));
  EXPECT_TRUE(peer->was_closed());
}

TEST(attempt_reuse, waiting_connections_are_swept_by_themselves) {
  attempt_bench bench(pool_settings{4, std::chrono::milliseconds(1)});
  const auto peer = pooled_connection(bench);
  EXPECT_TRUE(test::run_until(bench.context, [&] { return peer->was_closed(); }));
  EXPECT_EQ(bench.pool().size(), 0U);
}

}  // namespace
}  // namespace phigate::upstream
