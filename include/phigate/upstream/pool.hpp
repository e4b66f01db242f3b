// Kept-alive connections to providers (threats §2): one pool per worker and endpoint, so that a connection is never
// shared between endpoints, credentials or trust settings.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <vector>

#include "phigate/net/channel.hpp"
#include "phigate/net/deadline.hpp"

namespace phigate::upstream {

struct pool_settings {
  std::size_t idle_connections = 64;
  std::chrono::milliseconds idle_timeout{60'000};
};

class connection_pool {
 public:
  explicit connection_pool(pool_settings settings) : settings_(settings) {}
  ~connection_pool();
  connection_pool(const connection_pool&) = delete;
  connection_pool& operator=(const connection_pool&) = delete;

  // The connection used last that is still quiet, or null. One on which anything arrived is closed.
  std::shared_ptr<net::channel> take();
  // A connection whose exchange ended cleanly with nothing left over. The oldest goes when there are too many.
  void put(std::shared_ptr<net::channel> connection);
  // A connection whose last answer is still being read to its end; `put` follows, or it closes.
  void begin_finishing(const std::shared_ptr<net::channel>& connection) { finishing_.push_back(connection); }
  // Closes what waited too long or is not quiet any more.
  void sweep(net::steady_time now);
  // Closes everything, what is being finished too.
  void close();
  // Closes what is idle; whatever is put back from now on is closed as well.
  void retire();

  [[nodiscard]] std::size_t size() const { return idle_.size(); }

 private:
  struct idle_connection {
    std::shared_ptr<net::channel> connection;
    net::steady_time since;
  };
  pool_settings settings_;
  std::deque<idle_connection> idle_;  // oldest first
  std::vector<std::weak_ptr<net::channel>> finishing_;
};

}  // namespace phigate::upstream
