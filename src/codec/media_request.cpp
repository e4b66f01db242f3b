#include "phigate/codec/media_request.hpp"

#include <algorithm>
#include <cstddef>

#include "phigate/core/audio.hpp"

namespace phigate::codec {
namespace {

constexpr auto last_format = static_cast<std::size_t>(transcript_format::verbose_json);
static_assert(core::transcript_formats.size() == last_format + 1 &&
              core::transcript_formats[last_format] == "verbose_json");

}  // namespace

std::string_view to_string(transcript_format format) {
  return core::transcript_formats.at(static_cast<std::size_t>(format));
}

std::optional<transcript_format> parse_transcript_format(std::string_view word) {
  const auto* const found = std::ranges::find(core::transcript_formats, word);
  if (found == core::transcript_formats.end()) return std::nullopt;
  return static_cast<transcript_format>(found - core::transcript_formats.begin());
}

}  // namespace phigate::codec
