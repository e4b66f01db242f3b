// Mistral's transcriptions: its own form, and every format made of its one answer.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "phigate/codec/multipart.hpp"
#include "unit/upstream/json_call.hpp"
#include "unit/upstream/stt_exchange.hpp"
#include "upstream/protocols/protocols.hpp"

namespace phigate::upstream {
namespace {

using codec::transcript_format;
using nlohmann::json;
using fields = std::vector<std::pair<std::string, std::string>>;

fields form_of(stt_exchange& exchange) {
  exchange.begin();
  const wire_request& out = exchange.sent();
  constexpr std::string_view start = "content-type: ";
  const std::string type = out.header_lines.substr(start.size(), out.header_lines.find("\r\n") - start.size());
  codec::multipart_reader reader(codec::boundary_of(type).value(),
                                 [](const codec::part_head&) { return std::nullopt; });
  const std::string text = out.body.text();
  EXPECT_TRUE(reader.advance(text).has_value());
  fields named;
  for (const codec::form_part& part : reader.parts(text)) named.emplace_back(part.head.name, part.value);
  return named;
}

struct mistral_exchange : stt_exchange {
  explicit mistral_exchange(transcript_format format) : stt_exchange(mistral()) {
    endpoint.url.prefix = "/v1";
    asked().format = format;
  }
};

std::string answer_of(stt_exchange& exchange, std::string_view body) {
  const reply_step step = exchange.take(body);
  const auto* const answer = std::get_if<answered>(&step);
  EXPECT_NE(answer, nullptr) << body;
  return answer == nullptr ? std::string() : answer->body.value_or("");
}

constexpr std::string_view heard =
    R"({"model":"voxtral","text":"Ja. Nein.","language":"de","usage":{"prompt_audio_seconds":3,"prompt_tokens":5},
        "segments":[{"text":"Ja.","start":0.5,"end":1.0},{"text":" Nein.","start":1.25,"end":2.5}]})";

TEST(mistral_transcription, sends_the_fields_that_it_has_and_the_file_last) {
  mistral_exchange exchange(transcript_format::json);
  exchange.asked().language = "de";
  exchange.asked().fields = {{"language", "DE"},
                             {"prompt", "names"},
                             {"response_format", "json"},
                             {"temperature", "0.2"},
                             {"chunking_strategy", "auto"}};
  EXPECT_EQ(form_of(exchange),
            (fields{{"model", "whisper"}, {"language", "de"}, {"temperature", "0.2"}, {"file", "ID3-audio-bytes"}}));
  EXPECT_EQ(exchange.sent().target, "/v1/audio/transcriptions");
}

TEST(mistral_transcription, asks_for_the_one_granularity_that_is_needed_and_then_for_no_language) {
  struct row {
    transcript_format format;
    bool words;
    bool segments;
    std::string_view asked;
  };
  for (const row& one : std::vector<row>{{transcript_format::json, false, true, ""},
                                         {transcript_format::text, false, true, ""},
                                         {transcript_format::srt, false, true, "segment"},
                                         {transcript_format::vtt, true, false, "segment"},
                                         {transcript_format::verbose_json, false, true, "segment"},
                                         {transcript_format::verbose_json, true, false, "word"},
                                         {transcript_format::verbose_json, true, true, "word"}}) {
    mistral_exchange exchange(one.format);
    exchange.asked().language = "de";
    exchange.asked().wants_words = one.words;
    exchange.asked().wants_segments = one.segments;
    const fields form = form_of(exchange);
    ASSERT_EQ(form.size(), 3u);
    const std::pair<std::string, std::string> expected =
        one.asked.empty() ? std::pair<std::string, std::string>("language", "de")
                          : std::pair<std::string, std::string>("timestamp_granularities", one.asked);
    EXPECT_EQ(form[1], expected);
  }
}

TEST(mistral_transcription, applies_the_registrys_dialect_to_the_form) {
  mistral_exchange exchange(transcript_format::json);
  exchange.asked().fields = {{"temperature", "0"}};
  exchange.model.request = {.rename = {}, .drop = {"temperature"}, .defaults = {{"diarize", "false"}}};
  EXPECT_EQ(form_of(exchange), (fields{{"model", "whisper"}, {"diarize", "false"}, {"file", "ID3-audio-bytes"}}));
}

