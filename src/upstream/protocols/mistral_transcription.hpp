// Speech to text at Mistral: a form of its own, and one JSON answer, from which every format is rendered.
#pragma once

#include <memory>
#include <string>

#include "phigate/upstream/adapter.hpp"

namespace phigate::upstream {

std::unique_ptr<conversation> mistral_transcription(const call& request, std::string target);

}  // namespace phigate::upstream
