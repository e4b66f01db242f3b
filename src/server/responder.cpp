#include "server/responder.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <utility>

#include "phigate/codec/writers.hpp"
#include "phigate/core/audit.hpp"
#include "phigate/http/writer.hpp"
#include "server/cors.hpp"

namespace phigate::server {

namespace asio = boost::asio;

namespace {

// The stall limit is for each step, so that a slow client of a large answer is not taken for a dead one.
constexpr std::size_t write_step = 64u << 10;

}  // namespace

std::string responder::start_head(int status, std::string_view content_type) const {
  std::string head;
  head.reserve(512);
  http::append_status_line(head, status);
  http::append_field(head, "date", worker_.date());
  if (!content_type.empty()) http::append_field(head, "content-type", content_type);
  return head;
}

void responder::append_audit(std::string& head, bool answered) const {
  core::audit_facts facts;
  facts.request_id = context_.id;
  facts.client_request_id = context_.client_id;
  facts.data_class = context_.data_class;
  facts.attempts = context_.attempts;
  facts.provider = context_.provider;
  facts.strategy = context_.strategy;
  facts.variant = context_.variant;
  facts.success = answered;
  facts.model = context_.model;
  if (context_.region) facts.region = *context_.region;
  facts.cost = context_.cost;
  core::append_audit_headers(head, facts);
  if (!context_.upstream_request_id.empty()) {
    http::append_field(head, "x-phi-upstream-request-id", context_.upstream_request_id);
  }
  append_cors_headers(head, context_.origin);
}

void responder::append_connection(std::string& head) const {
  // A draining process keeps nobody: the next request belongs to another instance.
  if (worker_.shared.stage.load(std::memory_order_relaxed) != drain_stage::serving) context_.keep_alive = false;
  if (!context_.keep_alive) {
    http::append_field(head, "connection", "close");
  } else if (context_.http_1_0) {
    http::append_field(head, "connection", "keep-alive");
  }
}

// The answer comes before the body was read. What is here whole is skipped; else the connection ends with this answer.
void responder::give_up_body() {
  context_.body_consumed = true;
  if (context_.framing == http::framing::none) return;
  const bool whole = context_.framing == http::framing::length && !context_.expects_continue &&
                     client_.received().size() >= context_.content_length;
  if (whole) {
    client_.consume(static_cast<std::size_t>(context_.content_length));
  } else {
    context_.keep_alive = false;
    context_.gave_up_body = true;
  }
}

asio::awaitable<bool> responder::send(int status, std::string_view content_type, std::string_view body,
                                      std::string_view more_headers) {
  if (!context_.body_consumed) give_up_body();
  context_.status = status;
  std::string head = start_head(status, content_type);
  if (status != 204) http::append_field(head, "content-length", body.size());
  head += more_headers;
  append_audit(head, false);
  append_connection(head);
  head += "\r\n";
  const bool sent = co_await write_whole(std::move(head), body);
  co_return sent;
}

asio::awaitable<bool> responder::send_error(core::api_error error, std::string_view more_headers) {
  context_.error_code = core::traits_of(error.code).code;
  std::string headers(more_headers);
  if (error.retry_after_seconds) {
    http::append_field(headers, "retry-after", *error.retry_after_seconds);
  }
  if (core::forbids_retry(error, context_.attempts)) http::append_field(headers, "x-should-retry", "false");
  if (error.http_status() == 401) http::append_field(headers, "www-authenticate", "Bearer");
  const std::string body = codec::error_body(error);
  const bool sent = co_await send(error.http_status(), "application/json", body, headers);
  co_return sent;
}

asio::awaitable<bool> responder::send_answer(int status, std::string_view content_type, std::string_view body,
                                             std::string_view more_headers) {
  context_.status = status;
  std::string head = start_head(status, content_type);
  http::append_field(head, "content-length", body.size());
  head += more_headers;
  append_audit(head, true);
  append_connection(head);
  head += "\r\n";
  const bool sent = co_await write_whole(std::move(head), body);
  co_return sent;
}

std::string responder::relayed_head(std::string_view content_type, std::string_view framing_lines,
                                    std::string_view more_headers) {
  context_.status = 200;
  // Without chunks only the close can say where the answer ends.
  if (context_.http_1_0) context_.keep_alive = false;
  std::string head = start_head(200, content_type);
  if (!context_.http_1_0) http::append_field(head, "transfer-encoding", "chunked");
  head += framing_lines;
  head += more_headers;
  append_audit(head, true);
  append_connection(head);
  head += "\r\n";
  return head;
}

std::string responder::stream_head(std::string_view content_type, std::string_view more_headers) {
  std::string lines;
  http::append_field(lines, "cache-control", "no-cache");
  if (!context_.http_1_0) http::append_field(lines, "trailer", core::stream_trailer_names());
  return relayed_head(content_type, lines, more_headers);
}

std::string responder::bytes_head(std::string_view content_type, std::string_view more_headers) {
  return relayed_head(content_type, {}, more_headers);
}

asio::awaitable<bool> responder::write_whole(std::string head, std::string_view body) {
  if (context_.is_head_method) body = {};
  std::string_view part = body.substr(0, write_step);
  const std::array<asio::const_buffer, 2> first{asio::buffer(head), asio::const_buffer(part.data(), part.size())};
  bool sent = co_await write(first);
  for (body.remove_prefix(part.size()); sent && !body.empty(); body.remove_prefix(part.size())) {
    part = body.substr(0, write_step);
    const std::array<asio::const_buffer, 1> next{asio::const_buffer(part.data(), part.size())};
    sent = co_await write(next);
  }
  co_return sent;
}

asio::awaitable<bool> responder::write(std::span<const asio::const_buffer> pieces) {
  net::deadline stalled(worker_.deadlines(), [this] {
    client_.stream().reset_on_close();  // what it got must not look whole
    client_.close();
  });
  stalled.arm_in(client_stall_limit);
  const net::io_result written = co_await client_.write(pieces);
  if (written.error) context_.client_gone = true;
  co_return !written.error;
}

}  // namespace phigate::server
