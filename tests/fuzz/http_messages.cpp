// HTTP/1.1 off the wire, requests and responses. The first byte says which and how the message arrives; what is read
// does not depend on the latter.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "fuzz/support/require.hpp"
#include "phigate/http/body.hpp"
#include "phigate/http/head.hpp"

namespace phigate::fuzz {
namespace {

constexpr std::uint64_t longest_body = 1u << 20;

void check_fields(std::span<const http::field> fields) {
  for (const http::field& one : fields) {
    require(!one.name.empty() && one.name.find_first_of("\r\n: \t") == std::string_view::npos, "a name is a token");
    require(one.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos,
            "a value stays on its line");
  }
}

struct decoded_body {
  std::string data;
  std::optional<http::body_fault> fault;
  std::size_t consumed = 0;
  bool operator==(const decoded_body&) const = default;
};

decoded_body decode(std::string_view input, http::framing framing, std::uint64_t length, std::size_t step) {
  http::body_decoder decoder(framing, length, longest_body);
  decoded_body out;
  std::size_t arrived = 0;
  while (!decoder.done()) {
    const auto piece = decoder.step(input.substr(out.consumed, arrived - out.consumed));
    if (!piece) {
      out.fault = piece.error();
      return out;
    }
    out.data += piece->data;
    out.consumed += piece->consumed;
    require(out.consumed <= arrived, "no more is spent than arrived");
    if (piece->consumed > 0) continue;
    if (arrived == input.size()) break;
    arrived = std::min(input.size(), arrived + step);
  }
  if (const auto ended = decoder.finish(); !ended) out.fault = ended.error();
  require(out.data.size() == decoder.decoded(), "what was decoded is counted");
  return out;
}

void read_body(std::string_view input, http::framing framing, std::uint64_t length, std::size_t step) {
  if (framing == http::framing::none) return;
  decoded_body whole = decode(input, framing, length, input.size() + 1);
  decoded_body pieces = decode(input, framing, length, step);
  require(whole.fault == pieces.fault, "a body that comes in pieces has the same fault");
  if (!whole.fault) require(whole == pieces, "a body that comes in pieces is the same");
}

void read_response(std::string_view input, std::size_t step) {
  std::size_t scanned = 0;
  const auto whole = http::find_response_head(input, scanned);
  std::size_t scanned_before = 0;
  auto pieces = http::find_response_head(input.substr(0, 0), scanned_before);
  for (std::size_t arrived = step; pieces && *pieces == 0; arrived += step) {
    pieces = http::find_response_head(input.substr(0, arrived), scanned_before);
    if (arrived >= input.size()) break;
  }
  require(whole == pieces, "a head that comes in pieces ends at the same place");
  if (!whole || *whole == 0) return;
  http::response_head head;
  if (!http::parse_response_head(input.substr(0, *whole), false, head)) return;
  require(head.status >= 100 && head.status <= 999, "a status has three digits");
  check_fields(head.fields);
  read_body(input.substr(*whole), head.framing, head.content_length, step);
}

void read_request(std::string_view input, std::size_t step) {
  const http::head_limits limits;
  http::head_progress progress;
  const auto whole = http::find_request_head(input, limits, progress);
  http::head_progress progress_before;
  auto pieces = http::find_request_head(input.substr(0, 0), limits, progress_before);
  for (std::size_t arrived = step; pieces && pieces->size == 0; arrived += step) {
    pieces = http::find_request_head(input.substr(0, arrived), limits, progress_before);
    if (arrived >= input.size()) break;
  }
  require(whole.has_value() == pieces.has_value(), "a head that comes in pieces is refused or taken alike");
  if (!whole) return;
  require(whole->size == pieces->size && whole->skip == pieces->skip, "a head that comes in pieces is the same");
  if (whole->size == 0) return;
  http::request_head head;
  if (!http::parse_request_head(input.substr(whole->skip, whole->size), limits, head)) return;
  require(head.target.find_first_of(" \r\n") == std::string_view::npos, "a target is one word");
  require(head.target.starts_with(head.path), "a path is its target's front");
  check_fields(head.fields);
  read_body(input.substr(whole->skip + whole->size), head.framing, head.content_length, step);
}

}  // namespace
}  // namespace phigate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t step = 1 + data[0] / 2 % 16;
  if (data[0] % 2 == 0) {
    phigate::fuzz::read_request(input, step);
  } else {
    phigate::fuzz::read_response(input, step);
  }
  return 0;
}
