// What a voice model gives: its formats, what the gateway renders of them, and its voices.
#include "phigate/core/audio.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace phigate::core {
namespace {

hosted_model with_formats(std::vector<std::string> formats) {
  hosted_model model;
  model.formats = std::move(formats);
  return model;
}

std::string given(const std::vector<std::string>& formats, modality what) {
  const hosted_model model = with_formats(formats);
  std::string text;
  for (const std::string_view format : formats_given(model, what)) {
    text += (text.empty() ? "" : " ") + std::string(format);
  }
  return text;
}

TEST(formats_given, of_a_transcription_are_the_providers_own_and_those_that_can_be_rendered_from_them) {
  struct row {
    std::vector<std::string> formats;
    std::string expected;
  };
  for (const row& one : std::vector<row>{{{}, "json text srt vtt verbose_json"},
                                         {{"json"}, "json text"},
                                         {{"text"}, "json text"},
                                         {{"srt"}, "srt"},
                                         {{"vtt"}, "vtt"},
                                         {{"srt", "text"}, "json text srt"},
                                         {{"verbose_json"}, "json text srt vtt verbose_json"},
                                         {{"json", "verbose_json"}, "json text srt vtt verbose_json"},
                                         // a model that speaks as well: these are its speech's
                                         {{"mp3", "wav"}, "json text srt vtt verbose_json"}}) {
    EXPECT_EQ(given(one.formats, modality::stt), one.expected);
    for (const std::string_view format : transcript_formats) {
      const bool listed = (" " + one.expected + " ").contains(" " + std::string(format) + " ");
      EXPECT_EQ(gives_format(with_formats(one.formats), modality::stt, format), listed) << format;
    }
  }
}

TEST(formats_given, of_speech_are_those_listed_and_never_converted) {
  const hosted_model model = with_formats({"mp3", "wav"});
  EXPECT_EQ(given({"mp3", "wav"}, modality::tts), "mp3 wav");
  EXPECT_TRUE(gives_format(model, modality::tts, "mp3"));
  EXPECT_FALSE(gives_format(model, modality::tts, "pcm"));
  EXPECT_FALSE(gives_format(model, modality::tts, "MP3"));
  EXPECT_FALSE(gives_format(model, modality::tts, "mp"));
}

TEST(formats_given, of_speech_that_lists_none_are_unknown_and_any_may_be_asked_for) {
  EXPECT_TRUE(gives_format(hosted_model{}, modality::tts, "flac"));
  EXPECT_EQ(given({}, modality::tts), "");
}

TEST(gives_format, is_no_question_of_any_other_modality) {
  for (const modality what : {modality::chat, modality::vision, modality::embeddings, modality::ocr}) {
    EXPECT_TRUE(gives_format(with_formats({"mp3"}), what, "json_object"));
  }
}

TEST(provider_voice, is_the_tables_for_a_clients_name_and_itself_for_a_providers) {
  hosted_model model;
  model.voices = {{"alloy", "en-US-AvaMultilingualNeural"}, {"nova", "alloy"}};
  EXPECT_EQ(provider_voice(model, "alloy"), "en-US-AvaMultilingualNeural") << "a client's name wins over a provider's";
  EXPECT_EQ(provider_voice(model, "nova"), "alloy");
  EXPECT_EQ(provider_voice(model, "en-US-AvaMultilingualNeural"), "en-US-AvaMultilingualNeural");
  EXPECT_EQ(provider_voice(model, "Alloy"), std::nullopt);
  EXPECT_EQ(provider_voice(model, "en-us-avamultilingualneural"), std::nullopt);
  EXPECT_EQ(provider_voice(model, ""), std::nullopt);
}

TEST(provider_voice, is_whatever_was_asked_for_without_a_table) {
  EXPECT_EQ(provider_voice(hosted_model{}, "whoever"), "whoever");
}

}  // namespace
}  // namespace phigate::core
