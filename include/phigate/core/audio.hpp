// What a model that speaks or transcribes can be asked for (spec §10): its formats, counting what the gateway renders
// itself, and its voices.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "phigate/core/registry.hpp"
#include "phigate/core/vocabulary.hpp"

namespace phigate::core {

// The forms of a transcription, in the words of OpenAI's response_format.
inline constexpr std::array<std::string_view, 5> transcript_formats{"json", "text", "srt", "vtt", "verbose_json"};

// Whether a client can have `format` of the model in one of the modalities stt and tts; true in any other. Speech is
// never converted: it is in the model's `formats`, or these say nothing. A transcription is the provider's own, or
// rendered: json and text from each other, and every form from verbose_json. That `format` is a format at all is
// checked where the request is read.
bool gives_format(const hosted_model& model, modality what, std::string_view format);

// All that gives_format admits, in a fixed order. Empty where nobody says: a speech model without `formats`. Points
// into `model`.
std::vector<std::string_view> formats_given(const hosted_model& model, modality what);

// The provider's name for a voice: that of the client's name in the model's table, else `name` itself where the table
// has it as a provider's or where there is no table; nothing for any other. Points into `model` or at `name`'s text.
std::optional<std::string_view> provider_voice(const hosted_model& model, std::string_view name);

}  // namespace phigate::core
