#include "server/byte_relay.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <utility>

#include "phigate/http/writer.hpp"

namespace phigate::server {

namespace asio = boost::asio;
using core::failure_kind;
using upstream::attempt;

namespace {

constexpr std::string_view no_head;

}  // namespace

asio::awaitable<std::expected<void, core::attempt_failure>> byte_relay::hold() {
  while (true) {
    from_.arm_within(settings_.idle);
    attempt::read_outcome first = co_await from_.read();
    if (first.kind == attempt::read_kind::nudged) continue;
    if (first.kind == attempt::read_kind::failed) co_return std::unexpected(std::move(first.failure));
    if (first.kind == attempt::read_kind::end) {
      co_return std::unexpected(core::unusable_answer(failure_kind::bad_response, "an empty answer"));
    }
    held_ = first.data;
    co_return std::expected<void, core::attempt_failure>{};
  }
}

asio::awaitable<bool> byte_relay::relay(std::string head) {
  const auto until = std::chrono::steady_clock::now() + settings_.longest;
  bool written = co_await write(head, held_, false);
  while (written) {
    // Only waiting for the provider counts: a slow client holds nothing against it.
    from_.arm(std::min(std::chrono::steady_clock::now() + settings_.idle, until));
    const attempt::read_outcome next = co_await from_.read();
    from_.disarm();
    if (next.kind == attempt::read_kind::failed) {
      const bool past_longest = std::chrono::steady_clock::now() >= until;
      if (!past_longest) break_off(next.failure);
      if (past_longest) broken_by_ = "timeout";
      co_return false;
    }
    const bool ended = next.kind == attempt::read_kind::end;
    // An answer whose length its head did not tell rightly may lack anything (threats §2): it ends as a cut one does.
    if (ended && from_.has_surplus()) {
      break_off(core::unusable_answer(failure_kind::bad_response, "surplus bytes"));
      co_return false;
    }
    if (ended || next.kind == attempt::read_kind::data) written = co_await write(no_head, next.data, ended);
    if (ended) co_return written;
  }
  co_return false;
}

void byte_relay::break_off(const core::attempt_failure& by) {
  if (cut_.why() == net::interruption::client_gone) return;
  if (cut_.why() == net::interruption::shutting_down) {
    broken_by_ = "shutting_down";
    return;
  }
  broken_by_ = core::to_string(by.kind);
  failure_ = by;
  failure_->reach = core::reach::committed;
}

asio::awaitable<bool> byte_relay::write(std::string_view head, std::string_view data, bool last) {
  std::string chunk_start;
  std::string_view chunk_end;
  if (settings_.chunked && !data.empty()) {
    http::append_chunk_header(chunk_start, data.size());
    chunk_end = "\r\n";
  }
  if (settings_.chunked && last) chunk_end = "0\r\n\r\n";
  if (head.empty() && data.empty() && chunk_end.empty()) co_return true;
  const std::array<asio::const_buffer, 4> pieces{
      asio::const_buffer(head.data(), head.size()), asio::buffer(chunk_start),
      asio::const_buffer(data.data(), data.size()), asio::const_buffer(chunk_end.data(), chunk_end.size())};
  const bool written = co_await to_.write(pieces);
  co_return written;
}

}  // namespace phigate::server
