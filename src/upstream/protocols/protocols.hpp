// The protocols that this build speaks, one file each: protocols.def lists them.
#pragma once

#include "phigate/upstream/adapter.hpp"

namespace phigate::upstream {

#define PROTOCOL(name) const adapter& name();
#include "upstream/protocols/protocols.def"
#undef PROTOCOL

}  // namespace phigate::upstream
