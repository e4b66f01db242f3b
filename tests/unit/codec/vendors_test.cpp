// The registry as anybody may see it: every fact of it that is no secret, and nothing else.
#include "phigate/codec/vendors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "phigate/core/stated_terms.hpp"
#include "support/registry_builder.hpp"

namespace phigate::codec {
namespace {

using core::modality;
using core::region;
using nlohmann::json;
using test::day;
using test::registry_builder;
using ::testing::HasSubstr;
using ::testing::Not;

const std::chrono::sys_seconds now = day(2026, 6, 1) + std::chrono::hours(9) + std::chrono::minutes(5);

json told(const core::registry& known, std::chrono::sys_seconds when = now) {
  const auto today = std::chrono::floor<std::chrono::days>(when);
  return json::parse(vendors_object(known, core::coverage_of(known, today), when));
}

// One provider of which everything is known, in one region.
registry_builder swiss() {
  registry_builder builder;
  builder.region(region::ch, "CH", "alpha").provider("alpha").agreement({region::ch}, {modality::chat});
  builder.provider_now().name = "Alpha AG";
  builder.provider_now().headquarters = core::country::parse("CH");
  builder.provider_now().retention_days = 30;
  builder.provider_now().agreements[0].reference = "DPA 7";
  builder.endpoint("alpha-ch", "CH", {region::ch}).model("m", {modality::chat, modality::vision});
  builder.endpoint_now().retention_days = 0;
  builder.model_now().context_length = 8000;
  builder.model_now().features = {"json_schema", "tools"};
  return builder.alias("either", {"m"});
}

TEST(Vendors, ShowEveryFactThatIsNoSecret) {
  json out = told(*swiss().build());
  EXPECT_EQ(out["matrix"].size(), core::modality_count);
  EXPECT_EQ(out["matrix"][0], json::parse(R"({"modality": "chat", "regions": ["CH"], "phi": ["CH"]})"));
  EXPECT_EQ(out["matrix"][1], json::parse(R"({"modality": "vision", "regions": ["CH"], "phi": []})"));
  out.erase("matrix");
  EXPECT_EQ(out, json::parse(R"({
    "providers": [{
      "slug": "alpha", "name": "Alpha AG", "headquarters": "CH", "eu_owned": false, "enabled": true,
      "retention_days": 30, "trains_on_data": false,
      "agreements": [{"kind": "dpa", "regions": ["CH"], "modalities": ["chat"], "valid_from": "2026-01-01",
                      "valid_until": "2027-01-01", "reference": "DPA 7", "valid_today": true}],
      "endpoints": [{
        "id": "alpha-ch", "host": "https://alpha-ch.example", "protocol": "openai", "countries": ["CH"],
        "global": false, "regions": ["CH"], "enabled": true, "disabled_because": null,
        "retention_days": 0, "trains_on_data": false,
        "models": [{"id": "m", "modalities": ["chat", "vision"], "context_length": 8000,
                    "features": ["json_schema", "tools"],
                    "price": {"currency": "USD", "input": 1.0, "output": 1.0}, "enabled": true}]}]}],
    "residents": {"CH": "alpha"},
    "aliases": {"either": ["m"]},
    "generated_at": "2026-06-01T09:05:00Z"})"));
}

TEST(Vendors, AreToldAgainWithNothingChangedButTheTime) {
  const auto known = swiss().build();
  const core::coverage_matrix matrix = core::coverage_of(*known, day(2026, 6, 1));
  const std::string early = vendors_object(*known, matrix, day(2026, 6, 1));
  EXPECT_EQ(retold(early, now), vendors_object(*known, matrix, now));
  const auto last = day(2026, 6, 2) - std::chrono::seconds(1);
  EXPECT_EQ(retold(retold(early, now), last), vendors_object(*known, matrix, last));
}

TEST(Vendors, ShowWhatIsUnknownAsNull) {
  registry_builder builder;
  builder.region(region::world, "").provider("alpha").endpoint("a", "global", {region::world});
  builder.model("m", {modality::stt}, core::price{});
  const json out = told(*builder.build());
  const json& provider = out["providers"][0];
  for (const char* fact : {"headquarters", "eu_owned", "retention_days", "trains_on_data"}) {
    EXPECT_EQ(provider.at(fact), nullptr) << fact;
  }
  const json& endpoint = provider["endpoints"][0];
  EXPECT_EQ(endpoint.at("retention_days"), nullptr);
  EXPECT_EQ(endpoint.at("trains_on_data"), nullptr);
  EXPECT_EQ(endpoint.at("countries"), json::array());
  EXPECT_EQ(endpoint.at("global"), true);
  EXPECT_EQ(endpoint["models"][0].at("context_length"), nullptr);
  EXPECT_EQ(provider.at("agreements"), json::array());
  EXPECT_EQ(out.at("residents"), json::object());
}

TEST(Vendors, FormatsAndVoicesAreToldWhereTheRegistryHasThem) {
  registry_builder builder = swiss();
  EXPECT_FALSE(told(*builder.build())["providers"][0]["endpoints"][0]["models"][0].contains("voices"));
  EXPECT_FALSE(told(*builder.build())["providers"][0]["endpoints"][0]["models"][0].contains("formats"));
  builder.model_now().formats = {"mp3", "wav"};
  builder.model_now().voices = {{"alloy", "en-US-AvaNeural"}};
  const json model = told(*builder.build())["providers"][0]["endpoints"][0]["models"][0];
  EXPECT_EQ(model.at("formats"), json::parse(R"(["mp3", "wav"])"));
  EXPECT_EQ(model.at("voices"), json::parse(R"({"alloy": "en-US-AvaNeural"})"));
}

TEST(Vendors, OwnershipIsThatOfTheEea) {
  for (const auto& [code, in_eea] :
       {std::pair{"FR", true}, {"NO", true}, {"CH", false}, {"GB", false}, {"US", false}}) {
    registry_builder builder;
    builder.provider("alpha").provider_now().headquarters = core::country::parse(code);
    EXPECT_EQ(told(*builder.build())["providers"][0]["eu_owned"], in_eea) << code;
  }
}

TEST(Vendors, AnEndpointsTermsAreThoseInForceThere) {
  registry_builder builder;
  builder.provider("alpha").provider_now().retention_days = 30;
  builder.provider_now().trains_on_data = false;
  builder.endpoint("usual", "CH", {region::ch}).endpoint("other", "CH", {region::ch});
  builder.endpoint_now().retention_days = 1;
  builder.endpoint_now().trains_on_data = true;
  const json endpoints = told(*builder.build())["providers"][0]["endpoints"];
  EXPECT_EQ(endpoints[0]["retention_days"], 30);
  EXPECT_EQ(endpoints[0]["trains_on_data"], false);
  EXPECT_EQ(endpoints[1]["retention_days"], 1);
  EXPECT_EQ(endpoints[1]["trains_on_data"], true);
}

TEST(Vendors, AnAgreementHoldsFromItsFirstDayUntilBeforeItsLast) {
  const auto known = swiss().build();
  const core::agreement& contract = known->tables().providers[0].agreements[0];
  for (const auto& [when, holds] : {std::pair{day(2025, 12, 31), false},
                                    {day(2026, 1, 1), true},
                                    {day(2026, 12, 31), true},
                                    {day(2027, 1, 1), false}}) {
    EXPECT_EQ(core::holds_on(contract, when), holds) << day_text(when);
    const json out = told(*known, when + std::chrono::hours(23));
    EXPECT_EQ(out["providers"][0]["agreements"][0]["valid_today"], holds) << day_text(when);
    EXPECT_EQ(out["matrix"][0]["phi"], holds ? json{"CH"} : json::array()) << day_text(when);
  }
}

TEST(Vendors, NothingOfACredentialOrOfAUrlBehindItsHost) {
  registry_builder builder = swiss();
  core::endpoint& host = builder.endpoint_now();
  host.url.prefix = "/canary-prefix/v1";
  host.url.port = 8443;
  host.credential = core::secret("canary-credential");
  host.api_version = "canary-version";
  host.tls.ca_file = "canary-file";
  host.tls.pin_sha256 = {"canary-pin"};
  host.enabled = false;
  host.disabled_because = "credential_file canary-path cannot be read";
  builder.model_now().upstream = "canary-deployment";
  const auto known = builder.build();
  const std::string text = vendors_object(*known, core::coverage_of(*known, day(2026, 6, 1)), now);
  EXPECT_THAT(text, Not(HasSubstr("canary")));
  EXPECT_THAT(text, HasSubstr(R"("host":"https://alpha-ch.example:8443")"));
}

TEST(Vendors, AHostThatIsNotKnownIsNull) {
  registry_builder builder = swiss();
  builder.endpoint_now().url = {};
  EXPECT_EQ(told(*builder.build())["providers"][0]["endpoints"][0].at("host"), nullptr);
}

TEST(Vendors, WhyAnEndpointIsUnusedTellsNothingOfTheEnvironment) {
  struct {
    bool enabled;
    bool switched_off;
    const char* registry_says;
    const char* credential;
    const char* told;
  } const cases[] = {
      {true, false, "", "key", ""},
      {false, true, "enabled: false", "key", "switched off"},
      {false, true, "enabled: false", "", "switched off"},
      {false, true, "its provider is disabled", "", "switched off"},
      {false, false, "SOME_KEY is not set", "", "not set up at this gateway"},
      {false, false, "SOME_RESOURCE is not set", "key", "not set up at this gateway"},
      {false, false, "no credential", "", "not set up at this gateway"},
  };
  for (const auto& each : cases) {
    core::endpoint endpoint;
    endpoint.enabled = each.enabled;
    endpoint.switched_off = each.switched_off;
    endpoint.disabled_because = each.registry_says;
    endpoint.credential = core::secret(each.credential);
    EXPECT_EQ(why_unused(endpoint), each.told) << each.registry_says;
  }
}

TEST(Vendors, WhatIsUnusedIsListedAsSuch) {
  registry_builder builder = swiss();
  builder.endpoint_now().enabled = false;
  builder.endpoint_now().switched_off = true;
  builder.model_now().enabled = false;
  const json out = told(*builder.build());
  const json& endpoint = out["providers"][0]["endpoints"][0];
  EXPECT_EQ(endpoint["enabled"], false);
  EXPECT_EQ(endpoint["disabled_because"], "switched off");
  EXPECT_EQ(endpoint["models"][0]["enabled"], false);
  EXPECT_EQ(out["matrix"][0]["regions"], json::array());
}

TEST(Vendors, TextThatIsNoUtf8IsMendedRatherThanThrown) {
  registry_builder builder = swiss();
  builder.provider_now().name = "Alpha \xff";
  EXPECT_EQ(told(*builder.build())["providers"][0]["name"], "Alpha \xef\xbf\xbd");
}

}  // namespace
}  // namespace phigate::codec
