// Names to addresses, cached (design §3). One per worker.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "phigate/net/byte_stream.hpp"
#include "phigate/net/event.hpp"
#include "phigate/net/interrupt.hpp"

namespace phigate::net {

using addresses = std::vector<asio::ip::tcp::endpoint>;

class resolver {
 public:
  // Answers are fresh for `refresh_after`; then the next use renews them in the background and goes on with the old
  // ones until `stale_after`. The system's resolver tells no TTL.
  static constexpr std::chrono::seconds refresh_after{30};
  static constexpr std::chrono::seconds stale_after{300};

  explicit resolver(asio::any_io_executor executor);

  struct answer {
    error_code error;
    addresses found;
  };
  // An address literal resolves to itself. Cut by `cut`: operation_aborted (the look-up itself goes on and fills the
  // cache).
  asio::awaitable<answer> resolve(std::string host, std::uint16_t port, interrupt& cut);

 private:
  struct entry {
    addresses found;
    error_code error;
    std::chrono::steady_clock::time_point resolved_at{};
    bool known = false;
    bool looking_up = false;
    std::list<event*> waiters;
  };
  using key = std::pair<std::string, std::uint16_t>;

  void look_up(const key& name);

  asio::any_io_executor executor_;
  asio::ip::tcp::resolver system_;
  std::map<key, entry> cache_;
};

}  // namespace phigate::net
