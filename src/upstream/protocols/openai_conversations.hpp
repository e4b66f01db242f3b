// The calls of OpenAI's API, for every protocol whose bodies and answers are OpenAI's, wherever their targets are.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "phigate/upstream/adapter.hpp"

namespace phigate::upstream {

// Of core::features_of_adapters, those that these conversations can honour: a client's fields go on as they are, and
// what the provider answers comes back as it stands.
inline constexpr std::array<std::string_view, 6> openai_features{"diarization", "file", "instructions",
                                                                 "logprobs",    "sse",  "stream"};

// "/chat/completions": behind the endpoint's prefix. Any modality but ocr; that one is a bug and throws.
std::string_view openai_path(core::modality modality);

// Of the request's modality, by one of the three below.
std::unique_ptr<conversation> openai_conversation(const call& request, std::string target);

// What a protocol does otherwise in chat, vision and embeddings.
struct text_customs {
  const core::request_dialect* dialect = nullptr;  // see edits_for; it outlives the conversation
  bool finishes_in_error = false;                  // a finish_reason "error": the provider failed
};

// Chat, vision and embeddings.
std::unique_ptr<conversation> openai_text(const call& request, std::string target, text_customs own = {});
std::unique_ptr<conversation> openai_transcription(const call& request, std::string target);
std::unique_ptr<conversation> openai_speech(const call& request, std::string target);

}  // namespace phigate::upstream
