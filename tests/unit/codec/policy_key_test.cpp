// A typo must never widen where data goes: keys that were meant as a policy are found, and honest ones are left alone.
#include "codec/policy_key.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

#include "phigate/codec/request.hpp"
#include "unit/codec/padded.hpp"

namespace phigate::codec {
namespace {

using core::error_code;
using namespace std::string_view_literals;

constexpr std::array misspelt = {
    "provier"sv,
    "povider"sv,
    "prvoider"sv,
    "rpovider"sv,
    "proivder"sv,
    "providr"sv,
    "provide"sv,
    "providre"sv,
    "pprovider"sv,
    "prov1der"sv,
    "provder"sv,
    "provider "sv,
    "_provider"sv,
    "pro-vider"sv,
    "provier_"sv,
    "provvider"sv,
    "providerPrefs"sv,
    "provider_preferences"sv,
    "provider.zdr"sv,
    "\xe2\x80\x8bprovider"sv,
    "\xef\xbd\x90rovider"sv,
};
constexpr std::array headers = {"x-phi"sv, "X_PHI"sv, "x_region"sv, "x-region"sv, "X.Region"sv, "p-h-i"sv, "xphi"sv};
constexpr std::array honest = {
    "promptt"sv,  "prompt_id"sv, "product"sv,  "profile"sv, "provenance"sv, "guided_json"sv, "overrides"sv,
    "thinking"sv, "video"sv,     "order_id"sv, "top_n"sv,   "region_id"sv,  "philosophy"sv,  "divider"sv,
    "produced"sv, "modality"sv,  "trace"sv,    "extra"sv,   ""sv,
};

TEST(policy_key, finds_what_was_meant_as_provider) {
  for (const std::string_view name : misspelt) EXPECT_EQ(meant_as(name), policy_key::provider) << name;
}

TEST(policy_key, finds_every_spelling_of_the_headers) {
  for (const std::string_view name : headers) EXPECT_EQ(meant_as(name), policy_key::header) << name;
}

TEST(policy_key, leaves_other_names_alone) {
  for (const std::string_view name : honest) EXPECT_EQ(meant_as(name), policy_key::none) << name;
  EXPECT_EQ(meant_as(std::string(1'000'000, 'p')), policy_key::none);
}

std::string chat_with_key(std::string_view key) {
  return R"({"model":"m","messages":[{"role":"user","content":"a"}],")" + std::string(key) + R"(":{"zdr":true}})";
}

TEST(policy_key, a_body_with_one_is_refused) {
  request_reader reader;
  for (const std::string_view name : misspelt) {
    const padded body(chat_with_key(name));
    const auto facts = reader.read_chat(body.view());
    ASSERT_FALSE(facts) << name;
    EXPECT_EQ(facts.error().code, error_code::ambiguous_body) << name;
  }
  for (const std::string_view name : {"x-phi"sv, "x_region"sv, "x-region"sv}) {
    const padded body(chat_with_key(name));
    const auto facts = reader.read_chat(body.view());
    ASSERT_FALSE(facts) << name;
    EXPECT_EQ(facts.error().code, error_code::misplaced_preference) << name;
    EXPECT_EQ(facts.error().param, name);
  }
  for (const std::string_view name : honest) {
    const padded body(chat_with_key(name));
    EXPECT_TRUE(reader.read_chat(body.view())) << name;
  }
}

TEST(policy_key, preferences_in_a_literal_extra_body_are_refused_and_what_else_it_holds_is_not) {
  request_reader reader;
  for (const std::string_view inner : {"provider"sv, "zdr"sv, "data_residency"sv, "x_phi"sv}) {
    const padded body(R"({"model":"m","messages":[{"role":"user","content":"a"}],"extra_body":{")" +
                      std::string(inner) + R"(":true}})");
    const auto facts = reader.read_chat(body.view());
    ASSERT_FALSE(facts) << inner;
    EXPECT_EQ(facts.error().code, error_code::misplaced_preference) << inner;
    EXPECT_EQ(facts.error().param, "extra_body." + std::string(inner));
  }
  const padded body(R"({"model":"m","messages":[{"role":"user","content":"a"}],"extra_body":{"top_k":3}})");
  EXPECT_TRUE(reader.read_chat(body.view()));
}

}  // namespace
}  // namespace phigate::codec
