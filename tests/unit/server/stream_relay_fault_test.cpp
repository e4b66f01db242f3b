// Streams that go wrong: before the commit another route may make it good; after it the client is told, and never with
// a [DONE] (spec §5).
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "unit/server/relay_bench.hpp"

namespace phigate::server {
namespace {

using namespace std::chrono_literals;
using core::failure_kind;

// Held events: none of them is content.
const std::string prelude = ": hello\n\n" + role_event + event(R"({"choices":[],"prompt_filter_results":[]})");

struct fault {
  std::string_view name;
  std::string bytes;  // behind the head
  std::function<void(relay_bench&)> then;
  failure_kind kind;
};

TEST(stream_before_the_commit, any_end_is_a_failure_that_another_route_may_make_good) {
  const auto nothing = [](relay_bench&) {};
  const std::vector<fault> faults{
      {"an error event", chunk(prelude + event(R"({"error":{"message":"overloaded"}})")), nothing,
       failure_kind::bad_response},
      {"an event named error", chunk(prelude + "event: error\n" + event(R"({"message":"overloaded"})")), nothing,
       failure_kind::bad_response},
      {"no JSON", chunk(prelude + event("oops")), nothing, failure_kind::bad_response},
      {"half a JSON", chunk(prelude + event(R"({"choices":[{)")), nothing, failure_kind::bad_response},
      {"a JSON that is no object", chunk(prelude + event("[1]")), nothing, failure_kind::bad_response},
      {"an early [DONE]", chunk(prelude + done_event), nothing, failure_kind::bad_response},
      {"usage alone", chunk(usage_event + done_event), nothing, failure_kind::bad_response},
      {"the end of the body", chunk(prelude) + "0\r\n\r\n", nothing, failure_kind::bad_response},
      {"an empty body", "0\r\n\r\n", nothing, failure_kind::bad_response},
      {"a bad chunk", chunk(prelude) + "zz\r\n", nothing, failure_kind::bad_response},
      {"a close", chunk(prelude), [](relay_bench& bench) { bench.peer->closes(); }, failure_kind::reset},
      {"a reset", chunk(prelude), [](relay_bench& bench) { bench.peer->resets(); }, failure_kind::reset},
      {"silence", chunk(prelude), [](relay_bench& bench) { bench.limits.answer = 50ms; }, failure_kind::timeout},
      {"a content event that never ends", chunk(prelude + text_event("Hi").substr(0, 30)),
       [](relay_bench& bench) { bench.limits.answer = 50ms; }, failure_kind::timeout},
  };
  for (const fault& each : faults) {
    SCOPED_TRACE(each.name);
    relay_bench bench;
    bench.peer->sends(std::string(chunked_head) + each.bytes);
    each.then(bench);
    const relayed result = bench.run();
    ASSERT_TRUE(result.refused);
    EXPECT_EQ(result.refused->kind, each.kind);
    EXPECT_EQ(result.refused->reach, core::reach::head_received);
    EXPECT_TRUE(result.refused->sent_whole);
    EXPECT_EQ(result.refused->note.find("overloaded"), std::string::npos);
    EXPECT_EQ(bench.from_gateway->written(), "");
    EXPECT_TRUE(bench.peer->was_closed());
  }
}

TEST(stream_before_the_commit, comments_that_keep_a_stream_alive_do_not_extend_its_time) {
  relay_bench bench;
  bench.limits.answer = 5ms;
  bench.peer->sends(chunked_head);
  for (int i = 0; i < 100; ++i) bench.peer->sends(chunk(": still thinking\n\n"));
  const relayed result = bench.run();
  ASSERT_TRUE(result.refused);
  EXPECT_EQ(result.refused->kind, failure_kind::timeout);
}

// Mistral's, where it could not go on.
const std::string error_finish = event(R"({"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"error"}]})");

TEST(stream_before_the_commit, a_finish_in_error_is_a_failure_where_the_protocol_says_so) {
  for (const bool says_so : {true, false}) {
    relay_bench bench;
    bench.settings.finishes_in_error = says_so;
    bench.peer->sends(std::string(chunked_head) + chunk(error_finish + done_event));
    const relayed result = bench.run();
    EXPECT_EQ(result.complete, !says_so);
    EXPECT_EQ(result.refused.has_value(), says_so);
  }
}

