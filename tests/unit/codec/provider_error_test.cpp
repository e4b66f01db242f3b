#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

#include "codec/utf8.hpp"
#include "json_text.hpp"
#include "phigate/codec/response.hpp"

namespace phigate::codec {
namespace {

struct error_case {
  std::string body;
  std::string message;
  std::string type;
  std::string code;
  std::string param;
};

TEST(ProviderError, ReadsEveryKnownShape) {
  const error_case cases[] = {
      {R"({"error":{"message":"too long","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}})",
       "too long", "invalid_request_error", "context_length_exceeded", "messages"},
      {R"({"error":{"message":"m","type":"t","param":null,"code":null}})", "m", "t", "", ""},
      {R"({"error":{"message":"m","code":400}})", "m", "", "400", ""},
      {R"({"error":"just text"})", "just text", "", "", ""},
      {R"({"error":"Bad Request","message":"more","statusCode":400})", "more", "", "400", ""},
      {R"({"object":"error","message":"m","type":"BadRequestError","param":"p","code":400})", "m", "BadRequestError",
       "400", "p"},
      {R"([{"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT","details":[]}}])", "m", "INVALID_ARGUMENT",
       "400", ""},
      {R"({"detail":"Not Found"})", "Not Found", "", "", ""},
      {R"({"detail":[{"loc":["body","messages",0,"role"],"msg":"field required","type":"value_error"},{"loc":["body"],"msg":"b"}]})",
       "messages[0].role: field required; b", "", "", "messages[0].role"},
      {R"({"object":"error","message":{"detail":[{"loc":["body","n"],"msg":"bad"}]},"type":"invalid_request_error"})",
       "n: bad", "invalid_request_error", "", "n"},
      {R"({"code":"method_not_found","description":"Method not found"})", "Method not found", "", "method_not_found",
       ""},
      {R"({"result":"error","error":{"code":"not_authorized","description":"No"}})", "No", "", "not_authorized", ""},
      {R"({"error":{"code":"DeploymentNotFound","message":"m","innererror":{"code":"x"}}})", "m", "",
       "DeploymentNotFound", ""},
      {R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})", "Overloaded",
       "overloaded_error", "", ""},
      {R"({"detail":{"msg":"no such voice"}})", "no such voice", "", "", ""},
      // Together
      {R"({"id":"x","error":{"message":"busy","type":"rate_limit","param":null,"code":null},"error_type":"dynamic_token_limited"})",
       "busy", "rate_limit", "", ""},
      {R"({"error":{"message":"busy"},"error_type":"dynamic_request_limited"})", "busy", "dynamic_request_limited", "",
       ""},
      {R"({"error":{"message":"busy","error_type":"dynamic_token_limited","code":null}})", "busy",
       "dynamic_token_limited", "", ""},
      // Azure OpenAI: nothing is said inside
      {R"({"error":{"message":"filtered","type":null,"param":"prompt","code":"content_filter","status":400,)"
       R"("innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":{"hate":{"filtered":true}}}}})",
       "filtered", "", "content_filter", "prompt"},
      // Azure Speech
      {R"({"code":"InvalidRequest","message":"The request is invalid.","innerError":{"code":"InvalidLocale","message":"xx-XX is no locale"}})",
       "xx-XX is no locale", "", "InvalidLocale", ""},
      // Azure Document Intelligence
      {R"({"error":{"code":"InvalidRequest","message":"Invalid request.","target":"pages",)"
       R"("innererror":{"code":"InvalidContent","message":"The file is corrupted."}}})",
       "The file is corrupted.", "", "InvalidContent", "pages"},
      {R"({"error":{"code":"a","message":"b","innererror":{"code":"c","innererror":{"code":"d","message":"e"}}}})", "e",
       "", "d", ""},
      {R"({"error":{"code":"a","message":"b","innererror":{"message":"c"}}})", "c", "", "a", ""},
      {R"({"error":{"code":"a","message":"b","innererror":"c"}})", "b", "", "a", ""},
      {R"({"error":{"code":"a","innererror":{"code":"b","innererror":{"code":"c","message":"d"}}}})", "d", "", "c", ""},
      {R"({"error":{"code":"a","innererror":{"code":"b","message":"c","innererror":{"code":"d"}}}})", "c", "", "b", ""},
      // Infomaniak: only the list says what is wrong
      {R"({"result":"error","error":{"code":"validation_failed","description":"Validation failed",)"
       R"("errors":[{"code":"x","description":"The language field is invalid."}]}})",
       "The language field is invalid.", "", "validation_failed", ""},
      {R"({"result":"error","error":{"code":"validation_failed","description":"Validation failed.",)"
       R"("errors":[{"description":"a"},{"code":"x"},7,null,{"message":"b"},"c"]}})",
       "a; b; c", "", "validation_failed", ""},
      {R"({"error":{"code":"validation_failed","errors":[{"description":"a"}]}})", "a", "", "validation_failed", ""},
      {R"({"error":{"code":"validation_failed","description":"Validation failed","errors":[]}})", "Validation failed",
       "", "validation_failed", ""},
      {R"({"error":{"code":"validation_failed","description":"Validation failed","errors":{"description":"a"}}})",
       "Validation failed", "", "validation_failed", ""},
      // A message that tells something stays: the list may repeat it, as Google's does
      {R"({"error":{"code":400,"message":"Invalid value","errors":[{"message":"Invalid value","reason":"invalid"}]}})",
       "Invalid value", "", "400", ""},
      {R"({"statusCode":401,"message":"no key"})", "no key", "", "401", ""},
      {R"("a string")", "a string", "", "", ""},
      {"upstream connect error\r\n", "upstream connect error", "", "", ""},
      {R"({"broken": )", R"({"broken":)", "", "", ""},
  };
  for (const error_case& expected : cases) {
    const auto said = read_provider_error(400, expected.body);
    EXPECT_EQ(said.message, expected.message) << expected.body;
    EXPECT_EQ(said.type, expected.type) << expected.body;
    EXPECT_EQ(said.code, expected.code) << expected.body;
    EXPECT_EQ(said.param, expected.param) << expected.body;
  }
}

