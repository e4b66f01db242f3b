#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

#include "json_text.hpp"
#include "padded.hpp"
#include "phigate/codec/response.hpp"

namespace phigate::codec {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

chunk_facts read(std::string_view data) {
  response_reader reader;
  chunk_facts facts;
  EXPECT_TRUE(reader.read_chunk(padded(data).view(), facts)) << data;
  return facts;
}

std::string with_delta(std::string_view members, std::string_view finish_reason = "null") {
  return R"({"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{)" + std::string(members) +
         R"(},"finish_reason":)" + std::string(finish_reason) + "}]}";
}

TEST(Chunk, HasContentWhenADeltaSaysSomething) {
  const char* content[] = {
      R"("content":"a")",      R"("role":"assistant","content":" ")",
      R"("reasoning":"a")",    R"("reasoning_content":"a")",
      R"("refusal":"a")",      R"("content":[{"type":"text"}])",
      R"("content":[null])",   R"("tool_calls":[{"index":0}])",
      R"("tool_calls":{})",    R"("function_call":{})",
      R"("audio":{"id":"x"})", R"("c\u006fntent":"a")",
  };
  for (const char* members : content) EXPECT_TRUE(read(with_delta(members)).has_content) << members;
}

TEST(Chunk, HasNoContentWhenADeltaSaysNothing) {
  const char* silent[] = {
      "",
      R"("role":"assistant")",
      R"("content":"")",
      R"("content":null)",
      R"("content":[])",
      R"("content":[ ])",
      R"("content":{})",
      R"("content":7)",
      R"("reasoning":"","reasoning_content":null,"refusal":null)",
      R"("reasoning":[1])",
      R"("tool_calls":[])",
      R"("tool_calls":null)",
      R"("function_call":null,"audio":null)",
      R"("content_filter_results":{"hate":{"filtered":false}})",
      R"("Content":"a")",
  };
  for (const char* members : silent) EXPECT_FALSE(read(with_delta(members)).has_content) << members;
  EXPECT_FALSE(read(R"({"choices":[],"prompt_filter_results":[{"prompt_index":0}]})").has_content);
  EXPECT_FALSE(read(R"({"choices":null})").has_content);
  EXPECT_FALSE(read("{}").has_content);
}

TEST(Chunk, HasContentWithAnyFinishReason) {
  for (const char* reason : {R"("stop")", R"("")", "0", "{}"}) {
    const auto facts = read(with_delta("", reason));
    EXPECT_TRUE(facts.has_content) << reason;
    EXPECT_THAT(facts.finished, ElementsAre(0U));
  }
}

TEST(Chunk, NamesTheChoicesThatBeganAndEnded) {
  const auto facts = read(
      R"({"choices":[{"index":2,"delta":{}},{"index":0,"finish_reason":"stop"},{"delta":{}},{"index":2},{"index":-1},{"index":1.5}]})");
  EXPECT_THAT(facts.started, ElementsAre(2U, 0U, 4U, 5U));
  EXPECT_THAT(facts.finished, ElementsAre(0U));
}

TEST(Chunk, BoundsTheChoicesItNames) {
  std::string data = R"({"choices":[)";
  for (int i = 0; i < 1000; ++i) data += (i > 0 ? "," : "") + std::string(R"({"finish_reason":"stop"})");
  const auto facts = read(data + "]}");
  EXPECT_THAT(facts.started, SizeIs(128));
  EXPECT_THAT(facts.finished, SizeIs(128));
  EXPECT_TRUE(facts.has_content);
}

TEST(Chunk, CountsTheBytesThatReachTheClient) {
  const std::pair<std::string, std::int64_t> cases[] = {
      {R"("content":"a\u00e9\n")", 4},
      {R"("content":"ab","reasoning":"cde","refusal":"f")", 6},
      {R"("reasoning":"cde","reasoning_content":"cde")", 3},
      {R"("content":[{"type":"text","text":"abc"},{"type":"text","text":"d"}])", 4},
      {R"("tool_calls":[{"id":"1","function":{"name":"f","arguments":"{\"a\":1}"}},{"function":{"arguments":"{}"}}])",
       9},
      {R"("function_call":{"name":"f","arguments":"{}"})", 2},
      {R"("role":"assistant","content":5)", 0},
  };
  for (const auto& [members, bytes] : cases) EXPECT_EQ(read(with_delta(members)).relayed_bytes, bytes) << members;
}

