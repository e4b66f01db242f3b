// The protocols that a registry of the tests may name. config/ is told them, so its tests make up their own: the names
// are those of the gateway's adapters.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "phigate/core/protocol.hpp"

namespace phigate::test {

inline std::span<const core::protocol> sample_protocols() {
  using enum core::modality;
  static constexpr std::array<std::string_view, 6> openai_formats{"mp3", "opus", "aac", "flac", "wav", "pcm"};
  static constexpr std::array<std::string_view, 4> azure_formats{"mp3", "opus", "wav", "pcm"};
  static constexpr std::array<core::protocol, 7> all{{
      {.name = "openai", .modalities = {chat, vision, embeddings, stt, tts}, .speech_formats = openai_formats},
      {.name = "azure_openai", .modalities = {chat, vision, embeddings, stt, tts}, .speech_formats = openai_formats},
      {.name = "azure_speech_stt", .modalities = {stt}, .speech_formats = {}},
      {.name = "azure_speech_tts", .modalities = {tts}, .speech_formats = azure_formats, .needs_voices = true},
      {.name = "azure_document_intelligence", .modalities = {ocr}, .speech_formats = {}},
      {.name = "infomaniak_stt", .modalities = {stt}, .speech_formats = {}},
      {.name = "mistral", .modalities = {chat, vision, embeddings, ocr, stt}, .speech_formats = {}},
  }};
  return all;
}

}  // namespace phigate::test
