// A value of the file that a provider is sent as JSON.
#pragma once

#include <optional>
#include <string>

#include "config/reader.hpp"

namespace phigate::config {

// A scalar's JSON text, variables expanded: null, true, false and JSON's numbers as they stand, every other text as a
// string, and so whatever is in quotes. A fault for a list or a map, for text that is no UTF-8, and for plain text that
// YAML takes for a number or a truth value and JSON does not (010, .5, yes): what was meant can't be known.
std::optional<std::string> read_json_scalar(const node& from, reading& in);

}  // namespace phigate::config
