// The OpenAI-compatible protocol: conversations and embeddings, and whose fault a refusal is.
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "unit/upstream/json_call.hpp"
#include "upstream/protocols/openai_conversations.hpp"
#include "upstream/protocols/protocols.hpp"

namespace phigate::upstream {
namespace {

using core::failure_kind;
using core::modality;

core::attempt_failure classify(int status, std::string_view body, std::string_view provider = "acme") {
  return classify(openai(), status, body, provider);
}

constexpr std::string_view chat_body = R"({"model": "m", "messages": [{"role":"user","content":"hi"}], "seed": 1})";
constexpr std::string_view stream_body = R"({"model":"m","top_p":1,"stream":true})";
constexpr std::string_view embeddings_body = R"({"model":"m","input":"hi"})";
constexpr std::string_view base64_body = R"({"model":"m","input":"hi","encoding_format":"base64"})";

const answered& expect_answer(const reply_step& step) {
  const auto* const answer = std::get_if<answered>(&step);
  if (answer == nullptr) throw std::logic_error("no answer: " + std::get<core::attempt_failure>(step).note);
  return *answer;
}

// --- What is sent ----------------------------------------------------------------------------------------------------

TEST(openai, serves_all_but_documents_in_every_speech_format) {
  const core::protocol& facts = openai().facts();
  EXPECT_EQ(facts.modalities,
            (core::modality_set{modality::chat, modality::vision, modality::embeddings, modality::stt, modality::tts}));
  EXPECT_EQ(facts.speech_formats.size(), 6u);
  EXPECT_FALSE(facts.needs_voices);
}

TEST(openai, has_a_path_for_each_modality_it_serves) {
  EXPECT_EQ(openai_path(modality::chat), "/chat/completions");
  EXPECT_EQ(openai_path(modality::vision), "/chat/completions");
  EXPECT_EQ(openai_path(modality::embeddings), "/embeddings");
  EXPECT_EQ(openai_path(modality::stt), "/audio/transcriptions");
  EXPECT_EQ(openai_path(modality::tts), "/audio/speech");
  EXPECT_THROW(openai_path(modality::ocr), std::logic_error);
}

TEST(openai, carries_the_endpoints_credential_as_a_bearer_token) {
  core::endpoint endpoint;
  endpoint.credential = core::secret("sk-1");
  EXPECT_EQ(openai().credential_lines(endpoint), "authorization: Bearer sk-1\r\n");
}

TEST(openai, posts_the_clients_body_with_the_models_name_changed) {
  json_call chat(openai(), modality::chat, chat_body);
  chat.endpoint.url.prefix = "/base/v1";
  chat.accept = "application/json";
  const wire_request sent = chat.first();
  EXPECT_EQ(sent.method, "POST");
  EXPECT_EQ(sent.target, "/base/v1/chat/completions");
  EXPECT_EQ(sent.header_lines, "content-type: application/json\r\naccept: application/json\r\n");
  EXPECT_EQ(sent.body.text(), R"({"model": "up/model", "messages": [{"role":"user","content":"hi"}], "seed": 1})");
  EXPECT_EQ(sent.body.size, sent.body.text().size());
}

TEST(openai, sends_a_vision_request_where_chats_go_and_embeddings_to_their_own) {
  EXPECT_EQ(json_call(openai(), modality::vision, chat_body).first().target, "/v1/chat/completions");
  EXPECT_EQ(json_call(openai(), modality::embeddings, embeddings_body).first().target, "/v1/embeddings");
  json_call bare(openai(), modality::chat, chat_body);
  bare.endpoint.url.prefix.clear();
  EXPECT_EQ(bare.first().target, "/chat/completions");
}

TEST(openai, relays_events_for_a_streamed_conversation_alone) {
  EXPECT_EQ(json_call(openai(), modality::chat, stream_body).begin().how(), delivery::events);
  EXPECT_EQ(json_call(openai(), modality::vision, stream_body).begin().how(), delivery::events);
  EXPECT_EQ(json_call(openai(), modality::chat, chat_body).begin().how(), delivery::whole);
  json_call embed(openai(), modality::embeddings, embeddings_body);
  embed.request.facts.stream = true;
  EXPECT_EQ(embed.begin().how(), delivery::whole);
}

TEST(openai, relays_nothing_but_events_as_events) {
  json_call chat(openai(), modality::chat, stream_body);
  conversation& talk = chat.begin();
  answer_head head;
  for (const std::string_view type :
       {"text/event-stream", "Text/Event-Stream; charset=utf-8", "text/event-stream ;x"}) {
    head.content_type = type;
    EXPECT_FALSE(talk.check(head).has_value()) << type;
  }
  for (const std::string_view type : {"", "application/json", "text/event-streams", "text/plain; text/event-stream"}) {
    head.content_type = type;
    const auto unfit = talk.check(head);
    ASSERT_TRUE(unfit.has_value()) << type;
    EXPECT_EQ(unfit->kind, failure_kind::bad_response);
  }
}

TEST(openai, asks_once_and_leaves_nothing_behind) {
  json_call chat(openai(), modality::chat, chat_body);
  conversation& talk = chat.begin();
  talk.first();
  EXPECT_FALSE(openai().takes_leave(core::data_class::phi));
  EXPECT_FALSE(talk.excuse({404, ""}, {}).has_value());
}

// --- What comes back -------------------------------------------------------------------------------------------------

TEST(openai, passes_a_completion_through_unchanged_and_meters_it) {
  json_call chat(openai(), modality::chat, chat_body);
  const reply_step step =
      chat.take(R"({"choices":[{"message":{"content":"hello"}}],"usage":{"prompt_tokens":7,"completion_tokens":2}})",
                "application/json; charset=utf-8");
  const answered& answer = expect_answer(step);
  EXPECT_EQ(answer.body, std::nullopt);
  EXPECT_EQ(answer.content_type, "application/json; charset=utf-8");
  ASSERT_TRUE(answer.usage.tokens.has_value());
  EXPECT_EQ(answer.usage.tokens->prompt, 7);
  EXPECT_EQ(answer.usage.tokens->completion, 2);
  EXPECT_EQ(answer.relayed_bytes, 5);
}

TEST(openai, has_no_usage_where_the_provider_gives_none_that_is_sound) {
  for (const std::string_view usage : {"null", R"("7")", R"({"prompt_tokens":-1,"completion_tokens":2})",
                                       R"({"prompt_tokens":1e99,"completion_tokens":2})", R"({"prompt_tokens":1.5})"}) {
    json_call chat(openai(), modality::chat, chat_body);
    const reply_step step =
        chat.take(R"({"choices":[{"message":{"content":"abc"}}],"usage":)" + std::string(usage) + "}");
    EXPECT_EQ(expect_answer(step).usage.tokens, std::nullopt) << usage;
    EXPECT_EQ(expect_answer(step).relayed_bytes, 3) << usage;
  }
}

TEST(openai, takes_no_2xx_that_is_no_answer) {
  for (const std::string_view body :
       {"", " ", "null", "[]", "\"x\"", "3", "<html>", "{", "{}}", "{\"choices\":[}", "\xff", "{\"a\":1} {}",
        R"({"error":{"message":"no"}})", R"({"error":"no","choices":[]})"}) {
    EXPECT_TRUE(is_unusable(json_call(openai(), modality::chat, chat_body).take(body))) << body;
    EXPECT_TRUE(is_unusable(json_call(openai(), modality::embeddings, embeddings_body).take(body))) << body;
  }
}

TEST(openai, gives_embeddings_in_the_encoding_that_was_asked_for) {
  // 1.0f is 00 00 80 3f.
  const std::string floats = R"({"data":[{"embedding":[1.0],"index":0}],"usage":{"prompt_tokens":3}})";
  const std::string base64 = R"({"data":[{"embedding":"AACAPw==","index":0}],"usage":{"prompt_tokens":3}})";
  struct row {
    std::string_view asked;
    std::string answer;
    bool is_converted;
    std::string_view wanted;
  };
  for (const row& one : std::vector<row>{{embeddings_body, floats, false, ""},
                                         {base64_body, base64, false, ""},
                                         {base64_body, floats, true, "\"AACAPw==\""},
                                         {embeddings_body, base64, true, "[1"}}) {
    const reply_step step = json_call(openai(), modality::embeddings, one.asked).take(one.answer);
    const answered& answer = expect_answer(step);
    EXPECT_EQ(answer.body.has_value(), one.is_converted) << one.answer;
    EXPECT_NE(answer.body.value_or("").find(one.wanted), std::string::npos) << *answer.body;
    ASSERT_TRUE(answer.usage.tokens.has_value());
    EXPECT_EQ(answer.usage.tokens->prompt, 3);
  }
}

TEST(openai, takes_no_embeddings_that_cannot_be_converted) {
  for (const std::string_view body : {R"({"data":[{"embedding":["x"]}]})", R"({"data":[{"embedding":[[1]]}]})",
                                      R"({"data":[{"embedding":[1e999]}]})"}) {
    EXPECT_TRUE(is_unusable(json_call(openai(), modality::embeddings, base64_body).take(body))) << body;
  }
  for (const std::string_view body : {R"({"data":[{"embedding":"!"}]})", R"({"data":[{"embedding":"AAA="}]})"}) {
    EXPECT_TRUE(is_unusable(json_call(openai(), modality::embeddings, embeddings_body).take(body))) << body;
  }
}

// --- Whose fault a refusal is ----------------------------------------------------------------------------------------

TEST(openai_refusal, passes_on_what_was_said_of_the_clients_mistake) {
  const core::attempt_failure failure =
      classify(400, R"({"error":{"message":"n must be 1","type":"invalid_request_error","code":"bad_n","param":"n"}})");
  EXPECT_EQ(failure.kind, failure_kind::client_mistake);
  EXPECT_EQ(failure.said.message, "n must be 1");
  EXPECT_EQ(failure.said.type, "invalid_request_error");
  EXPECT_EQ(failure.said.code, "bad_n");
  EXPECT_EQ(failure.said.param, "n");
}

TEST(openai_refusal, keeps_no_words_of_failures_that_are_the_providers) {
  for (const int status : {408, 429, 500, 529}) {
    const core::attempt_failure failure = classify(status, R"({"error":{"message":"secret"}})");
    EXPECT_EQ(failure.said.message, "") << status;
    EXPECT_EQ(failure.note, "") << status;
  }
}

TEST(openai_refusal, takes_a_403_for_a_long_prompt_as_the_clients_400) {
  struct row {
    std::string_view provider;
    std::string_view body;
  };
  const std::vector<row> table{
      {"together",
       R"({"error":{"message":"Input token count + max_tokens exceeds the context length of this model."}})"},
      {"together", R"({"error":{"message":"The token count exceeds the limit"}})"},
      // Together's docs name 403 for this alone, so its other words still mean it.
      {"together", R"({"error":{"message":"Your input is too long for this model"}})"},
      {"together", R"({"error":{"message":"Your input by the author 'forbidden' is too long"}})"},
      {"together", R"({"error":{"message":"7 tokens are too many for your permission"}})"},
      {"together", ""},
      {"acme", R"({"error":{"message":"maximum CONTEXT LENGTH is 8192"}})"},
      {"acme", R"({"error":{"message":"too big","code":"context_length_exceeded"}})"},
      {"acme", R"({"error":{"message":"outside of the context window"}})"},
  };
  for (const row& one : table) {
    const core::attempt_failure failure = classify(403, one.body, one.provider);
    EXPECT_EQ(failure.kind, failure_kind::client_mistake) << one.body;
    EXPECT_EQ(failure.status, 400) << one.body;
    EXPECT_EQ(failure.said.code, "context_length_exceeded") << one.body;
    EXPECT_EQ(failure.said.type, "invalid_request_error") << one.body;
    EXPECT_NE(failure.said.message, "") << one.body;
  }
}

TEST(openai_refusal, takes_any_other_403_as_the_operators_affair) {
  struct row {
    std::string_view provider;
    std::string_view body;
  };
  const std::vector<row> table{
      {"acme", ""},
      {"acme", R"({"error":{"message":"Your input is too long"}})"},
      {"acme", R"({"error":{"message":"Forbidden"}})"},
      {"together", R"({"error":{"message":"Invalid API key provided"}})"},
      {"together", R"({"error":{"message":"no","code":"invalid_api_key"}})"},
      {"together", R"({"error":{"message":"no","type":"permission_error"}})"},
      {"together", R"({"error":{"message":"Unauthorized"}})"},
      {"together", R"({"error":{"message":"You do not have permission to use this model"}})"},
      {"together", R"({"error":{"message":"Your account is blocked"}})"},
      {"Together", R"({"error":{"message":"no"}})"},
  };
  for (const row& one : table) {
    const core::attempt_failure failure = classify(403, one.body, one.provider);
    EXPECT_EQ(failure.kind, failure_kind::auth_failed) << one.provider << ' ' << one.body;
    EXPECT_EQ(failure.status, 403) << one.body;
  }
}

TEST(openai_refusal, takes_only_a_403_for_a_prompt_that_is_too_long) {
  const std::string_view body = R"({"error":{"message":"context length"}})";
  EXPECT_EQ(classify(401, body, "together").kind, failure_kind::auth_failed);
  EXPECT_EQ(classify(402, body, "together").kind, failure_kind::auth_failed);
  EXPECT_EQ(classify(400, body, "together").status, 400);
  EXPECT_EQ(classify(400, body, "together").said.code, "");
}

TEST(openai_refusal, takes_an_unknown_model_as_the_operators_mistake_whatever_its_status) {
  struct row {
    int status;
    std::string_view body;
  };
  const std::vector<row> table{
      {422, R"({"message":"Model not found","type":"invalid_request_error"})"},  // Scaleway
      {422, R"({"error":{"message":"The model `x` does not exist"}})"},
      {422, R"({"detail":"Unknown model x"})"},
      {422, R"({"message":"Model x is not available"})"},
      {422, R"({"message":"The model does not exist"})"},
      {422, R"({"error":{"message":"model x was not found","param":"model"}})"},
      {422, R"({"error":{"message":"no","code":"model_not_found"}})"},
      {400, R"({"error":{"message":"no","code":"model_not_found"}})"},
      {404, ""},
  };
  for (const row& one : table) {
    EXPECT_EQ(classify(one.status, one.body).kind, failure_kind::misconfigured) << one.body;
  }
}

TEST(openai_refusal, takes_any_other_422_and_400_as_the_clients_mistake) {
  struct row {
    int status;
    std::string_view body;
  };
  const std::vector<row> table{
      {422, ""},
      {422, R"({"error":{"message":"temperature must be below 2"}})"},
      {422, R"({"error":{"message":"this model takes no images"}})"},
      // Fields and values of the client's own choosing.
      {422, R"({"detail":[{"loc":["body","model not found"],"msg":"Extra inputs are not permitted"}]})"},
      {422, R"({"detail":[{"loc":["body","x"],"msg":"Input should be 'a'"},{"loc":["model not found"],"msg":"no"}]})"},
      {422, R"({"error":{"message":"Tool 'model' not found"}})"},
      {422, R"({"error":{"message":"The tool 'model x not found' is none"}})"},
      {422, R"({"error":{"message":"The model takes no parameter 'x does not exist'"}})"},
      {422, R"({"detail":[{"loc":["body","messages"],"msg":"field required"}]})"},
      {400, R"({"error":{"message":"the model output: tool not found"}})"},
      {400, "<html>Bad Request</html>"},
  };
  for (const row& one : table) {
    const core::attempt_failure failure = classify(one.status, one.body);
    EXPECT_EQ(failure.kind, failure_kind::client_mistake) << one.body;
    EXPECT_EQ(failure.status, one.status);
    EXPECT_NE(failure.said.message, "") << one.body;
  }
}

TEST(openai_refusal, takes_geminis_400_for_a_bad_key_as_the_operators) {
  for (
      const std::string_view body :
      {R"([{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}])",
       R"({"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}})",
       R"([{"error":{"code":400,"message":"API key expired.","status":"INVALID_ARGUMENT",
             "details":[{"@type":"a"},{"reason":"API_KEY_INVALID"}]}}])",
       R"({"error":{"code":400,"message":"no","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}})"}) {
    EXPECT_EQ(classify(400, body, "google").kind, failure_kind::auth_failed) << body;
  }
}

