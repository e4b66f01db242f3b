#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <variant>

#include "json_text.hpp"
#include "padded.hpp"
#include "phigate/codec/request.hpp"

namespace phigate::codec {
namespace {

using core::error_code;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::expected<client_request, core::api_error> read(std::string_view body) {
  request_reader reader;
  const padded exact(body);
  auto request = reader.read_speech(exact.view());
  if (request) request->body = body;
  return request;
}

// A sound body with `members` behind the model.
std::string with(std::string_view members) {
  return R"({"model":"tts-1",)" + std::string(members) + "}";
}

// The same with input and voice.
std::string speaking(std::string_view members) {
  return with(R"("input":"hi","voice":"alloy",)" + std::string(members));
}

std::string repeated(std::string_view text, std::size_t count) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

TEST(SpeechRequest, FillsInTheDefaults) {
  const auto request = read(with(R"("input":"Grüezi","voice":"alloy")"));
  ASSERT_TRUE(request) << request.error().message;
  const auto& asked = std::get<speech_request>(request->media);
  EXPECT_EQ(asked.input, "Grüezi");
  EXPECT_EQ(asked.voice, "alloy");
  EXPECT_EQ(asked.instructions, "");
  EXPECT_EQ(asked.response_format, "mp3");
  EXPECT_EQ(asked.speed, 1.0);
  const request_facts& facts = request->facts;
  EXPECT_EQ(facts.modality, core::modality::tts);
  EXPECT_EQ(facts.model, "tts-1");
  EXPECT_EQ(facts.voice, "alloy");
  EXPECT_EQ(facts.response_format, "mp3");
  EXPECT_EQ(facts.characters, 6);
  EXPECT_FALSE(facts.stream);
  EXPECT_THAT(facts.required_features, IsEmpty());
  EXPECT_THAT(facts.parameters, IsEmpty());
  EXPECT_EQ(facts.members.size(), 3U);
}

TEST(SpeechRequest, ReadsEveryField) {
  const auto request =
      read(R"({"voice":{"id":"my \u0076oice","x":1},"input":"\u00e9😀\n","response_format":"wav","speed":2.5e-1,)"
           R"("instructions":"softly","stream_format":"sse","provider":{"zdr":true},"model":"m"})");
  ASSERT_TRUE(request) << request.error().message;
  const auto& asked = std::get<speech_request>(request->media);
  EXPECT_EQ(asked.input, "é😀\n");
  EXPECT_EQ(asked.voice, "my voice");
  EXPECT_EQ(asked.instructions, "softly");
  EXPECT_EQ(asked.response_format, "wav");
  EXPECT_EQ(asked.speed, 0.25);
  EXPECT_EQ(request->facts.characters, 3);
  EXPECT_EQ(request->facts.voice, "my voice");
  EXPECT_EQ(request->facts.response_format, "wav");
  EXPECT_EQ(request->facts.provider, R"({"zdr":true})");
  EXPECT_THAT(request->facts.required_features, ElementsAre("sse"));
  EXPECT_THAT(request->facts.parameters, ElementsAre(ElementsAre("instructions")));
}

TEST(SpeechRequest, ReadsNullAsAbsentWhereThereIsADefault) {
  const auto request =
      read(speaking(R"("response_format":null,"speed":null,"instructions":null,"stream_format":null,"store":null)"));
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(request->facts.response_format, "mp3");
  EXPECT_THAT(request->facts.parameters, IsEmpty());
  EXPECT_THAT(request->facts.required_features, IsEmpty());
  EXPECT_TRUE(read(speaking(R"("stream_format":"audio","instructions":"")"))->facts.parameters.empty());
}

TEST(SpeechRequest, TakesEachFormatAndTheLimitsOfEachRange) {
  for (const char* format : {"mp3", "opus", "aac", "flac", "wav", "pcm"}) {
    const auto request = read(speaking(R"("response_format":")" + std::string(format) + "\""));
    ASSERT_TRUE(request) << format;
    EXPECT_EQ(request->facts.response_format, format);
  }
  for (const char* speed : {"0.25", "4", "4.0", "1e0"}) {
    EXPECT_TRUE(read(speaking(R"("speed":)" + std::string(speed)))) << speed;
  }
  EXPECT_EQ(read(with(R"("voice":"v","input":")" + repeated("é", 4096) + "\""))->facts.characters, 4096);
  EXPECT_EQ(read(with(R"("voice":"v","input":")" + repeated(R"(\ud83d\ude00)", 4096) + "\""))->facts.characters, 4096);
  EXPECT_TRUE(read(with(R"("input":"a","voice":")" + repeated("é", 128) + "\"")));
}