TEST(Chunk, IsAnErrorWithAnErrorMember) {
  EXPECT_TRUE(read(R"({"error":{"message":"x"}})").is_error);
  EXPECT_TRUE(read(R"({"error":"x"})").is_error);
  EXPECT_TRUE(read(R"({"choices":[],"err\u006fr":{}})").is_error);
  EXPECT_FALSE(read(R"({"error":null,"choices":[]})").is_error);
  EXPECT_FALSE(read(R"({"choices":[{"delta":{"error":{}}}]})").is_error);
}

TEST(Chunk, ReadsUsageThatIsSound) {
  const auto facts = read(R"({"choices":[],"usage":{"prompt_tokens":12,"completion_tokens":0,"total_tokens":12,)"
                          R"("prompt_tokens_details":{"audio_tokens":-1,"cached_tokens":30}}})");
  ASSERT_TRUE(facts.usage);
  EXPECT_EQ(facts.usage->prompt, 12);
  EXPECT_EQ(facts.usage->cached, 30);
  EXPECT_EQ(facts.usage->completion, 0);
  EXPECT_TRUE(facts.only_usage);
  for (const char* details : {"null", "{}", R"({"cached_tokens":null})"}) {
    const auto plain = read(R"({"usage":{"prompt_tokens":1,"completion_tokens":2,"prompt_tokens_details":)" +
                            std::string(details) + "}}");
    ASSERT_TRUE(plain.usage) << details;
    EXPECT_EQ(plain.usage->cached, 0);
  }
}

TEST(Chunk, ReadsCachedTokensUnderEachOfTheirNames) {
  struct row {
    std::string_view named;
    std::int64_t cached;
  };
  constexpr row rows[] = {
      {R"("num_cached_tokens":7)", 7},
      {R"("num_cached_tokens":null)", 0},
      {R"("prompt_token_details":{"cached_tokens":7})", 7},
      {R"("prompt_token_details":{})", 0},
      {R"("prompt_token_details":null)", 0},
      {R"("num_cached_tokens":7,"prompt_token_details":{"cached_tokens":7})", 7},
      {R"("num_cached_tokens":7,"prompt_token_details":{"cached_tokens":null})", 7},
      {R"("num_cached_tokens":3,"prompt_token_details":{"cached_tokens":5},"prompt_tokens_details":{"cached_tokens":7})",
       7},
      {R"("num_cached_tokens":7,"num_cached_tokens":3)", 3},
      {R"("num_cached_token":7,"cached_tokens":7)", 0},
  };
  for (const row& one : rows) {
    const auto facts = read(R"({"usage":{"prompt_tokens":9,"completion_tokens":2,)" + std::string(one.named) + "}}");
    ASSERT_TRUE(facts.usage) << one.named;
    EXPECT_EQ(facts.usage->cached, one.cached) << one.named;
    EXPECT_EQ(facts.usage->prompt, 9);
  }
}

TEST(Chunk, FinishesInErrorWhenAChoiceSaysSo) {
  EXPECT_TRUE(read(with_delta("", R"("error")")).finishes_in_error);
  EXPECT_TRUE(read(with_delta(R"("content":"a")", R"("e\u0072ror")")).finishes_in_error);
  EXPECT_TRUE(read(R"({"choices":[{"finish_reason":"stop"},{"finish_reason":"error"}]})").finishes_in_error);
  for (const char* reason : {"null", R"("stop")", R"("length")", R"("errors")", R"("Error")", R"({"error":"error"})",
                             R"(["error"])", "true"}) {
    EXPECT_FALSE(read(with_delta(R"("content":"error")", reason)).finishes_in_error) << reason;
  }
  EXPECT_FALSE(read(R"({"finish_reason":"error"})").finishes_in_error);
  response_reader reader;
  chunk_facts facts;
  EXPECT_TRUE(reader.read_chunk(padded(with_delta("", R"("error")")).view(), facts));
  EXPECT_TRUE(reader.read_chunk(padded(with_delta("", R"("stop")")).view(), facts));
  EXPECT_FALSE(facts.finishes_in_error) << "of the last chunk alone";
}

