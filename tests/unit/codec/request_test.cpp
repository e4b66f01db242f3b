#include "phigate/codec/request.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <chrono>
#include <string>

#include "json_text.hpp"
#include "padded.hpp"

namespace phigate::codec {
namespace {

using core::error_code;
using testing::ElementsAre;
using testing::HasSubstr;

std::expected<request_facts, core::api_error> read_chat(std::string_view body) {
  request_reader reader;
  return reader.read_chat(padded(body).view());
}

// A chat body that is sound but for `members`, which go before the sound ones.
std::string chat_with(std::string_view members) {
  return "{" + std::string(members) + R"(,"model":"m","messages":[{"role":"user","content":"hi"}]})";
}

std::string chat_with_messages(std::string_view messages) {
  return R"({"model":"m","messages":)" + std::string(messages) + "}";
}

std::string chat_with_part(std::string_view part) {
  return chat_with_messages(R"([{"role":"user","content":[)" + std::string(part) + "]}]");
}

struct refusal {
  std::string body;
  error_code code;
  std::string param;
};

void expect_refused(const refusal& expected) {
  const auto facts = read_chat(expected.body);
  ASSERT_FALSE(facts) << expected.body;
  EXPECT_EQ(facts.error().code, expected.code) << expected.body << "\n" << facts.error().message;
  EXPECT_EQ(facts.error().param, expected.param) << expected.body;
  EXPECT_FALSE(facts.error().message.empty());
}

TEST(ChatRequest, TellsWhatStandsInASimpleBody) {
  const std::string body =
      R"( {"mod\u0065l" : "g\u0065mma", "messages":[{"role":"user","content":"hi"}], "stream":true })";
  const auto facts = read_chat(body);
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->modality, core::modality::chat);
  EXPECT_EQ(facts->model, "gemma");
  EXPECT_TRUE(facts->stream);
  EXPECT_FALSE(facts->asks_for_usage);
  EXPECT_EQ(facts->provider, "");
  EXPECT_TRUE(facts->parameters.empty());
  EXPECT_EQ(facts->stream_options, "");
  EXPECT_EQ(facts->retained_field, "");
  EXPECT_EQ(facts->estimate_bytes, 6);
  EXPECT_EQ(body[facts->body_end], '}');
  ASSERT_EQ(facts->members.size(), 3U);
  const member& model = facts->members.front();
  EXPECT_EQ(model.key, "model");
  EXPECT_EQ(body.substr(model.key_begin, model.key_end - model.key_begin), R"("mod\u0065l")");
  EXPECT_EQ(body.substr(model.value_begin, model.value_end - model.value_begin), R"("g\u0065mma")");
}

TEST(ChatRequest, RefusesWhatIsNotOneJsonObjectAndNamesTheByte) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "(at byte 0)"},
      {" []", "(at byte 1)"},
      {"null", "(at byte 0)"},
      {"{} x", "(at byte 3)"},
      {"\xEF\xBB\xBF{}", "(at byte 0)"},
      {R"({"model":"m",})", "(at byte 13)"},
      {"{\"model\":\"\xFF\"}", "(at byte 10)"},
      {R"({"a":)" + std::string(64, '[') + std::string(64, ']') + "}", "(at byte 68)"},
      {R"({"a":)" + std::string(64, '[') + "1" + std::string(64, ']') + "}", "(at byte 68)"},
  };
  for (const auto& [body, where] : cases) {
    const auto facts = read_chat(body);
    ASSERT_FALSE(facts) << body;
    EXPECT_EQ(facts.error().code, error_code::invalid_json) << body;
    EXPECT_THAT(facts.error().message, HasSubstr(where)) << body;
  }
}

TEST(ChatRequest, AllowsSixtyFourLevels) {
  EXPECT_TRUE(read_chat(chat_with(R"("a":)" + std::string(63, '[') + std::string(63, ']'))));
  EXPECT_TRUE(read_chat(chat_with(R"("a":)" + std::string(63, '[') + "1" + std::string(63, ']'))));
}

