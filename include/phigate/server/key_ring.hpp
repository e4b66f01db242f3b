// Client keys (spec §12, threats §4): known by their SHA-256 alone, compared in constant time.
#pragma once

#include <chrono>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "phigate/config/settings.hpp"

namespace phigate::server {

config::sha256_digest sha256(std::string_view text);

class key_ring {
 public:
  explicit key_ring(const std::vector<config::api_key>& keys);

  // The key with that text, valid on `today` (UTC); null for an unknown or expired one, which a caller can't tell
  // apart. The result lives as long as the vector that the ring was built on.
  [[nodiscard]] const config::api_key* find(std::string_view presented, std::chrono::sys_days today) const;

 private:
  struct known_key {
    config::sha256_digest digest;
    const config::api_key* key;
  };
  // By the digest's first bytes: choosing a text whose digest falls near another's is as hard as guessing the key.
  std::unordered_multimap<std::uint64_t, known_key> by_prefix_;
};

}  // namespace phigate::server
