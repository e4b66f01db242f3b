#include <gtest/gtest.h>

#include <string>

#include "padded.hpp"
#include "phigate/codec/response.hpp"

namespace phigate::codec {
namespace {

std::optional<completion_facts> read(std::string_view body) {
  response_reader reader;
  return reader.read_completion(padded(body).view());
}

std::optional<completion_facts> read_embeddings(std::string_view body) {
  response_reader reader;
  return reader.read_embeddings(padded(body).view());
}

TEST(Completion, ReadsUsageAndTheBytesOfEveryChoice) {
  const auto facts =
      read(R"({"choices":[{"index":0,"message":{"role":"assistant","content":"abc","reasoning":"de"}},)"
           R"({"message":{"content":null,"tool_calls":[{"function":{"name":"f","arguments":"{}"}}]}}],)"
           R"("usage":{"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":4}}})");
  ASSERT_TRUE(facts);
  ASSERT_TRUE(facts->usage);
  EXPECT_EQ(facts->usage->prompt, 10);
  EXPECT_EQ(facts->usage->cached, 4);
  EXPECT_EQ(facts->usage->completion, 5);
  EXPECT_EQ(facts->relayed_bytes, 7);
  EXPECT_FALSE(facts->is_error);
}

TEST(Completion, IsAnErrorWithoutAResult) {
  EXPECT_TRUE(read(R"({"error":{"message":"x"}})")->is_error);
  EXPECT_TRUE(read(R"({"error":"x","choices":[]})")->is_error);
  EXPECT_TRUE(read(R"({"error":"x","choices":null})")->is_error);
  EXPECT_FALSE(read(R"({"error":{"message":"x"},"choices":[{}]})")->is_error);
  EXPECT_FALSE(read(R"({"error":null})")->is_error);
  EXPECT_FALSE(read("{}")->is_error);
  EXPECT_TRUE(read_embeddings(R"({"error":{}})")->is_error);
  EXPECT_FALSE(read_embeddings(R"({"error":{},"data":[{}]})")->is_error);
}

TEST(Completion, FinishesInErrorWhenAChoiceSaysSo) {
  EXPECT_TRUE(read(R"({"choices":[{"message":{"content":"a"},"finish_reason":"error"}]})")->finishes_in_error);
  EXPECT_TRUE(read(R"({"choices":[{"finish_reason":"error"},{"finish_reason":"stop"}]})")->finishes_in_error);
  EXPECT_FALSE(read(R"({"choices":[{"finish_reason":"stop"}],"finish_reason":"error"})")->finishes_in_error);
  EXPECT_FALSE(read(R"({"choices":[{"finish_reason":null}]})")->finishes_in_error);
}

TEST(Completion, MustBeOneJsonObjectFromEndToEnd) {
  for (const char* body : {"", "[]", "\"x\"", "<html>", R"({"choices":[})", "{}{}", R"({"a":"\ud800"})"}) {
    EXPECT_FALSE(read(body)) << body;
    EXPECT_FALSE(read_embeddings(body)) << body;
  }
  EXPECT_TRUE(read(" {} \r\n"));
  EXPECT_TRUE(read(R"({"created":123456789012345678901234567890})"));
}

TEST(Completion, ReadsEmbeddingsOfEitherForm) {
  const auto floats = read_embeddings(R"({"data":[{"embedding":[0.5]}],"usage":{"prompt_tokens":3,"total_tokens":3}})");
  ASSERT_TRUE(floats);
  EXPECT_TRUE(floats->float_embeddings);
  ASSERT_TRUE(floats->usage);
  EXPECT_EQ(floats->usage->prompt, 3);
  EXPECT_EQ(floats->usage->completion, 0);
  EXPECT_FALSE(read_embeddings(R"({"data":[{"embedding":"AAAAPw=="}]})")->float_embeddings);
  EXPECT_TRUE(read_embeddings(R"({"data":[{"embedding":"AAAAPw=="},{"embedding":[]}]})")->float_embeddings);
  EXPECT_FALSE(read_embeddings(R"({"data":{"embedding":[1]}})")->float_embeddings);
  EXPECT_FALSE(read_embeddings(R"({"usage":{"prompt_tokens":3,"completion_tokens":-1}})")->usage);
}

TEST(Completion, NeedsACountOfCompletionTokens) {
  EXPECT_FALSE(read(R"({"choices":[{}],"usage":{"prompt_tokens":3}})")->usage);
}

}  // namespace
}  // namespace phigate::codec
