// The protocols that a registry of the tests may name. config/ is told them, so its tests make up their own: the names
// are those of the gateway's adapters.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "phigate/core/audio.hpp"
#include "phigate/core/protocol.hpp"

namespace phigate::test {

inline std::span<const core::protocol> sample_protocols() {
  using enum core::modality;
  static constexpr std::array<std::string_view, 4> azure_formats{"mp3", "opus", "wav", "pcm"};
  static constexpr std::array<std::string_view, 6> openai_features{"diarization", "file", "instructions",
                                                                   "logprobs",    "sse",  "stream"};
  static constexpr std::array<std::string_view, 3> mistral_features{"annotations", "confidence_scores", "file"};
  static constexpr std::array<std::string_view, 2> unheard{"chunking_strategy", "temperature"};
  static constexpr std::array<std::string_view, 1> unspoken{"instructions"};
  static constexpr std::array<std::string_view, 8> unread{"extract_footer",       "extract_header", "id",
                                                          "image_limit",          "image_min_size", "include_blocks",
                                                          "include_image_base64", "table_format"};
  static constexpr std::array<std::string_view, 7> not_at_mistral{
      "chunking_strategy", "prompt", "prompt_cache_retention", "safety_identifier", "service_tier", "store", "user"};
  static constexpr std::array<core::protocol, 7> all{{
      {.name = "openai",
       .modalities = {chat, vision, embeddings, stt, tts},
       .speech_formats = core::speech_format_names,
       .features = openai_features},
      {.name = "azure_openai",
       .modalities = {chat, vision, embeddings, stt, tts},
       .speech_formats = core::speech_format_names,
       .reads_api_version = true,
       .features = openai_features},
      {.name = "azure_speech_stt",
       .modalities = {stt},
       .speech_formats = {},
       .passes_fields = false,
       .reads_api_version = true,
       .reads_locales = true,
       .ignored_fields = unheard},
      {.name = "azure_speech_tts",
       .modalities = {tts},
       .speech_formats = azure_formats,
       .needs_voices = true,
       .passes_fields = false,
       .ignored_fields = unspoken},
      {.name = "azure_document_intelligence",
       .modalities = {ocr},
       .speech_formats = {},
       .passes_fields = false,
       .reads_api_version = true,
       .ignored_fields = unread},
      {.name = "infomaniak_stt", .modalities = {stt}, .speech_formats = {}, .ignored_fields = unheard},
      {.name = "mistral",
       .modalities = {chat, vision, embeddings, ocr, stt},
       .speech_formats = {},
       .features = mistral_features,
       .ignored_fields = not_at_mistral},
  }};
  return all;
}

}  // namespace phigate::test
