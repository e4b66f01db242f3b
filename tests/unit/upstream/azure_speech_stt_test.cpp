#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "unit/upstream/stt_exchange.hpp"
#include "upstream/protocols/protocols.hpp"

namespace phigate::upstream {
namespace {

using codec::transcript_format;
using core::failure_kind;
using nlohmann::json;

json definition_in(const std::string& form) {
  const std::string mark = "name=\"definition\"\r\n\r\n";
  const std::size_t begin = form.find(mark);
  if (begin == std::string::npos) return {};
  return json::parse(form.substr(begin + mark.size(), form.find("\r\n--", begin) - begin - mark.size()));
}

json definition_of(stt_exchange& exchange) {
  exchange.begin();
  return definition_in(exchange.body());
}

json locales_for(const std::string& language) {
  stt_exchange exchange(azure_speech_stt());
  exchange.asked().language = language;
  return definition_of(exchange).value("locales", json());
}

json phrases_for(const std::string& prompt) {
  stt_exchange exchange(azure_speech_stt());
  exchange.asked().prompt = prompt;
  const json definition = definition_of(exchange);
  return definition.contains("phraseList") ? definition["phraseList"]["phrases"] : json();
}

constexpr std::string_view weather = R"({
  "durationMilliseconds": 2000,
  "combinedPhrases": [{"text": "Schönes Wetter. Ja."}],
  "phrases": [
    {"offsetMilliseconds": 40, "durationMilliseconds": 1200, "text": "Schönes Wetter.", "locale": "de-CH",
     "confidence": 0.75, "words": [{"text": "Schönes", "offsetMilliseconds": 40, "durationMilliseconds": 500},
                                   {"text": "Wetter.", "offsetMilliseconds": 600, "durationMilliseconds": 640}]},
    {"offsetMilliseconds": 1300, "durationMilliseconds": 300, "text": "Ja.", "locale": "de-CH"}]})";

// What a client gets; fails the test when there is nothing.
answered answer_to(std::string_view body, transcript_format format = transcript_format::json) {
  stt_exchange exchange(azure_speech_stt());
  exchange.asked().format = format;
  exchange.asked().wants_words = true;
  reply_step step = exchange.take(body);
  auto* answer = std::get_if<answered>(&step);
  EXPECT_NE(answer, nullptr) << body.substr(0, 200);
  return answer == nullptr ? answered{} : std::move(*answer);
}

json verbose(std::string_view body) {
  return json::parse(answer_to(body, transcript_format::verbose_json).body.value_or("null"));
}

// --- The request -----------------------------------------------------------------------------------------------------

TEST(azure_speech_stt, transcribes_speech_and_nothing_else) {
  const core::protocol& facts = azure_speech_stt().facts();
  EXPECT_EQ(facts.name, "azure_speech_stt");
  EXPECT_EQ(facts.modalities, core::modality_set{core::modality::stt});
}

TEST(azure_speech_stt, carries_the_key_in_azures_own_header) {
  core::endpoint endpoint;
  endpoint.credential = core::secret("k-1");
  EXPECT_EQ(azure_speech_stt().credential_lines(endpoint), "ocp-apim-subscription-key: k-1\r\n");
}

TEST(azure_speech_stt, posts_the_audio_and_its_definition) {
  stt_exchange exchange(azure_speech_stt());
  exchange.endpoint.url.prefix = "/proxy";
  EXPECT_EQ(exchange.sent().method, "POST");
  EXPECT_EQ(exchange.sent().target, "/proxy/speechtotext/transcriptions:transcribe?api-version=2025-10-15");
  EXPECT_TRUE(exchange.sent().header_lines.starts_with("content-type: multipart/form-data; boundary="));
  EXPECT_TRUE(exchange.sent().header_lines.ends_with("accept: application/json\r\n"));
  const std::string form = exchange.body();
  EXPECT_EQ(form.size(), exchange.sent().body.size);
  EXPECT_NE(form.find("name=\"audio\"; filename=\"talk.mp3\"\r\ncontent-type: audio/mpeg\r\n\r\nID3-audio-bytes\r\n--"),
            std::string::npos);
  EXPECT_EQ(definition_in(form), json::parse(R"({"profanityFilterMode":"None"})"));
}

