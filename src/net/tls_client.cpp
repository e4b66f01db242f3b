// What a client trusts, and what one endpoint's connections share: context, pins, session.
#include "net/tls_client.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <array>
#include <stdexcept>
#include <string>

namespace phigate::net {

namespace {

// OpenSSL's macro for this casts away const in the C way.
bool set_server_name(SSL* connection, const std::string& host) {
  void* name = const_cast<char*>(host.c_str());
  return SSL_ctrl(connection, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name) == 1;
}

void drop_errors() {
  ERR_clear_error();
}

// Which tls_client a context belongs to, for OpenSSL's session callback.
int owner_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

int keep_session(SSL* connection, SSL_SESSION* session) {
  auto* owner = static_cast<tls_client::state*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(connection), owner_index()));
  if (owner == nullptr) return 0;  // the client is gone; its last connections are not
  owner->session.reset(session);
  return 1;  // the reference is ours now
}

std::string pin_of(X509* certificate) {
  unsigned char* encoded = nullptr;
  const int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &encoded);
  if (length <= 0) return {};
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  const int done = EVP_Digest(encoded, static_cast<std::size_t>(length), digest.data(), &size, EVP_sha256(), nullptr);
  OPENSSL_free(encoded);
  if (done != 1) return {};
  std::string text(4 * ((size + 2) / 3) + 1, '\0');
  text.resize(static_cast<std::size_t>(
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), digest.data(), static_cast<int>(size))));
  return text;
}

}  // namespace

std::shared_ptr<const trust_store> trust_store::load(const std::optional<std::string>& ca_file) {
  std::shared_ptr<trust_store> loaded(new trust_store());
  X509_STORE* store = X509_STORE_new();
  loaded->store_ = store;
  const int done = ca_file ? X509_STORE_load_file(store, ca_file->c_str()) : X509_STORE_set_default_paths(store);
  drop_errors();
  if (done != 1) {
    throw std::runtime_error(ca_file ? *ca_file + ": no PEM certificates can be read from it"
                                     : "the system's CA certificates can't be read");
  }
  return loaded;
}

trust_store::~trust_store() {
  X509_STORE_free(static_cast<X509_STORE*>(store_));
}

tls_client::tls_client(std::shared_ptr<const trust_store> trust, std::vector<std::string> pins)
    : state_(std::make_unique<state>()) {
  state_->trust = std::move(trust);
  state_->pins = std::move(pins);
  SSL_CTX* native = state_->context.native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set1_cert_store(native, static_cast<X509_STORE*>(state_->trust->store_));
  SSL_CTX_set_verify(native, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_set_ex_data(native, owner_index(), state_.get());
  SSL_CTX_sess_set_new_cb(native, keep_session);
  // http/1.1 in ALPN's wire form.
  static constexpr std::array<unsigned char, 9> protocols{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  SSL_CTX_set_alpn_protos(native, protocols.data(), protocols.size());
}

// A connection that outlives its client keeps the context alive, and may still be given a session.
tls_client::~tls_client() {
  SSL_CTX_set_ex_data(state_->context.native_handle(), owner_index(), nullptr);
}

bool prepare(tls_client::state& client, SSL* connection, const std::string& host) {
  error_code not_an_address;
  asio::ip::make_address(host, not_an_address);
  X509_VERIFY_PARAM* expected = SSL_get0_param(connection);
  if (!not_an_address) {
    if (X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str()) != 1) return false;
  } else {
    X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (X509_VERIFY_PARAM_set1_host(expected, host.data(), host.size()) != 1) return false;
    if (!set_server_name(connection, host)) return false;
  }
  if (client.session) SSL_set_session(connection, client.session.get());
  return true;
}

bool is_trusted(const tls_client::state& client, SSL* connection) {
  if (SSL_get_verify_result(connection) != X509_V_OK) return false;
  // A resumed session carries no chain; its first handshake was checked, and sessions are kept for trusted peers alone.
  if (client.pins.empty() || SSL_session_reused(connection) == 1) return true;
  // The verified chain, not what the peer sent: an unrelated certificate in its message must not match a pin.
  const STACK_OF(X509)* chain = SSL_get0_verified_chain(connection);
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    const std::string pin = pin_of(sk_X509_value(chain, i));
    for (const std::string& wanted : client.pins) {
      if (pin == wanted) return true;
    }
  }
  return false;
}

std::string verification_note(SSL* connection) {
  const long result = SSL_get_verify_result(connection);
  if (result == X509_V_OK) return {};
  return X509_verify_cert_error_string(result);
}

}  // namespace phigate::net
