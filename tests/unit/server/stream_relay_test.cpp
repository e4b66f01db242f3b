// Streams that end as they should: what the client sees of them, however their bytes arrive (spec §5, §7).
#include "server/stream_relay.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/server/relay_bench.hpp"

namespace phigate::server {
namespace {

const std::string provider_cost = ": x-phi-cost-micro=7002 x-phi-usage=provider\n";

std::string whole_stream() {
  return ": hello\n\n" + role_event + text_event("Hi") + text_event(" there") + finish_event() + usage_event +
         done_event;
}

std::string what_the_client_sees() {
  return ": hello\n\n" + role_event + text_event("Hi") + text_event(" there") + finish_event() + provider_cost +
         done_event;
}

void expect_whole(relay_bench& bench) {
  const relayed result = bench.run();
  ASSERT_FALSE(result.refused) << result.refused->note;
  EXPECT_TRUE(result.complete);
  EXPECT_EQ(result.broken_by, "");
  EXPECT_EQ(bench.received(), what_the_client_sees());
  EXPECT_TRUE(bench.whole);
  EXPECT_EQ(result.cost.micro_usd, 7002);
  EXPECT_EQ(result.cost.source, core::usage_source::provider);
}

TEST(stream_relay, relays_a_stream_cut_at_any_byte) {
  const std::string bytes = std::string(chunked_head) + chunk(whole_stream()) + "0\r\n\r\n";
  for (std::size_t place = 0; place <= bytes.size(); ++place) {
    SCOPED_TRACE(place);
    relay_bench bench;
    bench.peer->sends_split(bytes, place);
    expect_whole(bench);
    if (testing::Test::HasFailure()) return;
  }
}

TEST(stream_relay, relays_a_stream_byte_by_byte) {
  relay_bench bench;
  bench.peer->sends_bytewise(std::string(chunked_head) + chunk(whole_stream()) + "0\r\n\r\n");
  expect_whole(bench);
}

TEST(stream_relay, relays_a_stream_in_chunks_that_cut_its_events) {
  relay_bench bench;
  std::string bytes(chunked_head);
  for (const char byte : whole_stream()) bytes += chunk(std::string(1, byte));
  bench.peer->sends(bytes + "0\r\n\r\n");
  expect_whole(bench);
}

TEST(stream_relay, relays_a_stream_that_ends_with_its_connection) {
  relay_bench bench;
  bench.peer->sends("HTTP/1.1 200 OK\r\n\r\n" + whole_stream()).closes();
  expect_whole(bench);
}

TEST(stream_relay, announces_the_cost_in_trailers) {
  relay_bench bench;
  bench.peer->sends(std::string(chunked_head) + chunk(whole_stream()) + "0\r\n\r\n");
  bench.run();
  EXPECT_TRUE(
      bench.from_gateway->written().ends_with("\r\n0\r\nx-phi-cost-micro: 7002\r\nx-phi-usage: provider\r\n\r\n"));
}

TEST(stream_relay, writes_head_events_and_end_at_once_when_all_are_here) {
  relay_bench bench;
  bench.peer->sends(std::string(chunked_head) + chunk(whole_stream()) + "0\r\n\r\n");
  bench.run();
  EXPECT_EQ(bench.from_gateway->writes(), 1U);
}

TEST(stream_relay, forwards_each_event_as_it_comes) {
  relay_bench bench;
  bench.peer->sends(chunked_head).sends(chunk(role_event));
  test::running<relayed> started(bench.worker->context(), bench.perform());
  bench.settle();
  EXPECT_EQ(bench.from_gateway->written(), "");  // a role is no content
  bench.peer->sends(chunk(text_event("Hi")));
  bench.settle();
  EXPECT_EQ(bench.received(), role_event + text_event("Hi"));
  bench.peer->sends(chunk(text_event(" you")));
  bench.settle();
  EXPECT_EQ(bench.received(), role_event + text_event("Hi") + text_event(" you"));
  bench.peer->sends(chunk(finish_event() + done_event));
  EXPECT_TRUE(started.finish().complete);
}

TEST(stream_relay, a_stream_that_lacks_its_done_gets_one) {
  for (const bool until_close : {false, true}) {
    relay_bench bench;
    const std::string events = text_event("Hi") + finish_event() + usage_event;
    bench.peer->sends(until_close ? "HTTP/1.1 200 OK\r\n\r\n" + events
                                  : std::string(chunked_head) + chunk(events) + "0\r\n\r\n");
    bench.peer->closes();
    EXPECT_TRUE(bench.run().complete);
    EXPECT_EQ(bench.received(), text_event("Hi") + finish_event() + provider_cost + done_event);
  }
}

TEST(stream_relay, nothing_behind_the_done_reaches_the_client) {
  relay_bench bench;
  bench.peer->sends(std::string(chunked_head) +
                    chunk(text_event("Hi") + finish_event() + done_event + text_event("more") + usage_event));
  const relayed result = bench.run();
  EXPECT_TRUE(result.complete);
  EXPECT_EQ(bench.received(),
            text_event("Hi") + finish_event() + ": x-phi-cost-micro=2 x-phi-usage=estimated\n" + done_event);
}

TEST(stream_relay, the_connection_serves_again_after_the_done_and_the_framings_end) {
  relay_bench bench;
  bench.peer->sends(std::string(chunked_head) + chunk(text_event("Hi") + finish_event() + done_event));
  EXPECT_TRUE(bench.run().complete);
  EXPECT_EQ(bench.provider.pool().size(), 0U);
  bench.peer->sends("0\r\n\r\n");
  bench.settle();
  EXPECT_EQ(bench.provider.pool().size(), 1U);
}

TEST(stream_relay, hides_just_the_chunk_that_has_usage_and_empty_choices) {
  const std::vector<std::string> shown{
      event(R"({"choices":[],"prompt_filter_results":[{}]})"),
      event(R"({"choices":[],"usage":null})"),
      event(R"({"choices":[{"index":0,"delta":{"content":"x"}}],"usage":{"prompt_tokens":1,"completion_tokens":1}})"),
      event(R"({"usage":{"prompt_tokens":1,"completion_tokens":1}})"),
  };
  for (const std::string& middle : shown) {
    relay_bench bench;
    bench.peer->sends(std::string(chunked_head) + chunk(text_event("Hi") + middle + finish_event() + done_event));
    EXPECT_TRUE(bench.run().complete);
    EXPECT_TRUE(bench.received().starts_with(text_event("Hi") + middle + finish_event())) << middle;
  }
}

TEST(stream_relay, shows_usage_to_a_client_that_asked_for_it) {
  relay_bench bench;
  bench.settings.hide_usage = false;
  bench.peer->sends(std::string(chunked_head) + chunk(text_event("Hi") + finish_event() + usage_event + done_event));
  EXPECT_TRUE(bench.run().complete);
  EXPECT_EQ(bench.received(), text_event("Hi") + finish_event() + usage_event + provider_cost + done_event);
}

TEST(stream_relay, the_last_usage_counts) {
  relay_bench bench;
  const std::string first = event(R"({"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}})");
  bench.peer->sends(std::string(chunked_head) +
                    chunk(first + text_event("Hi") + first + finish_event() + usage_event + done_event));
  EXPECT_EQ(bench.run().cost.micro_usd, 7002);
}