TEST(mistral_transcription, renders_every_format) {
  mistral_exchange text(transcript_format::text);
  EXPECT_EQ(answer_of(text, heard), "Ja. Nein.\n");

  mistral_exchange plain(transcript_format::json);
  EXPECT_EQ(json::parse(answer_of(plain, heard)).value("text", ""), "Ja. Nein.");

  mistral_exchange srt(transcript_format::srt);
  EXPECT_EQ(answer_of(srt, heard),
            "1\n00:00:00,500 --> 00:00:01,000\nJa.\n\n2\n00:00:01,250 --> 00:00:02,500\nNein.\n\n");

  mistral_exchange vtt(transcript_format::vtt);
  EXPECT_TRUE(answer_of(vtt, heard).starts_with("WEBVTT\n\n00:00:00.500 --> "));

  mistral_exchange verbose(transcript_format::verbose_json);
  const json full = json::parse(answer_of(verbose, heard));
  EXPECT_EQ(full.at("duration"), 3);
  EXPECT_EQ(full.at("segments").size(), 2u);
  EXPECT_FALSE(full.contains("words"));
}

TEST(mistral_transcription, reads_words_where_it_asked_for_words_and_makes_sentences_of_them) {
  constexpr std::string_view words =
      R"({"text":"Ja, gut. Nein","segments":[{"text":"Ja,","start":0,"end":0.5},{"text":" gut.","start":0.5,"end":1},
          {"text":" ","start":1,"end":1},{"text":"Nein","start":2,"end":3}]})";
  mistral_exchange exchange(transcript_format::verbose_json);
  exchange.asked().wants_words = true;
  const json full = json::parse(answer_of(exchange, words));
  ASSERT_EQ(full.at("words").size(), 3u);
  EXPECT_EQ(full["words"][1]["word"], "gut.");
  EXPECT_EQ(full["words"][1]["start"], 0.5);
  ASSERT_EQ(full.at("segments").size(), 2u);
  EXPECT_EQ(full["segments"][0]["text"], "Ja, gut.");
  EXPECT_EQ(full["segments"][0]["end"], 1);
  EXPECT_EQ(full["segments"][1]["text"], "Nein");
  EXPECT_EQ(full["segments"][1]["start"], 2);
}

TEST(mistral_transcription, meters_the_seconds_of_audio_where_they_are_sound) {
  struct row {
    std::string_view usage;
    std::optional<std::int64_t> milliseconds;
  };
  for (const row& one : std::vector<row>{{R"({"prompt_audio_seconds":3})", 3000},
                                         {R"({"prompt_audio_seconds":2.5})", 2500},
                                         {R"({"prompt_audio_seconds":0})", 0},
                                         {R"({"prompt_audio_seconds":null})", std::nullopt},
                                         {R"({"prompt_audio_seconds":-1})", std::nullopt},
                                         {R"({"prompt_audio_seconds":1e30})", std::nullopt},
                                         {R"({"prompt_audio_seconds":1e999})", std::nullopt},
                                         {R"({"prompt_audio_seconds":"3"})", std::nullopt},
                                         {R"([])", std::nullopt},
                                         {R"(null)", std::nullopt}}) {
    mistral_exchange exchange(transcript_format::json);
    const reply_step step = exchange.take(R"({"text":"a","usage":)" + std::string(one.usage) + "}");
    ASSERT_TRUE(std::holds_alternative<answered>(step)) << one.usage;
    EXPECT_EQ(std::get<answered>(step).usage.audio_milliseconds, one.milliseconds) << one.usage;
  }
}

TEST(mistral_transcription, makes_no_subtitles_without_a_time) {
  for (const auto format : {transcript_format::srt, transcript_format::vtt}) {
    mistral_exchange exchange(format);
    EXPECT_TRUE(is_unusable(exchange.take(R"({"text":"a"})")));
    EXPECT_FALSE(is_unusable(exchange.take(R"({"text":"a","usage":{"prompt_audio_seconds":1}})")));
  }
}

TEST(mistral_transcription, withstands_any_answer) {
  for (const std::string_view body : {"", "hi", "null", "[]", "{}", R"({"text":null})", R"({"text":["a"]})",
                                      R"([{"text":"a"}])", R"({"text":"a")", "\xff"}) {
    for (const auto format : {transcript_format::json, transcript_format::srt, transcript_format::verbose_json}) {
      mistral_exchange exchange(format);
      exchange.asked().wants_words = true;
      EXPECT_TRUE(is_unusable(exchange.take(body))) << body;
    }
  }
  for (const std::string_view segments :
       {"null", "7", "{}", "[]", "[null,7,\"a\",[]]", R"([{"text":7,"start":"a"}])",
        R"([{"text":"","start":9,"end":1}])", R"([{"text":"a","start":1e300,"end":-1e300}])", R"([{"text":"a"}])"}) {
    for (const auto format : {transcript_format::vtt, transcript_format::verbose_json}) {
      mistral_exchange exchange(format);
      exchange.asked().wants_words = true;
      const std::string body =
          R"({"text":"a","usage":{"prompt_audio_seconds":1},"segments":)" + std::string(segments) + "}";
      EXPECT_FALSE(answer_of(exchange, body).empty()) << body;
    }
  }
}

}  // namespace
}  // namespace phigate::upstream
