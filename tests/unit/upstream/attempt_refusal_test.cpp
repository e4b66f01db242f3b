// Answers that are no success: what the provider said is read, classed and never relayed as an answer.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/upstream/attempt_bench.hpp"

namespace phigate::upstream {
namespace {

using core::failure_kind;
using core::reach;

TEST(attempt_refusal, classes_the_status_and_pools_the_connection) {
  struct row {
    int status;
    failure_kind kind;
  };
  const std::vector<row> table{
      {301, failure_kind::server_error}, {304, failure_kind::server_error},  {400, failure_kind::client_mistake},
      {401, failure_kind::auth_failed},  {404, failure_kind::misconfigured}, {408, failure_kind::request_timeout},
      {429, failure_kind::rate_limited}, {500, failure_kind::server_error},  {503, failure_kind::server_error},
      {529, failure_kind::server_error},
  };
  for (const row& one : table) {
    SCOPED_TRACE(one.status);
    attempt_bench bench;
    const auto peer = bench.provider.dialer.connects();
    const std::string body = one.status == 304 ? "" : R"({"error":{"message":"no"}})";
    peer->sends(answer(one.status, body, "location: http://127.0.0.1/elsewhere\r\n"));
    const exchange result = bench.run();
    ASSERT_TRUE(result.refused);
    EXPECT_EQ(result.refused->kind, one.kind);
    EXPECT_EQ(result.refused->status, one.status);
    EXPECT_EQ(result.refused->reach, reach::head_received);
    EXPECT_TRUE(result.refused->sent_whole);
    EXPECT_FALSE(result.refused->reused_connection);
    EXPECT_EQ(bench.provider.dialer.dials(), 1U);  // no redirect is followed
    EXPECT_EQ(bench.pool().size(), 1U);
    EXPECT_FALSE(peer->was_closed());
  }
}

TEST(attempt_refusal, reads_a_refusal_cut_at_any_byte) {
  const std::string bytes =
      "HTTP/1.1 100 Continue\r\n\r\n" +
      answer(400, R"({"error":{"message":"no such tool","code":"bad_tool"}})", "retry-after: 9\r\n");
  for (std::size_t place = 0; place <= bytes.size(); ++place) {
    attempt_bench bench;
    bench.provider.dialer.connects()->sends_split(bytes, place);
    const exchange result = bench.run();
    ASSERT_TRUE(result.refused) << place;
    ASSERT_EQ(result.refused->kind, failure_kind::client_mistake) << place;
    ASSERT_EQ(result.refused->said.message, "no such tool") << place;
    ASSERT_EQ(result.refused->said.code, "bad_tool") << place;
    ASSERT_EQ(result.refused->retry_after, std::chrono::seconds(9)) << place;
    ASSERT_EQ(bench.pool().size(), 1U) << place;
  }
}

TEST(attempt_refusal, says_how_long_to_wait) {
  struct row {
    std::string_view field;
    std::optional<std::chrono::seconds> wait;
  };
  const std::vector<row> table{{"retry-after: 30\r\n", std::chrono::seconds(30)},
                               {"Retry-After: 1.5\r\n", std::chrono::seconds(2)},
                               {"retry-after: soon\r\n", std::nullopt},
                               {"retry-after: Thu, 01 Jan 1970 00:00:00 GMT\r\n", std::chrono::seconds(0)},
                               {"", std::nullopt}};
  for (const int status : {429, 503}) {
    for (const row& one : table) {
      attempt_bench bench;
      bench.provider.dialer.connects()->sends(answer(status, "", one.field));
      const exchange result = bench.run();
      ASSERT_TRUE(result.refused);
      EXPECT_EQ(result.refused->retry_after, one.wait) << status << ' ' << one.field;
    }
  }
}

TEST(attempt_refusal, a_body_that_breaks_off_leaves_the_status_in_force) {
  attempt_bench bench;
  const auto peer = bench.provider.dialer.connects();
  peer->sends("HTTP/1.1 429 x\r\ncontent-length: 100\r\nretry-after: 5\r\n\r\n{\"error\"").closes();
  const exchange result = bench.run();
  ASSERT_TRUE(result.refused);
  EXPECT_EQ(result.refused->kind, failure_kind::rate_limited);
  EXPECT_EQ(result.refused->retry_after, std::chrono::seconds(5));
  EXPECT_EQ(bench.pool().size(), 0U);
  EXPECT_TRUE(peer->was_closed());
}

TEST(attempt_refusal, reads_only_so_much_of_an_endless_body) {
  attempt_bench bench;
  const auto peer = bench.provider.dialer.connects();
  const std::string flood(32U << 10U, 'x');
  peer->sends("HTTP/1.1 500 x\r\ncontent-length: 100000000\r\n\r\n");
  for (int i = 0; i < 100; ++i) peer->sends(flood);
  const exchange result = bench.run();
  ASSERT_TRUE(result.refused);
  EXPECT_EQ(result.refused->kind, failure_kind::server_error);
  EXPECT_GT(peer->unread_pieces(), 90U);
  EXPECT_TRUE(peer->was_closed());
  EXPECT_EQ(bench.pool().size(), 0U);
}

TEST(attempt_refusal, surplus_behind_a_refusal_ends_the_connection) {
  attempt_bench bench;
  const auto peer = bench.provider.dialer.connects();
  peer->sends(answer(500, "no") + "HTTP/1.1 200 OK\r\n\r\n");
  EXPECT_TRUE(bench.run().refused);
  EXPECT_EQ(bench.pool().size(), 0U);
  EXPECT_TRUE(peer->was_closed());
}

TEST(attempt_refusal, a_client_that_goes_while_the_refusal_is_read_is_no_refusal) {
  attempt_bench bench;
  const auto peer = bench.provider.dialer.connects();
  peer->sends("HTTP/1.1 400 x\r\ncontent-length: 100\r\n\r\n{");
  test::running<exchange> started(bench.context, bench.perform(false));
  bench.settle();
  ASSERT_FALSE(started.done());
  bench.cut.fire(net::interruption::client_gone);
  const exchange result = started.finish();
  ASSERT_TRUE(result.refused);
  EXPECT_EQ(result.refused->kind, failure_kind::reset);
  EXPECT_TRUE(peer->was_closed());
}

TEST(attempt_refusal, a_failure_to_connect_says_how_far_it_got) {
  struct row {
    net::dial_failure how;
    failure_kind kind;
  };
  const std::vector<row> table{{net::dial_failure::resolve, failure_kind::connect},
                               {net::dial_failure::connect, failure_kind::connect},
                               {net::dial_failure::tls, failure_kind::tls}};
  for (const row& one : table) {
    attempt_bench bench;
    bench.provider.dialer.fails(one.how, "why");
    const exchange result = bench.run();
    ASSERT_TRUE(result.refused);
    EXPECT_EQ(result.refused->kind, one.kind);
    EXPECT_EQ(result.refused->reach, reach::not_sent);
    EXPECT_FALSE(result.refused->sent_whole);
    EXPECT_EQ(result.refused->note, "why");
  }
}

TEST(attempt_refusal, a_connection_that_breaks_before_an_answer_is_a_reset) {
  for (const bool reset : {false, true}) {
    attempt_bench bench;
    const auto peer = bench.provider.dialer.connects();
    reset ? peer->resets() : peer->closes();
    const exchange result = bench.run();
    ASSERT_TRUE(result.refused);
    EXPECT_EQ(result.refused->kind, failure_kind::reset);
    EXPECT_EQ(result.refused->reach, reach::maybe_sent);
    EXPECT_TRUE(result.refused->sent_whole);
    EXPECT_FALSE(result.refused->reused_connection);
  }
}

// A provider that refuses a large body early closes before it has read all of it.
TEST(attempt_refusal, an_answer_that_came_before_the_request_was_whole_counts_and_ends_the_connection) {
  attempt_bench bench;
  const auto peer = bench.provider.dialer.connects();
  peer->fails_writes(boost::asio::error::broken_pipe);
  peer->sends(answer(413, R"({"error":{"message":"too large"}})"));
  const exchange result = bench.run();
  ASSERT_TRUE(result.refused);
  EXPECT_EQ(result.refused->kind, failure_kind::client_mistake);
  EXPECT_EQ(result.refused->status, 413);
  EXPECT_FALSE(result.refused->sent_whole);
  EXPECT_EQ(bench.pool().size(), 0U);
  EXPECT_TRUE(peer->was_closed());
}

}  // namespace
}  // namespace phigate::upstream
