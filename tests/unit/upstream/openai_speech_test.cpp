// Text to speech as OpenAI has it.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "unit/upstream/json_call.hpp"
#include "upstream/protocols/protocols.hpp"

namespace phigate::upstream {
namespace {

using core::modality;

struct speech_call : json_call {
  speech_call(std::string_view body, std::string_view voice, std::string_view format = "mp3")
      : json_call(openai(), modality::tts, body) {
    codec::speech_request asked;
    asked.input = "Hi";
    asked.voice = voice;
    asked.response_format = format;
    request.media = std::move(asked);
  }
};

constexpr std::string_view speech_body = R"({"model":"m","input":"Hi","voice":"alloy","speed":1.50})";

TEST(openai_speech, posts_the_clients_body_with_the_models_name_changed) {
  speech_call call(speech_body, "alloy");
  call.accept = "application/octet-stream";
  const wire_request sent = call.first();
  EXPECT_EQ(sent.target, "/v1/audio/speech");
  EXPECT_EQ(sent.header_lines, "content-type: application/json\r\naccept: application/octet-stream\r\n");
  EXPECT_EQ(sent.body.text(), R"({"model":"up/model","input":"Hi","voice":"alloy","speed":1.50})");
}

TEST(openai_speech, sends_the_providers_name_for_a_voice) {
  struct row {
    std::string_view body;
    std::string_view voice;
    std::string_view sent;
  };
  for (const row& one : std::vector<row>{
           {speech_body, "alloy", R"({"model":"up/model","input":"Hi","voice":"Jenny \"J\"","speed":1.50})"},
           {R"({"model":"m","voice":{"id":"echo"},"input":"Hi"})", "echo",
            R"({"model":"up/model","voice":"Guy","input":"Hi"})"},
           {R"({"model":"m","voice":"Guy","input":"Hi"})", "Guy", R"({"model":"up/model","voice":"Guy","input":"Hi"})"},
       }) {
    speech_call call(one.body, one.voice);
    call.model.voices = {{"alloy", "Jenny \"J\""}, {"echo", "Guy"}};
    EXPECT_EQ(call.sent(), one.sent);
  }
}

TEST(openai_speech, applies_the_registrys_dialect) {
  speech_call call(speech_body, "alloy");
  call.model.request = {
      .rename = {{"voice", "speaker"}}, .drop = {"speed"}, .defaults = {{"response_format", "\"mp3\""}}};
  call.model.voices = {{"alloy", "Jenny"}};
  EXPECT_EQ(call.sent(), R"({"model":"up/model","input":"Hi","speaker":"Jenny","response_format":"mp3"})");
}

TEST(openai_speech, sends_a_stream_on_where_it_is_wanted_and_leaves_it_out_where_it_is_not) {
  for (const std::string off : {"false", "null"}) {
    speech_call call(R"({"model":"m","stream":)" + off + R"(,"input":"Hi"})", "alloy");
    EXPECT_EQ(call.sent(), R"({"model":"up/model","input":"Hi"})");
  }
  speech_call call(R"({"model":"m","stream":true,"input":"Hi"})", "alloy");
  call.request.facts.required_features = {"stream"};
  EXPECT_EQ(call.sent(), R"({"model":"up/model","stream":true,"input":"Hi"})");
}

TEST(openai_speech, relays_audio_under_the_name_of_its_format) {
  struct row {
    std::string_view format;
    std::string_view type;
  };
  for (const row& one : std::vector<row>{{"mp3", "audio/mpeg"},
                                         {"opus", "audio/ogg"},
                                         {"aac", "audio/aac"},
                                         {"flac", "audio/flac"},
                                         {"wav", "audio/wav"},
                                         {"pcm", "audio/pcm"}}) {
    speech_call call(speech_body, "alloy", one.format);
    EXPECT_EQ(call.begin().how(), delivery::bytes);
    EXPECT_EQ(call.begin().media_type(), one.type);
  }
}

TEST(openai_speech, relays_no_text_as_audio) {
  speech_call call(speech_body, "alloy");
  const auto fits = [&](std::string_view type) {
    answer_head head;
    head.content_type = type;
    return !call.begin().check(head).has_value();
  };
  for (const std::string_view type :
       {"audio/mpeg", "audio/x-of-its-own", "application/octet-stream", "binary/octet-stream"}) {
    EXPECT_TRUE(fits(type)) << type;
  }
  for (const std::string_view type : {"application/json", "Application/JSON; charset=utf-8", "text/html", "text/plain",
                                      "text/event-stream", "audio/x-wav", ""}) {
    EXPECT_FALSE(fits(type)) << type;
  }
  for (const std::string word : {"sse", "stream"}) {
    call.request.facts.required_features = {word};
    EXPECT_EQ(call.begin().media_type(), "text/event-stream");
    EXPECT_TRUE(fits("text/event-stream"));
    for (const std::string_view type : {"audio/mpeg", "application/json", ""}) EXPECT_FALSE(fits(type)) << type;
  }
}

}  // namespace
}  // namespace phigate::upstream
