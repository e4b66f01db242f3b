// The calls of OpenAI's API, for every protocol whose bodies and answers are OpenAI's, wherever their targets are.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "phigate/upstream/adapter.hpp"

namespace phigate::upstream {

// "/chat/completions": behind the endpoint's prefix. Any modality but ocr; that one is a bug and throws.
std::string_view openai_path(core::modality modality);

// Of the request's modality, by one of the three below.
std::unique_ptr<conversation> openai_conversation(const call& request, std::string target);

// Chat, vision and embeddings. `protocols_own`: see edits_for; it outlives the conversation.
std::unique_ptr<conversation> openai_text(const call& request, std::string target,
                                          const core::request_dialect* protocols_own = nullptr);
std::unique_ptr<conversation> openai_transcription(const call& request, std::string target);
std::unique_ptr<conversation> openai_speech(const call& request, std::string target);

}  // namespace phigate::upstream
