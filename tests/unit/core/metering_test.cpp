#include "phigate/core/metering.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>
#include <vector>

#include "support/registry_builder.hpp"

namespace phigate::core {
namespace {

using test::dollars;
using test::token_price;

constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

token_usage usage(std::int64_t prompt, std::int64_t cached, std::int64_t completion) {
  return {.prompt = prompt, .cached = cached, .completion = completion};
}

TEST(token_cost, is_tokens_times_price_in_micro_dollars) {
  // 1000 · 0.20 + 500 · 0.40 per million.
  EXPECT_EQ(token_cost(token_price("0.20", "0.40"), usage(1'000, 0, 500)), 400);
  EXPECT_EQ(token_cost(token_price("0", "0"), usage(1'000, 0, 500)), 0);
}

TEST(token_cost, converts_the_currency) {
  price francs = token_price("0.20", "0.40");
  francs.usd_per_unit = dollars("1.10");
  EXPECT_EQ(token_cost(francs, usage(1'000, 0, 500)), 440);
}

TEST(token_cost, is_rounded_half_up_once_at_the_end) {
  EXPECT_EQ(token_cost(token_price("0.5", "0"), usage(1, 0, 0)), 1);          // 0.5
  EXPECT_EQ(token_cost(token_price("0.499999", "0"), usage(1, 0, 0)), 0);     // 0.499999
  EXPECT_EQ(token_cost(token_price("0.4", "0.4"), usage(1, 0, 1)), 1);        // 0.8, and not 0 + 0
  EXPECT_EQ(token_cost(token_price("0.25", "0.249999"), usage(1, 0, 1)), 0);  // 0.499999
  price converted = token_price("0.4", "0");
  converted.usd_per_unit = dollars("1.25");
  EXPECT_EQ(token_cost(converted, usage(1, 0, 0)), 1);  // 0.4 · 1.25 = 0.5
}

TEST(token_cost, bills_cached_tokens_at_their_own_price_when_there_is_one) {
  price cost = token_price("2", "0");
  EXPECT_EQ(token_cost(cost, usage(100, 40, 0)), 200);
  cost.tokens->cached_input = dollars("0.5");
  EXPECT_EQ(token_cost(cost, usage(100, 40, 0)), 140);
  cost.tokens->cached_input = dollars("0");
  EXPECT_EQ(token_cost(cost, usage(100, 40, 0)), 120);
}

TEST(token_cost, clamps_a_cached_count_above_the_prompt) {
  price cost = token_price("2", "0");
  cost.tokens->cached_input = dollars("1");
  EXPECT_EQ(token_cost(cost, usage(100, 101, 0)), 100);
  EXPECT_EQ(token_cost(cost, usage(100, most, 0)), 100);
}

TEST(token_cost, never_takes_a_negative_count_for_a_credit) {
  EXPECT_EQ(token_cost(token_price("1", "1"), usage(-5, -5, 10)), 10);
  EXPECT_EQ(token_cost(token_price("1", "1"), usage(10, -5, std::numeric_limits<std::int64_t>::min())), 10);
}

TEST(token_cost, saturates_instead_of_running_over) {
  price dearest = token_price("999999999.999999", "999999999.999999");
  EXPECT_EQ(token_cost(dearest, usage(most, 0, most)), most);
  dearest.usd_per_unit = dollars("999999999.999999");
  EXPECT_EQ(token_cost(dearest, usage(most, most / 2, most)), most);
}

TEST(token_cost, is_exact_at_the_largest_sum_that_fits) {
  EXPECT_EQ(token_cost(token_price("1", "1"), usage(most - 1, 0, 1)), most);
  EXPECT_EQ(token_cost(token_price("1", "1"), usage(most - 1, 0, 2)), most);
  EXPECT_EQ(token_cost(token_price("1", "1"), usage(most - 2, 0, 1)), most - 1);
}

TEST(unit_costs, are_nothing_where_the_price_lacks_the_unit) {
  const price none;
  EXPECT_EQ(token_cost(none, usage(9, 9, 9)), 0);
  EXPECT_EQ(audio_cost(none, 60'000), 0);
  EXPECT_EQ(character_cost(none, 1'000'000), 0);
  EXPECT_EQ(page_cost(none, 3), 0);
}

TEST(audio_cost, is_by_the_second_rounded_up) {
  price cost;
  cost.per_minute = dollars("0.006");
  EXPECT_EQ(audio_cost(cost, 0), 0);
  EXPECT_EQ(audio_cost(cost, 1), 100);
  EXPECT_EQ(audio_cost(cost, 1'000), 100);
  EXPECT_EQ(audio_cost(cost, 1'001), 200);
  EXPECT_EQ(audio_cost(cost, 60'000), 6'000);
  EXPECT_EQ(audio_cost(cost, -1), 0);
  EXPECT_EQ(audio_cost(cost, most), 922'337'203'685'477'600);  // the next second's 100
}

TEST(character_cost, is_by_the_code_point) {
  price cost;
  cost.per_million_chars = dollars("15");
  EXPECT_EQ(character_cost(cost, 1), 15);
  EXPECT_EQ(character_cost(cost, 1'000'000), 15'000'000);
  EXPECT_EQ(character_cost(cost, most), most);
}

TEST(page_cost, is_by_the_page) {
  price cost;
  cost.per_page = dollars("0.001");
  cost.usd_per_unit = dollars("1.08");
  EXPECT_EQ(page_cost(cost, 1), 1'080);
  EXPECT_EQ(page_cost(cost, 3), 3'240);
  EXPECT_EQ(page_cost(cost, most), most);
}

TEST(estimate, is_a_quarter_of_the_bytes_rounded_up) {
  const token_usage estimated = estimate_tokens(5, 8);
  EXPECT_EQ(estimated.prompt, 2);
  EXPECT_EQ(estimated.completion, 2);
  EXPECT_EQ(estimated.cached, 0);
  EXPECT_EQ(estimate_tokens(0, -1).prompt, 0);
  EXPECT_EQ(estimate_tokens(0, -1).completion, 0);
  EXPECT_EQ(estimate_tokens(most, 0).prompt, most / 4 + 1);
}

// A model priced in every unit, so that taking the wrong one shows.
price every_unit() {
  price cost = token_price("1", "10");
  cost.per_minute = dollars("0.006");
  cost.per_million_chars = dollars("15");
  cost.per_page = dollars("0.001");
  return cost;
}

constexpr usage_estimate guessed{
    .request_bytes = 400, .relayed_bytes = 40, .audio_milliseconds = 60'000, .characters = 1'000, .pages = 3};

struct metered_case {
  modality what;
  core::usage said;
  std::int64_t micro_usd;
  usage_source source;
};

TEST(meter, takes_the_modalitys_unit_as_the_provider_says_it_or_else_as_estimated) {
  constexpr auto provider = usage_source::provider;
  constexpr auto estimated = usage_source::estimated;
  const core::usage everything{.tokens = usage(10, 0, 5), .audio_milliseconds = 1'001, .pages = 7};
  for (const metered_case& one :
       std::vector<metered_case>{{modality::chat, everything, 60, provider},
                                 {modality::vision, everything, 60, provider},
                                 {modality::embeddings, everything, 60, provider},
                                 {modality::stt, everything, 200, provider},
                                 {modality::ocr, everything, 7'000, provider},
                                 {modality::tts, everything, 15'000, estimated},
                                 {modality::chat, {}, 200, estimated},
                                 {modality::vision, {}, 200, estimated},
                                 {modality::embeddings, {}, 200, estimated},
                                 {modality::stt, {}, 6'000, estimated},
                                 {modality::ocr, {}, 3'000, estimated},
                                 {modality::tts, {}, 15'000, estimated},
                                 // What another unit says does not count.
                                 {modality::chat, {.audio_milliseconds = 1, .pages = 1}, 200, estimated},
                                 {modality::stt, {.tokens = usage(1, 0, 1), .pages = 1}, 6'000, estimated},
                                 {modality::ocr, {.tokens = usage(1, 0, 1), .audio_milliseconds = 1}, 3'000, estimated},
                                 // Nothing said is not the same as a count of 0.
                                 {modality::chat, {.tokens = usage(0, 0, 0)}, 0, provider},
                                 {modality::stt, {.audio_milliseconds = 0}, 0, provider},
                                 {modality::ocr, {.pages = 0}, 0, provider}}) {
    const metered found = meter(every_unit(), one.what, one.said, guessed);
    EXPECT_EQ(found.micro_usd, one.micro_usd) << to_string(one.what);
    EXPECT_EQ(found.source, one.source) << to_string(one.what);
  }
}

TEST(meter, converts_the_currency_and_takes_no_more_than_there_is) {
  price euros = every_unit();
  euros.usd_per_unit = dollars("1.08");
  EXPECT_EQ(meter(euros, modality::tts, {}, guessed).micro_usd, 16'200);
  EXPECT_EQ(meter(euros, modality::ocr, {.pages = most}, guessed).micro_usd, most);
  EXPECT_EQ(meter(price{}, modality::tts, {}, guessed).micro_usd, 0);
  EXPECT_EQ(meter(every_unit(), modality::tts, {}, {.characters = -1}).micro_usd, 0);
}

TEST(usage_source, has_the_texts_of_its_header) {
  EXPECT_EQ(to_string(usage_source::provider), "provider");
  EXPECT_EQ(to_string(usage_source::estimated), "estimated");
}

RC_GTEST_PROP(token_cost, never_falls_when_a_request_uses_more, ()) {
  price cost = token_price("1", "1");
  cost.tokens->input = decimal::from_micros(*rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000'000));
  cost.tokens->output = decimal::from_micros(*rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000'000));
  const auto prompt = *rc::gen::inRange<std::int64_t>(0, most / 2);
  const auto completion = *rc::gen::inRange<std::int64_t>(0, most / 2);
  const auto more = *rc::gen::inRange<std::int64_t>(0, most / 2);
  const auto before = token_cost(cost, usage(prompt, 0, completion));
  RC_ASSERT(before >= 0);
  RC_ASSERT(token_cost(cost, usage(prompt + more, 0, completion)) >= before);
  RC_ASSERT(token_cost(cost, usage(prompt, 0, completion + more)) >= before);
}

}  // namespace
}  // namespace phigate::core
