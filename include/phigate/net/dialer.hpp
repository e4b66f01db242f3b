// Outgoing connections: resolve, connect, and for TLS the handshake with verification (threats §3). Nothing of HTTP is
// sent before the peer's certificate is verified, and nothing turns the verification off.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "phigate/net/byte_stream.hpp"
#include "phigate/net/interrupt.hpp"
#include "phigate/net/resolver.hpp"

namespace phigate::net {

// The certificates that a client trusts, loaded once and shared by all workers.
class trust_store {
 public:
  // A PEM bundle; absent: the system's. Throws std::runtime_error naming a file that can't be read or holds no
  // certificate.
  static std::shared_ptr<const trust_store> load(const std::optional<std::string>& ca_file);
  ~trust_store();
  trust_store(const trust_store&) = delete;
  trust_store& operator=(const trust_store&) = delete;

 private:
  friend class tls_client;
  trust_store() = default;
  void* store_ = nullptr;  // X509_STORE: keeps OpenSSL's headers out of here
};

// How one endpoint is reached over TLS: trust, pins and the last session for resumption. One per worker and endpoint.
class tls_client {
 public:
  // `pins`: base64 of SHA-256 of a SubjectPublicKeyInfo in the chain; empty: none required.
  tls_client(std::shared_ptr<const trust_store> trust, std::vector<std::string> pins);
  ~tls_client();
  tls_client(const tls_client&) = delete;
  tls_client& operator=(const tls_client&) = delete;

  struct state;
  [[nodiscard]] state& use() { return *state_; }

 private:
  std::unique_ptr<state> state_;
};

struct target {
  std::string host;
  std::uint16_t port = 443;
  tls_client* tls = nullptr;  // none: plain text, which the configuration allows to loopback alone
};

enum class dial_failure : std::uint8_t { resolve, connect, tls, interrupted };

struct dial_error {
  dial_failure failure{};
  std::string note;  // for the log
};

class dialer {
 public:
  virtual ~dialer() = default;
  virtual asio::awaitable<std::expected<std::unique_ptr<byte_stream>, dial_error>> dial(target to, interrupt& cut) = 0;
};

// Real sockets. `names` outlives it.
std::unique_ptr<dialer> make_socket_dialer(asio::any_io_executor executor, resolver& names);

}  // namespace phigate::net
