// Time-outs and cuts at every stage of an attempt.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "unit/upstream/attempt_bench.hpp"

namespace phigate::upstream {
namespace {

using namespace std::chrono_literals;
using core::failure_kind;
using core::reach;
using net::interruption;

// For a busy machine to reach a stage, where no time should pass but for the wait itself.
constexpr std::chrono::milliseconds enough_to_get_there{50};

// A provider that falls silent at some point of the exchange.
struct stage {
  std::string_view name;
  std::function<std::shared_ptr<fake_peer>(attempt_bench&)> script;
  reach how_far;
  bool sent_whole;
};

std::shared_ptr<fake_peer> silent_after(attempt_bench& bench, std::string_view bytes) {
  auto peer = bench.provider.dialer.connects();
  peer->sends(bytes);
  return peer;
}

const std::vector<stage>& stages() {
  static const std::vector<stage> all{
      {"dialling",
       [](attempt_bench& bench) {
         bench.provider.dialer.stalls();
         return std::shared_ptr<fake_peer>();
       },
       reach::not_sent, false},
      {"sending",
       [](attempt_bench& bench) {
         auto peer = bench.provider.dialer.connects();
         peer->stops_reading();
         return peer;
       },
       reach::maybe_sent, false},
      {"before the head", [](attempt_bench& bench) { return silent_after(bench, ""); }, reach::maybe_sent, true},
      {"inside the head", [](attempt_bench& bench) { return silent_after(bench, "HTTP/1.1 200 OK\r\ncont"); },
       reach::head_received, true},
      {"behind an interim answer",
       [](attempt_bench& bench) { return silent_after(bench, "HTTP/1.1 100 Continue\r\n\r\n"); }, reach::head_received,
       true},
      {"before the body",
       [](attempt_bench& bench) { return silent_after(bench, "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n"); },
       reach::head_received, true},
      {"inside the body",
       [](attempt_bench& bench) { return silent_after(bench, "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"); },
       reach::head_received, true},
      {"before the last chunk",
       [](attempt_bench& bench) {
         return silent_after(bench, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n");
       },
       reach::head_received, true},
  };
  return all;
}

void expect_cut(const stage& at, const exchange& result, failure_kind kind) {
  const auto& failure = result.refused ? result.refused : result.broken;
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind, kind);
  EXPECT_EQ(failure->reach, at.how_far);
  EXPECT_EQ(failure->sent_whole, at.sent_whole);
}

TEST(attempt_interrupt, a_cut_at_any_stage_ends_the_attempt_and_its_connection) {
  for (const interruption why : {interruption::client_gone, interruption::shutting_down}) {
    for (const stage& at : stages()) {
      SCOPED_TRACE(at.name);
      attempt_bench bench;
      const auto peer = at.script(bench);
      test::running<exchange> started(bench.context, bench.perform(false));
      bench.settle();
      ASSERT_FALSE(started.done());
      bench.cut.fire(why);
      bench.settle();
      ASSERT_TRUE(started.done());  // without time passing
      expect_cut(at, started.finish(), peer ? failure_kind::reset : failure_kind::connect);
      if (peer) {
        EXPECT_TRUE(peer->was_closed());
      }
      EXPECT_EQ(bench.pool().size(), 0U);
      EXPECT_EQ(bench.cut.why(), why);
    }
  }
}

TEST(attempt_interrupt, silence_past_the_total_time_is_a_timeout_at_any_stage) {
  for (const stage& at : stages()) {
    SCOPED_TRACE(at.name);
    attempt_bench bench;
    bench.limits.total = std::chrono::steady_clock::now() + enough_to_get_there;
    const auto peer = at.script(bench);
    expect_cut(at, bench.run(), failure_kind::timeout);
    if (peer) {
      EXPECT_TRUE(peer->was_closed());
    }
    EXPECT_EQ(bench.pool().size(), 0U);
    // It ended this attempt and not the request.
    EXPECT_EQ(bench.cut.why(), interruption::none);
  }
}

TEST(attempt_interrupt, connecting_has_a_time_of_its_own) {
  attempt_bench bench;
  bench.limits.connect = 5ms;
  bench.provider.dialer.stalls();
  const exchange result = bench.run();
  ASSERT_TRUE(result.refused);
  EXPECT_EQ(result.refused->kind, failure_kind::timeout);
  EXPECT_EQ(result.refused->reach, reach::not_sent);
}

TEST(attempt_interrupt, the_answers_time_bounds_sending_and_the_head) {
  for (const stage& at : stages()) {
    if (at.name == "dialling" || at.name.ends_with("body") || at.name.ends_with("chunk")) continue;
    SCOPED_TRACE(at.name);
    attempt_bench bench;
    bench.limits.answer = enough_to_get_there;
    at.script(bench);
    expect_cut(at, bench.run(), failure_kind::timeout);
  }
}

boost::asio::awaitable<exchange> read_one_piece(attempt_bench& bench, std::chrono::milliseconds own, bool commit) {
  exchange result;
  attempt subject(bench.provider.upstreams, bench.provider.route, bench.limits, bench.cut);
  auto opened = co_await subject.open(bench.request, bench.traceparent, false);
  EXPECT_TRUE(opened);
  if (commit) subject.commit();
  if (own > 0ms) subject.arm(std::chrono::steady_clock::now() + own);
  auto piece = co_await subject.read();
  if (piece.kind == attempt::read_kind::failed) result.broken = std::move(piece.failure);
  co_return result;
}

constexpr std::string_view head_alone = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

TEST(attempt_interrupt, the_answers_time_goes_on_into_a_streams_body) {
  attempt_bench bench;
  bench.limits.answer = enough_to_get_there;
  bench.limits.answer_bounds_body = true;
  silent_after(bench, head_alone);
  const exchange result = test::run(bench.context, read_one_piece(bench, 0ms, false));
  ASSERT_TRUE(result.broken);
  EXPECT_EQ(result.broken->kind, failure_kind::timeout);
}

TEST(attempt_interrupt, a_commit_ends_the_answers_time) {
  attempt_bench bench;
  bench.limits.answer = enough_to_get_there;
  bench.limits.answer_bounds_body = true;
  const auto peer = silent_after(bench, head_alone);
  test::running<exchange> started(bench.context, read_one_piece(bench, 0ms, true));
  bool late = false;
  net::deadline later(bench.deadlines, [&] { late = true; });
  later.arm_in(2 * enough_to_get_there);
  ASSERT_TRUE(test::run_until(bench.context, [&] { return late; }));
  ASSERT_FALSE(started.done());
  peer->sends("1\r\nx\r\n");
  EXPECT_FALSE(started.finish().broken);
}

TEST(attempt_interrupt, the_callers_own_time_bounds_a_read) {
  attempt_bench bench;
  silent_after(bench, head_alone);
  const exchange result = test::run(bench.context, read_one_piece(bench, 5ms, true));
  ASSERT_TRUE(result.broken);
  EXPECT_EQ(result.broken->kind, failure_kind::timeout);
}

TEST(attempt_interrupt, a_cut_that_came_first_is_not_taken_for_a_timeout) {
  attempt_bench bench;
  bench.limits.answer = 5ms;
  silent_after(bench, "");
  bench.cut.fire(interruption::client_gone);
  const exchange result = bench.run();
  ASSERT_TRUE(result.refused);
  EXPECT_EQ(result.refused->kind, failure_kind::reset);
  EXPECT_EQ(bench.cut.why(), interruption::client_gone);
}

TEST(attempt_interrupt, the_next_attempt_after_a_timeout_is_unharmed) {
  attempt_bench bench;
  bench.limits.answer = 5ms;
  silent_after(bench, "");
  EXPECT_TRUE(bench.run().refused);
  bench.limits.answer = 20s;
  bench.provider.dialer.connects()->sends(answer(200, "ok"));
  EXPECT_EQ(bench.run().body, "ok");
}

// The last bytes are here, but so is the cut: the client is gone, and what it left is not worth a doubt.
TEST(attempt_interrupt, a_connection_is_not_kept_when_the_cut_came_before_its_release) {
  attempt_bench bench;
  const auto peer = bench.provider.dialer.connects();
  peer->sends("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n");
  test::running<exchange> started(bench.context, bench.perform(false));
  bench.settle();
  peer->sends("ok");
  bench.cut.fire(interruption::client_gone);
  started.finish();
  EXPECT_TRUE(peer->was_closed());
  EXPECT_EQ(bench.pool().size(), 0U);
}

}  // namespace
}  // namespace phigate::upstream
