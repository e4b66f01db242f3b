// Reading heads in tests: whole, and as they arrive in pieces.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "phigate/http/head.hpp"

namespace phigate::http::testing {

struct refusal {
  int status = 0;
  bool close = false;
  bool operator==(const refusal&) const = default;
};

// How a reader of `received` ends up: a head's extent, a refusal, or neither.
struct found_head {
  std::optional<refusal> fault = std::nullopt;
  std::size_t skip = 0;
  std::size_t size = 0;
  bool operator==(const found_head&) const = default;
};

inline found_head find_once(std::string_view received, const head_limits& limits, head_progress& progress) {
  const auto found = find_request_head(received, limits, progress);
  if (!found) return {.fault = refusal{found.error().status, found.error().close}};
  return {.fault = std::nullopt, .skip = found->skip, .size = found->size};
}

inline found_head find_whole(std::string_view received, const head_limits& limits = {}) {
  head_progress progress;
  return find_once(received, limits, progress);
}

// Feeds the first `split` bytes and then all, or each byte on its own when `split` is 0.
inline found_head find_in_pieces(std::string_view received, std::size_t split, const head_limits& limits = {}) {
  head_progress progress;
  for (std::size_t length = split == 0 ? 1 : split; length < received.size();) {
    const auto found = find_once(received.substr(0, length), limits, progress);
    if (found.fault || found.size > 0) return found;
    length = split == 0 ? length + 1 : received.size();
  }
  return find_once(received, limits, progress);
}

// Owns the bytes that its head looks into.
struct parsed_request {
  explicit parsed_request(std::string_view text, const head_limits& limits = {}) : bytes(text) {
    const auto parsed = parse_request_head(bytes, limits, head);
    if (!parsed) fault = refusal{parsed.error().status, parsed.error().close};
    if (!parsed) message = parsed.error().message;
  }
  parsed_request(const parsed_request&) = delete;
  parsed_request& operator=(const parsed_request&) = delete;

  std::string bytes;
  request_head head;
  std::optional<refusal> fault;
  std::string message;
};

inline std::string request_with(std::string_view fields, std::string_view line = "POST /v1/embeddings HTTP/1.1") {
  return std::string(line) + "\r\nHost: phigate.example\r\n" + std::string(fields) + "\r\n";
}

}  // namespace phigate::http::testing
