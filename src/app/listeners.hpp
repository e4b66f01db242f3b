// Listening sockets: one per worker and address, on the same port (SO_REUSEPORT), so that workers share nothing.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>
#include <vector>

#include "phigate/config/settings.hpp"
#include "phigate/server/worker.hpp"

namespace phigate::app {

// Opens every address of the settings on every worker. Returns the addresses as URLs, a port 0 replaced by the one it
// got. Throws std::runtime_error naming the address that can't be had.
std::vector<std::string> open_listeners(const config::settings& settings,
                                        const std::vector<std::unique_ptr<server::worker>>& workers);

}  // namespace phigate::app
