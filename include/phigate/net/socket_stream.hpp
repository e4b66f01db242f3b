// byte_stream over an accepted or connected TCP socket, plain or as a TLS server.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

#include "phigate/net/byte_stream.hpp"
#include "phigate/net/interrupt.hpp"

namespace phigate::net {

std::unique_ptr<byte_stream> make_tcp_stream(asio::ip::tcp::socket socket);

// The server side of TLS: the stream once the handshake is done; null when it failed or was cut. `context` outlives it.
asio::awaitable<std::unique_ptr<byte_stream>> accept_tls(asio::ip::tcp::socket socket,
                                                         std::shared_ptr<asio::ssl::context> context, interrupt& cut);

// A server's certificate and key. Throws std::runtime_error naming the file that can't be used.
std::shared_ptr<asio::ssl::context> make_tls_server_context(const std::string& certificate_file,
                                                            const std::string& key_file);

}  // namespace phigate::net
