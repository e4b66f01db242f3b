// Which of two forms of an answer a client would rather have (RFC 9110 §12.5.1).
#pragma once

#include <string_view>

namespace phigate::server {

// Whether these Accept fields (several are one list, joined by commas) prefer text/html to application/json. Browsers
// name it; who takes anything, says nothing or nothing that can be read, gets JSON. Where both are as welcome, the one
// that is named, and of two that are named the first.
bool prefers_page(std::string_view accept);

}  // namespace phigate::server
