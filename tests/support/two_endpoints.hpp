// A registry for tests of health: routes 0 and 1 share an endpoint, 2 has one of its own.
#pragma once

#include <memory>

#include "support/registry_builder.hpp"

namespace phigate::test {

inline std::shared_ptr<const core::registry> two_endpoints() {
  registry_builder builder;
  builder.provider("p")
      .endpoint("p-1", "DE", {core::region::eu})
      .model("m", {core::modality::chat, core::modality::vision});
  builder.endpoint("p-2", "DE", {core::region::eu}).model("m", {core::modality::chat});
  return builder.build();
}

}  // namespace phigate::test
