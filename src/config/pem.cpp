#include "config/pem.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string_view>

namespace phigate::config {
namespace {

template <auto Free>
struct freed_by {
  template <typename Object>
  void operator()(Object* object) const {
    Free(object);
  }
};
using store_handle = std::unique_ptr<X509_STORE, freed_by<X509_STORE_free>>;
using context_handle = std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>>;

// " (no start line)": OpenSSL's reason, which holds nothing of the file. Its queue is empty afterwards.
std::string reason_of_failure() {
  const char* reason = ERR_reason_error_string(ERR_peek_error());
  ERR_clear_error();
  return reason != nullptr ? " (" + std::string(reason) + ')' : "";
}

bool holds_certificate(X509_STORE* store) {
  STACK_OF(X509_OBJECT)* objects = X509_STORE_get0_objects(store);
  for (int i = 0; i < sk_X509_OBJECT_num(objects); ++i) {
    if (X509_OBJECT_get_type(sk_X509_OBJECT_value(objects, i)) == X509_LU_X509) return true;
  }
  return false;  // a bundle of revocation lists loads, and then trusts nobody
}

// What OpenSSL asks instead of the terminal: nobody is there to type.
int refuse_passphrase(char*, int, int, void* was_asked) {
  *static_cast<bool*>(was_asked) = true;
  return -1;
}

}  // namespace

std::optional<std::string> read_ca_file(const node& from, reading& in) {
  if (from.shape == shape::null) return std::nullopt;
  auto path = read_readable_path(from, in);
  if (!path) return std::nullopt;
  const store_handle store(X509_STORE_new());
  const bool sound = X509_STORE_load_file(store.get(), path->c_str()) == 1 && holds_certificate(store.get());
  const std::string why = reason_of_failure();
  if (sound) return path;
  in.fault(from, in_quotes(from.scalar) + " holds no certificates in PEM" + why);
  return std::nullopt;
}

void check_key_pair(const node& certificate_from, const std::string& certificate_file, const node& key_from,
                    const std::string& key_file, reading& in) {
  const context_handle context(SSL_CTX_new(TLS_server_method()));
  bool locked = false;
  SSL_CTX_set_default_passwd_cb(context.get(), refuse_passphrase);
  SSL_CTX_set_default_passwd_cb_userdata(context.get(), &locked);
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_file.c_str()) != 1) {
    in.fault(certificate_from,
             in_quotes(certificate_from.scalar) + " is no certificate chain in PEM" + reason_of_failure());
  } else if (SSL_CTX_use_PrivateKey_file(context.get(), key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    const std::string why = reason_of_failure();
    in.fault(key_from, in_quotes(key_from.scalar) + (locked ? " is behind a passphrase: write the key without one"
                                                            : " is not the certificate's private key in PEM" + why));
  }
}

}  // namespace phigate::config