TEST(ProviderError, NamesTheStatusWhenTheBodySaysNothing) {
  for (const char* body :
       {"", "  \r\n", "<html><body>Bad Gateway</body></html>", "{}", "[]", "null", "7", "[[]]", R"({"error":{}})",
        R"({"error":null})", R"({"error":{"message":""}})", R"({"detail":[]})", R"({"detail":[{"loc":1}]})",
        R"({"error":{"message":["a"]}})", "\x01\x02", R"({"error":{"message":"\u0000\u0007"}})"}) {
    const auto said = read_provider_error(502, body);
    EXPECT_EQ(said.message, "The provider answered with status 502.") << body;
  }
}

TEST(ProviderError, StripsControlCharactersAndMendsUtf8) {
  EXPECT_EQ(read_provider_error(400,
                                "a\x1B[31mb\x7F"
                                "c\xC2\x85"
                                "d\n\te")
                .message,
            "a[31mbcd  e");
  EXPECT_EQ(read_provider_error(400, R"({"message":"a\u0000b\u001bc\r\nd"})").message, "abc  d");
  EXPECT_EQ(read_provider_error(400,
                                "a\xFF"
                                "b\xE2\x82")
                .message,
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(read_provider_error(400, R"({"error":{"message":"m","type":"a\u0001b","code":"c\nd"}})").code, "c d");
}

TEST(ProviderError, KeepsWhatAContentFilterFoundWhereItIsOfReasonableSize) {
  const auto kept = [](const std::string& innererror) {
    return read_provider_error(400,
                               R"({"error":{"message":"m","code":"content_filter","innererror":)" + innererror + "}}")
        .innererror;
  };
  const std::string verdict = R"({"code":"x","content_filter_result":{"hate":{"filtered":true,"severity":"high"}}})";
  EXPECT_EQ(kept(verdict), verdict);
  for (const std::string& none :
       {std::string("null"), std::string("7"), std::string("{}"), std::string(R"({"content_filter_result":[]})"),
        R"({"content_filter_result":{"x":")" + std::string(8192, 'x') + R"("}})",
        R"({"content_filter_result":{},"x":)" + std::string(50'000, '[') + std::string(50'000, ']') + "}"}) {
    EXPECT_EQ(kept(none), "") << none.substr(0, 60);
  }
}

TEST(ProviderError, CutsLongTextsBetweenCharacters) {
  std::string euros;
  for (int i = 0; i < 10'000; ++i) euros += "€";
  const auto said = read_provider_error(400, R"({"error":{"message":")" + euros + R"(","type":")" + euros + R"("}})");
  EXPECT_EQ(said.message.size(), 4095U);  // 4096 is not a multiple of three
  EXPECT_TRUE(said.message.ends_with("€"));
  EXPECT_LE(said.type.size(), 256U);
  EXPECT_EQ(read_provider_error(400, std::string(4096, 'a')).message.size(), 4096U);
  EXPECT_EQ(read_provider_error(400, std::string(4097, 'a')).message.size(), 4096U);
}

TEST(ProviderError, CutsALongListOfWhatIsWrong) {
  std::string list;
  for (int i = 0; i < 5'000; ++i) list += (i == 0 ? "" : ",") + std::string(R"({"description":"abc"})");
  const auto said = read_provider_error(422, R"({"error":{"errors":[)" + list + "]}}");
  EXPECT_TRUE(said.message.starts_with("abc; abc; "));
  EXPECT_LE(said.message.size(), 4096U);
  EXPECT_GT(said.message.size(), 4000U);
}

TEST(ProviderError, WithstandsHugeAndDeepBodies) {
  EXPECT_EQ(read_provider_error(500, std::string(std::size_t{1} << 20U, '[')).message.size(), 4096U);
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  EXPECT_EQ(read_provider_error(500, deep).message, "The provider answered with status 500.");
  EXPECT_FALSE(read_provider_error(500, std::string(std::size_t{8} << 20U, '\x80')).message.empty());
}

RC_GTEST_PROP(ProviderErrorProperty, GivesPrintableUtf8WhateverComes, ()) {
  static const std::vector<std::string> sound = {
      R"({"error":{"message":"too long\n","type":"t","param":"messages","code":400}})",
      R"({"detail":[{"loc":["body","messages",0],"msg":"field required"}]})",
      R"([{"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT"}}])",
  };
  const auto said = read_provider_error(400, generated::mutated(*rc::gen::elementOf(sound)));
  RC_ASSERT(!said.message.empty());
  for (std::string_view text : {std::string_view(said.message), std::string_view(said.type),
                                std::string_view(said.code), std::string_view(said.param)}) {
    while (!text.empty()) {
      const std::size_t length = utf8_sequence(text);
      RC_ASSERT(length > 0U);
      RC_ASSERT(static_cast<unsigned char>(text[0]) >= 0x20);
      text.remove_prefix(length);
    }
  }
}

RC_GTEST_PROP(ProviderErrorProperty, SurvivesAnyValueInAnyField, ()) {
  static const std::vector<std::string> fields = {"error", "errors",      "message", "detail",
                                                  "code",  "description", "type"};
  const std::string inner = "{\"" + *rc::gen::elementOf(fields) + "\":" + generated::value(3) + "}";
  RC_ASSERT(!read_provider_error(400, "{\"" + *rc::gen::elementOf(fields) + "\":" + inner + "}").message.empty());
}

}  // namespace
}  // namespace phigate::codec
