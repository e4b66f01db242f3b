#include "phigate/core/ordering.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "support/ordering_worlds.hpp"
#include "support/registry_builder.hpp"

namespace phigate::core {
namespace {

using test::automatic;
using test::dollars;
using test::host;
using test::names;
using test::order;
using test::order_by_success;
using test::pinned;
using test::registry_builder;
using test::request;
using test::token_price;

// An order holds proof as well: only `make` builds one.
static_assert(!std::is_default_constructible_v<route_order>);
static_assert(!std::is_constructible_v<route_order, std::vector<eligible_route>>);

TEST(order, of_a_concrete_model_is_by_score_alone) {
  registry_builder builder;
  builder.region(region::eu, "DE", "a");
  host(builder, "a", "m", "2");
  host(builder, "b", "m", "1");
  host(builder, "c", "m", "3");
  const policy wanted = pinned("m");
  EXPECT_EQ(order(builder, wanted), (names{"b m", "a m", "c m"}));
  // 1/4 against 0.2/1 and 1/9.
  EXPECT_EQ(order_by_success(builder, wanted, {1, 0.2, 1}), (names{"a m", "b m", "c m"}));
}

TEST(order, of_equal_scores_is_the_registrys) {
  registry_builder builder;
  host(builder, "a", "m", "2");
  host(builder, "b", "m", "1");
  host(builder, "c", "m", "2");
  // 1/4, 0.25/1 and 1/4.
  EXPECT_EQ(order_by_success(builder, pinned("m"), {1, 0.25, 1}), (names{"a m", "b m", "c m"}));
}

TEST(order, of_many_equal_routes_is_the_registrys) {
  registry_builder builder;
  names expected;
  for (int i = 100; i < 200; ++i) {
    host(builder, "h" + std::to_string(i), "m", "1");
    expected.push_back("h" + std::to_string(i) + " m");
  }
  EXPECT_EQ(order(builder, pinned("m")), expected);
}

TEST(order, puts_a_sick_free_route_before_a_healthy_one_of_the_smallest_price) {
  registry_builder builder;
  host(builder, "a", "m", "0");
  builder.model_now().cost = token_price("0", "0.000001");
  builder.model_now().cost.usd_per_unit = dollars("0.000001");
  host(builder, "b", "m", "0");
  EXPECT_EQ(order_by_success(builder, pinned("m"), {1, 0.1}), (names{"b m", "a m"}));
}

TEST(order, puts_free_routes_first_and_those_by_health) {
  registry_builder builder;
  host(builder, "a", "m", "0.000001");
  host(builder, "b", "m", "0");
  host(builder, "c", "m", "0");
  EXPECT_EQ(order_by_success(builder, pinned("m"), {1, 0.1, 0.2}), (names{"c m", "b m", "a m"}));
}

TEST(order, of_an_alias_puts_the_resident_first_and_then_goes_by_score_over_all_its_models) {
  registry_builder builder;
  builder.region(region::eu, "DE", "c");
  host(builder, "a", "m", "2");
  host(builder, "b", "n", "1");
  host(builder, "c", "m", "9");
  builder.endpoint("c2", "DE", {region::eu}).model("n", {modality::chat}, token_price("8", "8"));
  builder.alias("family", {"m", "n"});
  EXPECT_EQ(order(builder, request("family", model_kind::alias)), (names{"c2 n", "c m", "b n", "a m"}));
}

TEST(order, of_an_alias_does_not_prefer_its_cheapest_model) {
  registry_builder builder;
  host(builder, "a", "m", "2");
  host(builder, "b", "n", "1");
  builder.alias("family", {"m", "n"});
  // 1/4 against 0.1/1.
  EXPECT_EQ(order_by_success(builder, request("family", model_kind::alias), {1, 0.1}), (names{"a m", "b n"}));
  EXPECT_EQ(order_by_success(builder, automatic(), {1, 0.1}), (names{"b n", "a m"}));
}

TEST(order, of_auto_puts_the_resident_first_then_the_cheapest_model_then_the_score) {
  registry_builder builder;
  builder.region(region::eu, "DE", "r");
  host(builder, "a", "dear", "3");
  host(builder, "b", "cheap", "5");
  host(builder, "c", "cheap", "2");
  host(builder, "r", "dear", "4");
  host(builder, "d", "cheap", "2");
  // `cheap` costs 2 at its cheapest host, so its dear one stands before every host of `dear`.
  EXPECT_EQ(order_by_success(builder, automatic(), {1, 1, 0.5, 1, 1}),
            (names{"r dear", "d cheap", "c cheap", "b cheap", "a dear"}));
}

TEST(order, counts_the_residents_price_among_its_models) {
  registry_builder builder;
  builder.region(region::eu, "DE", "r");
  host(builder, "r", "m", "1");
  host(builder, "a", "n", "2");
  host(builder, "b", "m", "9");
  EXPECT_EQ(order(builder, automatic()), (names{"r m", "b m", "a n"}));
}

TEST(order, leaves_out_the_resident_where_the_region_has_none) {
  registry_builder builder;
  host(builder, "a", "m", "2");
  host(builder, "b", "n", "1");
  EXPECT_EQ(order(builder, automatic()), (names{"b n", "a m"}));
}

TEST(order, compares_prices_in_dollars) {
  registry_builder builder;
  host(builder, "francs", "m", "1");
  builder.model_now().cost.usd_per_unit = dollars("1.10");
  host(builder, "dollars", "m", "1.05");
  EXPECT_EQ(order(builder, pinned("m")), (names{"dollars m", "francs m"}));
}

TEST(order, stays_sound_for_a_success_that_is_no_measure) {
  registry_builder builder;
  for (std::string_view name : {"a", "b", "c", "d", "e"}) host(builder, name, "m", "1");
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinite = std::numeric_limits<double>::infinity();
  EXPECT_EQ(order_by_success(builder, pinned("m"), {nan, 0.5, infinite, -infinite, 0.6}),
            (names{"c m", "e m", "b m", "a m", "d m"}));
}

TEST(order, tells_the_extremes_of_price_and_health_apart) {
  registry_builder builder;
  host(builder, "a", "m", "999999999.999999");
  builder.model_now().cost.usd_per_unit = dollars("999999999.999999");
  host(builder, "b", "m", "999999999.999998");
  builder.model_now().cost.usd_per_unit = dollars("999999999.999999");
  host(builder, "c", "m", "0.000001");
  builder.model_now().cost.usd_per_unit = dollars("0.000001");
  const double tiny = std::numeric_limits<double>::denorm_min();
  EXPECT_EQ(order(builder, pinned("m")), (names{"c m", "b m", "a m"}));
  EXPECT_EQ(order_by_success(builder, pinned("m"), {tiny, tiny, tiny}), (names{"c m", "b m", "a m"}));
}

TEST(order, takes_a_route_without_signals_as_healthy) {
  registry_builder builder;
  host(builder, "a", "m", "1");
  host(builder, "b", "m", "1");
  EXPECT_EQ(order_by_success(builder, pinned("m"), {0.5}), (names{"b m", "a m"}));
}

TEST(embeddings, of_a_pinned_model_use_all_its_hosts_by_score) {
  registry_builder builder;
  host(builder, "a", "e1", "2", modality::embeddings);
  host(builder, "b", "e2", "1", modality::embeddings);
  host(builder, "c", "e1", "1", modality::embeddings);
  EXPECT_EQ(order(builder, pinned("e1", modality::embeddings)), (names{"c e1", "a e1"}));
}

TEST(embeddings, of_auto_keep_to_the_first_model_of_the_registry_whatever_price_and_health) {
  registry_builder builder;
  builder.region(region::eu, "DE", "b");
  host(builder, "a", "e1", "9", modality::embeddings);
  host(builder, "b", "e2", "0", modality::embeddings);
  host(builder, "c", "e1", "1", modality::embeddings);
  EXPECT_EQ(order_by_success(builder, automatic(modality::embeddings), {0.001, 1, 0.001}), (names{"c e1", "a e1"}));
}

TEST(embeddings, of_auto_keep_to_the_first_model_whatever_is_preferred) {
  registry_builder builder;
  host(builder, "a", "e1", "9", modality::embeddings);
  host(builder, "b", "e2", "1", modality::embeddings);
  host(builder, "c", "e1", "5", modality::embeddings);
  policy wanted = automatic(modality::embeddings);
  wanted.preferences.order = test::slugs(*builder.build(), {"b", "a"});
  EXPECT_EQ(order(builder, wanted), (names{"a e1", "c e1"}));
  wanted.preferences.sort = sort_metric::price;
  EXPECT_EQ(order(builder, wanted), (names{"a e1", "c e1"}));
  wanted.preferences.order.clear();
  EXPECT_EQ(order(builder, wanted), (names{"c e1", "a e1"}));
  wanted.preferences.sort = std::nullopt;
  wanted.model.variant = model_variant::floor;
  EXPECT_EQ(order(builder, wanted), (names{"c e1", "a e1"}));
}

TEST(embeddings, of_auto_follow_to_the_next_model_only_where_the_first_is_excluded) {
  registry_builder builder;
  host(builder, "a", "e1", "9", modality::embeddings);
  host(builder, "b", "e2", "1", modality::embeddings);
  policy wanted = automatic(modality::embeddings);
  wanted.preferences.ignore = test::slugs(*builder.build(), {"a"});
  EXPECT_EQ(order(builder, wanted), (names{"b e2"}));
}

TEST(embeddings, of_auto_take_a_models_place_from_its_first_host_even_a_disabled_one) {
  registry_builder builder;
  host(builder, "a", "e1", "1", modality::embeddings);
  builder.endpoint_now().enabled = false;
  host(builder, "b", "e2", "1", modality::embeddings);
  host(builder, "c", "e1", "1", modality::embeddings);
  EXPECT_EQ(order(builder, automatic(modality::embeddings)), (names{"c e1"}));
}

TEST(embeddings, of_an_alias_keep_to_its_first_model_with_an_eligible_route) {
  registry_builder builder;
  host(builder, "a", "e1", "1", modality::embeddings);
  host(builder, "b", "e2", "2", modality::embeddings);
  host(builder, "c", "e2", "1", modality::embeddings);
  builder.alias("family", {"absent", "e2", "e1"});
  EXPECT_EQ(order(builder, request("family", model_kind::alias, modality::embeddings)), (names{"c e2", "b e2"}));
}

int128 price_of(const price& cost, modality what) {
  hosted_model model;
  model.cost = cost;
  return ordering_price(model, what);
}

constexpr int128 dollar = int128{4} * 1'000'000 * 1'000'000;

TEST(ordering_price, blends_tokens_for_chat_and_vision_exactly) {
  EXPECT_TRUE(price_of(token_price("1", "5"), modality::chat) == 2 * dollar);
  EXPECT_TRUE(price_of(token_price("1", "5"), modality::vision) == 2 * dollar);
  // A quarter of the smallest step.
  price smallest = token_price("0", "0.000001");
  smallest.usd_per_unit = dollars("0.000001");
  EXPECT_TRUE(price_of(smallest, modality::chat) == 1);
}

TEST(ordering_price, is_the_unit_price_of_every_other_modality) {
  price cost = token_price("3", "9");
  cost.per_minute = dollars("0.006");
  cost.per_million_chars = dollars("15");
  cost.per_page = dollars("0.001");
  EXPECT_TRUE(price_of(cost, modality::embeddings) == 3 * dollar);
  EXPECT_TRUE(price_of(cost, modality::stt) * 1'000 == 6 * dollar);
  EXPECT_TRUE(price_of(cost, modality::tts) == 15 * dollar);
  EXPECT_TRUE(price_of(cost, modality::ocr) * 1'000 == dollar);
}

TEST(ordering_price, never_takes_a_missing_price_for_a_free_one) {
  price dearest = token_price("999999999.999999", "999999999.999999");
  dearest.usd_per_unit = dollars("999999999.999999");
  for (modality what : all_modalities()) {
    EXPECT_TRUE(price_of(price{}, what) > price_of(dearest, what)) << to_string(what);
  }
}

}  // namespace
}  // namespace phigate::core
