// Azure OpenAI: OpenAI's calls at targets of its own.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "unit/upstream/json_call.hpp"
#include "unit/upstream/stt_exchange.hpp"
#include "upstream/protocols/protocols.hpp"

namespace phigate::upstream {
namespace {

using core::failure_kind;
using core::modality;

constexpr std::string_view chat_body = R"({"model":"m","messages":[{"role":"user","content":"hi"}]})";

core::attempt_failure classify(int status, std::string_view body) {
  return classify(azure_openai(), status, body, "azure");
}

std::string target_for(std::string_view prefix, std::string_view version, std::string_view deployment = "gpt-4.1",
                       modality what = modality::chat) {
  json_call call(azure_openai(), what, R"({"model":"m","input":"x"})");
  if (what == modality::tts) call.request.media = codec::speech_request{};
  call.endpoint.url.prefix = prefix;
  call.endpoint.api_version = version;
  call.model.upstream = deployment;
  return call.first().target;
}

TEST(azure_openai, carries_the_key_in_azures_own_header) {
  core::endpoint endpoint;
  endpoint.credential = core::secret("k-1");
  EXPECT_EQ(azure_openai().credential_lines(endpoint), "api-key: k-1\r\n");
}

TEST(azure_openai, calls_the_v1_api_by_its_prefix) {
  EXPECT_EQ(target_for("/openai/v1", ""), "/openai/v1/chat/completions");
  EXPECT_EQ(target_for("/openai/v1", "preview"), "/openai/v1/chat/completions?api-version=preview");
  EXPECT_EQ(target_for("/openai/v1", "", "emb", modality::embeddings), "/openai/v1/embeddings");
  EXPECT_EQ(target_for("/openai/v1", "", "tts", modality::tts), "/openai/v1/audio/speech");
}

TEST(azure_openai, calls_the_dated_api_by_its_deployment) {
  EXPECT_EQ(target_for("/openai", ""), "/openai/deployments/gpt-4.1/chat/completions?api-version=2024-10-21");
  EXPECT_EQ(target_for("/openai", "2025-01-01-preview"),
            "/openai/deployments/gpt-4.1/chat/completions?api-version=2025-01-01-preview");
  EXPECT_EQ(target_for("/openai", "", "emb", modality::embeddings),
            "/openai/deployments/emb/embeddings?api-version=2024-10-21");
  EXPECT_EQ(target_for("/openai", "", "tts", modality::tts),
            "/openai/deployments/tts/audio/speech?api-version=2024-10-21");
  EXPECT_EQ(target_for("/openai/v10", "").substr(0, 24), "/openai/v10/deployments/");
}

TEST(azure_openai, lets_no_deployments_name_change_the_path) {
  EXPECT_EQ(target_for("/openai", "a&b=c", "../x?y#z é"),
            "/openai/deployments/..%2Fx%3Fy%23z%20%C3%A9/chat/completions?api-version=a%26b%3Dc");
}

TEST(azure_openai, transcribes_at_both_forms) {
  stt_exchange exchange(azure_openai());
  exchange.endpoint.url.prefix = "/openai/v1";
  exchange.begin();
  EXPECT_EQ(exchange.sent().target, "/openai/v1/audio/transcriptions");
  exchange.endpoint.url.prefix = "/openai";
  exchange.begin();
  EXPECT_EQ(exchange.sent().target, "/openai/deployments/whisper/audio/transcriptions?api-version=2024-10-21");
  EXPECT_NE(exchange.body().find("name=\"model\"\r\n\r\nwhisper\r\n"), std::string::npos);
}

TEST(azure_openai, sends_openais_body_with_the_deployments_name) {
  json_call call(azure_openai(), modality::chat, chat_body);
  EXPECT_EQ(call.sent(), R"({"model":"up/model","messages":[{"role":"user","content":"hi"}]})");
}

TEST(azure_openai, passes_filter_results_through_untouched) {
  json_call call(azure_openai(), modality::chat, chat_body);
  const reply_step step = call.take(
      R"({"prompt_filter_results":[{"prompt_index":0,"content_filter_results":{}}],
          "choices":[{"message":{"content":"hi"},"finish_reason":"content_filter","content_filter_results":{}}],
          "usage":{"prompt_tokens":1,"completion_tokens":1}})");
  ASSERT_TRUE(std::holds_alternative<answered>(step));
  EXPECT_EQ(std::get<answered>(step).body, std::nullopt);
  EXPECT_TRUE(std::get<answered>(step).usage.tokens.has_value());
}

TEST(azure_openai, opens_a_stream_with_filter_results_that_are_neither_content_nor_usage) {
  codec::response_reader reader;
  codec::chunk_facts facts;
  const test::padded_text chunk(
      R"({"choices":[],"created":0,"id":"","model":"","object":"",
          "prompt_filter_results":[{"prompt_index":0,"content_filter_results":{}}]})");
  ASSERT_TRUE(reader.read_chunk(chunk.view(), facts));
  EXPECT_FALSE(facts.has_content);
  EXPECT_FALSE(facts.only_usage);
  EXPECT_FALSE(facts.is_error);
}

