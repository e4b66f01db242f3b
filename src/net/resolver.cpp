#include "phigate/net/resolver.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <utility>

namespace phigate::net {

resolver::resolver(asio::any_io_executor executor) : executor_(executor), system_(executor) {}

asio::awaitable<resolver::answer> resolver::resolve(std::string host, std::uint16_t port, interrupt& cut) {
  answer result;
  error_code not_an_address;
  const auto literal = asio::ip::make_address(host, not_an_address);
  if (!not_an_address) {
    result.found.emplace_back(literal, port);
    co_return result;
  }

  // RFC 6761 §6.3: never asked of anybody. A machine need not even have a hosts file for it.
  if (host == "localhost") {
    result.found.emplace_back(asio::ip::address_v4::loopback(), port);
    result.found.emplace_back(asio::ip::address_v6::loopback(), port);
    co_return result;
  }

  const key name(std::move(host), port);
  entry& cached = cache_[name];
  const auto age = std::chrono::steady_clock::now() - cached.resolved_at;
  if (cached.known && age < stale_after) {
    if (age >= refresh_after && !cached.looking_up) look_up(name);
    result.found = cached.found;
    co_return result;
  }

  if (!cached.looking_up) look_up(name);
  event ready(executor_);
  const auto place = cached.waiters.insert(cached.waiters.end(), &ready);
  cut.on_fire([&ready] { ready.set(); });
  if (!ready.take()) co_await ready.wait();
  cut.forget();
  cached.waiters.erase(place);
  if (cut.why() != interruption::none) {
    result.error = asio::error::operation_aborted;
    co_return result;
  }
  result.error = cached.error;
  result.found = cached.found;
  co_return result;
}

void resolver::look_up(const key& name) {
  cache_[name].looking_up = true;
  system_.async_resolve(name.first, std::to_string(name.second),
                        [this, name](error_code error, const asio::ip::tcp::resolver::results_type& results) {
                          entry& cached = cache_[name];
                          cached.looking_up = false;
                          cached.error = error;
                          if (!error) {
                            cached.found.clear();
                            for (const auto& result : results) cached.found.push_back(result.endpoint());
                            cached.known = true;
                            cached.resolved_at = std::chrono::steady_clock::now();
                          }
                          for (event* waiter : cached.waiters) waiter->set();
                        });
}

}  // namespace phigate::net
