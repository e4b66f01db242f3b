// The protocols that this build speaks, one file each. The one table of them is in adapter.cpp.
#pragma once

#include "phigate/upstream/adapter.hpp"

namespace phigate::upstream {

const adapter& openai();
const adapter& azure_openai();
const adapter& azure_speech_stt();
const adapter& azure_speech_tts();
const adapter& azure_document_intelligence();
const adapter& infomaniak_stt();
const adapter& mistral();

}  // namespace phigate::upstream