TEST(azure_speech_stt, the_first_request_can_be_made_again) {
  stt_exchange exchange(azure_speech_stt());
  conversation& talk = exchange.begin();
  EXPECT_EQ(talk.first().body.text(), exchange.body());
  EXPECT_EQ(talk.how(), delivery::whole);
}

TEST(azure_speech_stt, the_endpoints_api_version_wins) {
  stt_exchange exchange(azure_speech_stt());
  exchange.endpoint.api_version = "2024-11-15&x=1";
  EXPECT_EQ(exchange.sent().target, "/speechtotext/transcriptions:transcribe?api-version=2024-11-15%26x%3D1");
}

TEST(azure_speech_stt, a_language_becomes_the_locale_that_most_mean) {
  for (const auto& [language, locale] : std::vector<std::pair<std::string, std::string>>{{"de", "de-DE"},
                                                                                         {"en", "en-US"},
                                                                                         {"fr", "fr-FR"},
                                                                                         {"zh", "zh-CN"},
                                                                                         {"it", "it-IT"},
                                                                                         {"no", "nb-NO"},
                                                                                         {"af", "af-ZA"},
                                                                                         {"zu", "zu-ZA"},
                                                                                         {"pt", "pt-BR"},
                                                                                         {"fil", "fil-PH"},
                                                                                         {"xx", "xx"}}) {
    EXPECT_EQ(locales_for(language), json::array({locale})) << language;
  }
  EXPECT_TRUE(locales_for("").is_null());
}

TEST(azure_speech_stt, a_models_own_locale_wins) {
  stt_exchange exchange(azure_speech_stt());
  exchange.model.locales = {{"de", "de-CH"}, {"fr", "fr-CH"}};
  exchange.asked().language = "de";
  EXPECT_EQ(definition_of(exchange)["locales"], json::array({"de-CH"}));
  exchange.asked().language = "it";
  EXPECT_EQ(definition_of(exchange)["locales"], json::array({"it-IT"}));
}

TEST(azure_speech_stt, a_full_tag_is_the_locale_in_its_usual_case) {
  using spelling = std::pair<std::string, std::string>;
  for (const auto& [given, tag] :
       {spelling{"de-CH", "de-CH"}, spelling{"DE-ch", "de-CH"}, spelling{"es-419", "es-419"},
        spelling{"fil-ph", "fil-PH"}, spelling{"zh-Hans-CN", "zh-Hans-CN"}, spelling{"ZH-HANS-cn", "zh-Hans-CN"}}) {
    stt_exchange exchange(azure_speech_stt());
    exchange.model.locales = {{"de", "de-AT"}};
    exchange.asked().language = "de";
    exchange.asked().fields = {{"prompt", "xy-ZZ"}, {"language", given}};
    EXPECT_EQ(definition_of(exchange)["locales"], json::array({tag}));
  }
}

TEST(azure_speech_stt, what_only_resembles_a_tag_is_none) {
  for (const std::string text : {"de", "", "-", "de-", "d-CH", "deut-CH", "de-C", "de-CH-", "de--CH", "de-CH!", "de_CH",
                                 "1e-CH", "de-123456789", "de-aaaaaaaa-aaaaaaaa-aaaaaaaa-aaaaaaaa"}) {
    stt_exchange exchange(azure_speech_stt());
    exchange.asked().language = "de";
    exchange.asked().fields = {{"language", text}};
    EXPECT_EQ(definition_of(exchange)["locales"], json::array({"de-DE"})) << text;
  }
}

TEST(azure_speech_stt, a_prompt_becomes_phrases_to_expect) {
  EXPECT_EQ(phrases_for("Ångström, ZIHLE-Strasse;  phigate \n\r\n,;, \"quoted\"\t"),
            json::array({"Ångström", "ZIHLE-Strasse", "phigate", "\"quoted\""}));
  EXPECT_TRUE(phrases_for("").is_null());
  EXPECT_TRUE(phrases_for(" ,;\n\r\t ").is_null());
}

