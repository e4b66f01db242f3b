// Request targets in origin form (RFC 9112 §3.2.1).
#pragma once

#include <string_view>

namespace phigate::http {

// A path that every party reads alike: nothing to normalise, no separator or dot in disguise. The query is free, a `#`
// apart.
bool is_unambiguous_target(std::string_view target);

// `target` up to its query.
std::string_view path_of(std::string_view target);

// `host[:port]`, the host a name or an address in its usual form.
bool is_host(std::string_view value);

}  // namespace phigate::http
