// Certificates and keys, tried out when the configuration is read: a file that OpenSSL would refuse later, when a
// listener opens or a provider is dialled, is a fault with its place (spec §11, §12).
#pragma once

#include <optional>
#include <string>

#include "config/document.hpp"
#include "config/reader.hpp"

namespace phigate::config {

// The path of a PEM bundle with at least one certificate. A null node says outright: the system's.
std::optional<std::string> read_ca_file(const node& from, reading& in);

// A listener's certificate chain and the private key that goes with it, by the paths read from the two nodes. A key
// behind a passphrase is a fault.
void check_key_pair(const node& certificate_from, const std::string& certificate_file, const node& key_from,
                    const std::string& key_file, reading& in);

}  // namespace phigate::config
