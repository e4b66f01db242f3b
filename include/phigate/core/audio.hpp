// What a model that speaks or transcribes can be asked for (spec §10): its formats, counting what the gateway renders
// itself, and its voices.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "phigate/core/registry.hpp"
#include "phigate/core/vocabulary.hpp"

namespace phigate::core {

// The forms of a transcription, in the words of OpenAI's response_format.
inline constexpr std::array<std::string_view, 5> transcript_formats{"json", "text", "srt", "vtt", "verbose_json"};

// The sounds that speech can be had in, in the words of OpenAI's response_format, with the media type that a client is
// told (spec §10).
struct speech_format {
  std::string_view name;
  std::string_view media_type;
};
inline constexpr std::array<speech_format, 6> speech_formats{{{"mp3", "audio/mpeg"},
                                                              {"opus", "audio/ogg"},
                                                              {"aac", "audio/aac"},
                                                              {"flac", "audio/flac"},
                                                              {"wav", "audio/wav"},
                                                              {"pcm", "audio/pcm"}}};
inline constexpr auto speech_format_names = [] {
  std::array<std::string_view, speech_formats.size()> names;
  std::ranges::transform(speech_formats, names.begin(), &speech_format::name);
  return names;
}();

// Of one of speech_formats; no reader admits any other, so another one is a bug and throws. Static storage.
std::string_view speech_media_type(std::string_view format);

// Whether a client can have `format` of the model in one of the modalities stt and tts; true in any other. Speech is
// never converted: it is in the model's `formats`, or these say nothing. A transcription is the provider's own, or
// rendered: json and text from each other, and every form from verbose_json; what is no form of a transcription none
// gives.
bool gives_format(const hosted_model& model, modality what, std::string_view format);

// The form to ask the provider for, so that `format` can be given: `format` itself where the model writes it, else the
// form that it is rendered from; nothing where gives_format says no, and for a word that is no format of a
// transcription. Static storage.
std::optional<std::string_view> transcript_format_to_ask(const hosted_model& model, std::string_view format);

// All that gives_format admits, in a fixed order. Empty where nobody says: a speech model without `formats`. Points
// into `model`.
std::vector<std::string_view> formats_given(const hosted_model& model, modality what);

// The provider's name for a voice: that of the client's name in the model's table, else `name` itself where the table
// has it as a provider's or where there is no table; nothing for any other. Points into `model` or at `name`'s text.
std::optional<std::string_view> provider_voice(const hosted_model& model, std::string_view name);

}  // namespace phigate::core
