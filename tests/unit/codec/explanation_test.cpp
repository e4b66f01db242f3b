#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "phigate/codec/writers.hpp"
#include "support/registry_builder.hpp"

namespace phigate::codec {
namespace {

using core::modality;
using core::region;
using nlohmann::json;
using nlohmann::ordered_json;

// Two paid hosts and a free one, in two places.
std::shared_ptr<const core::registry> three_hosts() {
  return test::registry_builder()
      .region(region::eu, "DE FR")
      .provider("alpha")
      .endpoint("alpha-eu", "FR DE", {region::eu})
      .model("m", {modality::chat}, test::token_price("1", "3"))
      .provider("beta")
      .endpoint("beta-world", "global", {region::eu})
      .model("m", {modality::chat}, test::token_price("2", "2"))
      .provider("gamma")
      .endpoint("gamma-eu", "DE", {region::eu})
      .model("m", {modality::chat}, test::token_price("0", "0"))
      .build();
}

explained_request explained(const core::registry& known) {
  core::policy wanted;
  wanted.model = {.kind = core::model_kind::concrete, .name = "m"};
  auto eligible = core::select(wanted, known, test::day(2026, 6, 1));
  const std::vector<core::route_signals> signals = {{.success = 0.5, .latency = {}, .throughput = {}, .cooling = true}};
  explained_request out{.region = region::eu,
                        .data_class = core::data_class::general,
                        .modality = modality::chat,
                        .strategy = "default",
                        .result = {}};
  out.result.order = core::route_order::make(eligible.value(), wanted, signals);
  return out;
}

TEST(Explanation, ShowsTheCandidatesInTheirOrder) {
  const auto known = three_hosts();
  const json out = json::parse(explanation_object(explained(*known), *known));
  EXPECT_EQ(out, json::parse(R"({
    "decision": "route", "region": "EU", "class": "general", "modality": "chat", "strategy": "default",
    "candidates": [
      {"provider": "gamma", "model": "m", "endpoint": "gamma-eu", "country": "DE",
       "score": null, "health": 1.0, "cooling": false, "price": 0.0},
      {"provider": "beta", "model": "m", "endpoint": "beta-world", "country": "global",
       "score": 0.25, "health": 1.0, "cooling": false, "price": 2.0},
      {"provider": "alpha", "model": "m", "endpoint": "alpha-eu", "country": "DE,FR",
       "score": 0.2222222222222222, "health": 0.5, "cooling": true, "price": 1.5}],
    "excluded": [], "error": null})"));
}

TEST(Explanation, WritesItsFieldsInTheirOrder) {
  const auto known = three_hosts();
  const ordered_json out = ordered_json::parse(explanation_object(explained(*known), *known));
  std::string keys;
  for (const auto& [key, value] : out.items()) keys += key + " ";
  EXPECT_EQ(keys, "decision region class modality strategy candidates excluded error ");
}

TEST(Explanation, NamesEveryExcludedRouteWithItsReason) {
  const auto known = three_hosts();
  explained_request out = explained(*known);
  out.result.excluded = {{.route = core::route_id{1}, .reason = "region", .detail = "it serves \"US\""},
                         {.route = core::route_id{2}, .reason = "allow_fallbacks", .detail = ""}};
  EXPECT_EQ(json::parse(explanation_object(out, *known))["excluded"], json::parse(R"([
    {"provider": "beta", "model": "m", "endpoint": "beta-world", "reason": "region", "detail": "it serves \"US\""},
    {"provider": "gamma", "model": "m", "endpoint": "gamma-eu", "reason": "allow_fallbacks", "detail": ""}])"));
}

TEST(Explanation, RefusesWithTheErrorThatTheRequestWouldGet) {
  const auto known = three_hosts();
  explained_request out{.region = region::ch,
                        .data_class = core::data_class::phi,
                        .modality = modality::ocr,
                        .strategy = "sorted",
                        .result = {}};
  out.result.error = core::api_error{.code = core::error_code::no_route, .message = "None.\xFF", .param = "model"};
  out.result.error->excluded = {{"region", 3}};
  const json written = json::parse(explanation_object(out, *known));
  EXPECT_EQ(written["decision"], "refuse");
  EXPECT_EQ(written["region"], "CH");
  EXPECT_EQ(written["class"], "phi");
  EXPECT_EQ(written["modality"], "ocr");
  EXPECT_EQ(written["strategy"], "sorted");
  EXPECT_EQ(written["candidates"], json::array());
  EXPECT_EQ(written["error"], json::parse(error_body(*out.result.error))["error"]);
  EXPECT_EQ(written["error"]["metadata"], json::parse(R"({"excluded": {"region": 3}})"));
}

TEST(Explanation, NullsWhatIsNotKnownYet) {
  const auto known = three_hosts();
  explained_request out;
  out.result.error = core::api_error{.code = core::error_code::invalid_region, .message = "m"};
  EXPECT_EQ(json::parse(explanation_object(out, *known)), json::parse(R"({
    "decision": "refuse", "region": null, "class": null, "modality": null, "strategy": null, "candidates": [],
    "excluded": [], "error": {"message": "m", "type": "invalid_request_error", "param": null,
                              "code": "invalid_region"}})"));
}

}  // namespace
}  // namespace phigate::codec
