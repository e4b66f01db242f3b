// What a registry may say of voices, formats and locales, and what it may not (spec §11).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/config/config_files.hpp"

namespace phigate::config {
namespace {

using testing::config_files;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::StartsWith;
using testing::with_line;

// One endpoint of each protocol that the tests below change a line of.
constexpr std::string_view audio_registry = R"(version: 1
regions: { WORLD: {} }
providers:
  p:
    endpoints:
      azure-speaks:
        { base_url: "https://a.example", protocol: azure_speech_tts, country: global, regions: [WORLD], credential: "${KEY}",
          models: {
            neural: { modalities: [tts], price: { per_million_chars: 16 },
              voices: { alloy: en-US-AvaMultilingualNeural, nova: "en-US-Ava:DragonHDLatestNeural" }, # 10
              formats: [wav, mp3] } } }
      azure-hears:
        { base_url: "https://b.example", protocol: azure_speech_stt, country: global, regions: [WORLD], credential: "${KEY}",
          models: {
            fast: { modalities: [stt], price: { per_minute: 0.006 },
              formats: [verbose_json], # 16
              locales: { de: de-CH, es: es-419, zh: zh-Hant-TW, yue: yue-CN } } } }
      openai-speaks:
        { base_url: "https://c.example", protocol: openai, country: global, regions: [WORLD], credential: "${KEY}",
          models: {
            tts-1: { modalities: [tts], price: { per_million_chars: 15 } },
            both-1: { modalities: [stt, tts], price: { per_million_chars: 15, per_minute: 0.006 } },
            chat-1: { modalities: [chat], price: { input: 1, output: 1 } } } }
)";

core::registry_tables load_tables(std::string_view text) {
  config_files files;
  files.write("providers.yaml", text);
  const auto result = files.load();
  EXPECT_THAT(result ? std::vector<std::string>{} : files.texts(result.error()), IsEmpty());
  return result ? result->snapshot->registry->tables() : core::registry_tables{};
}

TEST(audio_keys, are_read_and_sorted) {
  const auto models = load_tables(audio_registry).models;
  ASSERT_EQ(models.size(), 5U);
  EXPECT_THAT(models[0].voices, ElementsAre(Pair("alloy", "en-US-AvaMultilingualNeural"),
                                            Pair("nova", "en-US-Ava:DragonHDLatestNeural")));
  EXPECT_THAT(models[0].formats, ElementsAre("mp3", "wav"));
  EXPECT_THAT(models[1].formats, ElementsAre("verbose_json"));
  EXPECT_THAT(models[1].locales,
              ElementsAre(Pair("de", "de-CH"), Pair("es", "es-419"), Pair("yue", "yue-CN"), Pair("zh", "zh-Hant-TW")));
}

TEST(audio_keys, formats_left_out_are_the_protocols_for_speech_and_open_for_transcriptions) {
  const auto models = load_tables(with_line(with_line(audio_registry, 11, "} } }"), 16, "")).models;
  ASSERT_EQ(models.size(), 5U);
  EXPECT_THAT(models[0].formats, ElementsAre("mp3", "opus", "pcm", "wav"));
  EXPECT_THAT(models[1].formats, IsEmpty());
  EXPECT_THAT(models[2].formats, ElementsAre("aac", "flac", "mp3", "opus", "pcm", "wav"));
  EXPECT_THAT(models[3].formats, ElementsAre("aac", "flac", "mp3", "opus", "pcm", "wav"));
  EXPECT_THAT(models[4].formats, IsEmpty());
}

struct fault_case {
  int line;
  std::string text;
  std::string expected;  // `@` is azure-speaks' model, `#` azure-hears'
};

std::string full(const std::string& expected) {
  std::string out = "providers.yaml:";
  for (const char c : expected) {
    if (c == '@') out += "providers.p.endpoints.azure-speaks.models.neural";
    if (c == '#') out += "providers.p.endpoints.azure-hears.models.fast";
    if (c != '@' && c != '#') out += c;
  }
  return out;
}

void expect_one_fault_each(const std::vector<fault_case>& cases) {
  for (const fault_case& one : cases) {
    config_files files;
    files.write("providers.yaml", with_line(audio_registry, one.line, one.text));
    EXPECT_THAT(files.faults(), ElementsAre(StartsWith(full(one.expected)))) << one.text;
  }
}

TEST(audio_faults, of_voices) {
  const std::string long_name(128, 'v');
  load_tables(with_line(audio_registry, 10, "voices: { " + long_name + ": " + long_name + " },"));
  load_tables(with_line(audio_registry, 10, "voices: { \"Zoë\": \"Zoë – calm\" },"));
  expect_one_fault_each({
      {10, "", "9: @: voices is missing: the protocol azure_speech_tts has no voices but those that are named"},
      {10, "voices: [alloy],", "10: @.voices: must be a map of voices, is a list"},
      {10, "voices: ,", "10: @.voices: must be a map of voices, is empty"},
      {10, "voices: {},", "10: @.voices: an empty map: leave the key out, or name at least one"},
      {10, "voices: { alloy: \"\" },", "10: @.voices.alloy: is empty"},
      {10, "voices: { alloy: },", "10: @.voices.alloy: must be text, is empty"},
      {10, "voices: { alloy: [Ava] },", "10: @.voices.alloy: must be text, is a list"},
      {10, "voices: { \"\": Ava },", "10: @.voices.: a voice's name is text of 1 to 128 bytes"},
      {10, "voices: { alloy: Ava, alloy: Emma },", "10: @.voices.alloy: repeated key, first on line 10"},
      {10, "voices: { alloy: \"A\\nva\" },", "10: @.voices.alloy: \"A?va\" must be a voice's name"},
      {10, "voices: { \"a\\tb\": Ava },", "10: @.voices.a?b: a voice's name is text"},
      {10, "voices: { alloy: " + long_name + "v },", "10: @.voices.alloy: \"vvv"},
      {10, "voices: { alloy: \"${UNSET}\" },", "10: @.voices.alloy: UNSET is not set"},
      {16, "voices: { alloy: Ava },", "16: #.voices: for a model that serves tts"},
  });
}

TEST(audio_faults, of_formats) {
  expect_one_fault_each({
      {11, "formats: [mp3, aac] } } }", "11: @.formats[1]: \"aac\" is none of: mp3, opus, wav, pcm"},
      {11, "formats: [json] } } }", "11: @.formats[0]: \"json\" is none of: mp3, opus, wav, pcm"},
      {11, "formats: [MP3] } } }", "11: @.formats[0]: \"MP3\" is none of"},
      {11, "formats: [mp3, mp3] } } }", "11: @.formats[1]: \"mp3\" a second time"},
      {11, "formats: [] } } }", "11: @.formats: an empty list"},
      {11, "formats: mp3 } } }", "11: @.formats: must be a list of formats, is a single value"},
      {16, "formats: [mp3],", "16: #.formats[0]: \"mp3\" is none of: json, text, srt, vtt, verbose_json"},
      {16, "formats: [json, text, json],", "16: #.formats[2]: \"json\" a second time"},
      {22, "both-1: { modalities: [stt, tts], price: { per_million_chars: 15, per_minute: 1 }, formats: [mp3] },",
       "22: providers.p.endpoints.openai-speaks.models.both-1.formats: for a model that serves one of tts and stt"},
      {23, "chat-1: { modalities: [chat], price: { input: 1, output: 1 }, formats: [json] } } }",
       "23: providers.p.endpoints.openai-speaks.models.chat-1.formats: for a model that serves tts or stt"},
  });
}

TEST(audio_faults, of_locales) {
  load_tables(with_line(audio_registry, 17, "locales: { de: de } } } }"));
  const auto locales = [](const std::string& inside) { return "locales: { " + inside + " } } } }"; };
  expect_one_fault_each({
      {17, "locales: de } } }", "17: #.locales: must be a map of locales, is a single value"},
      {17, "locales: {} } } }", "17: #.locales: an empty map"},
      {17, locales("DE: de-CH"), "17: #.locales.DE: a language is two or three lower-case letters"},
      {17, locales("d: de-CH"), "17: #.locales.d: a language is"},
      {17, locales("deut: de-CH"), "17: #.locales.deut: a language is"},
      {17, locales("de-CH: de-CH"), "17: #.locales.de-CH: a language is"},
      {17, locales("de: de_CH"), "17: #.locales.de: \"de_CH\" must be a locale, such as de-CH"},
      {17, locales("de: de-"), "17: #.locales.de: \"de-\" must be a locale"},
      {17, locales("de: de--CH"), "17: #.locales.de: \"de--CH\" must be a locale"},
      {17, locales("de: -CH"), "17: #.locales.de: \"-CH\" must be a locale"},
      {17, locales("de: 12-CH"), "17: #.locales.de: \"12-CH\" must be a locale"},
      {17, locales("de: german"), "17: #.locales.de: \"german\" must be a locale"},
      {17, locales("de: de-abcdefghi"), "17: #.locales.de: \"de-abcdefghi\" must be a locale"},
      {17, locales("de: de-abcdefgh-abcdefgh-abcdefgh-abcdef"), "17: #.locales.de: \"de-abc"},
      {17, locales("de: \"de-CH\\\"\""), "17: #.locales.de: \"de-CH\"\" must be a locale"},
      {17, locales("de: \"\""), "17: #.locales.de: is empty"},
      {11, "locales: { de: de-CH } } } }", "11: @.locales: for a model that serves stt"},
  });
}

TEST(audio_faults, of_a_modality_that_the_protocol_does_not_carry_come_once) {
  expect_one_fault_each({
      {9, "neural: { modalities: [stt], price: { per_minute: 1 },",
       "9: @.modalities[0]: \"stt\" is not carried by the protocol azure_speech_tts: tts"},
      {15, "fast: { modalities: [stt, chat], price: { per_minute: 1 },",
       "15: #.modalities[1]: \"chat\" is not carried"},
  });
}

TEST(audio_faults, of_what_decides_the_answer_and_is_dropped) {
  const auto models = [](const std::string& request) {
    return with_line(audio_registry, 21,
                     "tts-1: { modalities: [tts], price: { per_million_chars: 15 }, request: { " + request + " } },");
  };
  for (const std::string field : {"response_format", "voice"}) {
    config_files files;
    files.write("providers.yaml", models("drop: [" + field + "]"));
    EXPECT_THAT(files.faults(),
                ElementsAre("providers.yaml:21: providers.p.endpoints.openai-speaks.models.tts-1: speaks or "
                            "transcribes, and \"" +
                            field + "\" is dropped: what a client gets goes by it"));
  }
  load_tables(models("rename: { voice: speaker }, drop: [instructions]"));
  // Of a whole endpoint, for its voice models alone.
  config_files files;
  files.write("providers.yaml", with_line(audio_registry, 20, "request: { drop: [response_format] },\n models: {"));
  EXPECT_THAT(files.faults(), ElementsAre(StartsWith(full("22: providers.p.endpoints.openai-speaks.models.tts-1: ")),
                                          StartsWith(full("23: providers.p.endpoints.openai-speaks.models.both-1: "))));
}

}  // namespace
}  // namespace phigate::config
