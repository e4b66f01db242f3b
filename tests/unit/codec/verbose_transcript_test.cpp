// OpenAI's verbose_json as providers write it, well and badly.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "json_text.hpp"
#include "phigate/codec/transcript.hpp"

namespace phigate::codec {
namespace {

using nlohmann::json;

std::string rendered_as(transcript_format format, const transcript& heard) {
  transcription_request asked;
  asked.format = format;
  asked.wants_segments = true;
  asked.wants_words = true;
  return render(heard, asked).value().body;
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

TEST(ReadVerboseTranscript, TakesTextTimesWordsAndConfidence) {
  const auto heard = read_verbose_transcript(R"({
    "task":"transcribe","language":"german","duration":8.47,"text":"Guten Tag",
    "segments":[{"id":0,"start":0.0,"end":1.2345,"text":" Guten Tag","avg_logprob":-0.5}],
    "words":[{"word":" Guten ","start":0.1,"end":0.5},{"word":"Tag","start":0.5,"end":1.2}]})");
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->text, "Guten Tag");
  EXPECT_EQ(heard->language, "german");
  EXPECT_EQ(heard->duration_ms, 8'470);
  ASSERT_EQ(heard->segments.size(), 1U);
  EXPECT_EQ(heard->segments[0].text, " Guten Tag");
  EXPECT_EQ(heard->segments[0].end_ms, 1'235);
  EXPECT_NEAR(heard->segments[0].confidence.value_or(0), std::exp(-0.5), 1e-12);
  ASSERT_EQ(heard->words.size(), 2U);
  EXPECT_EQ(heard->words[0].text, "Guten");
  EXPECT_EQ(heard->words[0].begin_ms, 100);
}

TEST(ReadVerboseTranscript, TakesWordsThatStandInsideSegments) {
  const auto heard = read_verbose_transcript(
      R"({"text":"a b","segments":[{"text":"a","start":0,"end":1,"words":[{"word":"a","start":0,"end":1}]},
          {"text":"b","start":1,"end":2,"words":[{"text":"b","start":1,"end":2}]}]})");
  ASSERT_TRUE(heard);
  ASSERT_EQ(heard->words.size(), 2U);
  EXPECT_EQ(heard->words[1].text, "b");
}

TEST(ReadVerboseTranscript, DoesNotTakeWordsTwice) {
  const auto heard = read_verbose_transcript(
      R"({"text":"a","words":[{"word":"a","start":0,"end":1}],
          "segments":[{"text":"a","start":0,"end":1,"words":[{"word":"a","start":0,"end":1}]}]})");
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->words.size(), 1U);
}