TEST(stream_before_the_commit, each_kind_of_content_commits) {
  for (const std::string delta :
       {R"("delta":{"content":"x"})", R"("delta":{"reasoning":"x"})", R"("delta":{"reasoning_content":"x"})",
        R"("delta":{"refusal":"x"})", R"("delta":{"content":[{"type":"text","text":"x"}]})",
        R"("delta":{"tool_calls":[{"index":0}]})", R"("delta":{"function_call":{"name":"f"}})",
        R"("delta":{"audio":{"id":"a"}})", R"("delta":{},"finish_reason":"length")"}) {
    relay_bench bench;
    const std::string content = event(R"({"choices":[{"index":0,)" + delta + "}]}");
    bench.peer->sends(std::string(chunked_head) + chunk(prelude + content));
    test::running<relayed> started(bench.worker->context(), bench.perform());
    bench.settle();
    EXPECT_EQ(bench.received(), prelude + content) << delta;
    bench.peer->sends(chunk(finish_event() + done_event));
    EXPECT_TRUE(started.finish().complete);
  }
}

TEST(stream_before_the_commit, what_is_no_content_is_held) {
  for (const std::string delta :
       {R"("delta":{"role":"assistant"})", R"("delta":{"content":""})", R"("delta":{"content":null})", R"("delta":{})",
        R"("delta":{"content":[]})", R"("delta":{"tool_calls":null})", R"("delta":{"tool_calls":[]})",
        R"("delta":{"function_call":null})", R"("delta":{"reasoning":""})", R"("delta":{},"finish_reason":null)"}) {
    relay_bench bench;
    const std::string held = event(R"({"choices":[{"index":0,)" + delta + "}]}");
    bench.peer->sends(std::string(chunked_head) + chunk(held));
    test::running<relayed> started(bench.worker->context(), bench.perform());
    bench.settle();
    EXPECT_EQ(bench.from_gateway->written(), "") << delta;
    bench.peer->sends(chunk(text_event("x") + finish_event() + done_event));
    EXPECT_TRUE(started.finish().complete);
    EXPECT_TRUE(bench.received().starts_with(held + text_event("x"))) << delta;
  }
}

TEST(stream_before_the_commit, holds_its_limit_and_not_a_byte_more) {
  for (const std::size_t over : {0U, 1U}) {
    relay_bench bench;
    const std::string comment = ":" + std::string(1021, 'x') + "\n\n";
    ASSERT_EQ(comment.size(), 1024U);
    bench.peer->sends(chunked_head);
    for (std::size_t i = 1; i < stream_relay::held_limit / comment.size(); ++i) bench.peer->sends(chunk(comment));
    bench.peer->sends(chunk(":" + std::string(1021 + over, 'y') + "\n\n"));
    test::running<relayed> started(bench.worker->context(), bench.perform());
    bench.settle();
    ASSERT_EQ(started.done(), over == 1U);
    if (over == 0U) bench.peer->sends(chunk(text_event("x") + finish_event() + done_event));
    const relayed result = started.finish();
    EXPECT_EQ(result.complete, over == 0U);
    EXPECT_EQ(result.refused.has_value(), over == 1U);
  }
}

TEST(stream_before_the_commit, a_cut_ends_the_wait) {
  relay_bench bench;
  bench.peer->sends(std::string(chunked_head) + chunk(prelude));
  test::running<relayed> started(bench.worker->context(), bench.perform());
  bench.settle();
  bench.cut.fire(net::interruption::client_gone);
  bench.settle();
  ASSERT_TRUE(started.done());
  EXPECT_TRUE(started.finish().refused);
  EXPECT_TRUE(bench.peer->was_closed());
}

struct break_off {
  std::string_view name;
  std::string bytes;
  std::function<void(relay_bench&)> then;
  std::string_view broken_by;
  std::string_view code;
};

std::optional<failure_kind> blame_for(const break_off& each) {
  if (each.code == "context_length_exceeded" || each.name == "the longest time") return std::nullopt;
  const std::string_view broken_by = each.broken_by;
  if (broken_by == "error_event") return failure_kind::server_error;
  if (broken_by == "bad_response" || broken_by == "truncated") return failure_kind::bad_response;
  if (broken_by == "reset") return failure_kind::reset;
  if (broken_by == "timeout") return failure_kind::timeout;
  return std::nullopt;  // a shutdown, a client that went
}

