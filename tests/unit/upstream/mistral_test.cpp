// Mistral: conversations under its parameters' names, documents.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "phigate/codec/json.hpp"
#include "unit/upstream/json_call.hpp"
#include "upstream/protocols/protocols.hpp"

namespace phigate::upstream {
namespace {

using core::failure_kind;
using core::modality;

core::attempt_failure classify(int status, std::string_view body) {
  return classify(mistral(), status, body, "mistral");
}

std::string sent(modality what, std::string_view body) {
  return json_call(mistral(), what, body).sent();
}

TEST(mistral, serves_all_but_speech) {
  EXPECT_EQ(mistral().facts().modalities,
            (core::modality_set{modality::chat, modality::vision, modality::embeddings, modality::ocr, modality::stt}));
}

TEST(mistral, carries_the_endpoints_credential_as_a_bearer_token) {
  core::endpoint endpoint;
  endpoint.credential = core::secret("k-1");
  EXPECT_EQ(mistral().credential_lines(endpoint), "authorization: Bearer k-1\r\n");
}

// --- Chat and embeddings ---------------------------------------------------------------------------------------------

TEST(mistral, calls_openais_paths_and_its_own_for_documents) {
  EXPECT_EQ(json_call(mistral(), modality::chat, R"({"model":"m"})").first().target, "/v1/chat/completions");
  EXPECT_EQ(json_call(mistral(), modality::vision, R"({"model":"m"})").first().target, "/v1/chat/completions");
  EXPECT_EQ(json_call(mistral(), modality::embeddings, R"({"model":"m"})").first().target, "/v1/embeddings");
  EXPECT_EQ(json_call(mistral(), modality::ocr, R"({"model":"m","document":{"file_id":"f"}})").first().target,
            "/v1/ocr");
}

TEST(mistral, gives_parameters_their_names_there) {
  EXPECT_EQ(sent(modality::chat, R"({"model":"m","seed":7,"max_completion_tokens":9,"tool_choice":"required"})"),
            R"({"model":"up/model","random_seed":7,"max_tokens":9,"tool_choice":"required"})");
  EXPECT_EQ(sent(modality::chat, R"({"model":"m","max_tokens":8,"max_completion_tokens":9})"),
            R"({"model":"up/model","max_tokens":8})");
  EXPECT_EQ(sent(modality::embeddings, R"({"model":"m","input":"x","dimensions":256,"user":"u"})"),
            R"({"model":"up/model","input":"x","output_dimension":256})");
}

TEST(mistral, leaves_out_what_changes_no_answer_and_nothing_else) {
  EXPECT_EQ(sent(modality::chat, R"({"model":"m","user":"u","store":false,"service_tier":"auto","n":1})"),
            R"({"model":"up/model","n":1})");
  EXPECT_EQ(sent(modality::chat, R"({"model":"m","safety_identifier":"s","prompt_cache_retention":"24h","n":1})"),
            R"({"model":"up/model","n":1})");
  EXPECT_EQ(sent(modality::chat, R"({"model":"m","logprobs":true,"logit_bias":{"1":2}})"),
            R"({"model":"up/model","logprobs":true,"logit_bias":{"1":2}})");
}

TEST(mistral, gives_way_to_what_the_registry_says_of_a_parameter) {
  json_call call(mistral(), modality::chat, R"({"model":"m","seed":7,"user":"u"})");
  call.model.request.rename = {{"seed", "seed"}, {"user", "end_user"}};
  EXPECT_EQ(call.sent(), R"({"model":"up/model","seed":7,"end_user":"u"})");
}

TEST(mistral, asks_a_stream_for_usage) {
  json_call call(mistral(), modality::chat, R"({"model":"m","stream":true})");
  EXPECT_EQ(call.begin().how(), delivery::events);
  EXPECT_EQ(call.sent(), R"({"model":"up/model","stream":true,"stream_options":{"include_usage":true}})");
}

TEST(mistral, passes_content_in_chunks_through_as_it_is) {
  json_call call(mistral(), modality::chat, R"({"model":"m"})");
  const reply_step step = call.take(
      R"({"choices":[{"message":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},
          {"type":"text","text":"four"}]}}],"usage":{"prompt_tokens":3,"completion_tokens":2,"prompt_audio_seconds":null}})");
  ASSERT_TRUE(std::holds_alternative<answered>(step));
  const auto& answer = std::get<answered>(step);
  EXPECT_EQ(answer.body, std::nullopt);
  ASSERT_TRUE(answer.usage.tokens.has_value());
  EXPECT_EQ(answer.usage.tokens->completion, 2);
}

