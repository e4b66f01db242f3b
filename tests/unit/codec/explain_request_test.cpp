#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

#include "json_text.hpp"
#include "padded.hpp"
#include "phigate/codec/request.hpp"

namespace phigate::codec {
namespace {

using core::error_code;
using core::modality;
using testing::ElementsAre;
using testing::HasSubstr;

std::expected<request_facts, core::api_error> read(std::string_view body) {
  request_reader reader;
  return reader.read_explain(padded(body).view());
}

std::string with(std::string_view members) {
  return R"({"model":"m",)" + std::string(members) + "}";
}

constexpr std::string_view image = R"("messages":[{"content":[{"type":"image_url"}]}])";

TEST(ExplainRequest, TellsTheModalityByTheFieldsOfTheBody) {
  const std::pair<std::string, modality> cases[] = {
      {R"({"model":"m"})", modality::chat},
      {with(R"("messages":[{"role":"user","content":"hi"}])"), modality::chat},
      {with(image), modality::vision},
      {with(R"("input":"a")"), modality::embeddings},
      {with(R"("inp\u0075t":"a")"), modality::embeddings},
      {with(R"("input":"a","voice":"v")"), modality::tts},
      {with(R"("voice":"v","input":"a")"), modality::tts},
      {with(R"("voice":"v")"), modality::chat},
      {with(R"("document":{"document_url":"https://a"})"), modality::ocr},
      {with(R"("document":{},"input":"a")"), modality::embeddings},
      {with(R"("input":"a","messages":[{}])"), modality::chat},
      {with(R"("modality":null,"document":{"image_url":"https://a"})"), modality::ocr},
  };
  for (const auto& [body, expected] : cases) {
    const auto facts = read(body);
    ASSERT_TRUE(facts) << body << "\n" << facts.error().message;
    EXPECT_EQ(facts->modality, expected) << body;
    EXPECT_EQ(facts->model, "m");
  }
}

TEST(ExplainRequest, TakesTheModalityThatTheBodyNames) {
  for (const modality each : core::all_modalities()) {
    const std::string name = R"("modality":")" + std::string(core::to_string(each)) + "\"";
    for (const std::string& body : {with(name), "{" + name + R"(,"model":"m"})", with(R"("provider":{},)" + name)}) {
      const auto facts = read(body);
      ASSERT_TRUE(facts) << body << "\n" << facts.error().message;
      EXPECT_EQ(facts->modality, each) << body;
    }
  }
  EXPECT_EQ(read(with(R"("m\u006fdality":"\u0073tt","prompt":"")"))->modality, modality::stt);
  EXPECT_EQ(read(with(R"("modality":"chat","input":"a","voice":"v")"))->modality, modality::chat);
  EXPECT_EQ(read(with(R"("modality":"tts","input":"a")"))->modality, modality::tts);
}

TEST(ExplainRequest, IsVisionWithImagesAndWhereItSaysSo) {
  EXPECT_EQ(read(with(std::string(image) + R"(,"modality":"chat")"))->modality, modality::vision);
  EXPECT_EQ(read(with(R"("modality":"vision",)" + std::string(image)))->modality, modality::vision);
  EXPECT_EQ(read(with(R"("modality":"vision","messages":[{"content":"hi"}])"))->modality, modality::vision);
}

TEST(ExplainRequest, RefusesAnyOtherModality) {
  for (const char* value : {R"("")", R"("Chat")", R"("audio")", R"("chat ")", R"("chat\u0000")", "1", "true",
                            R"(["chat"])", R"({"chat":1})"}) {
    const auto facts = read(with(R"("modality":)" + std::string(value)));
    ASSERT_FALSE(facts) << value;
    EXPECT_EQ(facts.error().code, error_code::invalid_request) << value;
    EXPECT_EQ(facts.error().param, "modality") << value;
    EXPECT_THAT(facts.error().message, HasSubstr("chat, vision, embeddings, ocr, stt, tts")) << value;
  }
}

struct refusal {
  std::string body;
  error_code code;
  std::string param;
};

TEST(ExplainRequest, IsAsStrictAsARequestInAllElse) {
  const refusal cases[] = {
      {"", error_code::invalid_json, ""},
      {"[]", error_code::invalid_json, ""},
      {"{}", error_code::missing_model, "model"},
      {R"({"modality":"ocr"})", error_code::missing_model, "model"},
      {R"({"modality":"embeddings"})", error_code::missing_model, "model"},
      {R"({"model":1,"modality":"stt"})", error_code::invalid_request, "model"},
      {with(R"("modality":"chat","modality":"ocr")"), error_code::ambiguous_body, "modality"},
      {with(R"("modality":"stt","modality":"stt")"), error_code::ambiguous_body, "modality"},
      {with(R"("Modality":"chat")"), error_code::ambiguous_body, "Modality"},
      {with(R"("\u004dodality":"chat")"), error_code::ambiguous_body, "Modality"},
      {with(R"("modality":"ocr","MODALITY":"chat")"), error_code::ambiguous_body, "MODALITY"},
      {with(R"("modality":"no","Provider":{})"), error_code::ambiguous_body, "Provider"},
      {with(R"("modality":"ocr","Model":"x")"), error_code::ambiguous_body, "Model"},
      {with(R"("modality":"tts","provider":{"only":[],"only":[]})"), error_code::ambiguous_body, "provider.only"},
      {with(R"("modality":"ocr","zdr":true)"), error_code::misplaced_preference, "zdr"},
      {with(R"("modality":"no","region":"EU")"), error_code::misplaced_preference, "region"},
      {with(R"("messages":[])"), error_code::invalid_request, "messages"},
      {with(R"("messages":null)"), error_code::invalid_request, "messages"},
      {with(R"("messages":[{"content":[{"type":"hologram"}]}])"), error_code::invalid_request,
       "messages[0].content[0].type"},
      {with(R"("input":"")"), error_code::invalid_request, "input"},
      {with(R"("modality":"embeddings","dimensions":0)"), error_code::invalid_request, "dimensions"},
      {with(R"("modality":"tts","speed":5)"), error_code::invalid_request, "speed"},
      {with(R"("modality":"tts","Speed":1)"), error_code::ambiguous_body, "Speed"},
      {with(R"("modality":"ocr","document":{})"), error_code::invalid_request, "document"},
      {with(R"("modality":"ocr","pages":[])"), error_code::invalid_request, "pages"},
      {with(R"("modality":"stt","language":"auto")"), error_code::invalid_request, "language"},
      {with(R"("modality":"stt","temperature":"hot")"), error_code::invalid_request, "temperature"},
      {with(R"("modality":"stt","temperature":[0.5])"), error_code::invalid_request, "temperature"},
      {with(R"("modality":"stt","timestamp_granularities":["word"])"), error_code::invalid_request,
       "timestamp_granularities"},
      {with(R"("modality":"stt","timestamp_granularities":[{}],"response_format":"verbose_json")"),
       error_code::invalid_request, "timestamp_granularities"},
      {with(R"("modality":"stt","Language":"de")"), error_code::ambiguous_body, "Language"},
  };
  for (const auto& [body, code, param] : cases) {
    const auto facts = read(body);
    ASSERT_FALSE(facts) << body;
    EXPECT_EQ(facts.error().code, code) << body << "\n" << facts.error().message;
    EXPECT_EQ(facts.error().param, param) << body;
  }
}

TEST(ExplainRequest, ReadsWhatTheRouterNeedsOfEachModality) {
  const auto chat = read(with(
      R"("tools":[{"type":"function"}],"provider":{"zdr":true},"messages":[{"content":[{"type":"input_audio"}]}])"));
  ASSERT_TRUE(chat);
  EXPECT_THAT(chat->parameters, ElementsAre(ElementsAre("tools")));
  EXPECT_THAT(chat->required_features, ElementsAre("input_audio"));
  EXPECT_EQ(chat->provider, R"({"zdr":true})");

  const auto embeddings = read(with(R"("modality":"embeddings","dimensions":8,"tools":[1])"));
  ASSERT_TRUE(embeddings);
  EXPECT_EQ(embeddings->dimensions, 8U);
  EXPECT_TRUE(embeddings->parameters.empty());

  const auto ocr = read(with(
      R"("dimensions":"x","document":{"file_id":"f"},"pages":"0-3","confidence_scores_granularity":"page","provider":{"zdr":true})"));
  ASSERT_TRUE(ocr);
  EXPECT_FALSE(ocr->dimensions);
  EXPECT_EQ(ocr->retained_field, "document.file_id");
  EXPECT_EQ(ocr->pages, 4);
  EXPECT_THAT(ocr->required_features, ElementsAre("file", "confidence_scores"));
  EXPECT_EQ(ocr->provider, R"({"zdr":true})");

  const auto tts = read(with(R"("modality":"tts","voice":"v","response_format":"wav","instructions":"i")"));
  ASSERT_TRUE(tts);
  EXPECT_EQ(tts->voice, "v");
  EXPECT_EQ(tts->response_format, "wav");
  EXPECT_THAT(tts->parameters, ElementsAre(ElementsAre("instructions")));
  EXPECT_EQ(read(with(R"("modality":"tts")"))->response_format, "mp3");

  const auto stt = read(
      with(R"("modality":"stt","response_format":"verbose_json","timestamp_granularities":["word"],"stream":true,)"
           R"("temperature":0.5,"language":"de","prompt":null,"include":["logprobs"],"known_speaker_names[]":["a"])"));
  ASSERT_TRUE(stt) << stt.error().message;
  EXPECT_EQ(stt->response_format, "verbose_json");
  EXPECT_THAT(stt->required_features, ElementsAre("stream", "logprobs", "diarization"));
  EXPECT_EQ(read(with(R"("modality":"stt")"))->response_format, "json");
}

// What no form could have is refused as the form would be, before any value is read.
TEST(ExplainRequest, RefusesAFieldThatNoTranscriptionHas) {
  struct unknown_case {
    std::string members;
    error_code code;
    std::string param;
  };
  const unknown_case cases[] = {
      {R"("languag":"de")", error_code::invalid_request, "languag"},
      {R"("languag":null)", error_code::invalid_request, "languag"},
      {R"("store":true)", error_code::invalid_request, "store"},
      {R"("messages":[])", error_code::invalid_request, "messages"},
      {R"("prompt[]":"a")", error_code::invalid_request, "prompt[]"},
      {R"("include[][]":["logprobs"])", error_code::invalid_request, "include[][]"},
      {R"("":1)", error_code::invalid_request, ""},
      {R"("temperature":9,"lang\u0075ag":"de")", error_code::invalid_request, "languag"},
      {R"("Language":"de")", error_code::ambiguous_body, "Language"},
      {R"("zdr":true)", error_code::misplaced_preference, "zdr"},
      {R"("provider[zdr]":true)", error_code::ambiguous_body, "provider[zdr]"},
  };
  for (const auto& [members, code, param] : cases) {
    const auto facts = read(R"({"modality":"stt",)" + members + R"(,"model":"m"})");
    ASSERT_FALSE(facts) << members;
    EXPECT_EQ(facts.error().code, code) << members << "\n" << facts.error().message;
    EXPECT_EQ(facts.error().param, param) << members;
  }
  EXPECT_EQ(read(R"({"modality":"stt","languag":"de"})").error().param, "languag") << "as of a form without a model";

  const part_head part{.name = "languag", .filename = {}, .content_type = {}};
  EXPECT_EQ(read(with(R"("modality":"stt","languag":"de")")).error().message,
            admit_transcription_part(part, false)->message);
}

TEST(ExplainRequest, NamesATranscriptionsListsAsAFormDoes) {
  const auto stt = read(with(R"("modality":"stt","include":["logprobs"],"known_speaker_references[]":["a","b"])"));
  ASSERT_TRUE(stt) << stt.error().message;
  EXPECT_THAT(stt->feature_fields, ElementsAre(testing::Pair("logprobs", "include[]"),
                                               testing::Pair("diarization", "known_speaker_references[]")));
  for (const std::string name : {"timestamp_granularities", "timestamp_granularities[]"}) {
    EXPECT_EQ(read(with(R"("modality":"stt",")" + name + R"(":["word"])")).error().param, name);
    EXPECT_EQ(read(with(R"("modality":"stt","response_format":"verbose_json",")" + name + R"(":["x"])")).error().param,
              name);
  }
}

TEST(ExplainRequest, KeepsTheCaseOfModalityToItself) {
  request_reader reader;
  const padded body(R"({"model":"m","Modality":"x","messages":[{}]})");
  EXPECT_TRUE(reader.read_chat(body.view()));
  EXPECT_TRUE(read(with(R"("modalities":["text"])")));
  EXPECT_TRUE(read(with(R"("modalitY\u0000":1)")));
}

TEST(ExplainRequest, BoundsItsDepth) {
  const auto nested = [](std::size_t levels) {
    return with(R"("modality":"stt","file":)" + std::string(levels, '[') + std::string(levels, ']'));
  };
  EXPECT_TRUE(read(nested(63)));
  EXPECT_EQ(read(nested(64)).error().code, error_code::invalid_json);
}

RC_GTEST_PROP(ExplainRequestProperty, SurvivesAnyValueInAnyField, ()) {
  static const std::vector<std::string> fields = {"model", "modality", "messages", "input",
                                                  "voice", "document", "provider", "Modality"};
  const std::string body = "{\"" + *rc::gen::elementOf(fields) + "\":" + generated::value(3) + ",\"" +
                           *rc::gen::elementOf(fields) + "\":" + generated::value(3) + "}";
  request_reader reader;
  const padded exact(body);
  const auto facts = reader.read_explain(exact.view());
  if (facts) {
    RC_ASSERT(!facts->model.empty());
  } else {
    RC_ASSERT(!facts.error().message.empty());
  }
}

}  // namespace
}  // namespace phigate::codec
