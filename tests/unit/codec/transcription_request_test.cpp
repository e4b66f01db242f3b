#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <variant>

#include "json_text.hpp"
#include "phigate/codec/request.hpp"

namespace phigate::codec {
namespace {

using core::error_code;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

form_part field(std::string name, std::string_view value) {
  return {.head = {.name = std::move(name), .filename = {}, .content_type = {}}, .value = value};
}

form_part file(std::string_view bytes = "sound", std::string filename = "a.mp3") {
  return {.head = {.name = "file", .filename = std::move(filename), .content_type = "audio/mpeg"}, .value = bytes};
}

std::expected<client_request, core::api_error> read(const std::vector<form_part>& parts) {
  request_reader reader;
  return reader.read_transcription(parts, "the body");
}

// A sound form with `more` behind the file.
std::expected<client_request, core::api_error> read_with(const std::vector<form_part>& more) {
  std::vector<form_part> parts = {field("model", "whisper"), file()};
  parts.insert(parts.end(), more.begin(), more.end());
  return read(parts);
}

const transcription_request& asked_of(const client_request& request) {
  return std::get<transcription_request>(request.media);
}

TEST(TranscriptionRequest, FillsInTheDefaults) {
  const auto request = read({file(std::string_view("\xFF\0\n", 3), "ä \"b\".mp3"), field("model", "whisper")});
  ASSERT_TRUE(request) << request.error().message;
  const transcription_request& asked = asked_of(*request);
  EXPECT_EQ(asked.filename, "ä \"b\".mp3");
  EXPECT_EQ(asked.media_type, "audio/mpeg");
  EXPECT_EQ(asked.audio, std::string_view("\xFF\0\n", 3));
  EXPECT_EQ(asked.language, "");
  EXPECT_EQ(asked.prompt, "");
  EXPECT_EQ(asked.format, transcript_format::json);
  EXPECT_FALSE(asked.wants_words);
  EXPECT_TRUE(asked.wants_segments);
  EXPECT_FALSE(asked.temperature);
  EXPECT_THAT(asked.fields, IsEmpty());
  const request_facts& facts = request->facts;
  EXPECT_EQ(request->body, "the body");
  EXPECT_EQ(facts.modality, core::modality::stt);
  EXPECT_EQ(facts.model, "whisper");
  EXPECT_EQ(facts.response_format, "json");
  EXPECT_EQ(facts.provider, "");
  EXPECT_EQ(facts.audio_milliseconds, 1);
  EXPECT_FALSE(facts.stream);
  EXPECT_THAT(facts.required_features, IsEmpty());
  ASSERT_EQ(facts.members.size(), 2U);
  EXPECT_EQ(facts.members[0].key, "file");
  EXPECT_EQ(facts.members[1].key, "model");
}

TEST(TranscriptionRequest, ReadsEveryFieldAndKeepsItAsItCame) {
  const auto request = read({
      field("language", "de-CH"),
      field("provider", R"( {"zdr":true} )"),
      field("prompt", "Grüezi\n"),
      field("response_format", "verbose_json"),
      field("temperature", "0.50"),
      field("timestamp_granularities[]", "word"),
      field("timestamp_granularities[]", "segment"),
      field("stream", "true"),
      file(),
      field("include[]", "logprobs"),
      field("include[]", "logprobs"),
      field("chunking_strategy", "auto"),
      field("known_speaker_names[]", "a"),
      field("known_speaker_references[]", "data:,"),
      field("model", "gpt-4o-transcribe"),
  });
  ASSERT_TRUE(request) << request.error().message;
  const transcription_request& asked = asked_of(*request);
  EXPECT_EQ(asked.language, "de");
  EXPECT_EQ(asked.prompt, "Grüezi\n");
  EXPECT_EQ(asked.format, transcript_format::verbose_json);
  EXPECT_TRUE(asked.wants_words);
  EXPECT_TRUE(asked.wants_segments);
  EXPECT_EQ(asked.temperature, 0.5);
  EXPECT_THAT(
      asked.fields,
      ElementsAre(Pair("language", "de-CH"), Pair("prompt", "Grüezi\n"), Pair("response_format", "verbose_json"),
                  Pair("temperature", "0.50"), Pair("timestamp_granularities[]", "word"),
                  Pair("timestamp_granularities[]", "segment"), Pair("stream", "true"), Pair("include[]", "logprobs"),
                  Pair("include[]", "logprobs"), Pair("chunking_strategy", "auto"), Pair("known_speaker_names[]", "a"),
                  Pair("known_speaker_references[]", "data:,")));
  EXPECT_EQ(request->facts.model, "gpt-4o-transcribe");
  EXPECT_EQ(request->facts.provider, R"({"zdr":true})");
  EXPECT_EQ(request->facts.response_format, "verbose_json");
  EXPECT_TRUE(request->facts.stream);
  EXPECT_THAT(request->facts.required_features, ElementsAre("stream", "logprobs", "diarization"));
  EXPECT_THAT(request->facts.feature_fields, ElementsAre(Pair("stream", "stream"), Pair("logprobs", "include[]"),
                                                         Pair("diarization", "known_speaker_names[]"),
                                                         Pair("diarization", "known_speaker_references[]")));
  EXPECT_EQ(request->facts.members.size(), 13U);  // each name once
}

TEST(TranscriptionRequest, TakesEachFormatLanguageAndNumber) {
  for (const transcript_format each : {transcript_format::json, transcript_format::text, transcript_format::srt,
                                       transcript_format::vtt, transcript_format::verbose_json}) {
    const auto request = read_with({field("response_format", to_string(each))});
    ASSERT_TRUE(request) << to_string(each);
    EXPECT_EQ(asked_of(*request).format, each);
    EXPECT_EQ(request->facts.response_format, to_string(each));
  }
  const std::pair<std::string, std::string> languages[] = {
      {"de", "de"}, {"DE", "de"}, {"gsw", "gsw"}, {"zh-Hant-TW", "zh"}, {"es-419", "es"}, {"en-x-private1", "en"}};
  for (const auto& [tag, expected] : languages) {
    const auto request = read_with({field("language", tag)});
    ASSERT_TRUE(request) << tag;
    EXPECT_EQ(asked_of(*request).language, expected) << tag;
  }
  for (const char* number : {"0", "1", "0.0", "1e-1", "1.000"}) {
    EXPECT_TRUE(read_with({field("temperature", number)})) << number;
  }
  const auto words = read_with({field("timestamp_granularities", "word"), field("response_format", "verbose_json")});
  ASSERT_TRUE(words);
  EXPECT_TRUE(asked_of(*words).wants_words);
  EXPECT_FALSE(asked_of(*words).wants_segments);
  EXPECT_FALSE(read_with({field("stream", "false")})->facts.stream);
}

struct refusal {
  std::vector<form_part> more;
  error_code code;
  std::string param;
};

TEST(TranscriptionRequest, RefusesAFieldThatIsWrong) {
  const auto bad = [](std::string name, std::string_view value) {
    return refusal{{field(name, value)}, error_code::invalid_request, name};
  };
  const refusal cases[] = {
      bad("language", ""),
      bad("language", "auto"),
      bad("language", "d"),
      bad("language", "de_CH"),
      bad("language", "de-"),
      bad("language", "-de"),
      bad("language", "de--CH"),
      bad("language", "d3"),
      bad("language", "de-abcdefghi"),
      bad("language", "de\r\n"),
      bad("language", "dé"),
      bad("response_format", ""),
      bad("response_format", "diarized_json"),
      bad("response_format", "JSON"),
      bad("temperature", ""),
      bad("temperature", "1.0001"),
      bad("temperature", "-0.1"),
      bad("temperature", "nan"),
      bad("temperature", "inf"),
      bad("temperature", "0.5x"),
      bad("temperature", " 0.5"),
      bad("temperature", "1e400"),
      bad("stream", "True"),
      bad("stream", "1"),
      bad("stream", ""),
      bad("timestamp_granularities[]", "words"),
      bad("timestamp_granularities[]", "word"),  // without verbose_json
      bad("prompt", "\xFF"),
      bad("chunking_strategy", "\xC3"),
      bad("foo", "1"),
      bad("tools", "1"),
      bad("messages", "1"),
      bad("include", "logprobs"),
      bad("files", "1"),
      {{field("timestamp_granularities[]", "word"), field("response_format", "srt")},
       error_code::invalid_request,
       "timestamp_granularities[]"},
      {{field("timestamp_granularities", "word")}, error_code::invalid_request, "timestamp_granularities"},
      {{field("file", "1")}, error_code::ambiguous_body, "file"},
      {{file()}, error_code::ambiguous_body, "file"},
      {{field("model", "other")}, error_code::ambiguous_body, "model"},
      {{field("prompt", "a"), field("prompt", "a")}, error_code::ambiguous_body, "prompt"},
      {{field("provider", "{}"), field("provider", "{}")}, error_code::ambiguous_body, "provider"},
      {{field("stream", "false"), field("stream", "false")}, error_code::ambiguous_body, "stream"},
      {{field("Model", "other")}, error_code::ambiguous_body, "Model"},
      {{field("Response_Format", "text")}, error_code::ambiguous_body, "Response_Format"},
      {{field("PROVIDER", "{}")}, error_code::ambiguous_body, "PROVIDER"},
      {{field("provider[]", "{}")}, error_code::ambiguous_body, "provider[]"},
      {{field("Include[]", "logprobs")}, error_code::ambiguous_body, "Include[]"},
      {{field("providers", "{}")}, error_code::misplaced_preference, "providers"},
      {{field("region", "EU")}, error_code::misplaced_preference, "region"},
      {{field("phi", "true")}, error_code::misplaced_preference, "phi"},
      {{field("x_phi", "true")}, error_code::misplaced_preference, "x_phi"},
      {{field("X-PHI", "true")}, error_code::misplaced_preference, "X-PHI"},
      {{field("zdr", "true")}, error_code::misplaced_preference, "zdr"},
      {{field("Only", "x")}, error_code::ambiguous_body, "Only"},
      {{field("provider", "")}, error_code::invalid_json, "provider"},
      {{field("provider", "{zdr:true}")}, error_code::invalid_json, "provider"},
      {{field("provider", "{\"a\":\"\xFF\"}")}, error_code::invalid_json, "provider"},
      {{field("provider", R"({"only":[],"only":[]})")}, error_code::ambiguous_body, "provider.only"},
      {{field("provider", R"({"max_price":{"prompt":1,"prompt":2}})")},
       error_code::ambiguous_body,
       "provider.max_price.prompt"},
  };
  for (const auto& [more, code, param] : cases) {
    const auto request = read_with(more);
    ASSERT_FALSE(request) << more[0].head.name << "=" << more[0].value;
    EXPECT_EQ(request.error().code, code) << more[0].head.name << "=" << more[0].value << "\n"
                                          << request.error().message;
    EXPECT_EQ(request.error().param, param) << more[0].value;
    EXPECT_FALSE(request.error().message.empty());
  }
}

TEST(TranscriptionRequest, RefusesAProviderThatIsNestedTooDeep) {
  const auto nested = [](std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  EXPECT_TRUE(read_with({field("provider", nested(64))}));
  const std::string deeper = nested(65);
  const auto request = read_with({field("provider", deeper)});
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().code, error_code::invalid_json);
  EXPECT_THAT(request.error().message, HasSubstr("\"provider\" is not valid JSON"));
}

TEST(TranscriptionRequest, RefusesAFormWithoutAModelOrASoundFile) {
  EXPECT_EQ(read({file()}).error().code, error_code::missing_model);
  EXPECT_EQ(read({file(), field("model", "")}).error().code, error_code::missing_model);
  EXPECT_EQ(read({}).error().code, error_code::missing_model);
  for (const auto& parts :
       {std::vector{field("model", "m")}, std::vector{field("model", "m"), file("")},
        std::vector{field("model", "m"), file("x", "")}, std::vector{field("model", "m"), field("file", "x")}}) {
    const auto request = read(parts);
    ASSERT_FALSE(request);
    EXPECT_EQ(request.error().code, error_code::invalid_request);
    EXPECT_EQ(request.error().param, "file");
  }
  form_part model = field("model", "m");
  model.head.filename = "m.txt";
  EXPECT_EQ(read({model, file()}).error().param, "model");
}

TEST(TranscriptionRequest, TellsTheGravestFaultFirst) {
  EXPECT_EQ(read_with({field("temperature", "9"), field("provider", R"({"a":1,"a":1})")}).error().code,
            error_code::ambiguous_body);
  EXPECT_EQ(read_with({field("temperature", "9"), field("provider", "{")}).error().code, error_code::invalid_json);
  EXPECT_EQ(read({file(""), field("temperature", "9")}).error().code, error_code::missing_model);
}

TEST(TranscriptionRequest, TellsWhatItTakesBesideTheBody) {
  const auto bytes = [](const std::vector<form_part>& more) { return bytes_beside_body(read_with(more).value()); };
  const std::size_t least = bytes({});
  EXPECT_LT(least, 100U);
  EXPECT_EQ(bytes_beside_body(read({field("model", "whisper"), file(std::string(100'000, 'x'))}).value()), least)
      << "the file is not copied";
  const std::string large(100'000, 'x');
  const auto lists = [&](std::size_t count) { return std::vector<form_part>(count, field("include[]", large)); };
  EXPECT_GE(bytes(lists(1)), 200'000U) << "in the request, and in the form that a route is sent";
  EXPECT_GE(bytes(lists(40)), 40 * 200'000U);
  EXPECT_GE(bytes({field("prompt", large)}), 300'000U) << "the prompt is read as well";
  EXPECT_GE(bytes({field("provider", "{" + std::string(100'000, ' ') + "}")}), 100'000U);
}

TEST(TranscriptionPart, IsJudgedAtItsHead) {
  const auto judged = [](const part_head& head, bool has_file = false) {
    return admit_transcription_part(head, has_file);
  };
  const part_head sound{.name = "file", .filename = "a.wav", .content_type = {}};
  EXPECT_FALSE(judged(sound));
  EXPECT_EQ(judged(sound, true)->code, error_code::ambiguous_body);
  for (const char* name : {"model", "language", "prompt", "response_format", "temperature", "timestamp_granularities[]",
                           "timestamp_granularities", "stream", "include[]", "chunking_strategy",
                           "known_speaker_names[]", "known_speaker_references[]", "provider"}) {
    EXPECT_FALSE(judged({.name = name, .filename = {}, .content_type = {}}, true)) << name;
    EXPECT_EQ(judged({.name = name, .filename = "x", .content_type = {}})->param, name);
  }
  const auto unknown = judged({.name = "a\x1B" + std::string(100, 'b'), .filename = {}, .content_type = {}});
  ASSERT_TRUE(unknown);
  EXPECT_EQ(unknown->code, error_code::invalid_request);
  EXPECT_THAT(unknown->message, HasSubstr("\"a?bbb"));
  EXPECT_EQ(unknown->param.find('\x1B'), std::string::npos);
  EXPECT_LT(unknown->param.size(), 100U);
}

RC_GTEST_PROP(TranscriptionRequestProperty, SurvivesAnyValueInAnyField, (const std::string& bytes)) {
  static const std::vector<std::string> names = {"model",       "language", "prompt",   "response_format",
                                                 "temperature", "stream",   "provider", "timestamp_granularities[]"};
  const std::string text = *rc::gen::arbitrary<bool>() ? bytes : generated::mutated(generated::value(2));
  const auto request = read({field(*rc::gen::elementOf(names), text), file(bytes), field("model", "m")});
  if (!request) RC_ASSERT(!request.error().message.empty());
}

}  // namespace
}  // namespace phigate::codec