TEST(mistral, takes_no_2xx_that_is_no_answer) {
  for (const std::string_view body : {"", "[]", "{", "null", R"({"error":"no"})"}) {
    EXPECT_TRUE(is_unusable(json_call(mistral(), modality::chat, R"({"model":"m"})").take(body))) << body;
    EXPECT_TRUE(is_unusable(json_call(mistral(), modality::embeddings, R"({"model":"m"})").take(body))) << body;
  }
}

TEST(mistral, takes_no_answer_that_it_gave_up) {
  constexpr std::string_view given_up =
      R"({"choices":[{"message":{"content":"fo"},"finish_reason":"error"}],"usage":{"prompt_tokens":3,"completion_tokens":2}})";
  for (const modality what : {modality::chat, modality::vision}) {
    EXPECT_TRUE(is_unusable(json_call(mistral(), what, R"({"model":"m"})").take(given_up)));
  }
  EXPECT_TRUE(is_unusable(json_call(mistral(), modality::chat, R"({"model":"m","n":2})")
                              .take(R"({"choices":[{"finish_reason":"stop"},{"finish_reason":"error"}]})")));
  for (const std::string_view reason : {R"("stop")", R"("length")", R"("tool_calls")", "null"}) {
    const std::string whole = R"({"choices":[{"message":{"content":"error"},"finish_reason":)" + std::string(reason);
    const reply_step step = json_call(mistral(), modality::chat, R"({"model":"m"})").take(whole + "}]}");
    EXPECT_TRUE(std::holds_alternative<answered>(step)) << reason;
  }
}

TEST(mistral, gives_up_a_stream_by_a_finish_reason_too) {
  constexpr std::string_view body = R"({"model":"m","stream":true})";
  EXPECT_TRUE(json_call(mistral(), modality::chat, body).begin().finishes_in_error());
  EXPECT_FALSE(json_call(openai(), modality::chat, body).begin().finishes_in_error());
}

// --- Documents -------------------------------------------------------------------------------------------------------

constexpr std::string_view document_body =
    R"({"model":"m","document":{"type":"document_url","document_url":"https://a/b.pdf"},"pages":[0, 2],"provider":{}})";

