// What a body is said to be.
#pragma once

#include <string_view>

namespace phigate::codec {

// Whether a Content-Type's value is application/json, with no parameter but one charset=utf-8.
bool is_json_type(std::string_view content_type);

}  // namespace phigate::codec
