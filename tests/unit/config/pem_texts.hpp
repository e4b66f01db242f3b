// A private key and a certificate of its own, as PEM, made anew for each test.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace phigate::config::testing {

struct pem_texts {
  std::string certificate;
  std::string key;
  std::string locked_key;  // the same behind a passphrase
  std::string empty_crl;   // a revocation list, signed with the key
};

inline std::string text_of(BIO* bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  std::string text(bytes, static_cast<std::size_t>(size));
  BIO_free(bio);
  return text;
}

inline pem_texts make_pem() {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), X509_free);
  const std::unique_ptr<X509_CRL, decltype(&X509_CRL_free)> crl(X509_CRL_new(), X509_CRL_free);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_CRL_set_issuer_name(crl.get(), name);
  X509_CRL_set1_lastUpdate(crl.get(), X509_get0_notBefore(certificate.get()));
  X509_CRL_set1_nextUpdate(crl.get(), X509_get0_notAfter(certificate.get()));
  if (X509_sign(certificate.get(), key.get(), EVP_sha256()) == 0 ||
      X509_CRL_sign(crl.get(), key.get(), EVP_sha256()) == 0)
    throw std::runtime_error("OpenSSL does not sign");

  const auto written = [](auto write) {
    BIO* bio = BIO_new(BIO_s_mem());
    if (write(bio) != 1) throw std::runtime_error("OpenSSL does not write");
    return text_of(bio);
  };
  pem_texts out;
  out.certificate = written([&](BIO* to) { return PEM_write_bio_X509(to, certificate.get()); });
  out.key =
      written([&](BIO* to) { return PEM_write_bio_PrivateKey(to, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
  out.locked_key = written([&](BIO* to) {
    return PEM_write_bio_PrivateKey(to, key.get(), EVP_aes_128_cbc(), reinterpret_cast<const unsigned char*>("pass"), 4,
                                    nullptr, nullptr);
  });
  out.empty_crl = written([&](BIO* to) { return PEM_write_bio_X509_CRL(to, crl.get()); });
  return out;
}

}  // namespace phigate::config::testing