TEST(mistral_ocr, posts_the_clients_document_with_the_models_name_changed) {
  EXPECT_EQ(
      sent(modality::ocr, document_body),
      R"({"model":"up/model","document":{"type":"document_url","document_url":"https://a/b.pdf"},"pages":[0, 2]})");
}

TEST(mistral_ocr, names_the_documents_type_where_the_client_does_not) {
  struct row {
    std::string_view document;
    std::string_view sent;
  };
  for (const row& one : std::vector<row>{
           {R"({"document_url":"https://a/b.pdf"})", R"({"type":"document_url","document_url":"https://a/b.pdf"})"},
           {R"({ "document_url" : "data:;base64,QUJD" , "document_name":"n"})",
            R"({ "type":"document_url","document_url" : "data:;base64,QUJD" , "document_name":"n"})"},
           {R"({"image_url":{"url":"https://a/b.png"}})",
            R"({"type":"image_url","image_url":{"url":"https://a/b.png"}})"},
           {R"({"image_url":"data:image\/png;base64,QUJD"})",
            R"({"type":"image_url","image_url":"data:image\/png;base64,QUJD"})"},
           {R"({"file_id":"f"})", R"({"type":"file","file_id":"f"})"},
           {R"({"type":null,"image_url":"https://a"})", R"({"type":"image_url","image_url":"https://a"})"},
           {R"({"document_url":"https://a","type": null})", R"({"document_url":"https://a","type": "document_url"})"},
           {R"({"\u0074ype":null,"document_url":"https://a"})",
            R"({"\u0074ype":"document_url","document_url":"https://a"})"},
           {R"({"type":"image_url","image_url":"https://a"})", R"({"type":"image_url","image_url":"https://a"})"},
           {R"({"image_url":"https://a","type":"image_url"})", R"({"image_url":"https://a","type":"image_url"})"},
       }) {
    const auto body = [](std::string_view document, std::string_view name) {
      return R"({"id":"x","document":)" + std::string(document) + R"(,"model":")" + std::string(name) +
             R"(","pages":[0]})";
    };
    json_call call(mistral(), modality::ocr, body(one.document, "m"));
    const wire_request request = call.first();
    EXPECT_EQ(request.body.text(), body(one.sent, "up/model")) << one.document;
    EXPECT_EQ(request.body.size, request.body.text().size());
  }
}

TEST(mistral_ocr, a_document_that_the_registry_drops_needs_no_type) {
  json_call call(mistral(), modality::ocr, R"({"model":"m","document":{"file_id":"f"}})");
  call.model.request.drop = {"document"};
  EXPECT_EQ(call.sent(), R"({"model":"up/model"})");
}

TEST(mistral_ocr, reads_an_answer_with_more_in_it_than_a_tree_may_hold) {
  std::string scores = "[0";
  for (std::size_t count = 0; count < codec::json_document::most_values; ++count) scores += ",0";
  const std::string page = R"({"index":0,"markdown":"a","confidence_scores":)" + scores + "]}";
  const reply_step step = json_call(mistral(), modality::ocr, document_body)
                              .take(R"({"pages":[)" + page + R"(],"usage_info":{"pages_processed":3}})");
  ASSERT_TRUE(std::holds_alternative<answered>(step));
  EXPECT_EQ(std::get<answered>(step).usage.pages, 3);
  EXPECT_TRUE(is_unusable(json_call(mistral(), modality::ocr, document_body).take(R"({"pages":)" + scores + "]}")));
}

TEST(mistral_ocr, passes_the_answer_through_and_meters_its_pages) {
  struct row {
    std::string_view body;
    std::optional<std::int64_t> pages;
  };
  for (const row& one : std::vector<row>{
           {R"({"pages":[{"index":0,"markdown":"a"}],"model":"x","usage_info":{"pages_processed":3}})", 3},
           {R"({"pages":[],"usage_info":{"pages_processed":0}})", 0},
           {R"({"pages":[]})", std::nullopt},
           {R"({"pages":[],"usage_info":null})", std::nullopt},
           {R"({"pages":[],"usage_info":[3]})", std::nullopt},
           {R"({"pages":[],"usage_info":{"pages_processed":-1}})", std::nullopt},
           {R"({"pages":[],"usage_info":{"pages_processed":"3"}})", std::nullopt},
           {R"({"pages":[],"usage_info":{"pages_processed":3.5}})", std::nullopt},
           {R"({"pages":[],"usage_info":{"pages_processed":1000}})", 1000},
           {R"({"pages":[],"usage_info":{"pages_processed":1.0}})", 1},
           {R"({"pages":[],"usage_info":{"pages_processed":1e3}})", 1000},
           {R"({"pages":[],"usage_info":{"pages_processed":1e999}})", std::nullopt},
           {R"({"pages":[],"usage_info":{"pages_processed":1001}})", std::nullopt},
           {R"({"pages":[],"usage_info":{"pages_processed":99999999999999999999}})", std::nullopt},
       }) {
    const reply_step step = json_call(mistral(), modality::ocr, document_body).take(one.body);
    ASSERT_TRUE(std::holds_alternative<answered>(step)) << one.body;
    const auto& answer = std::get<answered>(step);
    EXPECT_EQ(answer.body, std::nullopt);
    EXPECT_EQ(answer.content_type, "application/json");
    EXPECT_EQ(answer.usage.pages, one.pages) << one.body;
  }
}

TEST(mistral_ocr, counts_the_pages_that_come_where_no_count_does) {
  for (const auto& [listed, counted] :
       std::vector<std::pair<std::size_t, std::int64_t>>{{0, 0}, {1, 1}, {10, 10}, {1000, 1000}, {1001, 1000}}) {
    std::string pages;
    for (std::size_t at = 0; at < listed; ++at) pages += at == 0 ? "{}" : ",{}";
    const reply_step step = json_call(mistral(), modality::ocr, document_body).take(R"({"pages":[)" + pages + "]}");
    ASSERT_TRUE(std::holds_alternative<answered>(step));
    EXPECT_EQ(std::get<answered>(step).usage.pages, std::nullopt);
    EXPECT_EQ(std::get<answered>(step).relayed_pages, counted);
  }
}

TEST(mistral_ocr, answers_in_json_whatever_the_provider_calls_it) {
  for (const std::string type : {"text/html", "", "application/json; charset=utf-8"}) {
    answer_head head;
    head.content_type = type;
    json_call call(mistral(), modality::ocr, document_body);
    const reply_step step = call.begin().take(head, R"({"pages":[]})");
    ASSERT_TRUE(std::holds_alternative<answered>(step));
    EXPECT_EQ(std::get<answered>(step).content_type, "application/json");
  }
}

TEST(mistral_ocr, takes_no_answer_without_pages) {
  for (const std::string_view body : {"", "null", "[]", "{}", R"({"pages":null})", R"({"pages":{}})", R"({"pages":3})",
                                      R"([{"pages":[]}])", R"({"pages":[})", "<html>", "\xff"}) {
    EXPECT_TRUE(is_unusable(json_call(mistral(), modality::ocr, document_body).take(body))) << body;
  }
}

// --- Refusals --------------------------------------------------------------------------------------------------------

TEST(mistral_refusal, takes_a_validation_error_as_the_clients_mistake) {
  const core::attempt_failure failure = classify(
      422, R"({"detail":[{"loc":["body","messages",0,"role"],"msg":"Input should be 'user'","type":"enum"}]})");
  EXPECT_EQ(failure.kind, failure_kind::client_mistake);
  EXPECT_EQ(failure.status, 422);
  EXPECT_EQ(failure.said.param, "messages[0].role");
  EXPECT_EQ(failure.said.message, "messages[0].role: Input should be 'user'");
}

TEST(mistral_refusal, takes_an_unknown_model_as_the_operators_mistake) {
  EXPECT_EQ(
      classify(400, R"({"object":"error","message":"Invalid model: x","type":"invalid_model","code":"1500"})").kind,
      failure_kind::misconfigured);
  EXPECT_EQ(classify(422, R"({"type":"invalid_model"})").kind, failure_kind::client_mistake);
  EXPECT_EQ(classify(400, R"({"object":"error","message":"x","type":"invalid_request_prompt","code":3051})").said.code,
            "3051");
}

TEST(mistral_refusal, classes_the_rest_by_status) {
  EXPECT_EQ(classify(401, R"({"message":"Unauthorized"})").kind, failure_kind::auth_failed);
  EXPECT_EQ(classify(404, R"({"message":"no Route matched with those values"})").kind, failure_kind::misconfigured);
  EXPECT_EQ(classify(429, R"({"message":"Requests rate limit exceeded"})").kind, failure_kind::rate_limited);
  EXPECT_EQ(classify(500, "").kind, failure_kind::server_error);
}

}  // namespace
}  // namespace phigate::upstream