TEST(ChatRequest, PassesNumbersThatNoMachineTypeHolds) {
  EXPECT_TRUE(read_chat(chat_with(R"("seed":123456789012345678901234567890,"x":1e400)")));
}

TEST(ChatRequest, RefusesAKeyTwiceInAnyObjectItReads) {
  const std::pair<std::string, std::string> cases[] = {
      {chat_with(R"("n":1,"n":1)"), "n"},
      {chat_with(R"("model":"a")"), "model"},
      {chat_with(R"("mod\u0065l":"a")"), "model"},
      {chat_with(R"("provider":{},"provider":{})"), "provider"},
      {chat_with(R"("provider":{"only":["a"],"only":["b"]})"), "provider.only"},
      {chat_with(R"("stream":false,"stream":true)"), "stream"},
      {chat_with(R"("stream_options":{"include_usage":true,"include\u005fusage":false})"),
       "stream_options.include_usage"},
      {chat_with(R"("response_format":{"type":"text","type":"json_schema"})"), "response_format.type"},
      {chat_with(R"("reasoning":{"effort":"low","effort":"high"})"), "reasoning.effort"},
      {chat_with(R"("tools":[{"type":"function","type":"web_search"}])"), "tools[0].type"},
      {chat_with(R"("tools":[{},{"type":"function","function":{"name":"a","name":"b"}}])"), "tools[1].function.name"},
      {chat_with_messages(R"([{"role":"user","content":"a","content":"b"}])"), "messages[0].content"},
      {chat_with_messages(R"([{},{"role":"user","role":"system"}])"), "messages[1].role"},
      {chat_with_part(R"({"type":"text","type":"image_url"})"), "messages[0].content[0].type"},
      {chat_with_part(R"({"type":"image_url","image_url":{"url":"a","url":"b"}})"),
       "messages[0].content[0].image_url.url"},
  };
  for (const auto& [body, param] : cases) expect_refused({body, error_code::ambiguous_body, param});
}

TEST(ChatRequest, LeavesRepeatedKeysAloneWhereItDoesNotRead) {
  EXPECT_TRUE(read_chat(chat_with(R"("metadata":{"a":1,"a":2})")));
  EXPECT_TRUE(read_chat(
      chat_with(R"("tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","type":"x"}}}])")));
}

TEST(ChatRequest, ComparesKeysWhole) {
  EXPECT_TRUE(read_chat(chat_with(R"("model\u0000":"a","model\u0000x":"b","modelx":"c","mode":1)")));
  expect_refused({R"({"model\u0000":"m","messages":[{}]})", error_code::missing_model, "model"});
}

TEST(ChatRequest, RefusesAKnownNameInAnotherCase) {
  for (const char* name : {"Model", "STREAM", "Provider", "Messages", "toolS", "Only", "PHI", "Store"}) {
    expect_refused({chat_with("\"" + std::string(name) + "\":1"), error_code::ambiguous_body, name});
  }
  expect_refused({chat_with(R"("\u004dodel":1)"), error_code::ambiguous_body, "Model"});
  EXPECT_TRUE(read_chat(chat_with(R"("MyField":1,"ſtream":1)")));
}

TEST(ChatRequest, RefusesAPreferenceAtTheTopLevel) {
  for (const char* name :
       {"order", "only", "ignore", "allow_fallbacks", "sort", "data_residency", "eu_owned", "max_retention_days",
        "data_collection", "zdr", "max_price", "require_parameters", "providers", "region", "phi", "x_phi"}) {
    expect_refused({chat_with("\"" + std::string(name) + "\":null"), error_code::misplaced_preference, name});
  }
}

