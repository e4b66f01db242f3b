#include "upstream/protocols/sound_type.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "upstream/protocols/parts.hpp"

namespace phigate::upstream {
namespace {

// Media types that name one sound → the format; nothing: a sound that no client can ask for. Registered ones, and those
// that are in use beside them: Azure calls raw samples audio/basic, and an Ogg stream has no other content here.
using sound = std::pair<std::string_view, std::string_view>;
constexpr std::array known_sounds{
    sound{"audio/mpeg", "mp3"},
    sound{"audio/mp3", "mp3"},
    sound{"audio/mpeg3", "mp3"},
    sound{"audio/mpg", "mp3"},
    sound{"audio/x-mp3", "mp3"},
    sound{"audio/x-mpeg", "mp3"},
    sound{"audio/x-mpeg-3", "mp3"},
    sound{"audio/ogg", "opus"},
    sound{"audio/opus", "opus"},
    sound{"audio/x-ogg", "opus"},
    sound{"audio/x-opus+ogg", "opus"},
    sound{"application/ogg", "opus"},
    sound{"audio/aac", "aac"},
    sound{"audio/aacp", "aac"},
    sound{"audio/x-aac", "aac"},
    sound{"audio/x-hx-aac-adts", "aac"},
    sound{"audio/flac", "flac"},
    sound{"audio/x-flac", "flac"},
    sound{"audio/wav", "wav"},
    sound{"audio/wave", "wav"},
    sound{"audio/vnd.wave", "wav"},
    sound{"audio/x-wav", "wav"},
    sound{"audio/x-pn-wav", "wav"},
    sound{"audio/pcm", "pcm"},
    sound{"audio/x-pcm", "pcm"},
    sound{"audio/basic", "pcm"},
    sound{"audio/raw", "pcm"},
    sound{"audio/x-raw", "pcm"},
    sound{"audio/l16", ""},  // raw samples too, but with the high byte first (RFC 2586)
    sound{"audio/amr", ""},
    sound{"audio/m4a", ""},
    sound{"audio/mp4", ""},
    sound{"audio/webm", ""},
    sound{"audio/x-m4a", ""},
    sound{"audio/x-ms-wma", ""},
};

}  // namespace

bool may_be_sound_in(std::string_view content_type, std::string_view format) {
  const auto* const named = std::ranges::find_if(
      known_sounds, [content_type](const sound& one) { return is_media_type(content_type, one.first); });
  return named == known_sounds.end() ? is_audio_type(content_type) : named->second == format;
}

}  // namespace phigate::upstream
