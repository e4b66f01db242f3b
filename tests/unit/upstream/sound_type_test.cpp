// Which media types a provider may give its sound under, for the format that was asked for.
#include "upstream/protocols/sound_type.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "phigate/core/audio.hpp"

namespace phigate::upstream {
namespace {

// The formats that `type` may be, in the order of core::speech_formats.
std::string formats_of(std::string_view type) {
  std::string out;
  for (const std::string_view format : core::speech_format_names) {
    if (may_be_sound_in(type, format)) out += (out.empty() ? "" : " ") + std::string(format);
  }
  return out;
}

TEST(sound_type, names_one_format_under_every_usual_name_of_it) {
  struct row {
    std::string_view format;
    std::vector<std::string_view> types;
  };
  for (const row& one : std::vector<row>{
           {"mp3", {"audio/mpeg", "audio/mp3", "AUDIO/MPEG", "audio/mpeg;rate=1", "audio/x-mpeg", "audio/mpeg3"}},
           {"opus", {"audio/ogg", "audio/ogg; codecs=opus", "audio/opus", "application/ogg", "Audio/Opus"}},
           {"aac", {"audio/aac", "audio/aacp", "audio/x-aac"}},
           {"flac", {"audio/flac", "audio/x-flac"}},
           {"wav", {"audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave", "audio/x-wav; codec=1"}},
           {"pcm", {"audio/pcm", "audio/pcm;rate=24000", "audio/raw", "audio/basic", "audio/x-raw"}},
       }) {
    for (const std::string_view type : one.types) EXPECT_EQ(formats_of(type), one.format) << type;
  }
}

TEST(sound_type, that_clients_are_told_is_that_of_the_format_itself) {
  for (const core::speech_format& one : core::speech_formats) EXPECT_EQ(formats_of(one.media_type), one.name);
}

TEST(sound_type, that_says_nothing_of_the_format_fits_each) {
  for (const std::string_view type :
       {"application/octet-stream", "binary/octet-stream", "Application/Octet-Stream; x=y", "audio/x-of-its-own",
        "audio/mpegs", "audio/wav2", "audio/"}) {
    EXPECT_EQ(formats_of(type), "mp3 opus aac flac wav pcm") << type;
  }
}

TEST(sound_type, of_another_sound_or_of_none_fits_no_format) {
  for (const std::string_view type :
       {"", " ", "audio", "audio/webm", "audio/webm; codecs=opus", "audio/mp4", "audio/x-m4a", "audio/L16; rate=24000",
        "application/json", "text/plain", "text/html", "text/event-stream", "video/mp4", "application/ogg2",
        "x/audio/mpeg"}) {
    EXPECT_EQ(formats_of(type), "") << type;
  }
}

}  // namespace
}  // namespace phigate::upstream