TEST(ChatRequest, RefusesWrongTypes) {
  const refusal cases[] = {
      {"{}", error_code::missing_model, "model"},
      {R"({"model":"","messages":[{}]})", error_code::missing_model, "model"},
      {R"({"model":null,"messages":[{}]})", error_code::invalid_request, "model"},
      {R"({"model":["m"],"messages":[{}]})", error_code::invalid_request, "model"},
      {R"({"model":"m"})", error_code::invalid_request, "messages"},
      {chat_with_messages("[]"), error_code::invalid_request, "messages"},
      {chat_with_messages("[ ]"), error_code::invalid_request, "messages"},
      {chat_with_messages("{}"), error_code::invalid_request, "messages"},
      {chat_with_messages("null"), error_code::invalid_request, "messages"},
      {chat_with_messages(R"([{},"hi"])"), error_code::invalid_request, "messages[1]"},
      {chat_with_messages(R"([{"content":1}])"), error_code::invalid_request, "messages[0].content"},
      {chat_with_messages(R"([{"content":{"type":"image_url"}}])"), error_code::invalid_request, "messages[0].content"},
      {chat_with_part(R"("hi")"), error_code::invalid_request, "messages[0].content[0]"},
      {chat_with_part(R"({"text":"hi"})"), error_code::invalid_request, "messages[0].content[0].type"},
      {chat_with_part(R"({"type":null})"), error_code::invalid_request, "messages[0].content[0].type"},
      {chat_with_part(R"({"type":"text"},{"type":"hologram"})"), error_code::invalid_request,
       "messages[0].content[1].type"},
      {chat_with_part(R"({"type":"Image_url"})"), error_code::invalid_request, "messages[0].content[0].type"},
      {chat_with(R"("stream":"true")"), error_code::invalid_request, "stream"},
      {chat_with(R"("stream":1)"), error_code::invalid_request, "stream"},
      {chat_with(R"("stream_options":true)"), error_code::invalid_request, "stream_options"},
      {chat_with(R"("stream_options":{"include_usage":1})"), error_code::invalid_request,
       "stream_options.include_usage"},
  };
  for (const refusal& expected : cases) expect_refused(expected);
}

TEST(ChatRequest, LetsTheGravestFaultAnswerWhereverItStands) {
  expect_refused({R"({"messages":"x","order":[],"model":1,"n":1,"n":2})", error_code::ambiguous_body, "n"});
  expect_refused({R"({"messages":"x","model":1,"order":[]})", error_code::misplaced_preference, "order"});
  expect_refused({R"({"messages":"x","stream":1})", error_code::missing_model, "model"});
  expect_refused({R"({"model":"m","stream":1,"messages":"x"})", error_code::invalid_request, "stream"});
}

TEST(ChatRequest, ReadsStreamingOptions) {
  const auto facts = read_chat(chat_with(R"("stream":null,"stream_options": {"include_usage" : true, "x":[1]} )"));
  ASSERT_TRUE(facts);
  EXPECT_FALSE(facts->stream);
  EXPECT_TRUE(facts->asks_for_usage);
  EXPECT_EQ(facts->stream_options, R"({"include_usage" : true, "x":[1]})");
  const auto none = read_chat(chat_with(R"("stream_options":null)"));
  ASSERT_TRUE(none);
  EXPECT_EQ(none->stream_options, "");
  const auto unsaid = read_chat(chat_with(R"("stream_options":{"include_usage":null})"));
  ASSERT_TRUE(unsaid);
  EXPECT_FALSE(unsaid->asks_for_usage);
}

TEST(ChatRequest, IsVisionWithAnImageInAnyMessage) {
  for (const char* type : {"image_url", "input_image", "image", R"(im\u0061ge)"}) {
    const auto facts = read_chat(chat_with_messages(
        R"([{"role":"user","content":"a"},{"role":"tool","content":[{"type":"text","text":"b"},{"type":")" +
        std::string(type) + R"("}]}])"));
    ASSERT_TRUE(facts) << type;
    EXPECT_EQ(facts->modality, core::modality::vision) << type;
    EXPECT_TRUE(facts->required_features.empty());
  }
}