TEST(azure_speech_stt, at_most_a_hundred_phrases_of_a_hundred_code_points) {
  std::string prompt;
  for (int i = 0; i < 101; ++i) prompt += "p" + std::to_string(i) + ",";
  const json phrases = phrases_for(prompt);
  ASSERT_EQ(phrases.size(), 100U);
  EXPECT_EQ(phrases.back(), "p99");

  std::string hundred;
  for (int i = 0; i < 100; ++i) hundred += "ü";
  EXPECT_EQ(phrases_for(hundred), json::array({hundred}));
  EXPECT_EQ(phrases_for(hundred + "x"), json::array({hundred}));
}

TEST(azure_speech_stt, an_older_version_is_told_no_phrases) {
  for (const auto& [version, told] : std::vector<std::pair<std::string, bool>>{{"", true},
                                                                               {"2024-11-15", false},
                                                                               {"2025-10-14", false},
                                                                               {"2025-10-15", true},
                                                                               {"2026-01-01-preview", true}}) {
    stt_exchange exchange(azure_speech_stt());
    exchange.endpoint.api_version = version;
    exchange.asked().prompt = "phigate";
    EXPECT_EQ(definition_of(exchange).contains("phraseList"), told) << version;
  }
}

// --- The answer ------------------------------------------------------------------------------------------------------

TEST(azure_speech_stt, an_answer_becomes_openais_with_its_duration_metered) {
  const answered answer = answer_to(weather);
  EXPECT_EQ(answer.content_type, "application/json");
  EXPECT_EQ(json::parse(answer.body.value_or("")),
            json::parse(R"({"text":"Schönes Wetter. Ja.","usage":{"type":"duration","seconds":2}})"));
  EXPECT_EQ(answer.usage.audio_milliseconds, 2'000);
}

TEST(azure_speech_stt, phrases_become_segments_and_words) {
  const json body = verbose(weather);
  EXPECT_EQ(body["language"], "german");
  ASSERT_EQ(body["segments"].size(), 2U);
  EXPECT_EQ(body["segments"][0]["start"], 0.04);
  EXPECT_EQ(body["segments"][0]["end"], 1.24);
  EXPECT_LT(body["segments"][0]["avg_logprob"], 0);
  EXPECT_EQ(body["words"], json::parse(R"([{"word":"Schönes","start":0.04,"end":0.54},
                                           {"word":"Wetter.","start":0.6,"end":1.24}])"));
}

TEST(azure_speech_stt, subtitles_come_from_the_phrases) {
  const answered answer = answer_to(weather, transcript_format::srt);
  EXPECT_EQ(answer.content_type, "text/plain; charset=utf-8");
  EXPECT_EQ(answer.body,
            "1\n00:00:00,040 --> 00:00:01,240\nSchönes Wetter.\n\n"
            "2\n00:00:01,300 --> 00:00:01,600\nJa.\n\n");
}

TEST(azure_speech_stt, channels_are_joined_and_ordered_by_offset) {
  const json body = verbose(R"({"durationMilliseconds":9000,
    "combinedPhrases":[{"channel":0,"text":"a c"},{"channel":1,"text":""},{"channel":2,"text":"b"}],
    "phrases":[{"channel":0,"text":"a","offsetMilliseconds":0,"durationMilliseconds":10},
               {"channel":0,"text":"c","offsetMilliseconds":20,"durationMilliseconds":10},
               {"channel":2,"text":"b","offsetMilliseconds":10,"durationMilliseconds":10}]})");
  EXPECT_EQ(body["text"], "a c b");
  ASSERT_EQ(body["segments"].size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(body["segments"][i]["text"], std::string(1, "abc"[i]));
}

TEST(azure_speech_stt, the_language_is_the_most_common_one) {
  EXPECT_EQ(verbose(R"({"combinedPhrases":[],"phrases":[{"text":"","locale":"en-US"},{"text":"","locale":"fr-FR"},
                        {"text":"","locale":"fr-CH"}]})")["language"],
            "french");
  EXPECT_EQ(verbose(R"({"combinedPhrases":[],"phrases":[{"text":"","locale":7}]})")["language"], "");
}