void expect_told(const break_off& each, relay_bench& bench, const relayed& result) {
  EXPECT_FALSE(result.refused);
  EXPECT_FALSE(result.complete);
  EXPECT_EQ(result.broken_by, each.broken_by);
  EXPECT_EQ(result.blamed, blame_for(each));
  EXPECT_EQ(result.cost.source, core::usage_source::estimated);
  EXPECT_EQ(result.cost.micro_usd, 2);  // "Hi"
  const std::string seen = bench.received();
  EXPECT_TRUE(bench.whole);  // the last chunk is there
  EXPECT_TRUE(seen.starts_with(text_event("Hi") + "data: {\"error\":{")) << seen;
  EXPECT_TRUE(seen.ends_with("}}\n\n")) << seen;
  EXPECT_NE(seen.find("\"code\":\"" + std::string(each.code) + "\""), std::string::npos) << seen;
  EXPECT_EQ(seen.find("[DONE]"), std::string::npos);
  EXPECT_EQ(seen.find("data: ", text_event("Hi").size() + 1), std::string::npos) << seen;  // one event, not two
  EXPECT_TRUE(bench.peer->was_closed());
  EXPECT_EQ(bench.provider.pool().size(), 0U);
}

TEST(stream_after_the_commit, every_break_is_told_in_one_error_event) {
  const auto nothing = [](relay_bench&) {};
  const std::vector<break_off> all{
      {"an error event", chunk(event(R"({"error":{"message":"m","code":"their_code"}})")), nothing, "error_event",
       "their_code"},
      {"an event named error", chunk("event: error\n" + event(R"({"message":"m","code":"their_code"})")), nothing,
       "error_event", "their_code"},
      {"an error event about the request", chunk(event(R"({"error":{"code":"context_length_exceeded"}})")), nothing,
       "error_event", "context_length_exceeded"},
      {"a finish in error", chunk(error_finish), [](relay_bench& bench) { bench.settings.finishes_in_error = true; },
       "error_event", "upstream_error"},
      {"no JSON", chunk(event("oops")), nothing, "bad_response", "upstream_error"},
      {"an early [DONE]", chunk(done_event), nothing, "truncated", "upstream_error"},
      {"usage and an early [DONE]", chunk(usage_event + done_event), nothing, "truncated", "upstream_error"},
      {"the end of the body", "0\r\n\r\n", nothing, "truncated", "upstream_error"},
      {"a bad chunk", "zz\r\n", nothing, "bad_response", "upstream_error"},
      {"a close", "", [](relay_bench& bench) { bench.peer->closes(); }, "reset", "upstream_error"},
      {"a reset", "", [](relay_bench& bench) { bench.peer->resets(); }, "reset", "upstream_error"},
      {"a close inside an event", chunk(finish_event().substr(0, 20)), [](relay_bench& bench) { bench.peer->closes(); },
       "reset", "upstream_error"},
      {"silence", "", [](relay_bench& bench) { bench.settings.idle = 5ms; }, "timeout", "upstream_timeout"},
      {"the longest time", "", [](relay_bench& bench) { bench.settings.longest = 5ms; }, "timeout", "upstream_timeout"},
  };
  for (const break_off& each : all) {
    for (const bool with_the_content : {true, false}) {
      SCOPED_TRACE(each.name);
      relay_bench bench;
      bench.peer->sends(std::string(chunked_head) + chunk(text_event("Hi")) + (with_the_content ? each.bytes : ""));
      if (!with_the_content) bench.peer->sends(each.bytes);
      each.then(bench);
      expect_told(each, bench, bench.run());
    }
  }
}

TEST(stream_after_the_commit, a_shutdown_is_told_in_an_error_event) {
  relay_bench bench;
  bench.peer->sends(std::string(chunked_head) + chunk(text_event("Hi")));
  test::running<relayed> started(bench.worker->context(), bench.perform());
  bench.settle();
  bench.cut.fire(net::interruption::shutting_down);
  bench.settle();
  ASSERT_TRUE(started.done());
  expect_told({"", "", {}, "shutting_down", "shutting_down"}, bench, started.finish());
}

