// The gateway's own configuration (spec §12).
#pragma once

#include "config/document.hpp"
#include "config/reader.hpp"
#include "phigate/config/settings.hpp"

namespace phigate::config {

// Every setting that the tree holds, defaults elsewhere. Faults and warnings go to `in.out`; with a fault the result is
// partial. A null tree (an empty file) is all defaults.
settings read_settings(const node& root, reading& in);

// The `auth` section; null when the file has none. False when its mode is no mode: a fault, so nothing should be said
// of it.
bool read_auth(const node* from, reading& in, settings& into);

// Refuses auth.mode none on a listener that others than this machine can reach (spec §12).
void check_exposure(const node& root, reading& in, const settings& read);

}  // namespace phigate::config
