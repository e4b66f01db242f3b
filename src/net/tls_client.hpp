// What the dialer needs of a tls_client.
#pragma once

#include <openssl/ssl.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>
#include <vector>

#include "phigate/net/dialer.hpp"

namespace phigate::net {

struct session_deleter {
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};

struct tls_client::state {
  asio::ssl::context context{asio::ssl::context::tls_client};
  std::shared_ptr<const trust_store> trust;
  std::vector<std::string> pins;
  std::unique_ptr<SSL_SESSION, session_deleter> session;  // the last one that may be resumed
};

// Sets what the peer must prove: its name or address; offers the last session. False: the host can't be expressed.
bool prepare(tls_client::state& client, SSL* connection, const std::string& host);
// After the handshake: verified, and pinned when pins are given.
bool is_trusted(const tls_client::state& client, SSL* connection);
std::string verification_note(SSL* connection);  // empty: verified

}  // namespace phigate::net