TEST(azure_speech_stt, phrases_without_a_text_of_them_all_are_joined) {
  for (const std::string_view combined : {"[]", R"([{"text":""}])"}) {
    const std::string body =
        R"({"durationMilliseconds":2000,"combinedPhrases":)" + std::string(combined) +
        R"(,"phrases":[{"text":"Ja.","offsetMilliseconds":0,"durationMilliseconds":500},{"text":""},
                                 {"text":"Nein.","offsetMilliseconds":500,"durationMilliseconds":500}]})";
    EXPECT_EQ(answer_to(body, transcript_format::text).body, "Ja. Nein.\n") << combined;
  }
}

TEST(azure_speech_stt, subtitles_need_a_time) {
  for (const auto format : {transcript_format::srt, transcript_format::vtt}) {
    for (const std::string_view duration : {"null", "-1", "1e300", "0"}) {
      stt_exchange exchange(azure_speech_stt());
      exchange.asked().format = format;
      const reply_step step =
          exchange.take(R"({"combinedPhrases":[{"text":"a"}],"durationMilliseconds":)" + std::string(duration) + "}");
      const auto* const failure = std::get_if<core::attempt_failure>(&step);
      ASSERT_NE(failure, nullptr) << duration;
      EXPECT_EQ(failure->kind, failure_kind::bad_response);
    }
  }
  EXPECT_EQ(answer_to(R"({"combinedPhrases":[{"text":"a"}],"durationMilliseconds":5})", transcript_format::srt).body,
            "1\n00:00:00,000 --> 00:00:00,005\na\n\n");
}

TEST(azure_speech_stt, silence_is_an_answer) {
  for (const std::string_view body : {R"({"durationMilliseconds":1000,"combinedPhrases":[],"phrases":[]})",
                                      R"({"durationMilliseconds":1000,"combinedPhrases":[{"text":""}]})"}) {
    const answered answer = answer_to(body, transcript_format::text);
    EXPECT_EQ(answer.body, "\n");
    EXPECT_EQ(answer.usage.audio_milliseconds, 1'000);
  }
}

TEST(azure_speech_stt, what_is_no_transcript_cannot_be_used) {
  for (const std::string_view body : {
           "",
           "null",
           "[]",
           "{}",
           R"({"durationMilliseconds":1})",
           R"({"combinedPhrases":null})",
           R"({"combinedPhrases":{"text":"a"}})",
           R"({"combinedPhrases":"a"})",
           R"({"combinedPhrases":["a"]})",
           R"({"combinedPhrases":[{"text":1}]})",
           R"({"combinedPhrases":[{}]})",
           R"({"combinedPhrases":[],"phrases":{}})",
           R"({"combinedPhrases":[],"phrases":[1]})",
           R"({"combinedPhrases":[],"phrases":[{"text":null}]})",
           R"({"combinedPhrases":[],"phrases":[{"text":"a","words":["a"]}]})",
           R"({"combinedPhrases":[{"text":"a"})",
           R"({"combinedPhrases":[{"text":"a"}]}})",
           "{\"combinedPhrases\":[{\"text\":\"\xff\"}]}",
           "<html></html>",
       }) {
    stt_exchange exchange(azure_speech_stt());
    const reply_step step = exchange.take(body);
    const auto* failure = std::get_if<core::attempt_failure>(&step);
    ASSERT_NE(failure, nullptr) << body;
    EXPECT_EQ(failure->kind, failure_kind::bad_response) << body;
    EXPECT_EQ(failure->note.find(body.empty() ? "\"" : body), std::string::npos);
  }
}

TEST(azure_speech_stt, hostile_times_are_mended) {
  const json body = verbose(R"({"durationMilliseconds":1000,"combinedPhrases":[{"text":"x"}],"phrases":[
    {"text":"negative","offsetMilliseconds":-5,"durationMilliseconds":-5},
    {"text":"most","offsetMilliseconds":9223372036854775807,"durationMilliseconds":9223372036854775807},
    {"text":"least","offsetMilliseconds":-9223372036854775808,"durationMilliseconds":1e300},
    {"text":"no number","offsetMilliseconds":"5","durationMilliseconds":[]},
    {"text":"beyond","offsetMilliseconds":5000,"durationMilliseconds":1}]})");
  ASSERT_EQ(body["segments"].size(), 5U);
  double last = 0;
  for (const json& segment : body["segments"]) {
    EXPECT_GE(segment["start"].get<double>(), last) << segment;
    EXPECT_GE(segment["end"].get<double>(), segment["start"].get<double>()) << segment;
    EXPECT_LE(segment["end"].get<double>(), 36'000'000.0) << segment;
    last = segment["start"];
  }
  EXPECT_EQ(body["duration"], 1);
}

