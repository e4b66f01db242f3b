#include "phigate/codec/media_request.hpp"

#include <utility>

namespace phigate::codec {

std::string_view to_string(transcript_format format) {
  switch (format) {
    case transcript_format::json:
      return "json";
    case transcript_format::text:
      return "text";
    case transcript_format::srt:
      return "srt";
    case transcript_format::vtt:
      return "vtt";
    case transcript_format::verbose_json:
      return "verbose_json";
  }
  std::unreachable();
}

}  // namespace phigate::codec
