// One attempt at a time against a scripted provider, from dialling to release.
#pragma once

#include <chrono>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "phigate/upstream/attempt.hpp"
#include "support/fake_upstream.hpp"
#include "support/running.hpp"

namespace phigate::upstream {

using test::fake_peer;

// How an exchange ended, and what came of it.
struct exchange {
  std::optional<core::attempt_failure> refused;  // open
  std::optional<core::attempt_failure> broken;   // a read of the body
  answer_head head;
  std::string body;
};

// Pieces that the caller keeps alive.
inline codec::spliced_body gathered(std::initializer_list<std::string_view> pieces) {
  codec::spliced_body body;
  for (const std::string_view piece : pieces) {
    body.pieces.push_back(piece);
    body.size += piece.size();
  }
  return body;
}

struct attempt_bench {
  explicit attempt_bench(pool_settings pool = {}) : provider(context.get_executor(), deadlines, pool) {
    limits.total = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    request.target = "/v1/chat/completions";
    request.header_lines = "content-type: application/json\r\n";
    request.body = gathered({R"({"model":"m",)", R"("messages":[]})"});
  }
  ~attempt_bench() {
    provider.upstreams.close();  // what is finished in the background ends with its connection
    settle();
    context.drop_handlers();
  }
  attempt_bench(const attempt_bench&) = delete;
  attempt_bench& operator=(const attempt_bench&) = delete;

  // Opens, reads to the end and releases; a failure leaves the rest out.
  boost::asio::awaitable<exchange> perform(bool fresh) {
    exchange result;
    attempt subject(provider.upstreams, provider.route, limits, cut);
    auto opened = co_await subject.open(request, traceparent, fresh);
    result.head = subject.head();
    if (!opened) {
      result.refused = std::move(opened.error());
      co_return result;
    }
    while (true) {
      auto piece = co_await subject.read();
      if (piece.kind == attempt::read_kind::failed) {
        result.broken = std::move(piece.failure);
        co_return result;
      }
      if (piece.kind == attempt::read_kind::end) break;
      result.body += piece.data;
    }
    subject.release();
    co_return result;
  }

  exchange run(bool fresh = false) { return test::run(context, perform(fresh)); }
  // As far as it gets without time passing.
  void settle() { test::settle(context); }
  connection_pool& pool() { return provider.pool(); }

  test::event_loop context;
  net::deadline_queue deadlines{context};
  test::fake_upstream provider;
  net::interrupt cut;
  attempt_limits limits;
  wire_request request;
  std::string traceparent;
};

// An answer with a length.
inline std::string answer(int status, std::string_view body, std::string_view fields = {}) {
  return "HTTP/1.1 " + std::to_string(status) + " x\r\ncontent-length: " + std::to_string(body.size()) + "\r\n" +
         std::string(fields) + "\r\n" + std::string(body);
}

}  // namespace phigate::upstream
