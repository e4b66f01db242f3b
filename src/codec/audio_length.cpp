#include "codec/audio_length.hpp"

#include <algorithm>
#include <cstddef>

namespace phigate::codec {
namespace {

constexpr std::uint64_t guessed_rate = 8000;  // bytes a second

// From telephone codecs to eight channels of 32 bits at 384 kHz. A rate beyond was not measured.
constexpr std::uint64_t slowest = 250;
constexpr std::uint64_t fastest = 12'288'000;

constexpr std::size_t chunk_head = 8;  // its four letters and its size

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i > 0; --i) value = (value << 8U) | static_cast<unsigned char>(bytes[i - 1]);
  return value;
}

// Of a `fmt ` chunk; 0 when it can't be. Uncompressed sound tells its rate twice: by the product that cannot be wrong
// without making noise of it, and by a field that nobody reads.
std::uint64_t rate_of(std::string_view format) {
  if (format.size() < 16) return 0;
  constexpr std::uint64_t pcm = 1;
  constexpr std::uint64_t ieee_float = 3;
  constexpr std::uint64_t extensible = 0xFFFE;
  const std::uint64_t coding = little_endian(format.substr(0, 2));
  const std::uint64_t frame = little_endian(format.substr(2, 2)) * (little_endian(format.substr(14, 2)) / 8);
  const bool is_plain = coding == pcm || coding == ieee_float || coding == extensible;
  const std::uint64_t rate = is_plain ? little_endian(format.substr(4, 4)) * frame : little_endian(format.substr(8, 4));
  return rate >= slowest && rate <= fastest ? rate : 0;
}

struct sound {
  std::uint64_t bytes = 0;
  std::uint64_t rate = 0;  // bytes a second; 0: unknown
};

// A size that is not known while it is written is left at 0 or at all ones, so what goes past the end, and nothing at
// all, mean what is really there.
sound find_sound(std::string_view file) {
  sound found{.bytes = file.size()};
  std::size_t at = 12;
  while (file.size() >= at + chunk_head) {
    const std::string_view name = file.substr(at, 4);
    const std::uint64_t stated = little_endian(file.substr(at + 4, 4));
    const std::string_view rest = file.substr(at + chunk_head);
    if (name == "data") {
      found.bytes = stated == 0 ? rest.size() : std::min<std::uint64_t>(stated, rest.size());
      return found;
    }
    const std::string_view content = rest.substr(0, stated);
    if (name == "fmt ") found.rate = rate_of(content);
    at += chunk_head + content.size() + content.size() % 2;
  }
  return {.bytes = file.size()};
}

}  // namespace

std::int64_t audio_milliseconds(std::string_view file) {
  const bool is_riff = file.starts_with("RIFF") || file.starts_with("RF64");
  const bool is_wave = is_riff && file.size() >= 12 && file.substr(8, 4) == "WAVE";
  const sound found = is_wave ? find_sound(file) : sound{.bytes = file.size()};
  const std::uint64_t rate = found.rate != 0 ? found.rate : guessed_rate;
  return static_cast<std::int64_t>((found.bytes * 1000 + rate - 1) / rate);
}

}  // namespace phigate::codec