TEST(azure_openai, takes_a_filtered_prompt_as_the_clients_mistake) {
  for (const std::string_view body :
       {R"({"error":{"message":"filtered","type":null,"param":"prompt","code":"content_filter","status":400,
             "innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":{}}}})",
        R"({"error":{"message":"filtered","param":"prompt","code":null,"status":400,
             "innererror":{"code":"ResponsibleAIPolicyViolation"}}})",
        R"({"error":{"message":"filtered","param":"prompt","inner_error":{"code":"ResponsibleAIPolicyViolation"}}})"}) {
    const core::attempt_failure failure = classify(400, body);
    EXPECT_EQ(failure.kind, failure_kind::client_mistake) << body;
    EXPECT_EQ(failure.status, 400);
    EXPECT_EQ(failure.said.code, "content_filter") << body;
    EXPECT_EQ(failure.said.type, "invalid_request_error") << body;
    EXPECT_EQ(failure.said.param, "prompt") << body;
    EXPECT_EQ(failure.said.message, "filtered") << body;
  }
}

TEST(azure_openai, takes_a_wrong_deployment_as_the_operators_mistake) {
  struct row {
    int status;
    std::string_view body;
  };
  for (const row& one : std::vector<row>{
           {404, R"({"error":{"code":"DeploymentNotFound","message":"The API deployment does not exist."}})"},
           {404, R"({"error":{"code":"404","message":"Resource not found"}})"},
           {400, R"({"error":{"code":"DeploymentNotFound","message":"no"}})"},
           {400, R"({"error":{"code":"OperationNotSupported","message":"no chat with this model"}})"},
           {400, R"({"error":{"code":"unknown_model","message":"no"}})"},
       }) {
    EXPECT_EQ(classify(one.status, one.body).kind, failure_kind::misconfigured) << one.body;
  }
}

TEST(azure_openai, classes_the_rest_by_status) {
  EXPECT_EQ(classify(401, R"({"error":{"code":"401","message":"Access denied"}})").kind, failure_kind::auth_failed);
  EXPECT_EQ(classify(401, R"({"statusCode":401,"message":"Unauthorized"})").kind, failure_kind::auth_failed);
  EXPECT_EQ(classify(403, R"({"error":{"code":"403","message":"firewall"}})").kind, failure_kind::auth_failed);
  EXPECT_EQ(classify(429, R"({"error":{"code":"429","message":"slow down"}})").kind, failure_kind::rate_limited);
  EXPECT_EQ(classify(408, "").kind, failure_kind::request_timeout);
  EXPECT_EQ(classify(503, "").kind, failure_kind::server_error);
  const core::attempt_failure mistake = classify(
      400, R"({"error":{"message":"too long","type":"invalid_request_error","code":"context_length_exceeded"}})");
  EXPECT_EQ(mistake.kind, failure_kind::client_mistake);
  EXPECT_EQ(mistake.said.code, "context_length_exceeded");
  EXPECT_EQ(mistake.said.type, "invalid_request_error");
}

TEST(azure_openai, withstands_any_body) {
  for (const std::string_view body : {"", "[", "[]", "{}", "null", "\"x\"", "{\"error\":[]}", "\xff\xfe",
                                      R"({"error":{"innererror":[{"code":"ResponsibleAIPolicyViolation"}]}})",
                                      R"({"error":{"innererror":{"code":{"a":"ResponsibleAIPolicyViolation"}}}})"}) {
    const core::attempt_failure failure = classify(400, body);
    EXPECT_EQ(failure.kind, failure_kind::client_mistake) << body;
    EXPECT_NE(failure.said.code, "content_filter") << body;
  }
}

}  // namespace
}  // namespace phigate::upstream
