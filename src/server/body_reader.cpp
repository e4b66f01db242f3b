#include "server/body_reader.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <utility>

#include "phigate/http/body.hpp"

namespace phigate::server {

namespace asio = boost::asio;

namespace {

// A body may be slow at first; from then on it must keep this average.
constexpr std::chrono::seconds slow_start{10};
constexpr std::size_t least_bytes_per_second = 1024;

// Bodies up to this size stay in the connection's buffer, where they were received.
constexpr std::size_t in_place_limit = net::channel::default_capacity - 4096;

}  // namespace

core::api_error too_many_bodies() {
  return {.code = core::error_code::overloaded,
          .message = "The gateway holds as many request bodies as it may. Try again shortly.",
          .retry_after_seconds = 1};
}

bool body_reader::fail(core::error_code code, std::string message) {
  return fail({.code = code, .message = std::move(message)});
}

bool body_reader::fail(core::api_error error) {
  with_.context.keep_alive = false;  // the rest of the body is still on its way
  fault_ = std::move(error);
  return false;
}

void body_reader::release() {
  body_ = {};
  aside_ = {};
  memory_.release();
}

bool body_reader::take_memory(std::size_t size) {
  if (memory_.grow(size)) return true;
  return fail(too_many_bodies());
}

bool body_reader::passes(std::string_view so_far) {
  if (!inspect_) return true;
  fault_ = inspect_(so_far);
  if (fault_) with_.context.keep_alive = false;  // the rest of the body is still on its way
  return !fault_;
}

asio::awaitable<bool> body_reader::read(inspection inspect) {
  inspect_ = std::move(inspect);
  request_context& context = with_.context;
  const std::uint64_t limit = with_.settings().limits.body;
  if (context.framing == http::framing::length &&
      !take_memory(static_cast<std::size_t>(std::min(context.content_length, limit)))) {
    co_return false;
  }
  if (context.expects_continue) {
    static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    const std::array<asio::const_buffer, 1> interim{asio::buffer(go_on)};
    const bool sent = co_await with_.answers.write(interim);
    if (!sent) co_return false;
  }
  bool whole = true;
  if (context.framing == http::framing::length && context.content_length <= in_place_limit) {
    whole = co_await read_in_place();
  } else if (context.framing != http::framing::none) {
    whole = co_await read_aside();
  }
  context.body_consumed = whole;
  co_return whole;
}

asio::awaitable<bool> body_reader::read_in_place() {
  net::channel& client = with_.connection.client();
  const auto size = static_cast<std::size_t>(with_.context.content_length);
  while (client.received().size() < size) {
    const bool arrived = co_await await_more(client.received().size());
    if (!arrived) co_return false;
  }
  if (!passes(client.received().substr(0, size))) co_return false;
  // Room behind the body, so that the client's disconnect can be seen while the body is in use.
  client.make_room();
  body_ = client.received().substr(0, size);
  client.consume(size);
  co_return true;
}

asio::awaitable<bool> body_reader::read_aside() {
  net::channel& client = with_.connection.client();
  const request_context& context = with_.context;
  const std::uint64_t limit = with_.settings().limits.body;
  http::body_decoder decoder(context.framing, context.content_length, limit);
  if (context.framing == http::framing::length) aside_.reserve(static_cast<std::size_t>(context.content_length));
  while (!decoder.done()) {
    const auto piece = decoder.step(client.received());
    if (!piece && piece.error() == http::body_fault::too_large) {
      co_return fail(core::error_code::payload_too_large,
                     "The body is larger than this gateway takes: " + std::to_string(limit) + " bytes.");
    }
    if (!piece) co_return fail(core::error_code::bad_request, "The body's chunks are malformed.");
    if (context.framing == http::framing::chunked && !take_memory(piece->data.size())) co_return false;
    aside_.append(piece->data);
    client.consume(piece->consumed);
    if (!piece->data.empty() && !passes(aside_.view())) co_return false;
    if (piece->consumed > 0 || decoder.done()) continue;
    const bool arrived = co_await await_more(static_cast<std::size_t>(decoder.decoded()));
    if (!arrived) co_return false;
  }
  client.make_room();
  body_ = aside_.view();
  co_return true;
}

// False: the client is gone, or too slow.
asio::awaitable<bool> body_reader::await_more(std::size_t received) {
  bool late = false;
  net::channel& client = with_.connection.client();
  net::deadline timer(with_.on().deadlines(), [&] {
    late = true;
    client.nudge();
  });
  const std::chrono::seconds earned(static_cast<std::int64_t>(received / least_bytes_per_second));
  timer.arm(started_ + std::max(slow_start, earned));
  while (true) {
    const auto woken = co_await client.more();
    if (woken == net::channel::wake::data) co_return true;
    if (woken == net::channel::wake::closed) {
      with_.context.client_gone = true;
      co_return false;
    }
    if (late) co_return fail(core::error_code::request_timeout, "The body arrived too slowly.");
  }
}

}  // namespace phigate::server