TEST(azure_speech_stt, a_duration_that_cannot_be_is_not_metered) {
  for (const std::string duration : {"-1", "1e300", "\"5\"", "null", "36000000001"}) {
    const answered answer = answer_to(R"({"combinedPhrases":[{"text":"a"}],"durationMilliseconds":)" + duration + "}");
    EXPECT_FALSE(answer.usage.audio_milliseconds) << duration;
    EXPECT_EQ(answer.body, R"({"text":"a"})") << duration;
  }
}

TEST(azure_speech_stt, an_hours_worth_of_words_is_no_burden) {
  std::string body = R"({"combinedPhrases":[{"text":"x"}],"phrases":[{"text":"x","words":[)";
  for (int i = 100'000; i > 0; --i) {
    body += R"({"text":"w","offsetMilliseconds":)" + std::to_string(i) + (i > 1 ? "}," : "}");
  }
  body += "]}]}";
  const json words = verbose(body)["words"];
  ASSERT_EQ(words.size(), 100'000U);
  EXPECT_EQ(words.front()["start"], 0.001);
  EXPECT_EQ(words.back()["start"], 100);
}

// --- Refusals --------------------------------------------------------------------------------------------------------

TEST(azure_speech_stt, classes_each_status) {
  for (const auto& [status, kind] : std::vector<std::pair<int, failure_kind>>{
           {400, failure_kind::client_mistake},
           {401, failure_kind::auth_failed},
           {403, failure_kind::auth_failed},
           {404, failure_kind::misconfigured},
           {408, failure_kind::request_timeout},
           {413, failure_kind::client_mistake},
           {415, failure_kind::client_mistake},
           {422, failure_kind::client_mistake},
           {429, failure_kind::rate_limited},
           {500, failure_kind::server_error},
           {503, failure_kind::server_error},
       }) {
    const auto failure = classified(azure_speech_stt(), status, R"({"code":"X","message":"no"})");
    EXPECT_EQ(failure.kind, kind) << status;
    EXPECT_EQ(failure.status, status);
  }
}

TEST(azure_speech_stt, passes_on_what_azure_says_of_the_clients_mistake) {
  struct row {
    std::string body, code, message, param;
  };
  const std::vector<row> table{
      {R"({"code":"InvalidAudioFormat","message":"The audio cannot be read."})", "InvalidAudioFormat",
       "The audio cannot be read.", "file"},
      {R"({"error":{"code":"EmptyAudio","message":"No bytes."}})", "EmptyAudio", "No bytes.", "file"},
      {R"({"code":"InvalidRequest","message":"The request is invalid.",
           "innerError":{"code":"UnsupportedLocale","message":"xx is not supported."}})",
       "UnsupportedLocale", "xx is not supported.", "language"},
      {R"({"error":{"code":"InvalidRequest","message":"outer","innerError":{"code":"a","message":"middle",
           "innerError":{"code":"AudioLengthLimitExceeded","message":"too long"}}}})",
       "AudioLengthLimitExceeded", "too long", "file"},
      {R"({"code":"InvalidRequest","message":"outer","innerError":{"code":7}})", "InvalidRequest", "outer", ""},
      {R"({"code":"InvalidRequest","message":"outer","innerError":"x"})", "InvalidRequest", "outer", ""},
  };
  for (const row& one : table) {
    const auto failure = classified(azure_speech_stt(), 400, one.body);
    EXPECT_EQ(failure.said.code, one.code) << one.body;
    EXPECT_EQ(failure.said.message, one.message) << one.body;
    EXPECT_EQ(failure.said.param, one.param) << one.body;
  }
}

TEST(azure_speech_stt, an_unreadable_refusal_still_has_words) {
  for (const std::string_view body : {"", "<html>no</html>", "{", "[]", "null"}) {
    EXPECT_EQ(classified(azure_speech_stt(), 415, body).said.message.empty(), false) << body;
  }
}

}  // namespace
}  // namespace phigate::upstream
