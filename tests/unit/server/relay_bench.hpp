// A provider's event stream on its way to a client, both scripted.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "phigate/http/body.hpp"
#include "phigate/http/writer.hpp"
#include "server/stream_relay.hpp"
#include "support/bare_worker.hpp"
#include "support/running.hpp"

namespace phigate::server {

inline constexpr std::string_view chunked_head =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
inline constexpr std::string_view no_traceparent;
inline constexpr std::string_view client_head = "HTTP/1.1 200 OK\r\n\r\n";  // stands for the real one

inline std::string event(std::string_view data) {
  return "data: " + std::string(data) + "\n\n";
}
inline std::string text_event(std::string_view text, int choice = 0) {
  return event(R"({"choices":[{"index":)" + std::to_string(choice) + R"(,"delta":{"content":")" + std::string(text) +
               R"("}}]})");
}
inline std::string finish_event(int choice = 0) {
  return event(R"({"choices":[{"index":)" + std::to_string(choice) + R"(,"delta":{},"finish_reason":"stop"}]})");
}
inline const std::string role_event = event(R"({"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]})");
inline const std::string usage_event =
    event(R"({"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9}})");
inline const std::string done_event = event("[DONE]");

inline std::string chunk(std::string_view data) {
  std::string out;
  http::append_chunk_header(out, data.size());
  return out.append(data).append("\r\n");
}

struct relayed {
  std::optional<core::attempt_failure> refused;  // by hold: another route may make it good
  bool complete = false;
  std::string broken_by;
  std::optional<core::failure_kind> blamed;  // on the provider, for its health
  std::chrono::nanoseconds provider_time{};
  core::metered cost;
};

class relay_bench {
 public:
  relay_bench() {
    limits.total = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    limits.answer_bounds_body = true;
    context.id = "id";
    context.data_class = core::data_class::general;
  }
  ~relay_bench() {
    client->close();
    provider.upstreams.close();  // what is finished in the background ends with its connection
    settle();
  }
  relay_bench(const relay_bench&) = delete;
  relay_bench& operator=(const relay_bench&) = delete;

  boost::asio::awaitable<relayed> perform() {
    relayed result;
    upstream::attempt attempt(provider.upstreams, provider.route, limits, cut);
    upstream::wire_request request;
    request.target = "/v1/chat/completions";
    const auto opened = co_await attempt.open(request, no_traceparent, false);
    if (!opened) {
      result.refused = opened.error();
      co_return result;
    }
    responder answers(*worker, *client, context);
    stream_relay relay(*worker, attempt, answers, cut, settings);
    const auto held = co_await relay.hold();
    if (!held) {
      result.refused = held.error();
      co_return result;
    }
    attempt.commit();
    stream_relay::meter meter = count;
    result.complete = co_await relay.relay(std::string(client_head), std::move(meter));
    EXPECT_EQ(result.complete, relay.is_complete());
    result.broken_by = relay.broken_by();
    if (const auto failure = relay.failure()) {
      EXPECT_EQ(failure->reach, core::reach::committed);
      if (!failure->blames_request) result.blamed = failure->kind;
    }
    result.provider_time = relay.provider_time();
    result.cost = relay.cost();
    if (result.complete) attempt.release();
    co_return result;
  }

  relayed run() { return test::run(worker->context(), perform()); }
  void settle() { test::settle(worker->context()); }

  // What the client reads behind the head: its chunks taken apart.
  [[nodiscard]] std::string received() const {
    std::string_view rest = from_gateway->written();
    EXPECT_TRUE(rest.starts_with(client_head));
    rest.remove_prefix(client_head.size());
    http::body_decoder decoder(http::framing::chunked, 0, SIZE_MAX);
    std::string out;
    while (!decoder.done()) {
      const auto piece = decoder.step(rest);
      if (!piece || piece->consumed == 0) break;
      out += piece->data;
      rest.remove_prefix(piece->consumed);
    }
    EXPECT_EQ(rest, "");
    whole = decoder.done();
    return out;
  }

  test::bare_worker worker;
  test::fake_upstream provider{worker->context().get_executor(), worker->deadlines()};
  std::shared_ptr<test::fake_peer> peer = provider.dialer.connects();
  std::shared_ptr<test::fake_peer> from_gateway = std::make_shared<test::fake_peer>(worker->context().get_executor());
  std::shared_ptr<net::channel> client =
      net::channel::make(worker->context().get_executor(), std::make_unique<test::fake_stream>(from_gateway));
  request_context context;
  net::interrupt cut;
  stream_settings settings;
  upstream::attempt_limits limits;
  mutable bool whole = false;  // received() saw the last chunk

 private:
  // Tells apart what was counted: 7002 for the usage above, the relayed bytes for an estimate.
  static core::metered count(const std::optional<core::token_usage>& usage, std::int64_t relayed_bytes) {
    core::metered cost;
    cost.source = usage ? core::usage_source::provider : core::usage_source::estimated;
    cost.micro_usd = usage ? usage->prompt * 1000 + usage->completion : relayed_bytes;
    return cost;
  }
};

}  // namespace phigate::server
