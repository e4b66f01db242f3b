// The registry as tables: every key is read, every index points where it should (spec §11).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/config/config_files.hpp"

namespace phigate::config {
namespace {

using namespace std::chrono_literals;
using testing::config_files;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using testing::small_registry;
using ::testing::StartsWith;
using testing::with_line;

core::registry_tables load_tables(std::string_view text, testing::variables values = {{"KEY", "k"}}) {
  config_files files;
  files.write("providers.yaml", text);
  const auto result = files.load(std::move(values));
  EXPECT_THAT(result ? std::vector<std::string>{} : files.texts(result.error()), IsEmpty());
  return result ? result->snapshot->registry->tables() : core::registry_tables{};
}

core::decimal micros(std::int64_t value) {
  return core::decimal::from_micros(value);
}

TEST(registry_file, every_key_is_read) {
  config_files files;
  const auto result = files.load();
  ASSERT_TRUE(result) << ::testing::PrintToString(files.texts(result.error()));
  EXPECT_THAT(result->warnings, IsEmpty());
  const core::registry_tables& read = result->snapshot->registry->tables();

  ASSERT_THAT(read.providers, SizeIs(1));
  const core::provider& provider = read.providers[0];
  EXPECT_EQ(provider.slug, "alpine");
  EXPECT_EQ(provider.name, "Alpine");
  EXPECT_EQ(provider.headquarters->text(), "CH");
  EXPECT_EQ(provider.retention_days, 0);
  EXPECT_EQ(provider.trains_on_data, false);
  ASSERT_THAT(provider.agreements, SizeIs(1));
  EXPECT_EQ(provider.agreements[0].regions, core::region_set{core::region::ch});
  EXPECT_EQ(provider.agreements[0].modalities, core::modality_set{core::modality::chat});
  EXPECT_EQ(provider.agreements[0].valid_until, std::chrono::sys_days(std::chrono::year(2027) / 12 / 31));
  EXPECT_EQ(provider.agreements[0].reference, "r");

  ASSERT_THAT(read.endpoints, SizeIs(1));
  const core::endpoint& endpoint = read.endpoints[0];
  EXPECT_EQ(endpoint.id, "alpine-ch");
  EXPECT_EQ(endpoint.owner, core::provider_id{0});
  EXPECT_EQ(endpoint.url.host, "api.alpine.example");
  EXPECT_EQ(endpoint.url.port, 443);
  EXPECT_EQ(endpoint.url.prefix, "/v1");
  EXPECT_EQ(endpoint.protocol, "openai");
  EXPECT_EQ(endpoint.location.text(), "CH");
  EXPECT_EQ(endpoint.regions, core::region_set{core::region::ch});
  EXPECT_EQ(endpoint.credential.reveal(), "from-the-environment");
  EXPECT_EQ(endpoint.timeouts.connect, 1s);
  EXPECT_EQ(endpoint.timeouts.stream, 6s);
  EXPECT_THAT(endpoint.request.rename, ElementsAre(Pair("max_tokens", "max_completion_tokens")));
  EXPECT_THAT(endpoint.request.drop, ElementsAre("user"));
  EXPECT_THAT(endpoint.tls.pin_sha256, SizeIs(1));
  EXPECT_TRUE(endpoint.enabled);

  ASSERT_THAT(read.models, SizeIs(2));
  const core::hosted_model& chat = read.models[0];
  EXPECT_EQ(chat.id, "big-1");
  EXPECT_EQ(chat.upstream, "vendor/big-1");
  EXPECT_EQ(chat.host, core::endpoint_id{0});
  EXPECT_EQ(chat.context_length, 1000u);
  EXPECT_THAT(chat.features, ElementsAre("json_schema", "tools"));
  EXPECT_EQ(chat.cost.currency, "CHF");
  EXPECT_EQ(chat.cost.usd_per_unit, micros(1'100'000));
  ASSERT_TRUE(chat.cost.tokens);
  EXPECT_EQ(chat.cost.tokens->input, micros(200'000));
  EXPECT_EQ(chat.cost.tokens->output, micros(400'000));
  EXPECT_EQ(chat.cost.tokens->cached_input, micros(100'000));
  const core::hosted_model& vectors = read.models[1];
  ASSERT_TRUE(vectors.dimensions);
  EXPECT_EQ(vectors.dimensions->smallest, 32u);
  EXPECT_EQ(vectors.dimensions->largest, 4096u);
  EXPECT_EQ(vectors.cost.currency, "USD");

  ASSERT_THAT(read.aliases, SizeIs(1));
  EXPECT_EQ(read.aliases[0].name, "big");
  EXPECT_THAT(read.aliases[0].models, ElementsAre("big-1"));
  const auto& switzerland = read.regions[static_cast<std::size_t>(core::region::ch)];
  ASSERT_TRUE(switzerland);
  EXPECT_EQ(switzerland->resident, core::provider_id{0});
  EXPECT_TRUE(switzerland->strict);
  EXPECT_FALSE(read.regions[static_cast<std::size_t>(core::region::us)]) << "not in the file";
  EXPECT_THAT(read.fx, SizeIs(3));
}

TEST(registry_file, facts_left_out_are_unknown_and_not_zero) {
  const auto read = load_tables(R"(
version: 1
regions: { WORLD: {} }
providers:
  p:
    endpoints:
      e:
        base_url: http://127.0.0.1:1234
        protocol: openai
        country: global
        regions: [WORLD]
        credential: ${KEY}
        models:
          m: { modalities: [chat], price: { input: 0, output: 0 } }
)");
  ASSERT_THAT(read.providers, SizeIs(1));
  EXPECT_EQ(read.providers[0].name, "p");
  EXPECT_FALSE(read.providers[0].headquarters);
  EXPECT_FALSE(read.providers[0].retention_days);
  EXPECT_FALSE(read.providers[0].trains_on_data);
  EXPECT_FALSE(read.endpoints[0].retention_days);
  EXPECT_TRUE(read.endpoints[0].location.global);
  EXPECT_FALSE(read.endpoints[0].url.tls);
  EXPECT_EQ(read.endpoints[0].url.port, 1234);
  EXPECT_EQ(read.models[0].upstream, "m");
  EXPECT_FALSE(read.models[0].context_length);
  EXPECT_FALSE(read.models[0].dimensions);
  EXPECT_FALSE(read.models[0].cost.tokens->cached_input);
}

TEST(registry_file, indices_follow_the_file_over_several_providers) {
  std::string text(small_registry);
  text.insert(text.find("aliases:"), R"(  second:
    endpoints:
      second-1:
        base_url: https://one.example
        protocol: openai
        country: [DE, FR]
        regions: [EU]
        retention_days: 3
        trains_on_data: true
        credential: ${KEY}
        models:
          big-1: { modalities: [chat], price: { input: 1, output: 2 }, enabled: false }
          sound-1: { modalities: [stt, tts], price: { per_minute: 0.006, per_million_chars: 15 } }
      second-2:
        base_url: https://two.example
        protocol: mistral
        country: US
        regions: [WORLD, ANZ]
        enabled: false
        models:
          vec-2: { modalities: [embeddings], dimensions: 384, price: { input: 0.000001 } }
          scan-2: { modalities: [ocr], price: { per_page: 0.0015 } }
)");
  const auto read = load_tables(text);
  ASSERT_THAT(read.endpoints, SizeIs(3));
  ASSERT_THAT(read.models, SizeIs(6));
  EXPECT_EQ(read.endpoints[2].owner, core::provider_id{1});
  EXPECT_EQ(read.models[2].host, core::endpoint_id{1});
  EXPECT_FALSE(read.models[2].enabled);
  EXPECT_EQ(read.models[3].cost.per_minute, micros(6'000));
  EXPECT_EQ(read.models[3].cost.per_million_chars, micros(15'000'000));
  EXPECT_FALSE(read.models[3].cost.tokens);
  EXPECT_EQ(read.models[4].host, core::endpoint_id{2});
  EXPECT_EQ(read.models[4].dimensions->smallest, 384u);
  EXPECT_EQ(read.models[4].dimensions->largest, 384u);
  EXPECT_EQ(read.models[5].host, core::endpoint_id{2});
  EXPECT_EQ(read.models[5].cost.per_page, micros(1'500));
  EXPECT_EQ(read.endpoints[1].retention_days, 3);
  EXPECT_EQ(read.endpoints[1].trains_on_data, true);
  EXPECT_EQ(read.endpoints[2].disabled_because, "enabled: false");
  EXPECT_TRUE(read.endpoints[2].switched_off);
  EXPECT_FALSE(read.endpoints[0].switched_off);
}

TEST(registry_file, sections_may_come_in_any_order) {
  std::string text(small_registry);
  const std::size_t providers = text.find("providers:");
  const std::size_t aliases = text.find("aliases:");
  const std::string turned =
      text.substr(aliases) + text.substr(providers, aliases - providers) + text.substr(0, providers);
  EXPECT_EQ(load_tables(turned).models.size(), 2u);
}

TEST(registry_file, region_names_and_countries_are_read_in_any_case) {
  const auto read =
      load_tables(with_line(with_line(small_registry, 6, "  uk: { countries: [uk] }"), 22, "        regions: [ch]"));
  ASSERT_TRUE(read.regions[static_cast<std::size_t>(core::region::uk)]);
  EXPECT_EQ(read.regions[static_cast<std::size_t>(core::region::uk)]->countries[0].text(), "GB");
}

TEST(registry_file, a_region_that_lists_no_countries_takes_any_and_world_takes_all) {
  for (const std::string_view place : {"NZ", "global", "[CH, US]"}) {
    const std::string country = "        country: " + std::string(place);
    load_tables(with_line(with_line(small_registry, 21, country), 22, "        regions: [ANZ, WORLD]"));
  }
  load_tables(with_line(with_line(small_registry, 21, "        country: global"), 22, "        regions: [UK]"));
}

// --- what an endpoint needs, and what happens without it ---

struct access_case {
  int line;
  std::string text;
  testing::variables values;
  std::string because;
  std::vector<std::string> warnings;
};

TEST(registry_access, an_endpoint_without_its_variable_or_credential_is_disabled_with_a_warning) {
  const std::string path = ": providers.alpine.endpoints.alpine-ch";
  const std::vector<access_case> cases{
      {1,
       "version: 1",
       {},
       "KEY is not set",
       {"providers.yaml:23" + path + ".credential: KEY is not set: the endpoint is disabled"}},
      {1,
       "version: 1",
       {{"KEY", ""}},
       "KEY is empty",
       {"providers.yaml:23" + path + ".credential: KEY is empty: the endpoint is disabled"}},
      {19,
       "        base_url: https://api.alpine.example/${ID}/v1",
       {{"KEY", "k"}},
       "ID is not set",
       {"providers.yaml:19" + path + ".base_url: ID is not set: the endpoint is disabled"}},
      {19,
       "        base_url: https://${HOST}/v1",
       {},
       "HOST is not set",
       {"providers.yaml:19" + path + ".base_url: HOST is not set: the endpoint is disabled",
        "providers.yaml:23" + path + ".credential: KEY is not set: the endpoint is disabled"}},
      {23, "", {}, "no credential", {"providers.yaml:18" + path + ": no credential: the endpoint is disabled"}},
      {23,
       "        credential_file: ${FOLDER}/x",
       {},
       "FOLDER is not set",
       {"providers.yaml:23" + path + ".credential_file: FOLDER is not set: the endpoint is disabled"}},
      {16, "    enabled: false", {}, "its provider is disabled", {}},
      {20, "        protocol: openai\n        enabled: false", {}, "enabled: false", {}},
      {23, "        enabled: false\n        credential_file: none", {}, "enabled: false", {}},
  };
  for (const access_case& one : cases) {
    config_files files;
    files.write("providers.yaml", with_line(small_registry, one.line, one.text));
    const auto result = files.load(one.values);
    ASSERT_TRUE(result) << ::testing::PrintToString(files.texts(result.error())) << one.text;
    const core::endpoint& endpoint = result->snapshot->registry->tables().endpoints[0];
    EXPECT_FALSE(endpoint.enabled) << one.text;
    EXPECT_EQ(endpoint.disabled_because, one.because);
    const bool by_the_file = one.because == "enabled: false" || one.because == "its provider is disabled";
    EXPECT_EQ(endpoint.switched_off, by_the_file) << one.text;
    EXPECT_EQ(files.texts(result->warnings), one.warnings);
  }
}

TEST(registry_access, a_credential_file_is_not_needed_where_a_variable_is_missing_already) {
  config_files files;
  files.write("providers.yaml",
              with_line(with_line(small_registry, 19, "        base_url: https://api.alpine.example/${ID}/v1"), 23,
                        "        credential_file: none"));
  const auto result = files.load();
  ASSERT_TRUE(result) << ::testing::PrintToString(files.texts(result.error()));
  EXPECT_EQ(result->snapshot->registry->tables().endpoints[0].disabled_because, "ID is not set");
}

TEST(registry_access, a_missing_variable_in_the_path_still_shows_the_host) {
  const std::string line = "        base_url: https://api.alpine.example:8443/a/${ID}/v1";
  const auto read = load_tables(with_line(small_registry, 19, line));
  EXPECT_EQ(read.endpoints[0].url.host_only_url(), "https://api.alpine.example:8443");
  EXPECT_EQ(read.endpoints[0].url.prefix, "");
  EXPECT_EQ(load_tables(with_line(small_registry, 19, line), {{"KEY", "k"}, {"ID", "42"}}).endpoints[0].url.prefix,
            "/a/42/v1");
}

TEST(registry_access, a_credential_file_is_read_without_its_trailing_line_breaks) {
  for (const std::string_view content : {"s3cret", "s3cret\n", "s3cret\r\n", "s3cret\n\n"}) {
    config_files files;
    files.write("secret", content);
    files.write("providers.yaml", with_line(small_registry, 23, "        credential_file: secret"));
    const auto result = files.load({});
    ASSERT_TRUE(result);
    EXPECT_THAT(result->warnings, IsEmpty());
    EXPECT_EQ(result->snapshot->registry->tables().endpoints[0].credential.reveal(), "s3cret");
  }
}

TEST(registry_access, a_literal_credential_works_with_a_warning_that_does_not_show_it) {
  config_files files;
  files.write("providers.yaml", with_line(small_registry, 23, "        credential: canary-$${X}-1"));
  const auto result = files.load({{"X", "no"}});
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->snapshot->registry->tables().endpoints[0].enabled);
  EXPECT_EQ(result->snapshot->registry->tables().endpoints[0].credential.reveal(), "canary-${X}-1");
  EXPECT_THAT(files.texts(result->warnings),
              ElementsAre(StartsWith(
                  "providers.yaml:23: providers.alpine.endpoints.alpine-ch.credential: a credential in the file")));
}

TEST(registry_access, what_a_variable_brings_is_not_expanded_again) {
  const auto read = load_tables(small_registry, {{"KEY", "${OTHER}"}, {"OTHER", "no"}});
  EXPECT_EQ(read.endpoints[0].credential.reveal(), "${OTHER}");
}

}  // namespace
}  // namespace phigate::config
