// What a reload may change (spec §12). Sockets and threads are opened once: those settings stay as they run, and the
// rest of a new configuration is taken over, all or nothing.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "phigate/config/loader.hpp"

namespace phigate::config {

// The settings that differ and that only a restart can change, as the file names them: "listen", "admin", "workers", in
// this order.
std::vector<std::string> settings_that_need_restart(const settings& running, const settings& wanted);

// What a reload may use: `wanted` with the listeners and workers that are running. A fault at `auth.mode` when it would
// switch keys off, or serve callers without one on a running listener that others than this machine can reach, and does
// not say allow_insecure: a reload never opens what is closed. `config_file`: the file that `wanted` was loaded from.
std::expected<std::shared_ptr<const snapshot>, fault> keep_running_listeners(const settings& running,
                                                                             std::shared_ptr<const snapshot> wanted,
                                                                             const std::string& config_file);

}  // namespace phigate::config
