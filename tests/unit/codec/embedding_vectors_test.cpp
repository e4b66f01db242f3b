#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "codec/base64.hpp"
#include "json_text.hpp"
#include "phigate/codec/response.hpp"

namespace phigate::codec {
namespace {

TEST(Base64, EncodesTheVectorsOfTheStandard) {
  const std::pair<std::string, std::string> cases[] = {{"", ""},
                                                       {"f", "Zg=="},
                                                       {"fo", "Zm8="},
                                                       {"foo", "Zm9v"},
                                                       {"foob", "Zm9vYg=="},
                                                       {"fooba", "Zm9vYmE="},
                                                       {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : cases) {
    const std::vector<std::uint8_t> bytes(plain.begin(), plain.end());
    std::string out;
    append_base64(out, bytes);
    EXPECT_EQ(out, encoded);
    EXPECT_EQ(decode_base64(encoded), bytes);
  }
}

TEST(Base64, RefusesWhatTheStandardRefuses) {
  for (const char* text : {"A", "AA", "AAA", "A===", "====", "AA=A", "=AAA", "AA-_", "AA A", "AAAA\n", "AAA\xC3"}) {
    EXPECT_FALSE(decode_base64(text)) << text;
  }
}

TEST(EmbeddingVectors, BecomeLittleEndianFloatsAndNothingElseChanges) {
  const std::string body =
      "{ \"object\":\"list\", \"data\":[ {\"embedding\": [ 0.5 , -1, 3.0e0],\"index\":0},\n"
      R"({"index":1,"embedding":"AAAAPw==","x":[1.0]}, {"index":2,"embedding":[]} ],"seed":12345678901234567890123} )";
  EXPECT_EQ(
      embeddings_to_base64(body),
      "{ \"object\":\"list\", \"data\":[ {\"embedding\": \"AAAAPwAAgL8AAEBA\",\"index\":0},\n"
      R"({"index":1,"embedding":"AAAAPw==","x":[1.0]}, {"index":2,"embedding":""} ],"seed":12345678901234567890123} )");
}

TEST(EmbeddingVectors, AreRoundedToTheNearestFloat) {
  EXPECT_EQ(embeddings_to_base64(R"({"data":[{"embedding":[0.1]}]})"), R"({"data":[{"embedding":"zczMPQ=="}]})");
  EXPECT_EQ(embeddings_to_base64(R"({"data":[{"embedding":[-0.0]}]})"), R"({"data":[{"embedding":"AAAAgA=="}]})");
  EXPECT_EQ(embeddings_to_base64(R"({"data":[{"embedding":[1e-60]}]})"), R"({"data":[{"embedding":"AAAAAA=="}]})");
}

TEST(EmbeddingVectors, AreRefusedWhenTheyAreNoFloats) {
  const char* bodies[] = {
      "{}",
      "[]",
      "",
      R"({"data":{}})",
      R"({"data":[{"embedding":[1,null]}]})",
      R"({"data":[{"embedding":["1"]}]})",
      R"({"data":[{"embedding":[[1]]}]})",
      R"({"data":[{"embedding":[1e39]}]})",
      R"({"data":[{"embedding":[-1e400]}]})",
  };
  for (const char* body : bodies) EXPECT_FALSE(embeddings_to_base64(body)) << body;
}

TEST(EmbeddingVectors, ComeBackAsTheShortestNumbers) {
  EXPECT_EQ(embeddings_to_floats(R"({"data":[{"embedding":"zczMPQAAgL8AAAAA"},{"embedding":[1, 2]}],"n":1})"),
            R"({"data":[{"embedding":[0.1,-1,0]},{"embedding":[1, 2]}],"n":1})");
  EXPECT_EQ(embeddings_to_floats(R"({"data":[{"embedding":""}]})"), R"({"data":[{"embedding":[]}]})");
  EXPECT_EQ(embeddings_to_floats(R"({"data":[{"embedding":"\/\/9\/fw=="}]})"),
            R"({"data":[{"embedding":[3.4028235e+38]}]})");
}

TEST(EmbeddingVectors, AreRefusedWhenTheyAreNoFiniteFloatsInBase64) {
  const char* bodies[] = {
      "{}",
      R"({"data":"AAAAPw=="})",
      R"({"data":[{"embedding":"AAAA"}]})",      // three bytes
      R"({"data":[{"embedding":"AAAAP"}]})",     // a wrong length
      R"({"data":[{"embedding":"AADAfw=="}]})",  // not a number
      R"({"data":[{"embedding":"AACAfw=="}]})",  // infinity
  };
  for (const char* body : bodies) EXPECT_FALSE(embeddings_to_floats(body)) << body;
}

RC_GTEST_PROP(EmbeddingVectorsProperty, SurviveTheWayThereAndBack, (const std::vector<float>& values)) {
  nlohmann::json vector = nlohmann::json::array();
  for (const float value : values) {
    if (std::isfinite(value)) vector.push_back(value);
  }
  const nlohmann::json body = {{"data", {{{"embedding", vector}, {"index", 0}}}}, {"model", "m"}};
  const auto encoded = embeddings_to_base64(body.dump());
  RC_ASSERT(encoded.has_value());
  const auto decoded = embeddings_to_floats(*encoded);
  RC_ASSERT(decoded.has_value());
  const auto back = nlohmann::json::parse(*decoded);
  RC_ASSERT(back["data"][0]["embedding"].size() == vector.size());
  for (std::size_t i = 0; i < vector.size(); ++i) {
    RC_ASSERT(back["data"][0]["embedding"][i].get<float>() == vector[i].get<float>());
  }
}

RC_GTEST_PROP(EmbeddingVectorsProperty, SurviveTextThatNobodyValidated, ()) {
  const std::string mutated =
      generated::mutated(R"({"data":[{"embedding":[0.5,-1e3],"x":"y"},{"embedding":"AAAAPw=="}]})");
  const std::vector<char> exact(mutated.begin(), mutated.end());
  (void)embeddings_to_base64({exact.data(), exact.size()});
  (void)embeddings_to_floats({exact.data(), exact.size()});
}

}  // namespace
}  // namespace phigate::codec