TEST(Chunk, TakesUnsoundUsageForNone) {
  const char* blocks[] = {
      "null",
      "[]",
      "{}",
      "7",
      R"({"prompt_tokens":1})",
      R"({"completion_tokens":1})",
      R"({"prompt_tokens":null,"completion_tokens":1})",
      R"({"prompt_tokens":-1,"completion_tokens":1})",
      R"({"prompt_tokens":1.0,"completion_tokens":1})",
      R"({"prompt_tokens":1e3,"completion_tokens":1})",
      R"({"prompt_tokens":"1","completion_tokens":1})",
      R"({"prompt_tokens":1,"completion_tokens":true})",
      R"({"prompt_tokens":1000000000001,"completion_tokens":1})",
      R"({"prompt_tokens":99999999999999999999,"completion_tokens":1})",
      R"({"prompt_tokens":1,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":-1}})",
      R"({"prompt_tokens":1,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":0.5}})",
      R"({"prompt_tokens":1,"completion_tokens":1,"prompt_token_details":{"cached_tokens":-1}})",
      R"({"prompt_tokens":1,"completion_tokens":1,"num_cached_tokens":"1"})",
      R"({"prompt_tokens":1,"completion_tokens":1,"prompt_tokens_details":[]})",
  };
  for (const char* usage : blocks) {
    EXPECT_FALSE(read(R"({"choices":[],"usage":)" + std::string(usage) + "}").usage) << usage;
  }
}

TEST(Chunk, IsOnlyUsageWithAnObjectAndNoChoices) {
  const std::string usage = R"("usage":{"prompt_tokens":1,"completion_tokens":1})";
  EXPECT_TRUE(read("{" + usage + R"(,"choices":[ ]})").only_usage);
  EXPECT_FALSE(read("{" + usage + R"(,"choices":[{}]})").only_usage);
  EXPECT_FALSE(read("{" + usage + R"(,"choices":null})").only_usage);
  EXPECT_FALSE(read("{" + usage + "}").only_usage);
  EXPECT_FALSE(read(R"({"usage":null,"choices":[]})").only_usage);
  EXPECT_FALSE(read(R"({"choices":[]})").only_usage);
}

TEST(Chunk, IsNoneWhenItIsNotOneObject) {
  response_reader reader;
  chunk_facts facts;
  for (const char* data : {"", "[DONE]", "[]", "null", "{", "{} {}", "{\"a\":\"\xFF\"}", "data: {}"}) {
    EXPECT_FALSE(reader.read_chunk(padded(data).view(), facts)) << data;
  }
}

TEST(Chunk, ForgetsThePreviousOne) {
  response_reader reader;
  chunk_facts facts;
  const padded full(R"({"choices":[{"index":3,"delta":{"content":"a"},"finish_reason":"stop"}],"error":"x",)"
                    R"("usage":{"prompt_tokens":1,"completion_tokens":1}})");
  ASSERT_TRUE(reader.read_chunk(full.view(), facts));
  ASSERT_TRUE(reader.read_chunk(padded("{}").view(), facts));
  EXPECT_FALSE(facts.has_content || facts.is_error || facts.only_usage || facts.usage);
  EXPECT_EQ(facts.relayed_bytes, 0);
  EXPECT_THAT(facts.started, IsEmpty());
  EXPECT_THAT(facts.finished, IsEmpty());
  ASSERT_TRUE(reader.read_chunk(full.view(), facts));
  EXPECT_FALSE(reader.read_chunk(padded("x").view(), facts));
  EXPECT_FALSE(facts.has_content);
}

RC_GTEST_PROP(ChunkProperty, SurvivesMutatedEvents, ()) {
  static const std::string sound =
      with_delta(R"("content":"a","tool_calls":[{"function":{"arguments":"{}"}}],"reasoning":"b")", R"("stop")");
  static const std::string usage =
      R"({"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":1}}})";
  const padded data(generated::mutated(*rc::gen::element(sound, usage)));
  response_reader reader;
  chunk_facts facts;
  if (!reader.read_chunk(data.view(), facts)) return;
  RC_ASSERT(facts.relayed_bytes >= 0 && facts.relayed_bytes <= static_cast<std::int64_t>(data.view().size()));
  RC_ASSERT((!facts.usage || (facts.usage->prompt >= 0 && facts.usage->cached >= 0 && facts.usage->completion >= 0)));
}

RC_GTEST_PROP(ChunkProperty, SurvivesAnyValueInAnyField, ()) {
  static const std::vector<std::string> fields = {"choices", "usage", "error", "delta", "data", "embedding"};
  const std::string inner = "{\"" + *rc::gen::elementOf(fields) + "\":" + generated::value(3) + "}";
  const padded data("{\"" + *rc::gen::elementOf(fields) + "\":[" + inner + "],\"usage\":" + generated::value(2) + "}");
  response_reader reader;
  chunk_facts facts;
  RC_ASSERT(reader.read_chunk(data.view(), facts));
  RC_ASSERT(reader.read_completion(data.view()).has_value());
  RC_ASSERT(reader.read_embeddings(data.view()).has_value());
}

}  // namespace
}  // namespace phigate::codec
