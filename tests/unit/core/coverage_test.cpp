// The matrix of regions and modalities counts a route by the rules by which it is chosen.
#include "phigate/core/coverage.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "phigate/core/eligibility.hpp"
#include "support/generated_tables.hpp"
#include "support/registry_builder.hpp"

namespace phigate::core {
namespace {

using test::day;
using test::registry_builder;

const std::chrono::sys_days today = day(2026, 6, 1);

const coverage& of(const coverage_matrix& matrix, modality what) {
  return matrix[static_cast<std::size_t>(what)];
}

// CH has chat and, under an agreement, speech; EU has speech without one.
registry_builder two_regions() {
  registry_builder builder;
  builder.region(region::ch, "CH").region(region::eu, "DE");
  builder.provider("alpha").agreement({region::ch}, {modality::tts});
  builder.endpoint("alpha-ch", "CH", {region::ch}).model("m", {modality::chat}).model("v", {modality::tts});
  builder.provider("beta").endpoint("beta-eu", "DE", {region::eu}).model("v", {modality::tts});
  return builder;
}

TEST(coverage, tells_which_region_has_which_modality_and_for_which_class) {
  const coverage_matrix matrix = coverage_of(*two_regions().build(), today);
  EXPECT_EQ(of(matrix, modality::chat).general, region_set{region::ch});
  EXPECT_EQ(of(matrix, modality::chat).phi, region_set{});
  EXPECT_EQ(of(matrix, modality::tts).general, (region_set{region::ch, region::eu}));
  EXPECT_EQ(of(matrix, modality::tts).phi, region_set{region::ch});
  EXPECT_EQ(of(matrix, modality::ocr).general, region_set{});
}

TEST(coverage, for_class_phi_is_that_of_the_day) {
  const auto known = two_regions().build();
  const auto phi_on = [&](std::chrono::sys_days when) { return of(coverage_of(*known, when), modality::tts).phi; };
  EXPECT_EQ(phi_on(day(2025, 12, 31)), region_set{});
  EXPECT_EQ(phi_on(day(2026, 1, 1)), region_set{region::ch});
  EXPECT_EQ(phi_on(day(2026, 12, 31)), region_set{region::ch});
  EXPECT_EQ(phi_on(day(2027, 1, 1)), region_set{});
  EXPECT_EQ(of(coverage_of(*known, day(2027, 1, 1)), modality::tts).general, (region_set{region::ch, region::eu}));
}

TEST(coverage, leaves_out_what_is_disabled) {
  registry_builder builder = two_regions();
  builder.model_now().enabled = false;
  EXPECT_EQ(of(coverage_of(*builder.build(), today), modality::tts).general, region_set{region::ch});
  builder.model_now().enabled = true;
  builder.endpoint_now().enabled = false;
  EXPECT_EQ(of(coverage_of(*builder.build(), today), modality::tts).general, region_set{region::ch});
}

RC_GTEST_PROP(coverage, is_where_a_request_for_any_model_finds_a_route, ()) {
  const registry known(*test::registry_tables());
  const coverage_matrix matrix = coverage_of(known, test::generated_today);
  for (const modality what : all_modalities()) {
    for (const region where : all_regions()) {
      policy wanted{.region = where, .data_class = data_class::general, .modality = what};
      const bool general = select(wanted, known, test::generated_today).has_value();
      wanted.data_class = data_class::phi;
      const bool phi = select(wanted, known, test::generated_today).has_value();
      RC_ASSERT(of(matrix, what).general.contains(where) == general);
      RC_ASSERT(of(matrix, what).phi.contains(where) == phi);
      RC_ASSERT(general || !phi);
    }
  }
}

struct credential_case {
  std::string_view name;
  bool enabled;
  std::string credential;
  bool switched_off;
  bool expected;
};

TEST(with_all_credentials, counts_an_endpoint_without_one_unless_the_file_switches_it_off) {
  for (const credential_case& one :
       std::vector<credential_case>{{"in use", true, "key", false, true},
                                    {"no key", false, "", false, true},
                                    {"a key, and no base URL", false, "key", false, false},
                                    {"switched off, without a key", false, "", true, false},
                                    {"switched off, with a key", false, "key", true, false}}) {
    registry_builder builder = two_regions();
    builder.endpoint_now().enabled = one.enabled;
    builder.endpoint_now().credential = secret(one.credential);
    builder.endpoint_now().switched_off = one.switched_off;
    builder.endpoint_now().disabled_because = "whatever words tell it";
    const registry complete(with_all_credentials(*builder.build()));
    EXPECT_EQ(complete.tables().endpoints.back().enabled, one.expected) << one.name;
    EXPECT_EQ(of(coverage_of(complete, today), modality::tts).general.contains(region::eu), one.expected) << one.name;
  }
}

TEST(with_all_credentials, leaves_a_disabled_provider_and_model_as_they_are) {
  registry_builder builder = two_regions();
  builder.provider_now().enabled = false;
  builder.endpoint_now().enabled = false;
  builder.endpoint_now().credential = secret();
  builder.endpoint_now().switched_off = true;
  const registry complete(with_all_credentials(*builder.build()));
  EXPECT_EQ(of(coverage_of(complete, today), modality::tts).general, region_set{region::ch});
}

TEST(with_all_credentials, keeps_the_credentials_that_are_there_and_the_order_of_routes) {
  const auto known = two_regions().build();
  const registry complete(with_all_credentials(*known));
  ASSERT_EQ(complete.routes().size(), known->routes().size());
  EXPECT_EQ(complete.tables().endpoints.front().credential.reveal(), "key-of-alpha-ch");
}

}  // namespace
}  // namespace phigate::core
