#include "phigate/upstream/adapter.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "upstream/protocols/protocols.hpp"

namespace phigate::upstream {
namespace {

const std::array<const adapter*, 7>& adapters() {
  static const std::array<const adapter*, 7> all{
      &openai(),  &azure_openai(),   &azure_speech_stt(), &azure_speech_tts(), &azure_document_intelligence(),
      &mistral(), &infomaniak_stt(),
  };
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
    std::array<core::protocol, 7> facts;
    std::ranges::transform(adapters(), facts.begin(), [](const adapter* one) { return one->facts(); });
    return facts;
  }();
  return all;
}

}  // namespace phigate::upstream
