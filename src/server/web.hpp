// Files that are compiled into the daemon, byte for byte: cmake/embed.cmake makes them from src/server/web/.
#pragma once

#include <string_view>

namespace phigate::server::web {

std::string_view openapi();        // openapi.json: what this gateway serves, as an OpenAPI 3.1 document
std::string_view vendors_style();  // vendors.css: the style of GET /vendors

}  // namespace phigate::server::web
