#include "phigate/codec/transcript.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "codec/language_name.hpp"

namespace phigate::codec {
namespace {

using nlohmann::json;

transcription_request wanting(transcript_format format) {
  transcription_request asked;
  asked.format = format;
  asked.wants_segments = true;
  return asked;
}

std::string rendered_as(transcript_format format, const transcript& heard) {
  return render(heard, wanting(format)).value().body;
}

transcript two_segments() {
  transcript heard;
  heard.text = "Guten Tag. Bis bald.";
  heard.language = "de";
  heard.duration_ms = 3'001;
  heard.segments = {{"Guten Tag.", 0, 1'250, 0.5}, {" Bis bald.", 1'250, 3'000, std::nullopt}};
  heard.words = {{"Guten", 0, 400}, {"Tag", 400, 1'250}};
  return heard;
}

transcript one_segment(std::string text, std::int64_t begin_ms = 0, std::int64_t end_ms = 1'000) {
  transcript heard;
  heard.text = text;
  heard.segments = {{std::move(text), begin_ms, end_ms, std::nullopt}};
  return heard;
}

// --- The forms -------------------------------------------------------------------------------------------------------

TEST(Transcript, EachFormHasItsContentType) {
  const std::vector<std::pair<transcript_format, std::string_view>> table{
      {transcript_format::json, "application/json"},          {transcript_format::verbose_json, "application/json"},
      {transcript_format::text, "text/plain; charset=utf-8"}, {transcript_format::srt, "text/plain; charset=utf-8"},
      {transcript_format::vtt, "text/vtt; charset=utf-8"},
  };
  for (const auto& [format, type] : table) {
    EXPECT_EQ(render({}, wanting(format)).value().content_type, type);
    EXPECT_EQ(media_type_of(format), type);
  }
}

TEST(Transcript, AFormHasOneWordAndAWordOneForm) {
  using enum transcript_format;
  const std::vector<std::pair<transcript_format, std::string_view>> table{
      {json, "json"}, {text, "text"}, {srt, "srt"}, {vtt, "vtt"}, {verbose_json, "verbose_json"}};
  for (const auto& [format, word] : table) {
    EXPECT_EQ(to_string(format), word);
    EXPECT_EQ(parse_transcript_format(word), format);
  }
  for (const std::string_view word : {"", "JSON", "json ", "verbose", "diarized_json", "mp3"}) {
    EXPECT_EQ(parse_transcript_format(word), std::nullopt) << word;
  }
}

TEST(Transcript, JsonHasTheTextAndWholeSecondsRoundedUp) {
  EXPECT_EQ(json::parse(rendered_as(transcript_format::json, two_segments())),
            json::parse(R"({"text":"Guten Tag. Bis bald.","usage":{"type":"duration","seconds":4}})"));
}

TEST(Transcript, SecondsAreRoundedUpOnlyPastAWholeOne) {
  for (const auto& [duration, seconds] :
       std::vector<std::pair<std::int64_t, int>>{{0, 0}, {1, 1}, {999, 1}, {1'000, 1}, {1'001, 2}}) {
    transcript heard;
    heard.duration_ms = duration;
    const json body = json::parse(rendered_as(transcript_format::json, heard));
    EXPECT_EQ(body["usage"]["seconds"], seconds) << duration;
    EXPECT_TRUE(body["usage"]["seconds"].is_number_integer());
  }
}

TEST(Transcript, UsageIsLeftOutWhereTheDurationIsUnknown) {
  transcript heard = two_segments();
  heard.duration_ms.reset();
  for (const auto format : {transcript_format::json, transcript_format::verbose_json}) {
    EXPECT_FALSE(json::parse(rendered_as(format, heard)).contains("usage"));
  }
}

TEST(Transcript, TextEndsInALineEnd) {
  EXPECT_EQ(rendered_as(transcript_format::text, two_segments()), "Guten Tag. Bis bald.\n");
}

TEST(Transcript, SubripNumbersItsCues) {
  EXPECT_EQ(rendered_as(transcript_format::srt, two_segments()),
            "1\n00:00:00,000 --> 00:00:01,250\nGuten Tag.\n\n"
            "2\n00:00:01,250 --> 00:00:03,000\nBis bald.\n\n");
}

TEST(Transcript, WebvttHasAHeadAndPoints) {
  EXPECT_EQ(rendered_as(transcript_format::vtt, two_segments()),
            "WEBVTT\n\n00:00:00.000 --> 00:00:01.250\nGuten Tag.\n\n"
            "00:00:01.250 --> 00:00:03.000\nBis bald.\n\n");
}

TEST(Transcript, TimesAreExactAndHoursHaveNoEnd) {
  for (const auto& [ms, text] : std::vector<std::pair<std::int64_t, std::string>>{
           {1, "00:00:00,001"},
           {59'999, "00:00:59,999"},
           {60'000, "00:01:00,000"},
           {3'599'999, "00:59:59,999"},
           {3'600'000, "01:00:00,000"},
           {359'999'999, "99:59:59,999"},
           {360'000'000, "100:00:00,000"},
           {longest_recording_ms, "10000:00:00,000"},
       }) {
    EXPECT_EQ(rendered_as(transcript_format::srt, one_segment("a", 0, ms)), "1\n00:00:00,000 --> " + text + "\na\n\n");
  }
}

TEST(Transcript, ACueHasNeitherBlankLinesNorArrows) {
  for (const auto& [said, shown] : std::vector<std::pair<std::string, std::string>>{
           {"a\n\nb", "a\nb"},
           {"a\r\n \t\r\nb\r\n", "a\nb"},
           {"\n\na", "a"},
           {"a --> b", "a -> b"},
           {"a ----> b", "a -> b"},
           {"a -->--> b", "a ->-> b"},
           {"a -> b > c", "a -> b > c"},
           {"1\n\n2\n00:00:00,000 --> 00:00:09,000\nforged", "1\n2\n00:00:00,000 -> 00:00:09,000\nforged"},
       }) {
    EXPECT_EQ(rendered_as(transcript_format::srt, one_segment(said)),
              "1\n00:00:00,000 --> 00:00:01,000\n" + shown + "\n\n")
        << said;
  }
}

TEST(Transcript, WebvttEscapesWhatWouldBeMarkup) {
  EXPECT_EQ(rendered_as(transcript_format::vtt, one_segment("a < b & c > d --> e")),
            "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\na &lt; b &amp; c > d -> e\n\n");
  EXPECT_NE(rendered_as(transcript_format::srt, one_segment("a < b & c")).find("a < b & c"), std::string::npos);
}

TEST(Transcript, EmptySegmentsAreNoCuesAndNotCounted) {
  transcript heard = two_segments();
  heard.segments.insert(heard.segments.begin() + 1, {" \n ", 1'250, 1'250, std::nullopt});
  EXPECT_EQ(rendered_as(transcript_format::srt, heard), rendered_as(transcript_format::srt, two_segments()));
}

TEST(Transcript, WithoutSegmentsOneCueLastsTheWholeDuration) {
  transcript heard;
  heard.text = "all of it";
  heard.duration_ms = 61'002;
  EXPECT_EQ(rendered_as(transcript_format::srt, heard), "1\n00:00:00,000 --> 00:01:01,002\nall of it\n\n");
  heard.duration_ms.reset();
  heard.words = {{"it", 500, 700}};
  EXPECT_EQ(rendered_as(transcript_format::srt, heard), "1\n00:00:00,000 --> 00:00:00,700\nall of it\n\n");
}

TEST(Transcript, WithoutAnyTimeThereAreNoSubtitles) {
  const auto timeless = [](std::optional<std::int64_t> duration) {
    transcript heard = one_segment("all of it", 0, 0);
    heard.words = {{"all", 0, 0}};
    heard.duration_ms = duration;
    return heard;
  };
  for (const auto format : {transcript_format::srt, transcript_format::vtt}) {
    for (const auto duration : {std::optional<std::int64_t>(), std::optional<std::int64_t>(0)}) {
      transcript heard = timeless(duration);
      EXPECT_FALSE(render(heard, wanting(format)));
      heard.segments.clear();
      heard.words.clear();
      EXPECT_FALSE(render(heard, wanting(format)));
      heard.text.clear();
      EXPECT_TRUE(render(heard, wanting(format))) << "silence has no time to be shown at";
    }
  }
  for (const auto format : {transcript_format::json, transcript_format::text, transcript_format::verbose_json}) {
    EXPECT_TRUE(render(timeless(std::nullopt), wanting(format)));
  }
  EXPECT_EQ(json::parse(rendered_as(transcript_format::verbose_json, timeless(std::nullopt)))["duration"], 0);
}

TEST(Transcript, SegmentsWithoutAnyTimeAreOneCueOverTheWholeDuration) {
  transcript heard = one_segment("all of it", 0, 0);
  heard.duration_ms = 2'000;
  EXPECT_EQ(rendered_as(transcript_format::srt, heard), "1\n00:00:00,000 --> 00:00:02,000\nall of it\n\n");
}

TEST(Transcript, TheLastEndCountsWhereADurationOfNothingIsTold) {
  transcript heard = two_segments();
  heard.duration_ms = 0;
  EXPECT_EQ(rendered_as(transcript_format::srt, heard), rendered_as(transcript_format::srt, two_segments()));
  EXPECT_EQ(json::parse(rendered_as(transcript_format::verbose_json, heard))["duration"], 3);
}

TEST(Transcript, SilenceHasNoCues) {
  transcript silence;
  silence.duration_ms = 5'000;
  EXPECT_EQ(rendered_as(transcript_format::srt, silence), "");
  EXPECT_EQ(rendered_as(transcript_format::vtt, silence), "WEBVTT\n\n");
  EXPECT_EQ(rendered_as(transcript_format::text, silence), "\n");
}

TEST(Transcript, ACueWithoutALengthGetsAMillisecond) {
  EXPECT_EQ(rendered_as(transcript_format::vtt, one_segment("a", 5, 5)),
            "WEBVTT\n\n00:00:00.005 --> 00:00:00.006\na\n\n");
}

// --- verbose_json ----------------------------------------------------------------------------------------------------

TEST(Transcript, VerboseJsonHasEveryFieldOfASegment) {
  transcription_request asked = wanting(transcript_format::verbose_json);
  asked.temperature = 0.25;
  const json body = json::parse(render(two_segments(), asked).value().body);
  EXPECT_EQ(body["task"], "transcribe");
  EXPECT_EQ(body["language"], "german");
  EXPECT_EQ(body["duration"], 3.001);
  EXPECT_EQ(body["text"], "Guten Tag. Bis bald.");
  EXPECT_EQ(body["usage"], json::parse(R"({"type":"duration","seconds":4})"));
  EXPECT_FALSE(body.contains("words"));
  ASSERT_EQ(body["segments"].size(), 2U);
  EXPECT_NEAR(body["segments"][0]["avg_logprob"].get<double>(), std::log(0.5), 1e-12);
  EXPECT_EQ(body["segments"][1], json::parse(R"({"id":1,"seek":125,"start":1.25,"end":3,"text":" Bis bald.","tokens":[],
                            "temperature":0.25,"avg_logprob":0,"compression_ratio":0,"no_speech_prob":0})"));
}

TEST(Transcript, VerboseJsonListsOnlyWhatWasAskedFor) {
  transcription_request asked = wanting(transcript_format::verbose_json);
  asked.wants_segments = false;
  asked.wants_words = true;
  const json words_only = json::parse(render(two_segments(), asked).value().body);
  EXPECT_FALSE(words_only.contains("segments"));
  EXPECT_EQ(words_only["words"],
            json::parse(R"([{"word":"Guten","start":0,"end":0.4},{"word":"Tag","start":0.4,"end":1.25}])"));
  asked.wants_segments = true;
  const json both = json::parse(render(two_segments(), asked).value().body);
  EXPECT_TRUE(both.contains("segments") && both.contains("words"));
}

TEST(Transcript, VerboseJsonOfNothingStillHasWhatTheSdksRequire) {
  EXPECT_EQ(json::parse(rendered_as(transcript_format::verbose_json, {})),
            json::parse(R"({"task":"transcribe","language":"","duration":0,"text":"","segments":[]})"));
}

TEST(Transcript, AnUnknownDurationIsTheLastEnd) {
  transcript heard = two_segments();
  heard.duration_ms.reset();
  EXPECT_EQ(json::parse(rendered_as(transcript_format::verbose_json, heard))["duration"], 3);
}

TEST(Transcript, TheLanguageAskedForStandsInForAnUnknownOne) {
  transcription_request asked = wanting(transcript_format::verbose_json);
  asked.language = "fr";
  EXPECT_EQ(json::parse(render({}, asked).value().body)["language"], "french");
  EXPECT_EQ(json::parse(render(two_segments(), asked).value().body)["language"], "german");
}

TEST(Transcript, ConfidencesOutOfRangeStayFiniteNumbers) {
  for (const double confidence : {0.0, -1.0, 2.0, std::numeric_limits<double>::quiet_NaN(), 1e-300}) {
    transcript heard = one_segment("a");
    heard.segments[0].confidence = confidence;
    const json body = json::parse(rendered_as(transcript_format::verbose_json, heard));
    ASSERT_TRUE(body["segments"][0]["avg_logprob"].is_number()) << confidence;
    EXPECT_LE(body["segments"][0]["avg_logprob"].get<double>(), 0.0) << confidence;
  }
}

TEST(Transcript, QuotesAndInvalidBytesLeaveTheJsonWhole) {
  transcript heard = one_segment("a \"quoted\" \\ \x01 \xff text");
  for (const auto format : {transcript_format::json, transcript_format::verbose_json}) {
    EXPECT_EQ(json::parse(rendered_as(format, heard))["text"], "a \"quoted\" \\ \x01 \xEF\xBF\xBD text");
  }
}

// --- What a provider wrote -------------------------------------------------------------------------------------------

TEST(Transcript, IsToldFromWhatIsNoneInItsForm) {
  using enum transcript_format;
  struct row {
    std::vector<transcript_format> formats;
    std::string_view body;
    bool fits;
  };
  for (const row& one : std::vector<row>{
           {{text}, "", true},
           {{text}, "Ja.\n", true},
           {{text}, "Grüße 👍", true},
           {{text}, "{curly", true},
           {{text}, "[music]", true},
           {{text}, "<unk> <3", true},
           {{text}, "html is spoken of", true},
           {{text, srt, vtt, json, verbose_json}, "Gr\xfc\xdf", false},
           {{srt}, "1\n00:00:00,000 --> 00:00:01,000\n\xff\n\n", false},
           {{vtt}, "WEBVTT\n\n\xff", false},
           {{text, srt, vtt, json, verbose_json}, "<html>err</html>", false},
           {{text, srt, vtt, json, verbose_json}, "\n <!DOCTYPE HTML><p>err --> ", false},
           {{text, srt, vtt}, "\xEF\xBB\xBF<HTML lang=de>", false},
           {{text, srt}, "<?xml version=\"1.0\"?><Error/>", false},
           {{text, srt, vtt}, R"({"text":"Ja."})", false},
           {{json, verbose_json}, R"({"text":"Ja."})", true},
           {{json, verbose_json}, R"(["Ja."])", false},
           {{srt}, "\n", true},
           {{srt}, "1\n00:00:00,000 --> 00:00:01,000\n<html>\n\n", true},
           {{srt, vtt}, "Ja.", false},
           {{vtt}, "\xEF\xBB\xBFWEBVTT\n", true},
           {{vtt}, "", false},
       }) {
    for (const transcript_format format : one.formats) {
      EXPECT_EQ(is_written_in(format, one.body), one.fits) << to_string(format) << ": " << one.body;
    }
  }
}

TEST(LanguageName, IsOpenAisWordOrNothing) {
  for (const auto& [code, name] : std::vector<std::pair<std::string_view, std::string_view>>{
           {"de", "german"},
           {"en", "english"},
           {"DE", "german"},
           {"de-CH", "german"},
           {"zh_Hans", "chinese"},
           {"yue", "cantonese"},
           {"haw", "hawaiian"},
           {"af", "afrikaans"},
           {"zu", "zulu"},
           {"nb", "norwegian"},
           {"", ""},
           {"xx", ""},
           {"german", ""},
           {"d", ""},
           {"-de", ""},
       }) {
    EXPECT_EQ(language_name(code), name) << code;
  }
}

}  // namespace
}  // namespace phigate::codec