TEST(ChatRequest, NeedsAFeatureForEachOtherKindOfPartOnce) {
  const auto facts = read_chat(chat_with_part(
      R"({"type":"file"},{"type":"text"},{"type":"input_audio"},{"type":"refusal"},{"type":"file"},{"type":"video_url"})"));
  ASSERT_TRUE(facts);
  EXPECT_THAT(facts->required_features, ElementsAre("file", "input_audio", "video_url"));
  EXPECT_EQ(facts->modality, core::modality::chat);
}

TEST(ChatRequest, FindsTheFirstFieldThatMakesAProviderKeepData) {
  const std::pair<std::string, std::string> cases[] = {
      {chat_with(R"("store":true)"), "store"},
      {chat_with(R"("store":"yes")"), "store"},
      {chat_with(R"("store":false)"), ""},
      {chat_with(R"("store":null)"), ""},
      {chat_with(R"("web_search_options":{})"), "web_search_options"},
      {chat_with(R"("web_search_options":null)"), ""},
      {chat_with(R"("extra_body":{})"), "extra_body"},
      {chat_with(R"("plugins":[])"), "plugins"},
      {chat_with(R"("background":true)"), "background"},
      {chat_with(R"("background":false)"), ""},
      {chat_with(R"("prompt_cache_retention":"24h")"), "prompt_cache_retention"},
      {chat_with(R"("prompt_cache_retention":"in_memory")"), ""},
      {chat_with(R"("prompt_cache_retention":null)"), ""},
      {chat_with(R"("previous_response_id":"r")"), "previous_response_id"},
      {chat_with(R"("conversation":{"id":"c"})"), "conversation"},
      {chat_with(R"("container":"c")"), "container"},
      {chat_with(R"("file_ids":["f"])"), "file_ids"},
      {chat_with(R"("search_parameters":{})"), "search_parameters"},
      {chat_with(R"("search_parameters":null)"), ""},
      {chat_with_messages(R"([{"role":"assistant","audio":{"id":"a"}}])"), "messages[0].audio"},
      {chat_with_messages(R"([{"role":"assistant","content":"a","audio":null}])"), ""},
      {chat_with(R"("models":["a"])"), "models"},
      {chat_with(R"("route":"fallback")"), "route"},
      {chat_with(R"("tools":[{"type":"function"}])"), ""},
      {chat_with(R"("tools":null)"), ""},
      {chat_with(R"("tools":[{"type":"function"},{"type":"web_search"}])"), "tools[1].type"},
      {chat_with(R"("tools":[{"type":"Function"}])"), "tools[0].type"},
      {chat_with(R"("tools":[{}])"), "tools[0].type"},
      {chat_with(R"("tools":["web_search"])"), "tools[0].type"},
      {chat_with(R"("tools":{"type":"web_search"})"), "tools"},
      {chat_with(R"("tools":[{"type":"web_search"}],"store":true)"), "tools[0].type"},
      {chat_with_part(R"({"type":"file","file":{"file_id":"f"}})"), "messages[0].content[0].file.file_id"},
      {chat_with_part(R"({"type":"file","f\u0069le":{"file\u005fid":"f"}})"), "messages[0].content[0].file.file_id"},
      {chat_with_part(R"({"type":"input_file","file_id":"f"})"), "messages[0].content[0].file_id"},
      {chat_with_part(R"({"type":"file","file":{"file_id":null,"file_data":"x"}})"), ""},
  };
  for (const auto& [body, field] : cases) {
    const auto facts = read_chat(body);
    ASSERT_TRUE(facts) << body;
    EXPECT_EQ(facts->retained_field, field) << body;
  }
}

TEST(ChatRequest, EstimatesTheStringsOfMessagesAndToolsOnly) {
  const auto facts = read_chat(
      R"({"model":"mmmmmmmm","user":"uuuuuuuu","messages":[{"role":"user","content":[{"type":"text","text":"é\n"},)"
      R"({"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}],"tools":[{"type":"function"}]})");
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->estimate_bytes, 4 + 4 + 3 + 9 + 8);
}

