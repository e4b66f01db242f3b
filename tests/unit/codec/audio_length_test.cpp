#include "codec/audio_length.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace phigate::codec {
namespace {

std::string number(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>((value >> (8 * i)) & 0xFFU);
  return out;
}

std::string chunk(std::string_view name, std::string_view content) {
  std::string out = std::string(name) + number(content.size(), 4) + std::string(content);
  if (content.size() % 2 == 1) out += '\0';
  return out;
}

struct format {
  std::uint64_t coding = 1;
  std::uint64_t channels = 1;
  std::uint64_t sample_rate = 16000;
  std::uint64_t byte_rate = 32000;
  std::uint64_t bits = 16;
};

std::string fmt(const format& as) {
  return chunk("fmt ", number(as.coding, 2) + number(as.channels, 2) + number(as.sample_rate, 4) +
                           number(as.byte_rate, 4) + number(as.channels * as.bits / 8, 2) + number(as.bits, 2));
}

std::string wave(std::string_view chunks, std::string_view kind = "RIFF") {
  return std::string(kind) + number(chunks.size() + 4, 4) + "WAVE" + std::string(chunks);
}

std::string data(std::size_t bytes, std::uint64_t stated) {
  return "data" + number(stated, 4) + std::string(bytes, 'x');
}

TEST(AudioLength, IsAsTheHeadOfAWaveFileSays) {
  EXPECT_EQ(audio_milliseconds(wave(fmt({}) + data(32000, 32000))), 1000);
  EXPECT_EQ(audio_milliseconds(wave(chunk("LIST", "odd") + fmt({}) + data(16000, 16000) + chunk("LIST", "tail"))), 500);
  EXPECT_EQ(
      audio_milliseconds(wave(fmt({.channels = 2, .sample_rate = 44100, .byte_rate = 176400}) + data(176400, 176400))),
      1000);
  EXPECT_EQ(audio_milliseconds(
                wave(fmt({.coding = 7, .sample_rate = 8000, .byte_rate = 8000, .bits = 8}) + data(4000, 4000))),
            500);
}

TEST(AudioLength, CountsWhatIsThereWhereTheSizeIsNotTrue) {
  for (const std::uint64_t stated : {0xFFFFFFFFU, 0U, 32001U}) {
    EXPECT_EQ(audio_milliseconds(wave(fmt({}) + data(32000, stated))), 1000) << stated;
  }
  EXPECT_EQ(audio_milliseconds(wave(fmt({}) + data(32000, 0xFFFFFFFFU), "RF64")), 1000);
  EXPECT_EQ(audio_milliseconds(wave(fmt({}) + data(0, 32000))), 0);
}

TEST(AudioLength, DoesNotTrustARateThatCannotBe) {
  // The rate of uncompressed sound follows from the rest.
  EXPECT_EQ(audio_milliseconds(wave(fmt({.byte_rate = 0xFFFFFFFFU}) + data(32000, 32000))), 1000);
  EXPECT_EQ(audio_milliseconds(wave(fmt({.byte_rate = 0}) + data(32000, 32000))), 1000);
  // Else 64 kbit/s.
  for (const format& lying : {format{.sample_rate = 0}, format{.channels = 0}, format{.bits = 0},
                              format{.sample_rate = 0xFFFFFFFFU}, format{.coding = 2, .byte_rate = 0},
                              format{.coding = 2, .byte_rate = 0xFFFFFFFFU}, format{.coding = 2, .byte_rate = 249}}) {
    EXPECT_EQ(audio_milliseconds(wave(fmt(lying) + data(32000, 32000))), 4000);
  }
  EXPECT_EQ(audio_milliseconds(wave(data(8000, 8000))), 1000);
  EXPECT_EQ(audio_milliseconds(wave(chunk("fmt ", "short") + data(8000, 8000))), 1000);
}

TEST(AudioLength, IsGuessedForAnythingElse) {
  EXPECT_EQ(audio_milliseconds(""), 0);
  EXPECT_EQ(audio_milliseconds("x"), 1);
  EXPECT_EQ(audio_milliseconds(std::string(8000, 'x')), 1000);
  EXPECT_EQ(audio_milliseconds(std::string(8001, 'x')), 1001);
  EXPECT_EQ(audio_milliseconds("RIFF"), 1);
  EXPECT_EQ(audio_milliseconds("RIFFxxxxAVI " + std::string(7988, 'x')), 1000);
  const std::string without_data = wave(fmt({}) + std::string(7964, 'x'));
  EXPECT_EQ(audio_milliseconds(without_data), 1000);
}

RC_GTEST_PROP(AudioLengthProperty, StaysWithinBoundsForAnyHead, ()) {
  std::string file = wave(fmt({}) + data(100, 100));
  const int edits = *rc::gen::inRange(1, 8);
  for (int i = 0; i < edits; ++i) file[*rc::gen::inRange<std::size_t>(0, file.size())] = *rc::gen::arbitrary<char>();
  file.resize(*rc::gen::inRange<std::size_t>(0, file.size() + 1));
  const std::int64_t length = audio_milliseconds(file);
  RC_ASSERT(length >= 0);
  RC_ASSERT(length <= static_cast<std::int64_t>(file.size()) * 4);  // 250 bytes a second
}

}  // namespace
}  // namespace phigate::codec
