#include "phigate/upstream/adapter.hpp"

#include <stdexcept>
#include <vector>

#include "upstream/protocols/protocols.hpp"

namespace phigate::upstream {
namespace {

const std::vector<const adapter*>& adapters() {
#define PROTOCOL(name) &name(),
  static const std::vector<const adapter*> all{
#include "upstream/protocols/protocols.def"
  };
#undef PROTOCOL
  return all;
}

}  // namespace

std::optional<reply_step> conversation::excuse(const refusal& /*refused*/, const answer_head& /*head*/) {
  return std::nullopt;
}

const adapter& adapter_for(std::string_view protocol) {
  for (const adapter* one : adapters()) {
    if (one->facts().name == protocol) return *one;
  }
  throw std::logic_error("no adapter speaks the protocol " + std::string(protocol));
}

std::span<const core::protocol> known_protocols() {
  static const auto all = [] {
    std::vector<core::protocol> facts;
    for (const adapter* one : adapters()) facts.push_back(one->facts());
    return facts;
  }();
  return all;
}

}  // namespace phigate::upstream
