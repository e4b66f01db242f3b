#include "phigate/http/body.hpp"

#include <algorithm>

#include "grammar.hpp"

namespace phigate::http {
namespace {

using grammar::char_class;

constexpr std::size_t most_size_digits = 16;  // all that 64 bits hold, so a size can't overflow
constexpr std::size_t most_line_bytes = 256;
constexpr std::size_t most_trailer_bytes = 8u << 10;

}  // namespace

body_decoder::body_decoder(framing framing, std::uint64_t content_length, std::uint64_t limit)
    : framing_(framing), limit_(limit) {
  switch (framing) {
    case framing::none:
      state_ = state::done;
      break;
    case framing::length:
      remaining_ = content_length;
      if (remaining_ == 0) state_ = state::done;
      break;
    case framing::chunked:
      state_ = state::size;
      break;
    case framing::until_close:
      break;
  }
}

std::expected<body_decoder::piece, body_fault> body_decoder::step(std::string_view input) {
  if (state_ == state::failed) return std::unexpected(fault_);
  if (state_ == state::done) return piece{};
  return framing_ == framing::chunked ? step_chunked(input) : step_plain(input);
}

std::expected<void, body_fault> body_decoder::finish() {
  if (state_ == state::failed) return std::unexpected(fault_);
  if (framing_ == framing::until_close) state_ = state::done;
  if (state_ != state::done) return std::unexpected(body_fault::truncated);
  return {};
}

std::expected<body_decoder::piece, body_fault> body_decoder::step_plain(std::string_view input) {
  const auto room = limit_ - decoded_;
  const bool over = framing_ == framing::length ? remaining_ > room : room == 0 && !input.empty();
  if (over) {
    fail(body_fault::too_large);
    return std::unexpected(fault_);
  }
  if (framing_ == framing::until_close) remaining_ = room;
  const auto taken = take(input, 0);
  if (framing_ == framing::length && remaining_ == 0) state_ = state::done;
  return taken;
}

std::expected<body_decoder::piece, body_fault> body_decoder::step_chunked(std::string_view input) {
  std::size_t at = 0;
  while (at < input.size() && state_ != state::done) {
    if (state_ == state::chunk) {
      const auto taken = take(input, at);
      if (remaining_ == 0) state_ = state::chunk_cr;
      return taken;
    }
    frame(input[at++]);
    if (state_ == state::failed) return std::unexpected(fault_);
  }
  return piece{.consumed = at, .data = {}};
}

body_decoder::piece body_decoder::take(std::string_view input, std::size_t framing_bytes) {
  const auto rest = input.size() - framing_bytes;
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(rest, remaining_));
  remaining_ -= size;
  decoded_ += size;
  return piece{.consumed = framing_bytes + size, .data = input.substr(framing_bytes, size)};
}

// One byte of what surrounds the data.
void body_decoder::frame(char c) {
  switch (state_) {
    case state::size:
      return chunk_size(c);
    case state::extension:
      if (c == '\r') {
        state_ = state::size_lf;
      } else if (++line_ > most_line_bytes || !(grammar::is(c, char_class::plain_text) || c == '\t')) {
        fail(body_fault::malformed_chunk);
      }
      return;
    case state::size_lf:
      if (c != '\n') return fail(body_fault::malformed_chunk);
      return chunk_size_end();
    case state::chunk_cr:
      return expect(c, '\r', state::chunk_lf);
    case state::chunk_lf:
      line_ = 0;
      return expect(c, '\n', state::size);
    case state::trailer_start:
    case state::trailer_name:
    case state::trailer_value:
    case state::trailer_lf:
    case state::end_lf:
      return trailer(c);
    case state::data:
    case state::chunk:
    case state::done:
    case state::failed:
      return;
  }
}

void body_decoder::chunk_size(char c) {
  if (const auto digit = grammar::hex_value(c)) {
    if (++line_ > most_size_digits) return fail(body_fault::malformed_chunk);
    remaining_ = remaining_ * 16 + *digit;
    return;
  }
  // Neither blanks nor a sign or `0x`, which some readers take and others do not.
  if (line_ == 0) return fail(body_fault::malformed_chunk);
  if (c == ';') {
    ++line_;
    state_ = state::extension;
    return;
  }
  expect(c, '\r', state::size_lf);
}

void body_decoder::chunk_size_end() {
  line_ = 0;
  if (remaining_ > limit_ - decoded_) return fail(body_fault::too_large);
  state_ = remaining_ == 0 ? state::trailer_start : state::chunk;
}

// Held to the form of fields, so that nobody can take a part of them for a message, and dropped unread.
void body_decoder::trailer(char c) {
  if (++line_ > most_trailer_bytes) return fail(body_fault::trailers_too_large);
  switch (state_) {
    case state::trailer_start:
      if (c == '\r') {
        state_ = state::end_lf;
        return;
      }
      state_ = state::trailer_name;
      if (!grammar::is(c, char_class::token)) fail(body_fault::malformed_chunk);
      return;
    case state::trailer_name:
      if (c == ':') {
        state_ = state::trailer_value;
      } else if (!grammar::is(c, char_class::token)) {
        fail(body_fault::malformed_chunk);
      }
      return;
    case state::trailer_value:
      if (c == '\r') {
        state_ = state::trailer_lf;
      } else if (!grammar::is(c, char_class::text)) {
        fail(body_fault::malformed_chunk);
      }
      return;
    case state::trailer_lf:
      return expect(c, '\n', state::trailer_start);
    default:
      return expect(c, '\n', state::done);
  }
}

void body_decoder::expect(char c, char wanted, state next) {
  if (c != wanted) return fail(body_fault::malformed_chunk);
  state_ = next;
}

void body_decoder::fail(body_fault fault) {
  fault_ = fault;
  state_ = state::failed;
}

}  // namespace phigate::http