TEST(SpeechRequest, AStreamNeedsARouteThatHasOne) {
  for (const char* off : {"false", "null"}) {
    const auto request = read(speaking(R"("stream":)" + std::string(off)));
    ASSERT_TRUE(request) << off;
    EXPECT_FALSE(request->facts.stream) << off;
    EXPECT_THAT(request->facts.required_features, IsEmpty()) << off;
  }
  const auto request = read(speaking(R"("stream":true)"));
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_TRUE(request->facts.stream);
  EXPECT_THAT(request->facts.required_features, ElementsAre("stream"));
}

TEST(SpeechRequest, RefusesATextInWhichThereIsNothingToSay) {
  for (const char* input : {" ", "\\t\\r\\n ", "\\u0000", "\\u0001\\u001f", "\\u007f", "\\u0080\\u009f", "\\u00a0",
                            "\\u00ad", "\\u1680", "\\u2003\\u200b\\u200f", "\\u2028\\u2029", "\\u2060", "\\u3000",
                            "\\ufeff", "\\ufffe\\uffff", " \\u3000\\n\\u0000"}) {
    const auto request = read(with(R"("voice":"v","input":")" + std::string(input) + "\""));
    ASSERT_FALSE(request) << input;
    EXPECT_EQ(request.error().code, error_code::invalid_request) << input;
    EXPECT_EQ(request.error().param, "input") << input;
  }
  // The neighbours of each range, and what is short but heard.
  for (const char* input :
       {"!",       "~",       "\\u00a1",        "\\u00ac",   "\\u00ae", "\\u167f", "\\u1681", "\\u1fff",
        "\\u2010", "\\u2027", "\\u2030",        "\\u205e",   "\\u2070", "\\u2fff", "\\u3001", "\\ufefe",
        "\\uff00", "\\ufffd", "\\ud83d\\ude00", " \\u0000.", ".",       "。",      "é"}) {
    EXPECT_TRUE(read(with(R"("voice":"v","input":")" + std::string(input) + "\""))) << input;
  }
}

struct refusal {
  std::string body;
  error_code code;
  std::string param;
};

