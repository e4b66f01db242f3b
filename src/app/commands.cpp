#include "app/commands.hpp"

#include <openssl/rand.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "app/daemon.hpp"
#include "app/reload.hpp"
#include "app/route_table.hpp"
#include "phigate/config/loader.hpp"
#include "phigate/observe/log.hpp"
#include "phigate/server/key_ring.hpp"
#include "phigate/upstream/adapter.hpp"

namespace phigate::app {

namespace {

void print_lines(const std::vector<config::fault>& faults, std::string_view prefix) {
  for (const config::fault& fault : faults) {
    std::fprintf(stderr, "%.*s%s\n", static_cast<int>(prefix.size()), prefix.data(), fault.text().c_str());
  }
}

std::string hex(const config::sha256_digest& digest) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t byte : digest) {
    out += digits[byte >> 4];
    out += digits[byte & 0x0f];
  }
  return out;
}

}  // namespace

std::optional<config::loaded> load_or_print_faults(const std::string& config_file) {
  auto loaded = config::load(config_file, config::process_environment(), upstream::known_protocols());
  if (loaded) return *std::move(loaded);
  print_lines(loaded.error(), "");
  std::fprintf(stderr, "phigate: %zu fault(s); nothing was started\n", loaded.error().size());
  return std::nullopt;
}

int run_serve(const std::string& config_file) {
  std::signal(SIGHUP, SIG_IGN);  // until the reloader takes it: its default would end the process
  forbid_core_dumps();
  const auto loaded = load_or_print_faults(config_file);
  if (!loaded) return 1;
  configure_log(loaded->snapshot->settings);
  log_faults(observe::level::warn, loaded->warnings);
  const int code = serve(loaded->snapshot, config_file);
  observe::flush_log();
  return code;
}

int run_check(const std::string& config_file) {
  const auto loaded = load_or_print_faults(config_file);
  if (!loaded) return 1;
  print_lines(loaded->warnings, "warning: ");
  std::printf("%s and %s are sound\n", config_file.c_str(), loaded->snapshot->settings.registry_file.c_str());
  return 0;
}

int run_routes(const std::string& config_file, const routes_query& query) {
  const auto loaded = load_or_print_faults(config_file);
  if (!loaded) return 1;
  const std::string text = route_table(*loaded->snapshot->registry, query);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return 0;
}

// 32 random bytes: twice what makes guessing hopeless.
int run_keygen() {
  std::array<unsigned char, 32> random{};
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1)
    throw std::runtime_error("no random bytes to be had");
  static constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string key = "phg_";
  for (const unsigned char byte : random) key += letters[byte % letters.size()];
  std::printf("key:    %s\nsha256: %s\n", key.c_str(), hex(server::sha256(key)).c_str());
  std::printf(
      "\nGive the key to its user; put the sha256 under auth.keys in the configuration. The key is shown this once.\n");
  return 0;
}

}  // namespace phigate::app
