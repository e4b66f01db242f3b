// The form of POST /v1/audio/transcriptions (spec §10).
#pragma once

#include <expected>
#include <span>
#include <string_view>

#include "phigate/codec/request.hpp"

namespace phigate::codec {

std::expected<client_request, core::api_error> read_transcription_form(std::span<const form_part> parts,
                                                                       std::string_view body);

}  // namespace phigate::codec
