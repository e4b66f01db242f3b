#include <gtest/gtest.h>

#include <string>

#include "padded.hpp"
#include "phigate/codec/request.hpp"

namespace phigate::codec {
namespace {

using core::error_code;

std::expected<request_facts, core::api_error> read(std::string_view body) {
  request_reader reader;
  return reader.read_embeddings(padded(body).view());
}

std::string with(std::string_view members) {
  return R"({"model":"m",)" + std::string(members) + "}";
}

TEST(EmbeddingsRequest, AcceptsEveryFormOfInput) {
  const std::pair<std::string, std::int64_t> cases[] = {
      {R"("input":"abc")", 3},        {R"("input":["abc","","d"])", 4}, {R"("input":[1,2,0])", 12},
      {R"("input":[[1,2],[3]])", 12}, {R"("input" : [ "a" ] )", 1},
  };
  for (const auto& [members, bytes] : cases) {
    const auto facts = read(with(members));
    ASSERT_TRUE(facts) << members;
    EXPECT_EQ(facts->modality, core::modality::embeddings);
    EXPECT_EQ(facts->estimate_bytes, bytes) << members;
    EXPECT_EQ(facts->encoding, encoding_format::absent);
    EXPECT_FALSE(facts->dimensions);
  }
}

TEST(EmbeddingsRequest, RefusesAnyOtherInput) {
  const std::pair<std::string, std::string> cases[] = {
      {R"("n":1)", "input"},
      {R"("input":null)", "input"},
      {R"("input":"")", "input"},
      {R"("input":1)", "input"},
      {R"("input":{})", "input"},
      {R"("input":[])", "input"},
      {R"("input":[ ])", "input"},
      {R"("input":[null])", "input"},
      {R"("input":[{}])", "input"},
      {R"("input":["a",1])", "input[1]"},
      {R"("input":[1,"a"])", "input[1]"},
      {R"("input":[1,-1])", "input[1]"},
      {R"("input":[1.5])", "input[0]"},
      {R"("input":[[]])", "input[0]"},
      {R"("input":[[1],[]])", "input[1]"},
      {R"("input":[[1],["a"]])", "input[1]"},
      {R"("input":[[1],[2,"a"]])", "input[1][1]"},
      {R"("input":[[[1]]])", "input[0]"},
  };
  for (const auto& [members, param] : cases) {
    const auto facts = read(with(members));
    ASSERT_FALSE(facts) << members;
    EXPECT_EQ(facts.error().code, error_code::invalid_request) << members;
    EXPECT_EQ(facts.error().param, param) << members;
  }
}

TEST(EmbeddingsRequest, ReadsEncodingAndDimensions) {
  const auto facts = read(with(R"("input":"a","encoding_format":"base64","dimensions":4294967295)"));
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->encoding, encoding_format::base64);
  EXPECT_EQ(facts->dimensions, 4294967295U);
  EXPECT_EQ(read(with(R"("input":"a","encoding_format":"fl\u006fat")"))->encoding, encoding_format::floats);
  const auto nulls = read(with(R"("input":"a","encoding_format":null,"dimensions":null)"));
  ASSERT_TRUE(nulls);
  EXPECT_EQ(nulls->encoding, encoding_format::absent);
  EXPECT_FALSE(nulls->dimensions);
}

TEST(EmbeddingsRequest, RefusesOtherEncodingsAndDimensions) {
  for (const char* format : {"\"float32\"", "\"Base64\"", "1", "[\"float\"]", "\"\""}) {
    const auto facts = read(with(R"("input":"a","encoding_format":)" + std::string(format)));
    ASSERT_FALSE(facts) << format;
    EXPECT_EQ(facts.error().param, "encoding_format");
  }
  for (const char* dimensions : {"0", "-1", "1.5", "\"8\"", "4294967296", "1e3", "99999999999999999999", "[]"}) {
    const auto facts = read(with(R"("input":"a","dimensions":)" + std::string(dimensions)));
    ASSERT_FALSE(facts) << dimensions;
    EXPECT_EQ(facts.error().param, "dimensions");
  }
}

TEST(EmbeddingsRequest, SharesTheTopLevelsRules) {
  EXPECT_EQ(read(R"({"input":"a"})").error().code, error_code::missing_model);
  EXPECT_EQ(read(with(R"("input":"a","inp\u0075t":"b")")).error().code, error_code::ambiguous_body);
  EXPECT_EQ(read(with(R"("input":"a","Dimensions":1)")).error().code, error_code::ambiguous_body);
  EXPECT_EQ(read(with(R"("input":"a","zdr":true)")).error().code, error_code::misplaced_preference);
  EXPECT_EQ(read("[]").error().code, error_code::invalid_json);
  EXPECT_EQ(read(with(R"("input":"a","store":true)"))->retained_field, "store");
}

}  // namespace
}  // namespace phigate::codec
