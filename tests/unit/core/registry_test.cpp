#include "phigate/core/registry.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/registry_builder.hpp"

namespace phigate::core {
namespace {

using test::registry_builder;

std::vector<std::uint32_t> numbers(std::span<const route_id> ids) {
  std::vector<std::uint32_t> plain;
  for (route_id id : ids) plain.push_back(static_cast<std::uint32_t>(id));
  return plain;
}

std::shared_ptr<const registry> two_hosts() {
  registry_builder builder;
  builder.region(region::eu, "DE FR", "beta").provider("alpha").endpoint("alpha-ch", "CH", {region::ch, region::eu});
  builder.model("m", {modality::vision, modality::chat}).model("e", {modality::embeddings});
  builder.provider("beta").endpoint("beta-eu", "DE", {region::eu}).model("m", {modality::chat});
  builder.alias("family", {"m", "other"});
  return builder.build();
}

TEST(registry, makes_one_route_a_model_and_modality_in_file_order) {
  const auto known = two_hosts();
  std::vector<std::string> routes;
  for (const route& one : known->routes()) {
    routes.push_back(known->provider_of(one).slug + " " + known->model_of(one).id + " " +
                     std::string(to_string(one.modality)));
  }
  EXPECT_EQ(routes, (std::vector<std::string>{"alpha m chat", "alpha m vision", "alpha e embeddings", "beta m chat"}));
}

TEST(registry, finds_routes_by_model_and_by_region_in_file_order) {
  const auto known = two_hosts();
  EXPECT_EQ(numbers(known->routes_of("m", modality::chat)), (std::vector<std::uint32_t>{0, 3}));
  EXPECT_EQ(numbers(known->routes_of("m", modality::stt)), (std::vector<std::uint32_t>{}));
  EXPECT_EQ(numbers(known->routes_of("M", modality::chat)), (std::vector<std::uint32_t>{}));
  EXPECT_EQ(numbers(known->routes_in(region::eu, modality::chat)), (std::vector<std::uint32_t>{0, 3}));
  EXPECT_EQ(numbers(known->routes_in(region::ch, modality::chat)), (std::vector<std::uint32_t>{0}));
  EXPECT_EQ(numbers(known->routes_in(region::us, modality::chat)), (std::vector<std::uint32_t>{}));
}

TEST(registry, finds_aliases_models_and_providers_by_their_exact_name) {
  const auto known = two_hosts();
  ASSERT_NE(known->find_alias("family"), nullptr);
  EXPECT_EQ(known->find_alias("family")->models, (std::vector<std::string>{"m", "other"}));
  EXPECT_EQ(known->find_alias("m"), nullptr);
  EXPECT_TRUE(known->has_model("e"));
  EXPECT_FALSE(known->has_model("other"));
  EXPECT_FALSE(known->has_model("family"));
  EXPECT_EQ(known->find_provider("beta"), provider_id{1});
  EXPECT_FALSE(known->find_provider("Beta"));
}

TEST(registry, keeps_a_regions_facts_and_knows_when_there_are_none) {
  const auto known = two_hosts();
  ASSERT_TRUE(known->region_of(region::eu));
  EXPECT_EQ(known->region_of(region::eu)->resident, provider_id{1});
  EXPECT_FALSE(known->region_of(region::us));
}

TEST(registry, can_be_empty) {
  const registry empty{registry_tables{}};
  EXPECT_TRUE(empty.routes().empty());
  EXPECT_TRUE(empty.routes_in(region::eu, modality::chat).empty());
  EXPECT_FALSE(empty.has_model(""));
}

TEST(base_url, names_its_port_only_when_the_scheme_does_not) {
  struct row {
    base_url url;
    std::string_view authority;
    std::string_view shown;
  };
  const std::vector<row> rows{
      {{.tls = true, .host = "api.example", .port = 443, .prefix = "/v1"}, "api.example", "https://api.example"},
      {{.tls = true, .host = "api.example", .port = 80, .prefix = ""}, "api.example:80", "https://api.example:80"},
      {{.tls = false, .host = "127.0.0.1", .port = 80, .prefix = ""}, "127.0.0.1", "http://127.0.0.1"},
      {{.tls = false, .host = "::1", .port = 8080, .prefix = "/x"}, "[::1]:8080", "http://[::1]:8080"},
      {{.tls = true, .host = "::1", .port = 443, .prefix = ""}, "[::1]", "https://[::1]"},
  };
  for (const row& one : rows) {
    EXPECT_EQ(one.url.authority(), one.authority);
    EXPECT_EQ(one.url.host_only_url(), one.shown);
  }
}

TEST(hosted_model, declares_exactly_its_features) {
  hosted_model model;
  model.features = {"file", "input_audio", "tools"};
  EXPECT_TRUE(model.has_feature("input_audio"));
  EXPECT_FALSE(model.has_feature("input"));
  EXPECT_FALSE(model.has_feature(""));
}

TEST(without_list_mark, takes_one_pair_of_brackets_off_the_end_and_nothing_else) {
  struct row {
    std::string_view field, bare;
  };
  for (const row& one : {row{"include[]", "include"},
                         {"include", "include"},
                         {"include[][]", "include[]"},
                         {"[]include", "[]include"},
                         {"include[", "include["},
                         {"include[0]", "include[0]"},
                         {"[]", ""},
                         {"]", "]"},
                         {"", ""}}) {
    EXPECT_EQ(without_list_mark(one.field), one.bare) << one.field;
  }
}

}  // namespace
}  // namespace phigate::core
