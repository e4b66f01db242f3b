// The gateway's own configuration (spec §12) as values, every default filled in.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "phigate/core/vocabulary.hpp"

namespace phigate::config {

using std::chrono::milliseconds;

struct listen_address {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;                    // 0: any free one
  std::optional<std::string> certificate_file;  // both or neither: TLS
  std::optional<std::string> key_file;
  bool operator==(const listen_address&) const = default;
};

using sha256_digest = std::array<std::uint8_t, 32>;

enum class phi_permission : std::uint8_t { allowed, required, forbidden };

struct api_key {
  std::string id;
  std::vector<sha256_digest> sha256;
  core::region_set regions;            // those it may name; all when the file lists none
  std::optional<core::region> region;  // the default; also when `regions` has exactly one
  phi_permission phi = phi_permission::allowed;
  std::optional<std::chrono::sys_days> expires;  // exclusive
  bool metrics = false;
};

enum class auth_mode : std::uint8_t { none, keys };
enum class log_format : std::uint8_t { text, json };

struct timeouts {
  milliseconds connect{3'000};
  milliseconds first_byte{300'000};
  milliseconds first_token{120'000};
  milliseconds idle{120'000};
  milliseconds total{600'000};
  milliseconds stream{3'600'000};
  milliseconds client_header{10'000};
  milliseconds client_idle{75'000};
};

struct limits {
  std::size_t body = 25u << 20;
  std::size_t header = 16u << 10;
  std::size_t header_fields = 100;
  std::size_t response = 256u << 20;
  std::size_t memory = std::size_t{2} << 30;
  std::size_t connections = 10'000;
  std::size_t in_flight = 4'096;
};

struct cooldowns {
  milliseconds server_error{30'000};
  milliseconds rate_limit{60'000};
  milliseconds repeated{120'000};
};

struct settings {
  std::vector<listen_address> listen{listen_address{}};
  std::optional<listen_address> admin;
  std::size_t workers = 0;                       // 0: one a core
  std::string registry_file = "providers.yaml";  // already resolved against the configuration's folder
  core::region default_region = core::region::eu;
  bool default_phi = false;
  auth_mode auth = auth_mode::none;
  bool allow_insecure = false;
  std::vector<api_key> keys;
  config::timeouts timeouts;
  int max_attempts = 4;
  milliseconds health_window{300'000};
  config::cooldowns cooldowns;
  config::limits limits;
  std::optional<std::string> upstream_ca_file;  // absent: the system's
  std::size_t upstream_idle_connections = 64;   // per worker and endpoint
  milliseconds upstream_idle_timeout{60'000};
  milliseconds drain_delay{5'000};
  milliseconds drain_timeout{60'000};
  std::string log_level = "info";  // trace, debug, info, warn, error
  config::log_format log_format = log_format::text;
  std::vector<std::string> cors_origins;
};

}  // namespace phigate::config
