// What the gateway can speak to providers (spec §11, `protocol`): a fact about this build, which the registry is
// checked against. upstream/ has the adapters behind it.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "phigate/core/vocabulary.hpp"

namespace phigate::core {

// Features that take more than the provider's word: the adapter must send on what they stand for and bring the answer
// back. A model may declare one only where its protocol does (`protocol::features`).
inline constexpr std::array<std::string_view, 8> features_of_adapters{
    "annotations", "confidence_scores", "diarization", "file", "instructions", "logprobs", "sse", "stream"};

struct protocol {
  std::string_view name;  // as the registry writes it: "openai"
  modality_set modalities;
  // Text to speech: the audio formats that it can ask for, in the words of OpenAI's response_format.
  std::span<const std::string_view> speech_formats;
  // Text to speech: a client's voice is looked up in the model's `voices`, so a model without any is of no use.
  bool needs_voices = false;
  // A client's fields go on under their own names: what a registry's `request` renames, drops or adds takes hold.
  bool passes_fields = true;
  // Keys of the registry that it reads.
  bool reads_api_version = false;
  bool reads_locales = false;
  // Of features_of_adapters, those it can honour.
  std::span<const std::string_view> features = {};
  // Fields of a client's, in the names of this gateway's API, that it has no way to send on. They do no harm where the
  // client does not insist; `require_parameters` passes over its routes when one of them was given.
  std::span<const std::string_view> ignored_fields = {};
};

}  // namespace phigate::core
