#include "phigate/codec/content_type.hpp"

#include "codec/header_parameters.hpp"
#include "phigate/core/ascii.hpp"

namespace phigate::codec {

bool is_json_type(std::string_view content_type) {
  const auto type = read_header_value(content_type);
  if (!type || !core::ascii::equals_ignoring_case(type->value, "application/json")) return false;
  if (type->parameters.empty()) return true;
  const header_parameter& charset = type->parameters.front();
  return type->parameters.size() == 1 && core::ascii::equals_ignoring_case(charset.name, "charset") &&
         core::ascii::equals_ignoring_case(charset.value, "utf-8");
}

}  // namespace phigate::codec