TEST(SpeechRequest, RefusesWhatIsMissingOrWrong) {
  const auto bad = [](std::string_view members, std::string param) {
    return refusal{speaking(members), error_code::invalid_request, std::move(param)};
  };
  const refusal cases[] = {
      {"", error_code::invalid_json, ""},
      {"[]", error_code::invalid_json, ""},
      {R"({"input":"hi","voice":"v"})", error_code::missing_model, "model"},
      {with(R"("voice":"v")"), error_code::invalid_request, "input"},
      {with(R"("input":"hi")"), error_code::invalid_request, "voice"},
      {with(R"("input":null,"voice":"v")"), error_code::invalid_request, "input"},
      {with(R"("input":"","voice":"v")"), error_code::invalid_request, "input"},
      {with(R"("input":["a"],"voice":"v")"), error_code::invalid_request, "input"},
      {with(R"("voice":"v","input":")" + repeated("é", 4097) + "\""), error_code::invalid_request, "input"},
      {with(R"("input":"a","voice":null)"), error_code::invalid_request, "voice"},
      {with(R"("input":"a","voice":"")"), error_code::invalid_request, "voice"},
      {with(R"("input":"a","voice":7)"), error_code::invalid_request, "voice"},
      {with(R"("input":"a","voice":["v"])"), error_code::invalid_request, "voice"},
      {with(R"("input":"a","voice":{})"), error_code::invalid_request, "voice.id"},
      {with(R"("input":"a","voice":{"id":""})"), error_code::invalid_request, "voice.id"},
      {with(R"("input":"a","voice":{"id":null})"), error_code::invalid_request, "voice.id"},
      {with(R"("input":"a","voice":{"id":"a","id":"b"})"), error_code::ambiguous_body, "voice.id"},
      {with(R"("input":"a","voice":"a\nb")"), error_code::invalid_request, "voice"},
      {with(R"("input":"a","voice":"a\u0000")"), error_code::invalid_request, "voice"},
      {with(R"("input":"a","voice":"a\u0085")"), error_code::invalid_request, "voice"},
      {with(R"("input":"a","voice":")" + std::string(257, 'v') + "\""), error_code::invalid_request, "voice"},
      bad(R"("response_format":"ogg")", "response_format"),
      bad(R"("response_format":"MP3")", "response_format"),
      bad(R"("response_format":"")", "response_format"),
      bad(R"("response_format":{"type":"mp3"})", "response_format"),
      bad(R"("speed":0.2499)", "speed"),
      bad(R"("speed":4.0001)", "speed"),
      bad(R"("speed":-1)", "speed"),
      bad(R"("speed":"1")", "speed"),
      bad(R"("speed":1e999)", "speed"),
      bad(R"("instructions":["a"])", "instructions"),
      bad(R"("stream_format":"SSE")", "stream_format"),
      bad(R"("stream_format":true)", "stream_format"),
      bad(R"("stream":"true")", "stream"),
      bad(R"("stream":"x")", "stream"),
      bad(R"("stream":1)", "stream"),
      bad(R"("stream":{})", "stream"),
      {speaking(R"("stream":false,"stream":true)"), error_code::ambiguous_body, "stream"},
      {speaking(R"("input":"again")"), error_code::ambiguous_body, "input"},
      {speaking(R"("Voice":"x")"), error_code::ambiguous_body, "Voice"},
      {speaking(R"("Response_Format":"x")"), error_code::ambiguous_body, "Response_Format"},
      {speaking(R"("Stream_format":"x")"), error_code::ambiguous_body, "Stream_format"},
      {speaking(R"("Providr":{})"), error_code::ambiguous_body, "Providr"},
      {speaking(R"("provider":{"only":[],"only":[]})"), error_code::ambiguous_body, "provider.only"},
      {speaking(R"("region":"EU")"), error_code::misplaced_preference, "region"},
      {speaking(R"("speed":9,"zdr":true)"), error_code::misplaced_preference, "zdr"},
  };
  for (const auto& [body, code, param] : cases) {
    const auto request = read(body);
    ASSERT_FALSE(request) << body;
    EXPECT_EQ(request.error().code, code) << body << "\n" << request.error().message;
    EXPECT_EQ(request.error().param, param) << body;
    EXPECT_FALSE(request.error().message.empty());
  }
}

TEST(SpeechRequest, KeepsItsOwnFieldsToItself) {
  request_reader reader;
  const padded chat(R"({"model":"m","messages":[{}],"Voice":"x","Speed":1})");
  EXPECT_TRUE(reader.read_chat(chat.view()));
  EXPECT_TRUE(read(speaking(R"("Document":{},"unknown":[1])")));
}

TEST(SpeechRequest, NotesWhatAProviderWouldKeep) {
  EXPECT_EQ(read(speaking(R"("store":true)"))->facts.retained_field, "store");
  EXPECT_EQ(read(speaking(R"("store":false)"))->facts.retained_field, "");
}

TEST(SpeechRequest, TellsHowLongATextThatIsTooLongIs) {
  EXPECT_THAT(read(with(R"("voice":"v","input":")" + std::string(5000, 'a') + "\"")).error().message,
              HasSubstr("5000 characters"));
}

RC_GTEST_PROP(SpeechRequestProperty, SurvivesAnyValueInAnyField, ()) {
  static const std::vector<std::string> fields = {"model",  "input",        "voice",         "response_format", "speed",
                                                  "stream", "instructions", "stream_format", "provider"};
  const std::string body = with("\"" + *rc::gen::elementOf(fields) + "\":" + generated::value(3) + ",\"" +
                                *rc::gen::elementOf(fields) + "\":" + generated::value(3));
  const auto request = read(body);
  if (request) {
    RC_ASSERT(request->facts.characters > 0);
    RC_ASSERT(!request->facts.voice.empty());
  } else {
    RC_ASSERT(!request.error().message.empty());
  }
}

}  // namespace
}  // namespace phigate::codec
