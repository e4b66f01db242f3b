#include "phigate/core/preferences.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/registry_builder.hpp"

namespace phigate::core {
namespace {

using test::countries;
using test::registry_builder;

TEST(parse_sort_metric, knows_its_three_words_in_their_exact_form) {
  EXPECT_EQ(parse_sort_metric("price"), sort_metric::price);
  EXPECT_EQ(parse_sort_metric("latency"), sort_metric::latency);
  EXPECT_EQ(parse_sort_metric("throughput"), sort_metric::throughput);
  for (std::string_view text : {"", "Price", "price ", " price", "cost", "pric", "prices"}) {
    EXPECT_FALSE(parse_sort_metric(text)) << text;
  }
}

TEST(parse_residency, takes_the_union_the_area_and_any_country_in_any_case) {
  for (std::string_view text : {"eu", "EU", "Eu"}) {
    const auto where = parse_residency(text);
    ASSERT_TRUE(where) << text;
    EXPECT_EQ(where->name, "eu");
    EXPECT_EQ(where->countries.size(), 27U);
  }
  for (std::string_view text : {"eea", "EEA", "eEa"}) {
    const auto where = parse_residency(text);
    ASSERT_TRUE(where) << text;
    EXPECT_EQ(where->name, "eea");
    EXPECT_EQ(where->countries.size(), 30U);
  }
  EXPECT_EQ(parse_residency("de")->name, "DE");
  EXPECT_EQ(parse_residency("De")->countries, countries("DE"));
  EXPECT_EQ(parse_residency("uk")->name, "GB");
  EXPECT_EQ(parse_residency("gb")->countries, countries("GB"));
}

TEST(parse_residency, takes_no_other_text) {
  for (std::string_view text :
       {"", " eu", "eu ", "e", "eur", "europe", "XX", "zz", "DEU", "D", "world", "CH,DE", "d\xc3"}) {
    EXPECT_FALSE(parse_residency(text)) << text;
  }
  EXPECT_FALSE(parse_residency(std::string_view("eu\0", 3)));
}

TEST(region_of, is_the_eu_for_the_union_and_the_area_and_else_the_only_region_that_holds_the_country) {
  registry_builder builder;
  builder.region(region::ch, "CH").region(region::eu, "DE FR NO").region(region::us, "US");
  builder.region(region::asia, "JP IN").region(region::india, "IN").region(region::world, "");
  const auto known = builder.build();
  const auto found = [&known](std::string_view text) { return region_of(*parse_residency(text), *known); };
  EXPECT_EQ(found("eu"), region::eu);
  EXPECT_EQ(found("eea"), region::eu);
  EXPECT_EQ(found("fr"), region::eu);
  EXPECT_EQ(found("ch"), region::ch);
  EXPECT_EQ(found("us"), region::us);
  EXPECT_EQ(found("jp"), region::asia);
  EXPECT_FALSE(found("in"));  // of two regions
  EXPECT_FALSE(found("br"));  // of none: a region that lists no countries names none
  EXPECT_FALSE(found("gb"));  // a region that is not configured
}

std::string bound(std::string_view text) {
  const auto parsed = parse_price_bound(text);
  if (!parsed) return "none";
  int128 left = *parsed;
  std::string digits;
  do {
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(left % 10)));
    left /= 10;
  } while (left > 0);
  return digits;
}

const std::string highest = "1" + std::string(30, '0');

TEST(parse_price_bound, is_exact_to_twelve_places_and_cuts_off_the_rest) {
  struct row {
    std::string text;
    std::string expected;
  };
  const std::string zeros(100'000, '0');
  const std::vector<row> rows{
      {"0", "0"},
      {"0.0", "0"},
      {"0e5", "0"},
      {"-0", "0"},
      {"-0.000e+9", "0"},
      {"1", "1000000000000"},
      {"0.11", "110000000000"},
      {"0.109999", "109999000000"},
      {"12.5", "12500000000000"},
      {"1e3", "1000000000000000"},
      {"1E+3", "1000000000000000"},
      {"25e-2", "250000000000"},
      {"0.25e1", "2500000000000"},
      {"250.0e-2", "2500000000000"},
      {"1e007", "10000000000000000000"},
      {"1e-007", "100000"},
      {"0.000000000001", "1"},
      {"1e-12", "1"},
      {"0.0000000000019999", "1"},
      {"0.0000000000009999", "0"},
      {"9.99e-13", "0"},
      {"999999999999999999", "999999999999999999" + std::string(12, '0')},
      {"999999999999999999.9999999999999", std::string(30, '9')},
      {"1e17", "1" + std::string(29, '0')},
      {"1e18", highest},
      {"1e19", highest},
      {"123456789012345678901234567890", highest},
      // Exponents that no integer holds, and digits that make up for an exponent.
      {"1e99999999999999999999999999", highest},
      {"1e-99999999999999999999999999", "0"},
      {"0e99999999999999999999999999", "0"},
      {"0." + zeros + "25e100001", "2500000000000"},
      {"25" + zeros + "e-100001", "2500000000000"},
      {"1" + zeros, highest},
      {"0." + zeros + "1", "0"},
  };
  for (const row& one : rows) EXPECT_EQ(bound(one.text), one.expected) << one.text.substr(0, 40);
}

TEST(parse_price_bound, is_held_above_every_price_that_a_registry_can_hold) {
  const decimal largest = decimal::parse("999999999.999999").value();
  EXPECT_GT(*parse_price_bound("1e300"), int128{largest.micros()} * largest.micros());
}

TEST(parse_price_bound, takes_no_negative_number_however_small_and_nothing_that_json_has_not) {
  for (std::string_view text : {"-1", "-0.5", "-1e-300", "-1e300"}) EXPECT_EQ(bound(text), "none") << text;
  for (std::string_view text :
       {"",     "-",     "+1",  ".5", "5.", "01",  "00",       "-01",   "1e",   "1e+",   "1e-", "1.e5",  "e5",
        "0x10", "1_000", "1,5", " 1", "1 ", "NaN", "Infinity", "1e5.5", "1ee5", "1.2.3", "--1", "\"1\"", "null"}) {
    EXPECT_EQ(bound(text), "none") << text;
  }
  EXPECT_EQ(bound(std::string_view("1\0", 2)), "none");
}

TEST(preferences, forbid_retention_when_they_bound_it_or_deny_collection) {
  EXPECT_FALSE(preferences{}.forbids_retention());
  EXPECT_TRUE(preferences{.max_retention_days = 0}.forbids_retention());
  EXPECT_TRUE(preferences{.max_retention_days = 3650}.forbids_retention());
  EXPECT_TRUE(preferences{.denies_data_collection = true}.forbids_retention());
}

TEST(price_ceiling, is_empty_without_a_bound_and_not_with_one_of_zero) {
  EXPECT_TRUE(price_ceiling{}.empty());
  EXPECT_FALSE(price_ceiling{.prompt = 0}.empty());
  EXPECT_FALSE(price_ceiling{.completion = 0}.empty());
}

}  // namespace
}  // namespace phigate::core
