#include "server/request_id.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <stdexcept>

#include "phigate/core/ascii.hpp"

namespace phigate::server {

std::string make_request_id(std::chrono::system_clock::time_point now, const std::array<std::uint8_t, 10>& random) {
  const auto millis =
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count());
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < 6; ++i) bytes[i] = static_cast<std::uint8_t>(millis >> (8 * (5 - i)));
  std::copy(random.begin(), random.end(), bytes.begin() + 6);
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x70);  // version 7
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);  // variant

  static constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += digits[bytes[i] >> 4];
    text += digits[bytes[i] & 0x0f];
  }
  return text;
}

std::string make_request_id() {
  // One call of the generator serves many ids.
  struct pool {
    std::array<std::uint8_t, 640> bytes{};
    std::size_t used = 640;
  };
  thread_local pool random;
  std::array<std::uint8_t, 10> part{};
  if (random.used == random.bytes.size()) {
    if (RAND_bytes(random.bytes.data(), static_cast<int>(random.bytes.size())) != 1) {
      throw std::runtime_error("no random bytes to be had");
    }
    random.used = 0;
  }
  std::copy_n(random.bytes.begin() + static_cast<std::ptrdiff_t>(random.used), part.size(), part.begin());
  random.used += part.size();
  return make_request_id(std::chrono::system_clock::now(), part);
}

bool is_client_request_id(std::string_view text) {
  return !text.empty() && text.size() <= 128 && std::all_of(text.begin(), text.end(), [](char c) {
    return core::ascii::is_alphanumeric(c) || c == '.' || c == '_' || c == '-';
  });
}

}  // namespace phigate::server
