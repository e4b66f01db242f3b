// Certificates and keys that OpenSSL would refuse once they are needed are faults when the files are read.
#include "config/pem.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>

#include "unit/config/config_files.hpp"
#include "unit/config/pem_texts.hpp"

namespace phigate::config {
namespace {

using testing::config_files;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::make_pem;
using ::testing::StartsWith;

constexpr std::string_view armour_begin = "-----BEGIN CERTIFICATE-----\n";
constexpr std::string_view armour_end = "-----END CERTIFICATE-----\n";

std::vector<std::string> useless_bundles() {
  const testing::pem_texts pem = make_pem();
  std::string damaged = pem.certificate;
  damaged[armour_begin.size() + 40] = '!';
  std::string text(armour_begin);
  text += "bm90IGEgY2VydGlmaWNhdGU=\n";
  text += armour_end;
  return {"",
          "no PEM at all\n",
          std::string(1'000, '\0'),
          pem.key,
          pem.certificate.substr(0, pem.certificate.size() / 2),
          std::string(armour_begin) + std::string(armour_end),
          text,
          damaged,
          pem.certificate + damaged,
          pem.empty_crl};
}

TEST(ca_files, that_hold_no_certificate_are_a_fault_at_their_place) {
  for (const std::string& content : useless_bundles()) {
    config_files files;
    files.write("ca.pem", content);
    files.write("phigate.yaml", "workers: 1\nupstream:\n  ca_file: ca.pem\n");
    files.write("providers.yaml", testing::with_line(testing::small_registry, 26, "        tls: { ca_file: ca.pem }"));
    EXPECT_THAT(
        files.faults(),
        ElementsAre(StartsWith("phigate.yaml:3: upstream.ca_file: \"ca.pem\" holds no certificates in PEM"),
                    StartsWith("providers.yaml:26: providers.alpine.endpoints.alpine-ch.tls.ca_file: \"ca.pem\" "
                               "holds no certificates in PEM")))
        << content;
    EXPECT_EQ(ERR_peek_error(), 0U) << "a left-over error would be taken for one of the next connection";
  }
}

TEST(ca_files, may_hold_several_certificates_and_text_between_them) {
  config_files files;
  files.write("ca.pem", "# ours\n" + make_pem().certificate + "\nand theirs\n" + make_pem().certificate);
  files.write("phigate.yaml", "upstream: { ca_file: ca.pem }\n");
  const auto result = files.load();
  ASSERT_TRUE(result) << ::testing::PrintToString(files.texts(result.error()));
  EXPECT_EQ(result->snapshot->settings.upstream_ca_file, files.path("ca.pem"));
  EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST(ca_files, said_to_be_null_are_the_systems) {
  config_files files;
  files.write("phigate.yaml", "upstream: { ca_file: null }\n");
  files.write("providers.yaml", testing::with_line(testing::small_registry, 26, "        tls: { ca_file: ~ }"));
  const auto result = files.load();
  ASSERT_TRUE(result);
  EXPECT_FALSE(result->snapshot->settings.upstream_ca_file);
  EXPECT_FALSE(result->snapshot->registry->tables().endpoints[0].tls.ca_file);
}

class listener_tls_test : public ::testing::Test {
 protected:
  std::vector<std::string> faults_with(const std::string& certificate, const std::string& key) {
    files_.write("server.pem", certificate);
    files_.write("server.key", key);
    files_.write("phigate.yaml", "listen:\n  - tls:\n      certificate_file: server.pem\n      key_file: server.key\n");
    return files_.faults();
  }

  config_files files_;
  const testing::pem_texts pem_ = make_pem();
  const std::string no_certificate_ =
      "phigate.yaml:3: listen[0].tls.certificate_file: \"server.pem\" is no certificate";
  const std::string no_key_ =
      "phigate.yaml:4: listen[0].tls.key_file: \"server.key\" is not the certificate's private key";
};

TEST_F(listener_tls_test, takes_a_certificate_with_its_key) {
  EXPECT_THAT(faults_with(pem_.certificate, pem_.key), IsEmpty());
  EXPECT_THAT(faults_with(pem_.certificate + make_pem().certificate, pem_.key), IsEmpty()) << "a chain";
  EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST_F(listener_tls_test, refuses_a_certificate_that_is_none) {
  for (const std::string& bad : {std::string(), std::string("x"), pem_.key, pem_.certificate.substr(0, 100)})
    EXPECT_THAT(faults_with(bad, pem_.key), ElementsAre(StartsWith(no_certificate_))) << bad;
  EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST_F(listener_tls_test, refuses_a_key_that_is_none_or_another_certificates) {
  for (const std::string& bad : {std::string(), std::string("x"), pem_.certificate, pem_.key.substr(0, 100)})
    EXPECT_THAT(faults_with(pem_.certificate, bad), ElementsAre(StartsWith(no_key_))) << bad;
  EXPECT_THAT(faults_with(pem_.certificate, make_pem().key), ElementsAre(StartsWith(no_key_)));
  EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST_F(listener_tls_test, refuses_a_key_behind_a_passphrase_without_asking_for_it) {
  EXPECT_THAT(
      faults_with(pem_.certificate, pem_.locked_key),
      ElementsAre("phigate.yaml:4: listen[0].tls.key_file: \"server.key\" is behind a passphrase: write the key "
                  "without one"));
}

TEST_F(listener_tls_test, is_checked_on_the_admin_listener_too) {
  files_.write("bad.pem", "x");
  files_.write("phigate.yaml", "admin: { tls: { certificate_file: bad.pem, key_file: bad.pem } }\n");
  EXPECT_THAT(files_.faults(), ElementsAre(StartsWith("phigate.yaml:1: admin.tls.certificate_file: \"bad.pem\"")));
}

}  // namespace
}  // namespace phigate::config
