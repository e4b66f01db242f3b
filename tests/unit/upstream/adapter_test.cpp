// Whose fault a refusal is, before any retry rule is asked (spec §5).
#include "phigate/upstream/adapter.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace phigate::upstream {
namespace {

using core::failure_kind;

const adapter& openai() {
  return adapter_for("openai");
}

core::attempt_failure classify(int status, std::string_view body, std::string_view provider = "acme") {
  core::provider by;
  by.slug = provider;
  return openai().classify(refusal{status, body}, by);
}

TEST(adapter, a_protocol_that_nobody_speaks_is_a_bug) {
  EXPECT_THROW(adapter_for("gopher"), std::logic_error);
  EXPECT_THROW(adapter_for(""), std::logic_error);
}

TEST(openai_adapter, knows_a_path_for_each_modality_it_serves) {
  EXPECT_EQ(openai().path(core::modality::chat), "/chat/completions");
  EXPECT_EQ(openai().path(core::modality::vision), "/chat/completions");
  EXPECT_EQ(openai().path(core::modality::embeddings), "/embeddings");
}

TEST(openai_adapter, carries_the_endpoints_credential_as_a_bearer_token) {
  core::endpoint endpoint;
  endpoint.credential = core::secret("sk-1");
  EXPECT_EQ(openai().credential_lines(endpoint), "authorization: Bearer sk-1\r\n");
}

TEST(openai_adapter, classes_each_status) {
  struct row {
    int status;
    failure_kind kind;
  };
  const std::vector<row> table{
      {300, failure_kind::server_error},    {301, failure_kind::server_error},   {302, failure_kind::server_error},
      {304, failure_kind::server_error},    {307, failure_kind::server_error},   {399, failure_kind::server_error},
      {400, failure_kind::client_mistake},  {401, failure_kind::auth_failed},    {402, failure_kind::auth_failed},
      {403, failure_kind::auth_failed},     {404, failure_kind::misconfigured},  {405, failure_kind::client_mistake},
      {408, failure_kind::request_timeout}, {409, failure_kind::client_mistake}, {413, failure_kind::client_mistake},
      {415, failure_kind::client_mistake},  {422, failure_kind::client_mistake}, {425, failure_kind::client_mistake},
      {429, failure_kind::rate_limited},    {451, failure_kind::client_mistake}, {499, failure_kind::client_mistake},
      {500, failure_kind::server_error},    {501, failure_kind::server_error},   {502, failure_kind::server_error},
      {503, failure_kind::server_error},    {504, failure_kind::server_error},   {529, failure_kind::server_error},
      {599, failure_kind::server_error},
  };
  for (const row& one : table) {
    const core::attempt_failure failure = classify(one.status, R"({"error":{"message":"no"}})");
    EXPECT_EQ(failure.kind, one.kind) << one.status;
    EXPECT_EQ(failure.status, one.status);
    EXPECT_EQ(failure.reach, core::reach::head_received) << one.status;
  }
}

TEST(openai_adapter, passes_on_what_was_said_of_the_clients_mistake) {
  const core::attempt_failure failure =
      classify(400, R"({"error":{"message":"n must be 1","type":"invalid_request_error","code":"bad_n","param":"n"}})");
  EXPECT_EQ(failure.kind, failure_kind::client_mistake);
  EXPECT_EQ(failure.said.message, "n must be 1");
  EXPECT_EQ(failure.said.type, "invalid_request_error");
  EXPECT_EQ(failure.said.code, "bad_n");
  EXPECT_EQ(failure.said.param, "n");
}

TEST(openai_adapter, keeps_no_words_of_failures_that_are_not_the_clients) {
  for (const int status : {404, 408, 429, 500}) {
    const core::attempt_failure failure = classify(status, R"({"error":{"message":"secret"}})");
    EXPECT_EQ(failure.said.message, "") << status;
    EXPECT_EQ(failure.note, "") << status;
  }
}

TEST(openai_adapter, takes_a_403_for_a_long_prompt_as_the_clients_400) {
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

TEST(openai_adapter, takes_any_other_403_as_the_operators_affair) {
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
      {"Together", R"({"error":{"message":"no"}})"},
  };
  for (const row& one : table) {
    const core::attempt_failure failure = classify(403, one.body, one.provider);
    EXPECT_EQ(failure.kind, failure_kind::auth_failed) << one.provider << ' ' << one.body;
    EXPECT_EQ(failure.status, 403) << one.body;
  }
}

TEST(openai_adapter, takes_only_a_403_for_a_prompt_that_is_too_long) {
  const std::string_view body = R"({"error":{"message":"context length"}})";
  EXPECT_EQ(classify(401, body, "together").kind, failure_kind::auth_failed);
  EXPECT_EQ(classify(402, body, "together").kind, failure_kind::auth_failed);
  EXPECT_EQ(classify(400, body, "together").status, 400);
  EXPECT_EQ(classify(400, body, "together").said.code, "");
}

TEST(openai_adapter, takes_an_unknown_model_as_the_operators_mistake_whatever_its_status) {
  struct row {
    int status;
    std::string_view body;
  };
  const std::vector<row> table{
      {422, R"({"message":"Model not found","type":"invalid_request_error"})"},  // Scaleway
      {422, R"({"error":{"message":"The model `x` does not exist"}})"},
      {422, R"({"detail":"Unknown model x"})"},
      {422, R"({"error":{"message":"no","code":"model_not_found"}})"},
      {400, R"({"error":{"message":"no","code":"model_not_found"}})"},
      {404, ""},
  };
  for (const row& one : table) {
    EXPECT_EQ(classify(one.status, one.body).kind, failure_kind::misconfigured) << one.body;
  }
}

TEST(openai_adapter, takes_any_other_422_and_400_as_the_clients_mistake) {
  struct row {
    int status;
    std::string_view body;
  };
  const std::vector<row> table{
      {422, ""},
      {422, R"({"error":{"message":"temperature must be below 2"}})"},
      {422, R"({"error":{"message":"this model takes no images"}})"},
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

}  // namespace
}  // namespace phigate::upstream
