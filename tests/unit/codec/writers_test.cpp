#include "phigate/codec/writers.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace phigate::codec {
namespace {

using core::decimal;
using nlohmann::json;

model_card card_of(std::string id) {
  model_card card;
  card.id = std::move(id);
  return card;
}

TEST(ErrorBody, HasOpenAisShapeAndNothingMore) {
  const core::api_error error{.code = core::error_code::phi_blocked, .message = "No verified host."};
  EXPECT_EQ(error_body(error),
            R"({"error":{"message":"No verified host.","type":"permission_error","param":null,"code":"phi_blocked"}})");
}

TEST(ErrorBody, NamesTheParameter) {
  const core::api_error error{
      .code = core::error_code::invalid_request, .message = "m", .param = "messages[0].content[1].type"};
  EXPECT_EQ(json::parse(error_body(error))["error"]["param"], "messages[0].content[1].type");
}

TEST(ErrorBody, PassesAProvidersOwnCodeAndType) {
  core::api_error error{.code = core::error_code::upstream_client_error, .message = "m"};
  error.provider_code = "400";
  error.provider_type = "BadRequestError";
  const json inner = json::parse(error_body(error))["error"];
  EXPECT_EQ(inner["code"], "400");
  EXPECT_EQ(inner["type"], "BadRequestError");
  EXPECT_FALSE(inner.contains("innererror"));
  error.provider_innererror = R"({"content_filter_result":{}})";
  EXPECT_EQ(json::parse(error_body(error))["error"]["innererror"], json::parse(R"({"content_filter_result":{}})"));
}

TEST(ErrorBody, ListsAttemptsAndExclusions) {
  core::api_error error{.code = core::error_code::upstream_error, .message = "m"};
  error.attempts = {{"scaleway", "gemma", "503", 12}, {"infomaniak", "gemma", "timeout", 3000}};
  error.excluded = {{"region", 3}, {"phi", 1}};
  EXPECT_EQ(json::parse(error_body(error))["error"]["metadata"], json::parse(R"({
    "attempts": [{"provider": "scaleway", "model": "gemma", "status": 503, "milliseconds": 12},
                 {"provider": "infomaniak", "model": "gemma", "failure": "timeout", "milliseconds": 3000}],
    "excluded": {"region": 3, "phi": 1}})"));
}

TEST(ErrorBody, LeavesOutTheHalfOfMetadataThatIsEmpty) {
  core::api_error error{.code = core::error_code::no_route, .message = "m"};
  error.excluded = {{"model", 2}};
  EXPECT_EQ(json::parse(error_body(error))["error"]["metadata"], json::parse(R"({"excluded": {"model": 2}})"));
}

TEST(ErrorBody, TakesNoOddOutcomeForAStatus) {
  core::api_error error{.code = core::error_code::upstream_error, .message = "m"};
  for (const char* outcome : {"", "99999999999999999999", "-1", "5xx"}) {
    error.attempts = {{"p", "m", outcome, 1}};
    EXPECT_EQ(json::parse(error_body(error))["error"]["metadata"]["attempts"][0]["failure"], outcome);
  }
}

TEST(ErrorBody, ReplacesInvalidUtf8) {
  const core::api_error error{.code = core::error_code::invalid_request, .message = "a\xFF\"b", .param = "p\xC3"};
  const json inner = json::parse(error_body(error))["error"];
  EXPECT_EQ(inner["message"], "a\xEF\xBF\xBD\"b");
  EXPECT_EQ(inner["param"], "p\xEF\xBF\xBD");
}

TEST(ErrorEvent, IsOneEventOnOneLine) {
  const core::api_error error{.code = core::error_code::upstream_error, .message = "a\r\nb\n\ndata: x"};
  const std::string event = error_event(error);
  EXPECT_EQ(event, "data: " + error_body(error) + "\n\n");
  EXPECT_EQ(event.find_first_of("\r\n"), event.size() - 2);
}

TEST(ModelObject, HasOpenAisFieldsAndTheGateways) {
  model_card card = card_of("gemma-4-31b");
  card.regions = {"CH", "EU"};
  card.modalities = {"chat"};
  card.phi = true;
  card.context_length = 100'000;
  card.providers = {"infomaniak"};
  card.price.emplace();
  card.price->currency = "CHF";
  card.price->tokens = core::token_price{.input = decimal::from_micros(200'000),
                                         .output = decimal::from_micros(400'000),
                                         .cached_input = decimal::from_micros(1)};
  EXPECT_EQ(
      model_object(card),
      R"({"id":"gemma-4-31b","object":"model","created":0,"owned_by":"phigate","regions":["CH","EU"],)"
      R"("modalities":["chat"],"phi":true,"price":{"currency":"CHF","input":0.2,"output":0.4,"cached_input":1e-06},)"
      R"("context_length":100000,"providers":["infomaniak"]})");
}

TEST(ModelObject, WritesPricesExactly) {
  model_card card = card_of("m");
  card.price.emplace();
  card.price->per_minute = decimal::from_micros(999'999'999'999'999);
  card.price->per_page = decimal::from_micros(3'000);
  card.price->per_million_chars = decimal::from_micros(15'000'000);
  const std::string text = model_object(card);
  EXPECT_NE(text.find(R"("per_minute":999999999.999999,)"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("per_page":0.003)"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("per_million_chars":15.0,)"), std::string::npos) << text;
}

TEST(ModelList, WrapsItsCardsAndNullsWhatIsUnknown) {
  const model_card cards[] = {card_of("auto"), card_of("gemma-4")};
  const json list = json::parse(model_list(cards));
  EXPECT_EQ(list["object"], "list");
  ASSERT_EQ(list["data"].size(), 2U);
  EXPECT_EQ(list["data"][1]["id"], "gemma-4");
  EXPECT_TRUE(list["data"][0]["price"].is_null());
  EXPECT_TRUE(list["data"][0]["context_length"].is_null());
  EXPECT_EQ(list["data"][0]["regions"], json::array());
  EXPECT_EQ(json::parse(model_list({})), json::parse(R"({"object":"list","data":[]})"));
}

}  // namespace
}  // namespace phigate::codec
