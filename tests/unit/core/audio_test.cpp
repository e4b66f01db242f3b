// What a voice model gives: its formats, what the gateway renders of them, and its voices.
#include "phigate/core/audio.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
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

TEST(transcript_format_to_ask, is_the_one_wanted_or_the_nearest_from_which_it_is_rendered) {
  struct row {
    std::vector<std::string> formats;
    std::string_view wanted;
    std::optional<std::string_view> asked;
  };
  for (const row& one : std::vector<row>{{{}, "srt", "srt"},
                                         {{"mp3", "wav"}, "vtt", "vtt"},  // of its speech
                                         {{"json", "srt"}, "srt", "srt"},
                                         {{"json", "verbose_json"}, "text", "json"},
                                         {{"verbose_json"}, "text", "verbose_json"},
                                         {{"text", "verbose_json"}, "json", "verbose_json"},
                                         {{"text"}, "json", "text"},
                                         {{"json", "verbose_json"}, "srt", "verbose_json"},
                                         {{"json", "text"}, "vtt", std::nullopt},
                                         {{"srt"}, "json", std::nullopt},
                                         {{}, "JSON", std::nullopt},
                                         {{}, "mp3", std::nullopt},
                                         {{}, "", std::nullopt}}) {
    EXPECT_EQ(transcript_format_to_ask(with_formats(one.formats), one.wanted), one.asked) << one.wanted;
  }
}

TEST(transcript_format_to_ask, gives_an_answer_exactly_where_the_format_is_given) {
  // Every set of the five and one that is none of them.
  for (unsigned set = 0; set < 64; ++set) {
    hosted_model model;
    for (unsigned bit = 0; bit < transcript_formats.size(); ++bit) {
      if ((set >> bit & 1U) != 0) model.formats.emplace_back(transcript_formats[bit]);
    }
    if ((set >> 5U & 1U) != 0) model.formats.emplace_back("wav");
    for (const std::string_view wanted : transcript_formats) {
      const auto asked = transcript_format_to_ask(model, wanted);
      EXPECT_EQ(asked.has_value(), gives_format(model, modality::stt, wanted)) << set << ' ' << wanted;
      const bool lists_any = (set & 31U) != 0;
      if (asked && lists_any) {
        EXPECT_NE(std::ranges::find(model.formats, *asked), model.formats.end()) << set << ' ' << wanted;
      }
    }
  }
}

TEST(speech_media_type, is_told_for_each_format_and_for_no_other_word) {
  ASSERT_EQ(speech_format_names.size(), 6U);
  for (const speech_format& one : speech_formats) EXPECT_EQ(speech_media_type(one.name), one.media_type);
  EXPECT_EQ(speech_media_type("opus"), "audio/ogg");
  for (const std::string_view word : {"", "MP3", "ogg", "json"}) {
    EXPECT_THROW(speech_media_type(word), std::logic_error) << word;
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
