// The page of GET /vendors: what it says, and that no text of the registry is more than text on it.
#include "server/vendors_page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "support/registry_builder.hpp"

namespace phigate::server {
namespace {

using core::modality;
using core::region;
using test::day;
using test::dollars;
using test::registry_builder;
using test::token_price;
using ::testing::HasSubstr;
using ::testing::Not;

std::string page_of(const registry_builder& builder, std::chrono::sys_days today = day(2026, 6, 1)) {
  const auto known = builder.build();
  return vendors_page(*known, core::coverage_of(*known, today), today);
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

// CH under an agreement for chat, EU without one.
registry_builder two_providers() {
  registry_builder builder;
  builder.region(region::ch, "CH", "alpha").region(region::eu, "DE FR", "beta").region(region::world, "", "beta");
  builder.provider("alpha").agreement({region::ch}, {modality::chat});
  builder.provider_now().name = "Alpha AG";
  builder.provider_now().headquarters = core::country::parse("CH");
  builder.provider_now().retention_days = 0;
  builder.provider_now().agreements[0].reference = "DPA 7";
  builder.endpoint("alpha-ch", "CH", {region::ch}).model("m", {modality::chat}, token_price("0.20", "3"));
  builder.model_now().context_length = 1048576;
  builder.provider("beta");
  builder.endpoint("beta-eu", "FR DE", {region::eu}).model("m", {modality::chat, modality::vision});
  builder.endpoint("beta-any", "global", {region::world}).model("e", {modality::embeddings}, token_price("0.02", "0"));
  return builder.alias("either", {"m", "e"});
}

TEST(vendors_page, is_one_document_without_script_or_anything_to_load) {
  const std::string page = page_of(two_providers());
  EXPECT_TRUE(page.starts_with("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"));
  EXPECT_TRUE(page.ends_with("</main></body></html>\n"));
  for (const std::string_view thing : {"<script", "<img", "url(", "@import", "http:", "src=", "style="}) {
    EXPECT_THAT(page, Not(HasSubstr(std::string(thing)))) << thing;
  }
}

TEST(vendors_page, has_a_matrix_of_every_region_and_modality) {
  const std::string page = page_of(two_providers());
  EXPECT_THAT(page, HasSubstr("<th scope=\"row\">chat</th><td class=\"phi\" data-column=\"CH\">phi</td>"
                              "<td class=\"general\" data-column=\"EU\">general</td>"
                              "<td class=\"no\" data-column=\"US\">no</td>"));
  const std::string_view table = std::string_view(page).substr(0, page.find("</table>"));
  EXPECT_EQ(count(table, "<td class="), core::region_count * core::modality_count);
  EXPECT_EQ(count(table, "<tr class=\"nowhere\">"), 3);  // ocr, stt, tts
}

TEST(vendors_page, tells_where_a_provider_is_and_on_what_terms) {
  const std::string page = page_of(two_providers());
  for (const std::string_view part :
       {"<h2 id=\"provider-alpha\">Alpha AG <code>alpha</code></h2>",
        "<dt>Headquarters</dt><dd>CH (outside the EEA)</dd>", "<dt>Keeps data</dt><dd>no</dd>",
        "<dt>Trains on data</dt><dd>no</dd>", "DPA for chat in CH <span class=\"phi\">valid today</span>",
        "begins on <time>2026-01-01</time>, lapses on <time>2027-01-01</time>; DPA 7",
        "<dt>Processed in</dt><dd>CH</dd>", "<dt>Processed in</dt><dd>DE, FR</dd>",
        "<dt>Processed in</dt><dd>any country</dd>", "<dt>Host</dt><dd><code>alpha-ch.example</code></dd>",
        "Alpha AG in CH; beta in EU, WORLD.", "<a href=\"#provider-beta\">beta</a>",
        "<dt><code>either</code></dt><dd><code>m</code>, <code>e</code></dd>"}) {
    EXPECT_THAT(page, HasSubstr(std::string(part)));
  }
}

TEST(vendors_page, says_unknown_of_what_nobody_stated) {
  const std::string page = page_of(two_providers());
  const std::string_view beta = std::string_view(page).substr(page.find("id=\"provider-beta\""));
  for (const std::string_view name : {"Headquarters", "Keeps data", "Trains on data"}) {
    EXPECT_THAT(std::string(beta), HasSubstr("<dt>" + std::string(name) + "</dt><dd>unknown</dd>"));
  }
  EXPECT_THAT(std::string(beta), HasSubstr("<dt>Agreements for health data</dt><dd>none</dd>"));
}

TEST(vendors_page, shows_terms_at_an_endpoint_that_has_its_own) {
  registry_builder builder = two_providers();
  builder.endpoint_now().retention_days = 1;
  builder.endpoint_now().trains_on_data = true;
  const std::string page = page_of(builder);
  EXPECT_THAT(page, HasSubstr("<dd>unknown, but see each endpoint</dd>"));
  EXPECT_THAT(page, HasSubstr("<dt>Keeps data</dt><dd>for 1 day</dd>"));
  EXPECT_THAT(page, HasSubstr("<dt>Trains on data</dt><dd>yes</dd>"));
}

TEST(vendors_page, says_which_agreements_do_not_hold_today) {
  for (const auto today : {day(2025, 12, 31), day(2027, 1, 1)}) {
    const std::string page = page_of(two_providers(), today);
    EXPECT_THAT(page, HasSubstr("<span class=\"lapsed\">not valid today</span>"));
    EXPECT_EQ(count(page, "<td class=\"phi\""), 0);
  }
}

TEST(vendors_page, shows_what_is_not_in_use) {
  registry_builder builder = two_providers();
  builder.endpoint_now().enabled = false;
  builder.endpoint_now().disabled_because = "SOME_KEY is not set";
  builder.model_now().enabled = false;
  builder.provider("gamma").provider_now().enabled = false;
  const std::string page = page_of(builder);
  EXPECT_THAT(page, HasSubstr("<code>beta-any</code> <span class=\"off\">not set up at this gateway</span>"));
  EXPECT_THAT(page, HasSubstr("<code>e</code> <span class=\"off\">switched off</span>"));
  EXPECT_THAT(page, HasSubstr("<code>gamma</code> <span class=\"off\">switched off</span>"));
}

TEST(vendors_page, shows_every_kind_of_price) {
  registry_builder builder = two_providers();
  builder.provider_now().name = "Beta";
  core::price cached = token_price("2", "8");
  cached.tokens->cached_input = dollars("0.5");
  core::price minute;
  minute.currency = "EUR";
  minute.per_minute = dollars("0.003");
  core::price mixed = token_price("1", "2");
  mixed.per_page = dollars("0.01");
  core::price chars;
  chars.per_million_chars = dollars("15");
  builder.model("c", {modality::chat}, cached).model("s", {modality::stt}, minute);
  builder.model("d", {modality::chat, modality::ocr}, mixed).model("t", {modality::tts}, chars);
  const std::string page = page_of(builder);
  for (const std::string_view price :
       {"USD 0.2 in, 3 out per million tokens", "USD 0.02 per million tokens",
        "USD 2 in (0.5 cached), 8 out per million tokens", "EUR 0.003 a minute",
        "USD 1 in, 2 out per million tokens; USD 0.01 a page", "USD 15 per million characters"}) {
    EXPECT_THAT(page, HasSubstr("<td data-column=\"Price\">" + std::string(price) + "</td>"));
  }
  EXPECT_THAT(page, HasSubstr("<td data-column=\"Context (tokens)\">1,048,576</td>"));
}

TEST(vendors_page, shows_features_formats_and_voices) {
  registry_builder builder = two_providers();
  builder.model("t", {modality::tts}, core::price{});
  builder.model_now().features = {"sse"};
  builder.model_now().formats = {"mp3", "wav"};
  builder.model_now().voices = {{"alloy", "en-US-AvaNeural"}, {"echo", "de-CH-JanNeural"}};
  const std::string page = page_of(builder);
  EXPECT_THAT(page, HasSubstr("<td data-column=\"Features\">sse; formats: mp3, wav</td>"));
  EXPECT_THAT(page, HasSubstr("Voices: </span>alloy, echo</td>"));
}

TEST(vendors_page, folds_a_long_list_of_models_and_shows_a_short_one) {
  registry_builder builder;
  builder.provider("alpha").endpoint("a", "CH", {region::ch});
  EXPECT_THAT(page_of(builder), HasSubstr("No models are listed."));
  builder.model("m1", {modality::chat}).model("m2", {modality::chat}).model("m3", {modality::vision});
  EXPECT_THAT(page_of(builder), HasSubstr("<details open=\"\"><summary>3 models for chat, vision</summary>"));
  EXPECT_THAT(page_of(builder.model("m4", {modality::chat})), HasSubstr("<details><summary>4 models for"));
}

TEST(vendors_page, escapes_every_text_of_the_registry) {
  const std::string hostile = R"(<i a="b">&'</i>)";
  registry_builder builder = two_providers();
  core::provider& provider = builder.provider(hostile).agreement({region::ch}, {modality::chat}).provider_now();
  provider.agreements[0].reference = hostile;
  builder.region(region::us, "US", hostile);
  core::endpoint& endpoint = builder.endpoint(hostile, "US", {region::us}).endpoint_now();
  endpoint.url.host = hostile;
  core::price cost;
  cost.currency = hostile;
  cost.per_minute = dollars("1");
  core::hosted_model& model = builder.model(hostile, {modality::stt}, cost).model_now();
  model.features = model.formats = {hostile};
  model.voices = {{hostile, hostile}};
  const std::string page = page_of(builder.alias(hostile, {hostile}));
  EXPECT_THAT(page, Not(HasSubstr("<i")));
  EXPECT_THAT(page, Not(HasSubstr("</i")));
  EXPECT_THAT(page, Not(HasSubstr("\"b\"")));
  // name and slug, their two links' and one heading's ids, resident, reference, endpoint, host, and of the model its
  // id, features, formats, voice and currency; the alias and its model
  EXPECT_EQ(count(page, "&lt;i a=&quot;b&quot;&gt;&amp;&#39;&lt;/i&gt;"), 17);
}

TEST(vendors_page, holds_nothing_of_a_credential_or_of_a_url_behind_its_host) {
  registry_builder builder = two_providers();
  core::endpoint& host = builder.endpoint_now();
  host.url.prefix = "/canary-prefix/v1";
  host.credential = core::secret("canary-credential");
  host.api_version = "canary-version";
  host.tls.ca_file = "canary-file";
  host.tls.pin_sha256 = {"canary-pin"};
  host.enabled = false;
  host.disabled_because = "credential_file canary-path cannot be read";
  builder.model_now().upstream = "canary-deployment";
  EXPECT_THAT(page_of(builder), Not(HasSubstr("canary")));
}

}  // namespace
}  // namespace phigate::server