std::string object_with_keys(std::size_t count) {
  std::string text = "{";
  for (std::size_t i = 0; i < count; ++i) text += (i > 0 ? ",\"k" : "\"k") + std::to_string(i) + "\":0";
  return text + "}";
}

TEST(ChatRequest, BoundsTheKeysOfAnObject) {
  EXPECT_TRUE(read_chat(chat_with_messages("[" + object_with_keys(1024) + "]")));
  expect_refused({chat_with_messages("[" + object_with_keys(1025) + "]"), error_code::invalid_request, "messages[0]"});
  std::string repeated = object_with_keys(1000);
  repeated.insert(1, R"("k999":1,)");
  expect_refused({chat_with_messages("[" + repeated + "]"), error_code::ambiguous_body, "messages[0].k999"});
}

TEST(ChatRequest, CutsLongKeysInItsMessages) {
  const std::string key(10'000, 'k');
  const auto facts = read_chat(chat_with("\"" + key + "\":1,\"" + key + "\":2"));
  ASSERT_FALSE(facts);
  EXPECT_LT(facts.error().message.size(), 200U);
  EXPECT_LT(facts.error().param.size(), 100U);
}

TEST(ChatRequest, ReadsALargeImageWithItsPlaceInTheBody) {
  const std::string image(std::size_t{20} << 20U, 'A');
  const padded body(
      chat_with_part(R"({"type":"image_url","image_url":{"url":"data:image/png;base64,)" + image + R"("}})"));
  request_reader reader;
  const auto facts = reader.read_chat(body.view());
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->modality, core::modality::vision);
  EXPECT_EQ(facts->estimate_bytes, 4 + 9);
  EXPECT_EQ(facts->members.back().value_end + 1, body.view().size());
}

TEST(ChatRequest, OneReaderServesManyBodies) {
  request_reader reader;
  const padded sound(chat_with(R"("n":1)"));
  const padded broken("{");
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(reader.read_chat(sound.view()));
    EXPECT_FALSE(reader.read_chat(broken.view()));
  }
}

RC_GTEST_PROP(ChatRequestProperty, SurvivesMutatedBodies, ()) {
  static const std::string sound = chat_with(
      R"("stream":true,"stream_options":{"include_usage":true},"tools":[{"type":"function","function":{"name":"f"}}],)"
      R"("reasoning":{},"store":true,"x":)" +
      std::string(R"({"messages":[{"content":[{"type":"file","file":{"file_id":"1"}}]}]})"));
  static const std::string parts =
      chat_with_part(R"({"type":"image_url","image_url":{"url":"a"}},{"type":"text","text":"b"})");
  const std::string body = generated::mutated(*rc::gen::element(sound, parts));
  request_reader reader;
  const padded exact(body);
  const auto facts = reader.read_chat(exact.view());
  if (!facts) {
    RC_ASSERT(!facts.error().message.empty());
    return;
  }
  RC_ASSERT(!facts->model.empty());
  RC_ASSERT(facts->body_end < body.size());
  RC_ASSERT(body[facts->body_end] == '}');
  for (const member& m : facts->members) {
    RC_ASSERT(body[m.key_begin] == '"');
    RC_ASSERT(m.key_begin < m.key_end && m.key_end < m.value_begin && m.value_begin < m.value_end);
    RC_ASSERT(m.value_end <= facts->body_end);
  }
}

RC_GTEST_PROP(ChatRequestProperty, SurvivesAnyValueInAnyField, ()) {
  static const std::vector<std::string> fields = {"model", "messages",        "stream",   "stream_options",
                                                  "tools", "store",           "provider", "reasoning",
                                                  "input", "response_format", "plugins"};
  const std::string body = "{\"" + *rc::gen::elementOf(fields) + "\":" + generated::value(3) + ",\"" +
                           *rc::gen::elementOf(fields) + "\":" + generated::value(3) + "}";
  request_reader reader;
  const padded exact(body);
  (void)reader.read_chat(exact.view());
  (void)reader.read_embeddings(exact.view());
}

}  // namespace
}  // namespace phigate::codec
