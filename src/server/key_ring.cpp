#include "phigate/server/key_ring.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <cstring>

namespace phigate::server {

namespace {

std::uint64_t prefix_of(const config::sha256_digest& digest) {
  std::uint64_t prefix = 0;
  std::memcpy(&prefix, digest.data(), sizeof prefix);
  return prefix;
}

}  // namespace

config::sha256_digest sha256(std::string_view text) {
  config::sha256_digest digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return digest;
}

key_ring::key_ring(const std::vector<config::api_key>& keys) {
  for (const config::api_key& key : keys) {
    for (const config::sha256_digest& digest : key.sha256)
      by_prefix_.emplace(prefix_of(digest), known_key{digest, &key});
  }
}

const config::api_key* key_ring::find(std::string_view presented, std::chrono::sys_days today) const {
  const config::sha256_digest digest = sha256(presented);
  const config::api_key* found = nullptr;
  bool compared = false;
  const auto [first, last] = by_prefix_.equal_range(prefix_of(digest));
  for (auto it = first; it != last; ++it) {
    compared = true;
    if (CRYPTO_memcmp(it->second.digest.data(), digest.data(), digest.size()) == 0) found = it->second.key;
  }
  if (!compared) {
    // An unknown key costs what a known one does.
    static constexpr config::sha256_digest nobody{};
    if (CRYPTO_memcmp(nobody.data(), digest.data(), digest.size()) == 0) return nullptr;
  }
  if (found != nullptr && found->expires && today >= *found->expires) return nullptr;
  return found;
}

}  // namespace phigate::server
