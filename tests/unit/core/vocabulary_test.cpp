#include "phigate/core/vocabulary.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "support/registry_builder.hpp"

namespace phigate::core {
namespace {

using test::countries;
using test::location;

TEST(vocabulary, every_region_parses_from_its_own_name) {
  for (region one : all_regions()) EXPECT_EQ(parse_region(to_string(one)), one);
  EXPECT_EQ(all_regions().size(), region_count);
}

TEST(vocabulary, regions_are_read_in_any_case) {
  EXPECT_EQ(parse_region("latam"), region::latam);
  EXPECT_EQ(parse_region("InDiA"), region::india);
}

TEST(vocabulary, what_is_not_exactly_a_region_is_none) {
  for (std::string_view text : {"", " EU", "EU ", "EUR", "E", "CH,EU", "GB", "EU\xa0", "W\xc3\x96RLD"}) {
    EXPECT_FALSE(parse_region(text)) << text;
  }
  EXPECT_FALSE(parse_region(std::string_view("EU\0", 3)));
}

TEST(vocabulary, every_modality_parses_from_its_own_name_and_in_no_other_case) {
  for (modality one : all_modalities()) EXPECT_EQ(parse_modality(to_string(one)), one);
  for (std::string_view text : {"", "Chat", "STT", "embedding", "chat "}) EXPECT_FALSE(parse_modality(text)) << text;
}

TEST(vocabulary, region_names_are_listed_in_order) {
  EXPECT_EQ(region_names(), "CH, EU, US, UK, ASIA, ANZ, LATAM, MENA, INDIA, WORLD");
}

TEST(vocabulary, data_classes_have_their_header_texts) {
  EXPECT_EQ(to_string(data_class::general), "general");
  EXPECT_EQ(to_string(data_class::phi), "phi");
}

TEST(country, the_standard_assigns_249_codes) {
  int assigned = 0;
  for (char first = 'A'; first <= 'Z'; ++first) {
    for (char second = 'A'; second <= 'Z'; ++second) {
      const std::string code{first, second};
      const auto parsed = country::parse(code);
      if (!parsed) continue;
      if (code == "UK") {
        EXPECT_EQ(parsed->text(), "GB");
        continue;
      }
      ++assigned;
      EXPECT_EQ(parsed->text(), code);
    }
  }
  EXPECT_EQ(assigned, 249);
}

TEST(country, codes_are_read_in_any_case_and_shown_in_upper) {
  EXPECT_EQ(country::parse("ch")->text(), "CH");
  EXPECT_EQ(country::parse("uK")->text(), "GB");
}

TEST(country, what_the_standard_does_not_assign_is_none) {
  for (std::string_view text :
       {"", "C", "CHE", "EU", "EL", "XX", "ZZ", "AN", "c ", "1A", "A1", "@A", "[[", "\xc3\xa9"}) {
    EXPECT_FALSE(country::parse(text)) << text;
  }
}

TEST(country, the_union_has_27_members_and_the_eea_three_more) {
  const auto eu = eu_members();
  const auto eea = eea_members();
  EXPECT_EQ(std::set(eu.begin(), eu.end()).size(), 27U);
  EXPECT_EQ(std::set(eea.begin(), eea.end()).size(), 30U);
  EXPECT_TRUE(std::ranges::is_sorted(eu));
  EXPECT_TRUE(std::ranges::is_sorted(eea));
  EXPECT_TRUE(std::ranges::includes(eea, eu));
  for (std::string_view outside : {"CH", "GB"}) {
    EXPECT_EQ(std::ranges::find(eea, country::parse(outside).value()), eea.end()) << outside;
  }
}

TEST(country_list, is_within_only_what_holds_all_of_it) {
  EXPECT_TRUE(location("DE").within(countries("DE FR")));
  EXPECT_TRUE(location("DE FR").within(countries("FR DE")));
  EXPECT_FALSE(location("DE US").within(countries("DE FR")));
  EXPECT_FALSE(location("DE").within({}));
}

TEST(country_list, is_within_nothing_when_global_or_unknown) {
  EXPECT_FALSE(location("global").within(countries("DE FR")));
  EXPECT_FALSE(country_list{}.within(countries("DE FR")));
  EXPECT_FALSE(country_list{}.within({}));
  country_list contradiction = location("DE");
  contradiction.global = true;
  EXPECT_FALSE(contradiction.within(countries("DE")));
}

TEST(country_list, has_a_short_text) {
  EXPECT_EQ(location("CH").text(), "CH");
  EXPECT_EQ(location("FR DE").text(), "DE,FR");
  EXPECT_EQ(location("global").text(), "global");
}

TEST(enum_set, holds_what_was_inserted_until_it_is_erased) {
  region_set set{region::ch, region::world};
  EXPECT_TRUE(set.contains(region::ch));
  EXPECT_TRUE(set.contains(region::world));
  EXPECT_FALSE(set.contains(region::eu));
  set.erase(region::ch);
  set.erase(region::eu);
  EXPECT_EQ(set, region_set{region::world});
  set.erase(region::world);
  EXPECT_TRUE(set.empty());
}

}  // namespace
}  // namespace phigate::core
