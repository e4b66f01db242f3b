#include "app/listeners.hpp"

#include <sys/socket.h>

#include <boost/asio/detail/socket_option.hpp>
#include <boost/asio/ip/address.hpp>
#include <stdexcept>
#include <utility>

#include "phigate/net/socket_stream.hpp"

namespace phigate::app {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

using reuse_port = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

[[noreturn]] void fail(const config::listen_address& at, const boost::system::error_code& error) {
  std::string hint;
  if (error == asio::error::address_in_use) hint = ". Stop what uses it, or choose another port under listen";
  throw std::runtime_error("can't listen on " + at.address + ":" + std::to_string(at.port) + ": " + error.message() +
                           hint);
}

tcp::acceptor open(asio::io_context& context, const config::listen_address& at, const tcp::endpoint& endpoint,
                   bool shared) {
  tcp::acceptor acceptor(context);
  boost::system::error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (error) fail(at, error);
  acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (shared) acceptor.set_option(reuse_port(true), error);
  if (error) fail(at, error);
  acceptor.bind(endpoint, error);
  if (error) fail(at, error);
  acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) fail(at, error);
  return acceptor;
}

// Whether somebody else has the port: with SO_REUSEPORT a second process of the same user would quietly take half of
// the connections.
void check_free(asio::io_context& context, const config::listen_address& at, const tcp::endpoint& endpoint) {
  if (endpoint.port() != 0) open(context, at, endpoint, false).close();
}

std::string url_of(const tcp::endpoint& endpoint, bool tls) {
  const std::string address = endpoint.address().to_string();
  const std::string host = endpoint.address().is_v6() ? "[" + address + "]" : address;
  return (tls ? "https://" : "http://") + host + ":" + std::to_string(endpoint.port());
}

std::string open_one(const config::listen_address& at, server::listener_role role,
                     const std::vector<std::unique_ptr<server::worker>>& workers) {
  boost::system::error_code error;
  tcp::endpoint endpoint(asio::ip::make_address(at.address, error), at.port);
  if (error) fail(at, error);
  std::shared_ptr<asio::ssl::context> tls;
  if (at.certificate_file) tls = net::make_tls_server_context(*at.certificate_file, *at.key_file);
  check_free(workers.front()->context(), at, endpoint);
  for (const auto& worker : workers) {
    server::listening socket{open(worker->context(), at, endpoint, true), tls, role};
    endpoint = socket.acceptor.local_endpoint();  // the other workers take the port that the first one got
    worker->listen(std::move(socket));
  }
  return url_of(endpoint, tls != nullptr);
}

}  // namespace

std::vector<std::string> open_listeners(const config::settings& settings,
                                        const std::vector<std::unique_ptr<server::worker>>& workers) {
  std::vector<std::string> urls;
  for (const config::listen_address& at : settings.listen)
    urls.push_back(open_one(at, server::listener_role::main, workers));
  if (settings.admin) urls.push_back(open_one(*settings.admin, server::listener_role::admin, workers) + " (admin)");
  return urls;
}

}  // namespace phigate::app
