// What must hold whatever the bytes: a breach ends the fuzzer like a crash, so that the input is kept.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace phigate::fuzz {

inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

}  // namespace phigate::fuzz
