#include "phigate/upstream/adapter.hpp"

#include <stdexcept>

#include "upstream/openai_adapter.hpp"

namespace phigate::upstream {

const adapter& adapter_for(std::string_view protocol) {
  if (protocol == "openai") return openai();
  throw std::logic_error("no adapter speaks the protocol " + std::string(protocol));
}

}  // namespace phigate::upstream
