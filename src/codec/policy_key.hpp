// Top-level keys that were meant to say where a request may go, and do not (spec §2): passing one over would send the
// request further than its author thinks.
#pragma once

#include <cstdint>
#include <string_view>

namespace phigate::codec {

enum class policy_key : std::uint8_t {
  none,
  provider,  // a misspelt "provider"
  header,    // X-Region or X-PHI in some spelling
};

// What a key that is no known field was meant as. Separators, case and what is no ASCII letter make no difference; for
// "provider" two slips of the keyboard don't either, nor does a suffix ("provider_preferences").
policy_key meant_as(std::string_view name);

}  // namespace phigate::codec
