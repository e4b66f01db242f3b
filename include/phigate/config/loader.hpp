// Both files → one immutable snapshot, or every fault with its place (spec §11, §12). Nothing here is partial: a
// snapshot exists only when no check failed.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "phigate/config/settings.hpp"
#include "phigate/core/protocol.hpp"
#include "phigate/core/registry.hpp"

namespace phigate::config {

struct snapshot {
  config::settings settings;
  std::shared_ptr<const core::registry> registry;  // never null
};

// Where and what: "config/phigate.yaml:12: auth.keys[0].sha256: 63 digits, a SHA-256 has 64".
struct fault {
  std::string file;
  int line = 0;  // from 1; 0: the file as a whole
  std::string key_path;
  std::string message;
  [[nodiscard]] std::string text() const;
};

struct loaded {
  std::shared_ptr<const config::snapshot> snapshot;
  std::vector<fault> warnings;  // an endpoint disabled for want of a variable, a literal credential, …
};

// The value of an environment variable, or nothing when it is unset. Passed in, so that tests need no process state.
using environment = std::function<std::optional<std::string>(std::string_view name)>;
environment process_environment();

// Reads `config_file` and the registry it names, whose endpoints may speak one of `protocols`. On failure: every fault
// of both files, in file order.
std::expected<loaded, std::vector<fault>> load(const std::string& config_file, const environment& env,
                                               std::span<const core::protocol> protocols);

}  // namespace phigate::config