TEST(openai_refusal, lets_no_client_pretend_that_a_key_is_bad) {
  for (
      const std::string_view body :
      {R"([{"error":{"code":400,"message":"bad content: API key not valid API_KEY_INVALID","status":"INVALID_ARGUMENT"}}])",
       R"({"error":{"code":400,"message":"API key not valid","type":"invalid_request_error"}})",
       R"([{"error":{"code":400,"message":"no","status":"INVALID_ARGUMENT","details":[{"reason":["API_KEY_INVALID"]}]}}])",
       R"([{"error":{"code":400,"message":"no","status":"INVALID_ARGUMENT","details":"API_KEY_INVALID"}}])",
       "API_KEY_INVALID", "[]", "[[]]"}) {
    EXPECT_EQ(classify(400, body, "google").kind, failure_kind::client_mistake) << body;
  }
}

TEST(openai_refusal, takes_scaleways_416_as_the_clients_400) {
  const core::attempt_failure failure =
      classify(416, R"({"error":{"message":"max_completion_tokens is over the limit","code":416}})", "scaleway");
  EXPECT_EQ(failure.kind, failure_kind::client_mistake);
  EXPECT_EQ(failure.status, 400);
  EXPECT_EQ(failure.said.type, "invalid_request_error");
  EXPECT_EQ(failure.said.code, "416");
  EXPECT_EQ(failure.said.message, "max_completion_tokens is over the limit");
}

