// What a body says to the router beside its model: the provider object, and the parameters that a route must obey.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "padded.hpp"
#include "phigate/codec/request.hpp"
#include "phigate/codec/splice.hpp"

namespace phigate::codec {
namespace {

using core::error_code;
using testing::IsEmpty;

std::expected<request_facts, core::api_error> read(std::string_view body) {
  request_reader reader;
  return reader.read_chat(padded(body).view());
}

std::string with(std::string_view members) {
  return "{" + std::string(members) + R"(,"model":"m","messages":[{"role":"user","content":"hi"}]})";
}

TEST(ProviderMember, IsKeptAsItStandsInTheBody) {
  for (const char* value : {R"({"only":["x"]})", R"({ "order" : [ "\u0061" ] ,"x":1e5 })", "{}", "null", "[1]", "7"}) {
    for (const std::string& body : {R"({"provider":)" + std::string(value) + R"(,"model":"m","messages":[{}]})",
                                    R"({"model":"m","pr\u006fvider" : )" + std::string(value) + R"( ,"messages":[{}]})",
                                    R"({"model":"m","messages":[{}],"provider":)" + std::string(value) + "}"}) {
      const auto facts = read(body);
      ASSERT_TRUE(facts) << body;
      EXPECT_EQ(facts->provider, value) << body;
    }
  }
  EXPECT_EQ(read(with(R"("providerx":{},"user":"provider")"))->provider, "");
}

TEST(ProviderMember, IsAmbiguousWithAKeyTwiceWhereverItStands) {
  const std::pair<std::string, std::string> objects[] = {
      {R"({"only":["a"],"only":["a"]})", "provider.only"},
      {R"({"zdr":true,"sort":null,"zd\u0072":false})", "provider.zdr"},
      {R"({"x":1,"x":2})", "provider.x"},
      {R"({"max_price":{"prompt":1,"prompt":2}})", "provider.max_price.prompt"},
      {R"({"m\u0061x_price":{"prompt":1,"pr\u006fmpt":1}})", "provider.max_price.prompt"},
  };
  for (const auto& [object, param] : objects) {
    for (const std::string& body : {R"({"provider":)" + object + R"(,"model":"m","messages":[{}]})",
                                    R"({"order":[],"model":1,"provider":)" + object + R"(,"messages":"x"})",
                                    R"({"model":"m","messages":[{}],"pr\u006fvider":)" + object + "}"}) {
      const auto facts = read(body);
      ASSERT_FALSE(facts) << body;
      EXPECT_EQ(facts.error().code, error_code::ambiguous_body) << body;
      EXPECT_EQ(facts.error().param, param) << body;
    }
  }
}

TEST(ProviderMember, IsAmbiguousTwiceEvenWithOneValue) {
  for (const char* other : {"provider", R"(pr\u006fvider)"}) {
    const auto facts = read(with(R"("provider":{"zdr":true},")" + std::string(other) + R"(":{"zdr":true})"));
    ASSERT_FALSE(facts) << other;
    EXPECT_EQ(facts.error().code, error_code::ambiguous_body);
    EXPECT_EQ(facts.error().param, "provider");
  }
}

TEST(ProviderMember, LeavesNoTraceInWhatIsSentOn) {
  const std::pair<std::string, std::string> cases[] = {
      {R"({"provider":{"only":["a"]},"model":"m","messages":[{}],"seed":1.10})",
       R"({"model":"m","messages":[{}],"seed":1.10})"},
      {R"({"model":"m","provider":{"only":["a"]},"messages":[{}],"seed":1.10})",
       R"({"model":"m","messages":[{}],"seed":1.10})"},
      {R"({"model":"m","messages":[{}],"seed":1.10,"provider":{"only":["a"]}})",
       R"({"model":"m","messages":[{}],"seed":1.10})"},
      {"{ \"pr\\u006fvider\" : {} ,\n  \"model\" : \"m\" ,\t\"messages\":[{}] } ",
       "{ \"model\" : \"m\" ,\t\"messages\":[{}] } "},
      {"{\"model\" : \"m\" ,\n  \"provider\":{\"a\":\"}\"},\n  \"messages\":[{\"x\":\"\\u00e9\"}]}",
       "{\"model\" : \"m\",\n  \"messages\":[{\"x\":\"\\u00e9\"}]}"},
  };
  for (const auto& [body, sent] : cases) {
    const auto facts = read(body);
    ASSERT_TRUE(facts) << body;
    EXPECT_EQ(splice(body, *facts, {.drop = {"provider"}}).text(), sent);
  }
}

TEST(ProviderMember, LeavesNoTraceInABodyOfTwoMembers) {
  request_reader reader;
  for (const char* body : {R"({"provider":{"zdr":true},"model":"m"})", R"({"model":"m","provider":{"zdr":true}})"}) {
    const auto facts = reader.read_explain(padded(body).view());
    ASSERT_TRUE(facts) << body;
    EXPECT_EQ(splice(body, *facts, {.drop = {"provider"}}).text(), R"({"model":"m"})");
  }
}

using needs = std::vector<std::vector<std::string>>;

TEST(Parameters, NeedTheFeatureOfEachThatIsInUse) {
  const std::pair<std::string, needs> cases[] = {
      {R"("tools":[{"type":"function"}])", {{"tools"}}},
      {R"("tools":{})", {{"tools"}}},
      {R"("functions":[{"name":"f"}])", {{"tools"}}},
      {R"("functions":[{"name":"f"}],"tools":[{"type":"function"}])", {{"tools"}}},
      {R"("tools":[])", {}},
      {R"("tools":[ ],"functions":null)", {}},
      {R"("response_format":{"type":"json_schema","json_schema":{"name":"n"}})", {{"json_schema"}}},
      {R"("response_format":{"type":"json_object"})", {{"json_object", "json_schema"}}},
      {R"("response_format":{"t\u0079pe":"json\u005fobject"})", {{"json_object", "json_schema"}}},
      {R"("response_format":{"type":"grammar"})", {{"response_format"}}},
      {R"("response_format":{"type":"text"})", {}},
      {R"("response_format":{"json_schema":{"type":"json_schema"}})", {}},
      {R"("response_format":null)", {}},
      {R"("logprobs":true)", {{"logprobs"}}},
      {R"("logprobs":false)", {}},
      {R"("logprobs":null)", {}},
      {R"("logprobs":true,"top_logprobs":5)", {{"logprobs"}}},
      {R"("top_logprobs":0)", {{"logprobs"}}},
      {R"("top_logprobs":null)", {}},
      {R"("reasoning":{"effort":"low"})", {{"reasoning"}}},
      {R"("reasoning":null)", {}},
      {R"("reasoning_effort":"high")", {{"reasoning"}}},
      {R"("reasoning_effort":null,"reasoning":false)", {}},
      {R"("web_search_options":{})", {{"web_search"}}},
      {R"("web_search_options":null)", {}},
      {R"("audio":{"voice":"a"})", {{"audio"}}},
      {R"("audio":null)", {}},
      {R"("prediction":{"type":"content"})", {{"prediction"}}},
      {R"("prediction":null)", {}},
      {R"("pr\u0065diction":{},"audio":{})", {{"prediction"}, {"audio"}}},
      {R"("temperature":1,"seed":2,"stop":["x"],"n":1,"tool_choice":"auto","metadata":{"tools":[1]})", {}},
  };
  for (const auto& [members, expected] : cases) {
    const auto facts = read(with(members));
    ASSERT_TRUE(facts) << members;
    EXPECT_EQ(facts->parameters, expected) << members;
  }
}

TEST(Parameters, NeedNothingOfAnEmbeddingsRoute) {
  request_reader reader;
  const padded body(R"({"model":"m","input":"a","tools":[{}],"logprobs":true,"reasoning":{}})");
  const auto facts = reader.read_embeddings(body.view());
  ASSERT_TRUE(facts);
  EXPECT_THAT(facts->parameters, IsEmpty());
}

}  // namespace
}  // namespace phigate::codec