TEST(stream_after_the_commit, a_client_that_went_is_told_nothing_and_what_it_got_is_metered) {
  relay_bench bench;
  bench.peer->sends(std::string(chunked_head) + chunk(text_event("Hi")));
  test::running<relayed> started(bench.worker->context(), bench.perform());
  bench.settle();
  const std::string seen = bench.from_gateway->written();
  bench.cut.fire(net::interruption::client_gone);
  bench.settle();
  ASSERT_TRUE(started.done());
  const relayed result = started.finish();
  EXPECT_FALSE(result.complete);
  EXPECT_EQ(result.broken_by, "");
  EXPECT_FALSE(result.blamed);
  EXPECT_EQ(result.cost.source, core::usage_source::estimated);
  EXPECT_EQ(result.cost.micro_usd, 2);
  EXPECT_EQ(bench.from_gateway->written(), seen);
  EXPECT_TRUE(bench.peer->was_closed());
}

TEST(stream_after_the_commit, a_failed_write_ends_it_and_what_was_relayed_is_metered) {
  relay_bench bench;
  bench.from_gateway->fails_writes(boost::asio::error::broken_pipe);
  bench.peer->sends(std::string(chunked_head) + chunk(text_event("Hi")));
  const relayed result = bench.run();
  EXPECT_FALSE(result.complete);
  EXPECT_EQ(result.broken_by, "");
  EXPECT_FALSE(result.blamed);
  EXPECT_TRUE(bench.context.client_gone);
  EXPECT_EQ(result.cost.source, core::usage_source::estimated);
  EXPECT_EQ(result.cost.micro_usd, 2);
  EXPECT_TRUE(bench.peer->was_closed());
}

TEST(stream_after_the_commit, comments_to_the_client_do_not_extend_the_providers_time) {
  relay_bench bench;
  bench.settings.keep_alive = 1ms;
  bench.settings.idle = 150ms;
  bench.peer->sends(std::string(chunked_head) + chunk(text_event("Hi")));
  const relayed result = bench.run();
  EXPECT_EQ(result.broken_by, "timeout");
  EXPECT_NE(bench.received().find("\n\n: keep-alive\n: keep-alive\n"), std::string::npos);
}

// A client that is slow to read must not make its provider look slow.
TEST(stream_after_the_commit, the_clients_own_slowness_is_no_silence_of_the_provider) {
  relay_bench bench;
  bench.settings.idle = 50ms;
  bench.peer->sends(std::string(chunked_head) + chunk(text_event("Hi")));
  test::running<relayed> started(bench.worker->context(), bench.perform());
  bench.settle();
  bench.from_gateway->stops_reading();
  bench.peer->sends(chunk(text_event(" you")));
  bench.settle();
  ASSERT_TRUE(bench.from_gateway->is_write_waiting());
  bool late = false;
  net::deadline later(bench.worker->deadlines(), [&] { late = true; });
  later.arm_in(120ms);
  ASSERT_TRUE(test::run_until(bench.worker->context(), [&] { return late; }));
  ASSERT_FALSE(started.done());
  bench.peer->sends(chunk(finish_event() + done_event));
  bench.from_gateway->reads_on();
  const relayed result = started.finish();
  EXPECT_TRUE(result.complete);
  EXPECT_LT(result.provider_time, 100ms);  // the client took 120 ms of it
}

TEST(stream_after_the_commit, what_is_spent_waiting_for_the_provider_is_its_time) {
  relay_bench bench;
  bench.peer->sends(std::string(chunked_head) + chunk(text_event("Hi")));
  test::running<relayed> started(bench.worker->context(), bench.perform());
  bench.settle();
  bool late = false;
  net::deadline later(bench.worker->deadlines(), [&] { late = true; });
  later.arm_in(60ms);
  ASSERT_TRUE(test::run_until(bench.worker->context(), [&] { return late; }));
  bench.peer->sends(chunk(finish_event() + done_event));
  const relayed result = started.finish();
  EXPECT_TRUE(result.complete);
  EXPECT_FALSE(result.blamed);
  EXPECT_GE(result.provider_time, 50ms);
}

TEST(stream_after_the_commit, an_http_1_0_client_is_told_without_chunks) {
  relay_bench bench;
  bench.settings.chunked = false;
  bench.peer->sends(std::string(chunked_head) + chunk(text_event("Hi"))).closes();
  EXPECT_FALSE(bench.run().complete);
  const std::string& seen = bench.from_gateway->written();
  EXPECT_TRUE(seen.starts_with(std::string(client_head) + text_event("Hi") + "data: {\"error\""));
  EXPECT_TRUE(seen.ends_with("}}\n\n"));
}

}  // namespace
}  // namespace phigate::server
