#include "phigate/codec/preferences.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

#include "support/registry_builder.hpp"

namespace phigate::codec {
namespace {

using core::error_code;
using core::provider_id;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr provider_id alpha{0};
constexpr provider_id beta{1};

const core::registry& providers() {
  static const auto known = test::registry_builder().provider("alpha").provider("beta").provider("gamma").build();
  return *known;
}

std::expected<core::preferences, core::api_error> read(std::string_view text) {
  return read_preferences(text, providers());
}

core::api_error refusal_of(std::string_view text) {
  const auto wanted = read(text);
  EXPECT_FALSE(wanted) << text;
  return wanted ? core::api_error{} : wanted.error();
}

void expect_no_wish(const core::preferences& wanted) {
  EXPECT_THAT(wanted.order, IsEmpty());
  EXPECT_FALSE(wanted.only);
  EXPECT_THAT(wanted.ignore, IsEmpty());
  EXPECT_TRUE(wanted.allow_fallbacks);
  EXPECT_FALSE(wanted.sort);
  EXPECT_FALSE(wanted.data_residency);
  EXPECT_FALSE(wanted.eu_owned);
  EXPECT_FALSE(wanted.max_retention_days);
  EXPECT_FALSE(wanted.denies_data_collection);
  EXPECT_TRUE(wanted.max_price.empty());
  EXPECT_FALSE(wanted.require_parameters);
  EXPECT_FALSE(wanted.forbids_retention());
}

TEST(Preferences, AreNoneWhereNothingIsAskedFor) {
  for (
      const char* text :
      {"", "{}", " { } ", R"({"order":[],"ignore":[ ],"max_price":{}})",
       R"({"allow_fallbacks":true,"eu_owned":false,"data_collection":"allow","zdr":false,"require_parameters":false})"}) {
    const auto wanted = read(text);
    ASSERT_TRUE(wanted) << text;
    expect_no_wish(*wanted);
  }
}

TEST(Preferences, AreReadWhole) {
  const auto wanted = read(R"({
    "order": ["beta", "alpha"], "only": ["alpha", "beta"], "ignore": ["gamma"], "allow_fallbacks": false,
    "sort": "latency", "data_residency": "eu", "eu_owned": true, "max_retention_days": 30, "data_collection": "deny",
    "max_price": {"prompt": 0.5, "completion": 1.25}, "require_parameters": true})");
  ASSERT_TRUE(wanted) << wanted.error().message;
  EXPECT_THAT(wanted->order, ElementsAre(beta, alpha));
  ASSERT_TRUE(wanted->only);
  EXPECT_THAT(*wanted->only, ElementsAre(alpha, beta));
  EXPECT_THAT(wanted->ignore, ElementsAre(provider_id{2}));
  EXPECT_FALSE(wanted->allow_fallbacks);
  EXPECT_EQ(wanted->sort, core::sort_metric::latency);
  ASSERT_TRUE(wanted->data_residency);
  EXPECT_TRUE(std::ranges::equal(wanted->data_residency->countries, core::eu_members()));
  EXPECT_TRUE(wanted->eu_owned);
  EXPECT_EQ(wanted->max_retention_days, 30);
  EXPECT_TRUE(wanted->denies_data_collection);
  EXPECT_TRUE(wanted->max_price.prompt == core::int128{500'000'000'000});
  EXPECT_TRUE(wanted->max_price.completion == core::int128{1'250'000'000'000});
  EXPECT_TRUE(wanted->require_parameters);
}

TEST(Preferences, TakeTheStricterOfZdrAndWhatItStandsFor) {
  for (const char* text : {R"({"zdr":true})", R"({"zdr":true,"max_retention_days":30,"data_collection":"allow"})",
                           R"({"max_retention_days":30,"data_collection":"allow","zdr":true})"}) {
    const auto wanted = read(text);
    ASSERT_TRUE(wanted) << text;
    EXPECT_EQ(wanted->max_retention_days, 0) << text;
    EXPECT_TRUE(wanted->denies_data_collection) << text;
  }
  const auto loose = read(R"({"zdr":false,"max_retention_days":30,"data_collection":"deny"})");
  ASSERT_TRUE(loose);
  EXPECT_EQ(loose->max_retention_days, 30);
  EXPECT_TRUE(loose->denies_data_collection);
}

TEST(Preferences, TakeEverySpellingOfAValueThatIsAllowed) {
  EXPECT_EQ(read(R"({"sort":"price"})")->sort, core::sort_metric::price);
  EXPECT_EQ(read(R"({"sort":"throughput"})")->sort, core::sort_metric::throughput);
  EXPECT_EQ(read(R"({"s\u006frt":"pric\u0065"})")->sort, core::sort_metric::price);
  EXPECT_THAT(read(R"({"order":["\u0061lpha"]})")->order, ElementsAre(alpha));
  EXPECT_EQ(read(R"({"max_retention_days":999999999999999999})")->max_retention_days, 999'999'999'999'999'999);
  for (const char* where : {"uk", "GB", "gB"}) {
    const auto wanted = read(R"({"data_residency":")" + std::string(where) + "\"}");
    ASSERT_TRUE(wanted) << where;
    EXPECT_THAT(wanted->data_residency->countries, ElementsAre(*core::country::parse("GB"))) << where;
  }
  const auto prompt_alone = read(R"({"max_price":{"prompt":1e-3}})");
  ASSERT_TRUE(prompt_alone);
  EXPECT_TRUE(prompt_alone->max_price.prompt == core::int128{1'000'000'000});
  EXPECT_FALSE(prompt_alone->max_price.completion);
  const auto nothing_paid = read(R"({"max_price":{"completion":0}})");
  ASSERT_TRUE(nothing_paid);
  EXPECT_TRUE(nothing_paid->max_price.completion == core::int128{0});
}

struct refused {
  const char* text;
  const char* param;
};

TEST(Preferences, RefuseEveryWayToBeWrong) {
  constexpr refused cases[] = {
      {"null", "provider"},
      {"[]", "provider"},
      {R"("alpha")", "provider"},
      {"true", "provider"},
      {"1", "provider"},

      {R"({"":1})", "provider."},
      {R"({"Only":["alpha"]})", "provider.Only"},
      {R"({"order ":[]})", "provider.order "},
      {R"({"only\u0000":["alpha"]})", "provider.only?"},
      {R"({"providers":["alpha"]})", "provider.providers"},
      {R"({"quantizations":["fp8"]})", "provider.quantizations"},
      {R"({"region":"EU"})", "provider.region"},
      {R"({"phi":true})", "provider.phi"},

      {R"({"order":null})", "provider.order"},
      {R"({"order":"alpha"})", "provider.order"},
      {R"({"order":{}})", "provider.order"},
      {R"({"order":["alpha",null]})", "provider.order[1]"},
      {R"({"order":[["alpha"]]})", "provider.order[0]"},
      {R"({"order":[0]})", "provider.order[0]"},
      {R"({"order":["alpha","beta","alpha"]})", "provider.order[2]"},
      {R"({"order":["alpha","\u0061lpha"]})", "provider.order[1]"},
      {R"({"order":["Alpha"]})", "provider.order[0]"},
      {R"({"order":[" alpha"]})", "provider.order[0]"},
      {R"({"order":["alpha\u0000"]})", "provider.order[0]"},
      {R"({"order":[""]})", "provider.order[0]"},
      {R"({"order":["alpha/eu"]})", "provider.order[0]"},

      {R"({"only":null})", "provider.only"},
      {R"({"only":"alpha"})", "provider.only"},
      {R"({"only":[]})", "provider.only"},
      {R"({"only":[ ]})", "provider.only"},
      {R"({"only":["delta"]})", "provider.only[0]"},
      {R"({"only":["alpha","alpha"]})", "provider.only[1]"},
      {R"({"only":["alpha",false]})", "provider.only[1]"},

      {R"({"ignore":null})", "provider.ignore"},
      {R"({"ignore":{"alpha":true}})", "provider.ignore"},
      {R"({"ignore":["alpha","delta"]})", "provider.ignore[1]"},
      {R"({"ignore":["beta","beta"]})", "provider.ignore[1]"},
      {R"({"ignore":[{}]})", "provider.ignore[0]"},

      {R"({"allow_fallbacks":null})", "provider.allow_fallbacks"},
      {R"({"allow_fallbacks":"false"})", "provider.allow_fallbacks"},
      {R"({"allow_fallbacks":0})", "provider.allow_fallbacks"},
      {R"({"eu_owned":null})", "provider.eu_owned"},
      {R"({"eu_owned":"true"})", "provider.eu_owned"},
      {R"({"eu_owned":1})", "provider.eu_owned"},
      {R"({"zdr":null})", "provider.zdr"},
      {R"({"zdr":"true"})", "provider.zdr"},
      {R"({"zdr":[true]})", "provider.zdr"},
      {R"({"require_parameters":null})", "provider.require_parameters"},
      {R"({"require_parameters":"true"})", "provider.require_parameters"},
      {R"({"require_parameters":{}})", "provider.require_parameters"},

      {R"({"sort":null})", "provider.sort"},
      {R"({"sort":"Price"})", "provider.sort"},
      {R"({"sort":"price "})", "provider.sort"},
      {R"({"sort":"cost"})", "provider.sort"},
      {R"({"sort":""})", "provider.sort"},
      {R"({"sort":["price"]})", "provider.sort"},
      {R"({"sort":{"by":"price"}})", "provider.sort"},

      {R"({"data_residency":null})", "provider.data_residency"},
      {R"({"data_residency":""})", "provider.data_residency"},
      {R"({"data_residency":"xx"})", "provider.data_residency"},
      {R"({"data_residency":"eu "})", "provider.data_residency"},
      {R"({"data_residency":"europe"})", "provider.data_residency"},
      {R"({"data_residency":"DEU"})", "provider.data_residency"},
      {R"({"data_residency":"eu\u0000"})", "provider.data_residency"},
      {R"({"data_residency":["eu"]})", "provider.data_residency"},
      {R"({"data_residency":true})", "provider.data_residency"},

      {R"({"max_retention_days":null})", "provider.max_retention_days"},
      {R"({"max_retention_days":-1})", "provider.max_retention_days"},
      {R"({"max_retention_days":0.0})", "provider.max_retention_days"},
      {R"({"max_retention_days":1.5})", "provider.max_retention_days"},
      {R"({"max_retention_days":1e1})", "provider.max_retention_days"},
      {R"({"max_retention_days":"30"})", "provider.max_retention_days"},
      {R"({"max_retention_days":true})", "provider.max_retention_days"},
      {R"({"max_retention_days":[30]})", "provider.max_retention_days"},
      {R"({"max_retention_days":1000000000000000000})", "provider.max_retention_days"},
      {R"({"max_retention_days":18446744073709551616})", "provider.max_retention_days"},

      {R"({"data_collection":null})", "provider.data_collection"},
      {R"({"data_collection":"Deny"})", "provider.data_collection"},
      {R"({"data_collection":"deny "})", "provider.data_collection"},
      {R"({"data_collection":"none"})", "provider.data_collection"},
      {R"({"data_collection":""})", "provider.data_collection"},
      {R"({"data_collection":false})", "provider.data_collection"},
      {R"({"data_collection":["deny"]})", "provider.data_collection"},

      {R"({"max_price":null})", "provider.max_price"},
      {R"({"max_price":1})", "provider.max_price"},
      {R"({"max_price":[]})", "provider.max_price"},
      {R"({"max_price":{"request":1}})", "provider.max_price.request"},
      {R"({"max_price":{"Prompt":1}})", "provider.max_price.Prompt"},
      {R"({"max_price":{"prompt":null}})", "provider.max_price.prompt"},
      {R"({"max_price":{"prompt":"1"}})", "provider.max_price.prompt"},
      {R"({"max_price":{"prompt":-0.000001}})", "provider.max_price.prompt"},
      {R"({"max_price":{"prompt":-1e400}})", "provider.max_price.prompt"},
      {R"({"max_price":{"prompt":1,"completion":-1}})", "provider.max_price.completion"},
      {R"({"max_price":{"completion":true}})", "provider.max_price.completion"},
      {R"({"max_price":{"completion":{}}})", "provider.max_price.completion"},
  };
  for (const auto& [text, param] : cases) {
    const auto error = refusal_of(text);
    EXPECT_EQ(error.code, error_code::invalid_provider_preferences) << text;
    EXPECT_EQ(error.param, param) << text << "\n" << error.message;
    EXPECT_FALSE(error.message.empty()) << text;
    EXPECT_TRUE(error.message.ends_with('.')) << error.message;
  }
}

TEST(Preferences, LetTheFirstFaultOfTheTextAnswer) {
  EXPECT_EQ(refusal_of(R"({"zdr":1,"order":["delta"],"what":0})").param, "provider.zdr");
  EXPECT_EQ(refusal_of(R"({"what":0,"order":["delta"],"zdr":1})").param, "provider.what");
  EXPECT_EQ(refusal_of(R"({"order":["delta",1],"only":[]})").param, "provider.order[0]");
  EXPECT_EQ(refusal_of(R"({"max_price":{"x":1,"prompt":-1},"zdr":1})").param, "provider.max_price.x");
}

TEST(Preferences, AreAmbiguousWithAKeyTwiceWhoeverReadThemBefore) {
  const auto error = refusal_of(R"({"what":0,"only":["alpha"],"\u006fnly":["beta"]})");
  EXPECT_EQ(error.code, error_code::ambiguous_body);
  EXPECT_EQ(error.param, "provider.only");
  EXPECT_EQ(refusal_of(R"({"max_price":{"prompt":1,"prompt":2}})").code, error_code::ambiguous_body);
}

TEST(Preferences, SayWhatToDoInstead) {
  EXPECT_EQ(refusal_of(R"({"order":["delta"]})").message,
            R"("delta" is no provider known here. Use any of: alpha, beta, gamma.)");
  EXPECT_EQ(refusal_of(R"({"sort":null})").message,
            R"("sort" must be "price", "latency" or "throughput", or be left out.)");
  EXPECT_THAT(refusal_of(R"({"Only":[]})").message, HasSubstr("order, only, ignore"));
  EXPECT_THAT(refusal_of(R"({"max_price":{"request":1}})").message, HasSubstr(R"("prompt" and "completion")"));
}

TEST(Preferences, RepeatLittleOfTheClientsTextAndNoControlCharacter) {
  const std::string endless(100'000, 'x');
  for (const std::string& text : {R"({"order":[")" + endless + R"("]})", "{\"" + endless + "\":1}",
                                  R"({"sort":")" + endless + "\"}", R"({"max_price":{")" + endless + R"(":1}})"}) {
    const auto error = refusal_of(text);
    EXPECT_LT(error.message.size(), 400U);
    EXPECT_LT(error.param.size(), 120U);
  }
  const auto error = refusal_of(R"({"order":["a\u001b[2J\u007f\u009b\r\né"]})");
  EXPECT_THAT(error.message, HasSubstr("\"a?[2J????é\""));
}

TEST(Preferences, NameNoProviderWhereThereAreTooManyToName) {
  test::registry_builder builder;
  for (int i = 0; i < 25; ++i) builder.provider("slug-" + std::to_string(i));
  const auto wanted = read_preferences(R"({"only":["delta"]})", *builder.build());
  ASSERT_FALSE(wanted);
  EXPECT_THAT(wanted.error().message, Not(HasSubstr("slug-")));
  EXPECT_THAT(wanted.error().message, HasSubstr("/vendors"));
}

std::string list_of(std::size_t count, auto&& slug) {
  std::string text = R"({"order":[)";
  for (std::size_t i = 0; i < count; ++i) text += (i > 0 ? ",\"" : "\"") + slug(i) + "\"";
  return text + "]}";
}

TEST(Preferences, BearTenThousandSlugs) {
  const auto numbered = [](std::size_t i) { return "slug-" + std::to_string(i); };
  EXPECT_EQ(refusal_of(list_of(10'000, numbered)).param, "provider.order[0]");
  EXPECT_EQ(refusal_of(list_of(10'000, [](std::size_t) { return std::string("alpha"); })).param, "provider.order[1]");

  test::registry_builder builder;
  for (std::size_t i = 0; i < 10'000; ++i) builder.provider(numbered(i));
  const auto wanted = read_preferences(list_of(10'000, numbered), *builder.build());
  ASSERT_TRUE(wanted) << wanted.error().message;
  EXPECT_EQ(wanted->order.size(), 10'000U);
  EXPECT_EQ(wanted->order.back(), provider_id{9'999});
}

TEST(Preferences, BearDeepNestingAndManyKeys) {
  const std::string deep = std::string(60, '[') + std::string(60, ']');
  for (const char* key : {"order", "only", "ignore"}) {
    EXPECT_EQ(refusal_of("{\"" + std::string(key) + "\":" + deep + "}").param, "provider." + std::string(key) + "[0]");
  }
  EXPECT_EQ(refusal_of(R"({"max_price":)" + deep + "}").param, "provider.max_price");
  EXPECT_EQ(refusal_of(R"({"x":)" + deep + "}").param, "provider.x");
  std::string many = R"({"x0":0)";
  for (int i = 1; i < 5'000; ++i) many += ",\"x" + std::to_string(i) + "\":0";
  EXPECT_EQ(refusal_of(many + "}").param, "provider.x0");
}

TEST(Preferences, BearHugeNumbers) {
  const std::string digits(100'000, '9');
  EXPECT_EQ(refusal_of(R"({"max_retention_days":)" + digits + "}").param, "provider.max_retention_days");
  for (const std::string& number :
       {digits, digits + ".5", std::string("1e999999999"), "1e" + digits, std::string("1E+400")}) {
    const auto wanted = read(R"({"max_price":{"prompt":)" + number + "}}");
    ASSERT_TRUE(wanted) << number.substr(0, 20);
    EXPECT_TRUE(*wanted->max_price.prompt > core::int128{1'000'000'000'000'000'000}) << number.substr(0, 20);
  }
  for (const std::string& number :
       {std::string("1e-999999999"), "0." + std::string(100'000, '0') + "1", "1e-" + digits, "0e" + digits}) {
    const auto wanted = read(R"({"max_price":{"prompt":)" + number + "}}");
    ASSERT_TRUE(wanted) << number.substr(0, 20);
    EXPECT_TRUE(*wanted->max_price.prompt == core::int128{0}) << number.substr(0, 20);
  }
}

TEST(PreferencesCheck, AdmitsAPriceLimitOnlyWherePricesArePerToken) {
  const auto limited = read(R"({"max_price":{"completion":1}})");
  const auto unlimited = read(R"({"max_price":{},"zdr":true})");
  ASSERT_TRUE(limited && unlimited);
  for (const core::modality each : core::all_modalities()) {
    EXPECT_TRUE(check_preferences(*unlimited, each)) << core::to_string(each);
    const auto verdict = check_preferences(*limited, each);
    const bool by_tokens = each < core::modality::ocr;
    EXPECT_EQ(verdict.has_value(), by_tokens) << core::to_string(each);
    if (by_tokens) continue;
    EXPECT_EQ(verdict.error().code, error_code::invalid_provider_preferences);
    EXPECT_EQ(verdict.error().param, "provider.max_price");
    EXPECT_THAT(verdict.error().message, HasSubstr(core::to_string(each)));
  }
}

}  // namespace
}  // namespace phigate::codec
