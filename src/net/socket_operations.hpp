// What plain and TLS streams do alike with their socket.
#pragma once

#include <boost/asio/ip/tcp.hpp>

namespace phigate::net {

// No byte waits and the peer has not closed.
bool socket_is_quiet(boost::asio::ip::tcp::socket& socket);
void set_reset_on_close(boost::asio::ip::tcp::socket& socket);

}  // namespace phigate::net
