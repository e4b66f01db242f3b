// A request's policy from its headers, key and body: what decides, and which fault answers first.
#include "phigate/server/request_policy.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "support/registry_builder.hpp"

namespace phigate::server {
namespace {

using core::error_code;
using core::region;

class request_policy : public testing::Test {
 protected:
  request_policy() {
    test::registry_builder builder;
    builder.region(region::ch, "CH").region(region::eu, "DE FR IT").region(region::uk, "GB IT");
    builder.provider("one").endpoint("one-ch", "CH", {region::ch}).model("small", {core::modality::chat});
    registry_ = builder.build();
    inputs_.default_region = region::us;
    facts_.model = "small";
  }

  std::optional<error_code> refused() {
    const auto policy = settle_policy(inputs_, facts_, *registry_);
    if (policy) return std::nullopt;
    param_ = policy.error().param;
    return policy.error().code;
  }
  region settled() { return settle_policy(inputs_, facts_, *registry_).value().region; }

  std::shared_ptr<const core::registry> registry_;
  policy_inputs inputs_;
  codec::request_facts facts_;
  std::string param_;
};

TEST_F(request_policy, the_region_is_the_headers_then_the_residencys_then_the_keys_then_the_default) {
  EXPECT_EQ(settled(), region::us);
  config::api_key key;
  inputs_.key = &key;
  EXPECT_EQ(settled(), region::us);
  key.region = region::ch;
  EXPECT_EQ(settled(), region::ch);
  facts_.provider = R"({"data_residency":"de"})";
  EXPECT_EQ(settled(), region::eu);
  inputs_.named_region = region::uk;
  EXPECT_EQ(settled(), region::uk);
}

TEST_F(request_policy, a_residency_names_the_one_region_that_holds_it_or_none) {
  for (const auto& [residency, expected] :
       {std::pair{"eu", region::eu}, {"EEA", region::eu}, {"ch", region::ch}, {"uk", region::uk}, {"FR", region::eu}}) {
    facts_.provider = std::string(R"({"data_residency":")") + residency + "\"}";
    EXPECT_EQ(settled(), expected) << residency;
  }
  for (const std::string residency : {"jp", "it"}) {  // in no region; in two
    facts_.provider = R"({"data_residency":")" + residency + "\"}";
    EXPECT_EQ(refused(), error_code::invalid_region) << residency;
    EXPECT_EQ(param_, "X-Region");
  }
}

TEST_F(request_policy, the_model_is_judged_before_the_preferences_and_these_before_what_they_forbid) {
  facts_.model = "unknown";
  facts_.provider = R"({"colour":"red"})";
  facts_.retained_field = "store";
  inputs_.data_class = core::data_class::phi;
  EXPECT_EQ(refused(), error_code::model_not_found);
  facts_.model = "small";
  EXPECT_EQ(refused(), error_code::invalid_provider_preferences);
  facts_.provider = R"({"data_residency":"jp"})";
  EXPECT_EQ(refused(), error_code::unsupported_parameter);
  EXPECT_EQ(param_, "store");
  facts_.retained_field.clear();
  EXPECT_EQ(refused(), error_code::invalid_region);
}

TEST_F(request_policy, every_wish_about_retention_forbids_the_fields_that_keep_data) {
  facts_.retained_field = "store";
  EXPECT_FALSE(refused());
  for (const std::string wish : {R"({"zdr":true})", R"({"max_retention_days":30})", R"({"data_collection":"deny"})"}) {
    facts_.provider = wish;
    EXPECT_EQ(refused(), error_code::unsupported_parameter) << wish;
  }
  for (const std::string no_wish : {R"({"zdr":false})", R"({"data_collection":"allow"})", R"({"eu_owned":true})"}) {
    facts_.provider = no_wish;
    EXPECT_FALSE(refused()) << no_wish;
  }
}

TEST_F(request_policy, what_the_body_uses_is_noted_for_require_parameters_alone) {
  facts_.parameters = {{"tools"}};
  facts_.members = {codec::member{.key = "model"}, codec::member{.key = "tools"},
                    codec::member{.key = "user", .is_null = true}};
  EXPECT_TRUE(settle_policy(inputs_, facts_, *registry_).value().parameters.empty());
  facts_.provider = R"({"require_parameters":true})";
  const core::policy strict = settle_policy(inputs_, facts_, *registry_).value();
  EXPECT_EQ(strict.parameters, facts_.parameters);
  EXPECT_EQ(strict.fields, (std::vector<std::string>{"model", "tools"}));
}

}  // namespace
}  // namespace phigate::server
