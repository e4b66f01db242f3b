// One request and its answer, as transcripts: what the provider sends in, what the attempt makes of it out.
#include "phigate/upstream/attempt.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "phigate/observe/metrics.hpp"
#include "unit/upstream/attempt_bench.hpp"

namespace phigate::upstream {
namespace {

using core::failure_kind;
using core::reach;

struct transcript {
  std::string bytes;
  std::string body;
  bool closes = false;  // behind the bytes
  bool pooled = true;
};

const std::vector<transcript>& good_answers() {
  static const std::vector<transcript> all{
      {answer(200, R"({"id":1})", "content-type: application/json\r\nx-request-id: r-1\r\n"), R"({"id":1})"},
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" + answer(201, "late"), "late"},
      {"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4;ext=\"a\"\r\nwiki\r\n5\r\npedia\r\n0\r\nx: y\r\n\r\n",
       "wikipedia"},
      {"HTTP/1.1 200 OK\r\n\r\nuntil the close", "until the close", true, false},
      {answer(200, "ok", "connection: close\r\n"), "ok", false, false},
      {"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok", "ok", false, false},
      {"HTTP/1.1 204 No Content\r\n\r\n", ""},
      {answer(200, ""), ""},
      {"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", ""},
  };
  return all;
}

void expect_answer(const transcript& expected, attempt_bench& bench, const fake_peer& peer) {
  const exchange result = bench.run();
  EXPECT_FALSE(result.refused) << result.refused->note;
  EXPECT_FALSE(result.broken) << result.broken->note;
  EXPECT_EQ(result.body, expected.body);
  EXPECT_EQ(bench.pool().size(), expected.pooled ? 1U : 0U);
  EXPECT_EQ(peer.was_closed(), !expected.pooled);
}

TEST(attempt, reads_an_answer_cut_at_any_byte) {
  for (const transcript& each : good_answers()) {
    for (std::size_t place = 0; place <= each.bytes.size(); ++place) {
      SCOPED_TRACE(each.bytes.substr(0, place) + "|");
      attempt_bench bench;
      const auto peer = bench.provider.dialer.connects();
      peer->sends_split(each.bytes, place);
      if (each.closes) peer->closes();
      expect_answer(each, bench, *peer);
      if (testing::Test::HasFailure()) return;
    }
  }
}

TEST(attempt, reads_an_answer_byte_by_byte) {
  for (const transcript& each : good_answers()) {
    SCOPED_TRACE(each.bytes);
    attempt_bench bench;
    const auto peer = bench.provider.dialer.connects();
    peer->sends_bytewise(each.bytes);
    if (each.closes) peer->closes();
    expect_answer(each, bench, *peer);
  }
}

TEST(attempt, dials_the_routes_own_endpoint) {
  attempt_bench bench;
  bench.provider.dialer.connects()->sends(answer(200, ""));
  bench.run();
  ASSERT_EQ(bench.provider.dialer.dials(), 1U);
  const net::target& dialled = bench.provider.dialer.targets().front();
  EXPECT_EQ(dialled.host, "127.0.0.1");
  EXPECT_EQ(dialled.port, 8123);
  EXPECT_EQ(dialled.tls, nullptr);
}

TEST(attempt, sends_a_head_of_its_own_and_the_body_in_one_write) {
  attempt_bench bench;
  bench.request.header_lines += "accept: text/event-stream\r\n";
  bench.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const auto peer = bench.provider.dialer.connects();
  peer->sends(answer(200, ""));
  bench.run();
  EXPECT_EQ(peer->writes(), 1U);
  EXPECT_EQ(peer->written(),
            "POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:8123\r\nauthorization: Bearer key-of-acme-de\r\n"
            "accept-encoding: identity\r\nuser-agent: phigate/" +
                std::string(observe::version()) +
                "\r\ncontent-type: application/json\r\naccept: text/event-stream\r\n"
                "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\ncontent-length: 27\r\n\r\n"
                R"({"model":"m","messages":[]})");
}

TEST(attempt, sends_no_traceparent_where_the_client_gave_none) {
  attempt_bench bench;
  const auto peer = bench.provider.dialer.connects();
  peer->sends(answer(200, ""));
  bench.run();
  EXPECT_EQ(peer->written().find("traceparent:"), std::string::npos);
}

TEST(attempt, announces_a_length_for_a_post_alone) {
  for (const auto& [method, announced] :
       {std::pair{std::string_view("POST"), true}, {"GET", false}, {"DELETE", false}}) {
    attempt_bench bench;
    bench.request.method = method;
    bench.request.target = "/operations/7?api-version=1";
    bench.request.body = {};
    const auto peer = bench.provider.dialer.connects();
    peer->sends(answer(200, ""));
    bench.run();
    EXPECT_TRUE(peer->written().starts_with(std::string(method) + " /operations/7?api-version=1 HTTP/1.1\r\n"));
    EXPECT_EQ(peer->written().find("content-length: 0\r\n") != std::string::npos, announced) << method;
  }
}

TEST(attempt, keeps_what_is_of_use_of_the_head) {
  attempt_bench bench;
  bench.provider.dialer.connects()->sends(
      answer(202, "",
             "Content-Type: text/event-stream; charset=utf-8\r\nX-Request-Id: r-7\r\nRetry-After: 3\r\n"
             "Operation-Location: https://a.example/operations/7\r\n"));
  const exchange result = bench.run();
  EXPECT_EQ(result.head.status, 202);
  EXPECT_EQ(result.head.content_type, "text/event-stream; charset=utf-8");
  EXPECT_EQ(result.head.request_id, "r-7");
  EXPECT_EQ(result.head.retry_after, std::chrono::seconds(3));
  EXPECT_EQ(result.head.operation_location, "https://a.example/operations/7");
}

TEST(attempt, gives_up_on_interim_answers_without_an_end) {
  const std::string interim = "HTTP/1.1 102 Processing\r\n\r\n";
  for (const int count : {16, 17}) {
    attempt_bench bench;
    const auto peer = bench.provider.dialer.connects();
    for (int i = 0; i < count; ++i) peer->sends(interim);
    peer->sends(answer(200, "ok"));
    const exchange result = bench.run();
    ASSERT_EQ(result.refused.has_value(), count == 17);
    if (result.refused) {
      EXPECT_EQ(result.refused->kind, failure_kind::bad_response);
      EXPECT_TRUE(peer->was_closed());
    }
  }
}

TEST(attempt, a_head_that_is_no_http_is_a_bad_response_and_ends_the_connection) {
  const std::string body = "\r\n\r\nok";
  const std::vector<std::string> heads{
      "SSH-2.0-OpenSSH_9.2\r\n\r\n",
      "HTTP/2 200\r\n\r\n",
      "HTTP/1.1 2000 OK\r\n\r\n",
      "HTTP/1.1 200 OK\n\n",
      "HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\n\r\n",
      "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked" + body,
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 2" + body,
      "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 2" + body,
      "HTTP/1.1 200 OK\r\ncontent-length: 2, 2" + body,
      "HTTP/1.1 200 OK\r\ncontent-length: +2" + body,
      "HTTP/1.1 200 OK\r\ncontent-length: 1234567890123456789" + body,
      "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked" + body,
      "HTTP/1.1 200 OK\r\nx : y" + body,
      "HTTP/1.1 200 OK\r\nx: y\r\n z" + body,
      "HTTP/1.1 200 OK\r\nx: " + std::string(64U << 10U, 'y') + body,
  };
  for (const std::string& head : heads) {
    SCOPED_TRACE(head.substr(0, 80));
    attempt_bench bench;
    const auto peer = bench.provider.dialer.connects();
    peer->sends(head);
    const exchange result = bench.run();
    ASSERT_TRUE(result.refused);
    EXPECT_EQ(result.refused->kind, failure_kind::bad_response);
    EXPECT_EQ(result.refused->reach, reach::head_received);
    EXPECT_TRUE(result.refused->sent_whole);
    EXPECT_TRUE(peer->was_closed());
    EXPECT_EQ(bench.pool().size(), 0U);
  }
}

TEST(attempt, takes_no_answer_that_is_content_encoded) {
  for (const std::string coding : {"gzip", "br", "identity, gzip", "x"}) {
    attempt_bench bench;
    const auto peer = bench.provider.dialer.connects();
    peer->sends(answer(200, "ok", "content-encoding: " + coding + "\r\n"));
    const exchange result = bench.run();
    ASSERT_TRUE(result.refused) << coding;
    EXPECT_EQ(result.refused->kind, failure_kind::bad_response);
    EXPECT_TRUE(peer->was_closed());
  }
}

TEST(attempt, finds_a_coding_behind_a_harmless_one) {
  attempt_bench bench;
  bench.provider.dialer.connects()->sends(
      answer(200, "ok", "content-encoding: identity\r\ncontent-encoding: gzip\r\n"));
  const exchange result = bench.run();
  ASSERT_TRUE(result.refused);
  EXPECT_EQ(result.refused->kind, failure_kind::bad_response);
}

TEST(attempt, takes_identity_for_no_coding) {
  attempt_bench bench;
  bench.provider.dialer.connects()->sends(answer(200, "ok", "Content-Encoding: Identity\r\n"));
  EXPECT_EQ(bench.run().body, "ok");
}

TEST(attempt, a_body_that_ends_before_it_is_whole_is_a_broken_connection) {
  const std::vector<std::string> cut{
      "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nab",
      "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n",
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab",
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n",
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n",
  };
  for (const std::string& bytes : cut) {
    for (const bool reset : {false, true}) {
      SCOPED_TRACE(bytes);
      attempt_bench bench;
      const auto peer = bench.provider.dialer.connects();
      peer->sends(bytes);
      reset ? peer->resets() : peer->closes();
      const exchange result = bench.run();
      ASSERT_TRUE(result.broken);
      EXPECT_EQ(result.broken->kind, failure_kind::reset);
      EXPECT_EQ(result.broken->reach, reach::head_received);
      EXPECT_EQ(bench.pool().size(), 0U);
    }
  }
}

TEST(attempt, a_reset_ends_no_body_that_runs_until_the_close) {
  attempt_bench bench;
  bench.provider.dialer.connects()->sends("HTTP/1.1 200 OK\r\n\r\nhalf").resets();
  const exchange result = bench.run();
  ASSERT_TRUE(result.broken);
  EXPECT_EQ(result.broken->kind, failure_kind::reset);
  EXPECT_EQ(result.body, "half");
}

TEST(attempt, a_malformed_chunk_is_a_bad_response) {
  for (const std::string chunk : {"zz\r\n", "-1\r\n", "2\nab\r\n", "2\r\nabc\r\n", "00000000000000001\r\n"}) {
    attempt_bench bench;
    const auto peer = bench.provider.dialer.connects();
    peer->sends("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + chunk);
    const exchange result = bench.run();
    ASSERT_TRUE(result.broken) << chunk;
    EXPECT_EQ(result.broken->kind, failure_kind::bad_response) << chunk;
    EXPECT_TRUE(peer->was_closed());
  }
}

TEST(attempt, takes_an_answer_of_the_limit_and_none_larger_by_a_byte) {
  const std::string chunked =
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nabcd\r\n4\r\nefgh\r\n0\r\n\r\n";
  for (const std::string& bytes : {answer(200, "abcdefgh"), chunked, std::string("HTTP/1.1 200 OK\r\n\r\nabcdefgh")}) {
    for (const std::uint64_t limit : {8U, 7U}) {
      attempt_bench bench;
      bench.limits.response_bytes = limit;
      const auto peer = bench.provider.dialer.connects();
      peer->sends(bytes).closes();
      const exchange result = bench.run();
      ASSERT_FALSE(result.refused);
      ASSERT_EQ(result.broken.has_value(), limit == 7U) << bytes;
      if (!result.broken) continue;
      EXPECT_EQ(result.broken->kind, failure_kind::too_large);
      EXPECT_TRUE(peer->was_closed());
    }
  }
}

boost::asio::awaitable<void> try_without_waiting(attempt_bench& bench, fake_peer& peer) {
  attempt subject(bench.provider.upstreams, bench.provider.route, bench.limits, bench.cut);
  const auto opened = co_await subject.open(bench.request, bench.traceparent, false);
  EXPECT_TRUE(opened);
  EXPECT_FALSE(subject.try_read());
  peer.sends("abc");
  EXPECT_FALSE(subject.try_read());  // it was not asked for
  const auto first = co_await subject.read();
  EXPECT_EQ(first.kind, attempt::read_kind::data);
  EXPECT_EQ(first.data, "abc");
  EXPECT_FALSE(subject.try_read());
  peer.sends("def");
  const auto last = co_await subject.read();
  EXPECT_EQ(last.data, "def");
  const auto end = subject.try_read();
  EXPECT_TRUE(end && end->kind == attempt::read_kind::end);
}

TEST(attempt, tries_to_read_without_waiting) {
  attempt_bench bench;
  const auto peer = bench.provider.dialer.connects();
  peer->sends("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n");
  test::run(bench.context, try_without_waiting(bench, *peer));
}

boost::asio::awaitable<void> nudge_while_reading(attempt_bench& bench, fake_peer& peer) {
  attempt subject(bench.provider.upstreams, bench.provider.route, bench.limits, bench.cut);
  const auto opened = co_await subject.open(bench.request, bench.traceparent, false);
  EXPECT_TRUE(opened);
  subject.nudge();
  const auto nudged = co_await subject.read();
  EXPECT_EQ(nudged.kind, attempt::read_kind::nudged);
  peer.sends("abc");
  const auto data = co_await subject.read();
  EXPECT_EQ(data.data, "abc");
}

TEST(attempt, a_nudge_ends_a_read_and_loses_nothing) {
  attempt_bench bench;
  const auto peer = bench.provider.dialer.connects();
  peer->sends("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n");
  test::run(bench.context, nudge_while_reading(bench, *peer));
}

}  // namespace
}  // namespace phigate::upstream
