// What the gateway can speak to providers (spec §11, `protocol`): a fact about this build, which the registry is
// checked against. upstream/ has the adapters behind it.
#pragma once

#include <span>
#include <string_view>

#include "phigate/core/vocabulary.hpp"

namespace phigate::core {

struct protocol {
  std::string_view name;  // as the registry writes it: "openai"
  modality_set modalities;
  // Text to speech: the audio formats that it can ask for, in the words of OpenAI's response_format.
  std::span<const std::string_view> speech_formats;
  // Text to speech: a client's voice is looked up in the model's `voices`, so a model without any is of no use.
  bool needs_voices = false;
};

}  // namespace phigate::core