TEST(stream_relay, estimates_what_has_no_usage_from_what_was_relayed) {
  relay_bench bench;
  bench.peer->sends(std::string(chunked_head) +
                    chunk(text_event("four") + text_event("and six") + finish_event() + done_event));
  const relayed result = bench.run();
  EXPECT_EQ(result.cost.source, core::usage_source::estimated);
  EXPECT_EQ(result.cost.micro_usd, 11);
}

TEST(stream_relay, leaves_out_an_event_that_says_nothing) {
  relay_bench bench;
  bench.peer->sends(std::string(chunked_head) +
                    chunk("data:\n\n" + text_event("Hi") + "data: \n\n" + finish_event() + done_event));
  EXPECT_TRUE(bench.run().complete);
  EXPECT_TRUE(bench.received().starts_with(text_event("Hi") + finish_event()));
}

TEST(stream_relay, passes_events_on_as_they_stand_whatever_their_line_ends) {
  const std::vector<std::string> events{
      "data: {\"choices\":[{\"index\":0,\r\ndata: \"delta\":{\"content\":\"Hi\"}}]}\r\n\r\n",
      "id: 7\nevent: message\ndata:{\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\n",
      ": comment\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\nretry: 3\n\n",
  };
  for (const std::string& one : events) {
    relay_bench bench;
    bench.peer->sends(std::string(chunked_head) + chunk(one + finish_event() + "data:[DONE]\r\n\r\n"));
    EXPECT_TRUE(bench.run().complete) << one;
    EXPECT_TRUE(bench.received().starts_with(one + finish_event())) << one;
  }
}

TEST(stream_relay, an_http_1_0_client_gets_neither_chunks_nor_trailers) {
  relay_bench bench;
  bench.settings.chunked = false;
  bench.peer->sends(std::string(chunked_head) + chunk(whole_stream()) + "0\r\n\r\n");
  EXPECT_TRUE(bench.run().complete);
  EXPECT_EQ(bench.from_gateway->written(), std::string(client_head) + what_the_client_sees());
}

TEST(stream_relay, every_choice_that_began_has_to_finish) {
  for (const bool both : {true, false}) {
    relay_bench bench;
    bench.peer->sends(std::string(chunked_head) + chunk(text_event("a", 0) + text_event("b", 1) + finish_event(1) +
                                                        (both ? finish_event(0) : "") + done_event));
    EXPECT_EQ(bench.run().complete, both);
  }
}

TEST(stream_relay, a_client_that_does_not_read_slows_the_reading_from_the_provider) {
  relay_bench bench;
  bench.from_gateway->stops_reading();
  bench.peer->sends(chunked_head);
  const std::string piece = chunk(text_event(std::string(4000, 'x')));
  for (int i = 0; i < 200; ++i) bench.peer->sends(piece);
  test::running<relayed> started(bench.worker->context(), bench.perform());
  bench.settle();
  EXPECT_GT(bench.peer->unread_pieces(), 180U);
  bench.from_gateway->reads_on();
  bench.peer->sends(chunk(finish_event() + done_event));
  EXPECT_TRUE(started.finish().complete);
  EXPECT_EQ(bench.peer->unread_pieces(), 0U);
}

TEST(stream_relay, a_silent_stream_is_kept_alive_by_comments) {
  relay_bench bench;
  bench.settings.keep_alive = std::chrono::milliseconds(1);
  bench.peer->sends(chunked_head).sends(chunk(text_event("Hi")));
  test::running<relayed> started(bench.worker->context(), bench.perform());
  EXPECT_TRUE(test::run_until(bench.worker->context(), [&] { return bench.from_gateway->writes() >= 3; }));
  EXPECT_TRUE(bench.received().starts_with(text_event("Hi") + ": keep-alive\n: keep-alive\n"));
  bench.peer->sends(chunk(finish_event() + done_event));
  EXPECT_TRUE(started.finish().complete);
}

}  // namespace
}  // namespace phigate::server
