// Blanks around a text.
#pragma once

#include <string_view>

namespace phigate::codec {

inline constexpr std::string_view blanks = " \t\r\n\v\f";

// `text` without the blanks at either end.
inline std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) + 1 - begin);
}

}  // namespace phigate::codec
