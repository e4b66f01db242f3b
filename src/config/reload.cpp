#include "phigate/config/reload.hpp"

#include <algorithm>
#include <utility>

#include "config/address.hpp"

namespace phigate::config {
namespace {

// Without keys, anybody who reaches the port spends the operator's money and sends what they like. The admin listener
// serves no caller.
const listen_address* first_exposed(const settings& running) {
  const auto found =
      std::ranges::find_if(running.listen, [](const listen_address& at) { return !is_loopback(at.address); });
  return found == running.listen.end() ? nullptr : &*found;
}

fault would_expose(const listen_address& at, const std::string& config_file) {
  return {config_file, 0, "auth.mode",
          "mode none, and this process listens on " + at.address + " port " + std::to_string(at.port) +
              ", no loopback address, until it is restarted: write auth.mode: keys with a key, or "
              "auth.allow_insecure: true"};
}

std::shared_ptr<const snapshot> with_listeners_of(const settings& running, const snapshot& wanted) {
  auto kept = std::make_shared<snapshot>(wanted);
  kept->settings.listen = running.listen;
  kept->settings.admin = running.admin;
  kept->settings.workers = running.workers;
  return kept;
}

// A file that is read while it is being written may lack its end, and an empty one is valid: neither may let everybody
// in.
fault would_open(const std::string& config_file) {
  return {config_file, 0, "auth.mode",
          "none, and this process asks for keys: write auth.mode: keys with a key, or, if everybody may call, "
          "auth.allow_insecure: true"};
}

}  // namespace

std::vector<std::string> settings_that_need_restart(const settings& running, const settings& wanted) {
  std::vector<std::string> names;
  if (running.listen != wanted.listen) names.emplace_back("listen");
  if (running.admin != wanted.admin) names.emplace_back("admin");
  if (running.workers != wanted.workers) names.emplace_back("workers");
  return names;
}

std::expected<std::shared_ptr<const snapshot>, fault> keep_running_listeners(const settings& running,
                                                                             std::shared_ptr<const snapshot> wanted,
                                                                             const std::string& config_file) {
  const bool drops_keys = running.auth == auth_mode::keys && wanted->settings.auth == auth_mode::none;
  if (drops_keys && !wanted->settings.allow_insecure) return std::unexpected(would_open(config_file));
  if (wanted->settings.auth == auth_mode::none && !wanted->settings.allow_insecure) {
    if (const listen_address* exposed = first_exposed(running))
      return std::unexpected(would_expose(*exposed, config_file));
  }
  if (settings_that_need_restart(running, wanted->settings).empty()) return wanted;
  return with_listeners_of(running, *wanted);
}

}  // namespace phigate::config
