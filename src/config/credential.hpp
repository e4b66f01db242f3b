// What an endpoint needs to be called: its URL and its credential (spec §11). Both may come from the environment, and
// an endpoint that lacks a variable is disabled, not a fault. No message quotes any part of a credential or of an
// expanded URL.
#pragma once

#include <string>
#include <vector>

#include "config/document.hpp"
#include "config/reader.hpp"
#include "phigate/core/registry.hpp"

namespace phigate::config {

struct credential_read {
  core::secret value;
  std::vector<std::string> missing;  // why there is none: "NAME is not set"
  bool literal = false;              // it stands in the file itself
};

credential_read read_credential(const node& from, reading& in);

// The content of the file named, its trailing line breaks cut off. A null pointer gives an empty result. Where the
// endpoint is `in_use`, a file that can't be read or is empty is a fault: a reload in the middle of a rotation then
// keeps what it had. Where it is not, that is one more thing missing.
credential_read read_credential_file(const node* from, reading& in, bool in_use);

// Into `url`, unless a variable is missing: then the reasons, and at most the host in `url`, for display.
std::vector<std::string> read_base_url(const node& from, reading& in, core::base_url& url);

}  // namespace phigate::config