TEST(openai_refusal, takes_an_audio_that_is_too_large_or_too_long_as_the_clients_mistake) {
  const core::attempt_failure edge = classify(413, "<html>Request Entity Too Large</html>", "together");
  EXPECT_EQ(edge.kind, failure_kind::client_mistake);
  EXPECT_EQ(edge.status, 413);
  for (const std::string code : {"file_too_large", "audio_too_long"}) {
    const core::attempt_failure failure =
        classify(400, R"({"error":{"message":"no","code":")" + code + R"("}})", "together");
    EXPECT_EQ(failure.kind, failure_kind::client_mistake);
    EXPECT_EQ(failure.status, 400);
    EXPECT_EQ(failure.said.code, code);
  }
}

TEST(openai_refusal, takes_a_spent_budget_as_the_operators_and_a_spent_quota_as_a_rate_limit) {
  EXPECT_EQ(classify(402, R"({"error":{"message":"spend limit"}})", "together").kind, failure_kind::auth_failed);
  EXPECT_EQ(classify(429, R"({"error":{"message":"no","code":"insufficient_quota"}})").kind,
            failure_kind::rate_limited);
  EXPECT_EQ(classify(529, "").kind, failure_kind::server_error);
}

TEST(openai_refusal, gives_numeric_codes_as_text) {
  EXPECT_EQ(classify(400, R"({"object":"error","message":"no","type":"x","param":null,"code":40001})").said.code,
            "40001");
}

TEST(openai_refusal, withstands_any_body) {
  for (const std::string_view body : {"", "[", "[]", "{}", "null", "\"x\"", "{\"error\":[]}", "\xff\xfe", "[null]",
                                      R"({"error":{"message":{"a":1},"type":[],"code":{},"details":7}})"}) {
    for (const int status : {400, 401, 403, 404, 416, 422, 429, 500}) {
      EXPECT_EQ(classify(status, body).reach, core::reach::head_received) << status << body;
    }
  }
}

}  // namespace
}  // namespace phigate::upstream