TEST(ReadVerboseTranscript, ReadsTheDurationWhereverItIsWritten) {
  const std::vector<std::pair<std::string, std::optional<std::int64_t>>> table{
      {R"("duration":1.5)", 1'500},
      {R"("duration":"1.5")", 1'500},
      {R"("usage":{"type":"duration","seconds":3})", 3'000},
      {R"("duration":2,"usage":{"seconds":3})", 2'000},
      {R"("duration":36000000)", longest_recording_ms},
      {R"("duration":36000000.001)", std::nullopt},
      {R"("duration":-1)", std::nullopt},
      {R"("duration":0)", std::nullopt},
      {R"("duration":0.0001)", std::nullopt},
      {R"("duration":0.001)", 1},
      {R"("duration":1e300)", std::nullopt},
      {R"("duration":1e999)", std::nullopt},
      {R"("duration":"nan")", std::nullopt},
      {R"("duration":"1.5s")", std::nullopt},
      {R"("duration":null)", std::nullopt},
      {R"("duration":[1])", std::nullopt},
      {R"("language":"de")", std::nullopt},
  };
  for (const auto& [member, expected] : table) {
    const auto heard = read_verbose_transcript(R"({"text":"a",)" + member + "}");
    ASSERT_TRUE(heard) << member;
    EXPECT_EQ(heard->duration_ms, expected) << member;
  }
  EXPECT_EQ(read_verbose_transcript(R"({"text":" ","duration":0})")->duration_ms, 0) << "nothing was heard";
}

TEST(ReadVerboseTranscript, IsNothingWithoutAnObjectAndItsText) {
  for (const std::string_view body :
       {"", " ", "null", "[]", "\"text\"", "{}", R"({"text":null})", R"({"text":1})", R"({"text":"a")",
        R"({"text":"a"}})", R"([{"text":"a"}])", "{\"text\":\"\xff\"}", R"({"error":{"message":"no"}})"}) {
    EXPECT_FALSE(read_verbose_transcript(body)) << body;
  }
  EXPECT_FALSE(read_verbose_transcript(json_value{}));
}

TEST(ReadVerboseTranscript, PassesOverWhatIsNoSegmentAndNoWord) {
  const auto heard = read_verbose_transcript(
      R"({"text":"a","segments":[1,null,{},{"text":2},{"text":"a"}],"words":[[],{"word":null},"b"],"language":7})");
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->segments.size(), 1U);
  EXPECT_TRUE(heard->words.empty());
  EXPECT_EQ(heard->language, "");
  EXPECT_TRUE(read_verbose_transcript(R"({"text":"a","segments":{"text":"b"},"words":"c"})")->segments.empty());
}

TEST(ReadVerboseTranscript, MendsTimes) {
  struct row {
    std::string times;
    std::int64_t begin_ms;
    std::int64_t end_ms;
  };
  // Of a second segment, behind one from 1 to 2 s.
  const std::vector<row> table{
      {R"("start":2,"end":3)", 2'000, 3'000},
      {R"("start":2)", 2'000, 2'000},
      {R"("end":3)", 2'000, 3'000},
      {R"("start":null,"end":"x")", 2'000, 2'000},
      {R"("start":"2.5","end":"3")", 2'500, 3'000},
      {R"("start":3,"end":2)", 3'000, 3'000},
      {R"("start":-5,"end":-4)", 1'000, 1'000},
      {R"("start":1.5,"end":1.75)", 1'500, 1'750},
      {R"("start":0,"end":4)", 1'000, 4'000},
      {R"("start":3,"end":1e308)", 3'000, longest_recording_ms},
      {R"("start":1e308,"end":1e308)", longest_recording_ms, longest_recording_ms},
      {R"("start":-1e308,"end":-1e308)", 1'000, 1'000},
      {R"("start":1e999,"end":-1e999)", 2'000, 2'000},
  };
  for (const row& one : table) {
    const auto heard = read_verbose_transcript(R"({"text":"","segments":[{"text":"a","start":1,"end":2},{"text":"b",)" +
                                               one.times + "}]}");
    ASSERT_TRUE(heard) << one.times;
    EXPECT_EQ(heard->segments[1].begin_ms, one.begin_ms) << one.times;
    EXPECT_EQ(heard->segments[1].end_ms, one.end_ms) << one.times;
  }
}

TEST(ReadVerboseTranscript, WhatIsRenderedReadsBackTheSame) {
  const auto back = read_verbose_transcript(rendered_as(transcript_format::verbose_json, two_segments()));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->segments[1].end_ms, two_segments().segments[1].end_ms);
  EXPECT_EQ(back->duration_ms, two_segments().duration_ms);
  EXPECT_EQ(back->words.size(), 2U);
}

RC_GTEST_PROP(ReadVerboseTranscriptProperty, TimesAreInOrderAndTheFormsWholeWhateverComes, ()) {
  const std::string sound = rendered_as(transcript_format::verbose_json, two_segments());
  const auto heard = read_verbose_transcript(generated::mutated(sound));
  if (!heard) return;
  std::int64_t last = 0;
  for (const spoken_segment& segment : heard->segments) {
    RC_ASSERT(last <= segment.begin_ms && segment.begin_ms <= segment.end_ms);
    RC_ASSERT(segment.end_ms <= longest_recording_ms);
    last = segment.begin_ms;
  }
  const std::int64_t duration = heard->duration_ms.value_or(0);
  RC_ASSERT(duration >= 0);
  RC_ASSERT(duration <= longest_recording_ms);
  RC_ASSERT(json::accept(rendered_as(transcript_format::verbose_json, *heard)));
  RC_ASSERT(rendered_as(transcript_format::vtt, *heard).find("\n\n\n") == std::string::npos);
}

TEST(ReadVerboseTranscript, TwentyThousandWordsAreReadAndRendered) {
  std::string body = R"({"text":"long","words":[)";
  for (int i = 0; i < 20'000; ++i) body += (i > 0 ? "," : "") + std::string(R"({"word":"w","start":1,"end":2})");
  body += R"(],"segments":[{"text":"s","start":0,"end":1}]})";
  const auto heard = read_verbose_transcript(body);
  ASSERT_TRUE(heard);
  EXPECT_GT(rendered_as(transcript_format::verbose_json, *heard).size(), 600'000U);
  EXPECT_EQ(heard->words.size(), 20'000U);
}

}  // namespace
}  // namespace phigate::codec
