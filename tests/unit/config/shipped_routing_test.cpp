// What the shipped registry routes: the source's table of modalities and regions, its residents and aliases, what
// `auto` means, and where the truth stands against a wish (spec §11).
#include <gmock/gmock.h>

#include <algorithm>
#include <set>
#include <span>

#include "phigate/core/routing.hpp"
#include "unit/config/shipped_files.hpp"

namespace phigate::config {
namespace {

using namespace std::chrono;
using core::data_class;
using core::modality;
using core::region;
using testing::asking;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::load_shipped;
using ::testing::SizeIs;
using testing::some_day;

core::policy naming(core::policy asked, core::model_kind kind, std::string name) {
  asked.model = {kind, std::move(name), {}};
  return asked;
}

// "scaleway/gemma-4-26b-a4b" for each route, in the order in which healthy ones are tried.
std::vector<std::string> hosts(const core::registry& registry, const core::policy& wanted) {
  const core::health_board health(registry, {});
  const auto order = core::route_request(wanted, registry, health, {some_day, steady_clock::time_point{}});
  std::vector<std::string> out;
  if (!order) return out;
  for (const core::ranked_route& one : order->routes())
    out.push_back(one.route.provider().slug + '/' + one.route.model().id);
  return out;
}

std::vector<std::string> hosts_of_alias(const core::registry& registry, region where, modality what,
                                        const std::string& alias, data_class data = data_class::general) {
  return hosts(registry, naming(asking(where, what, data), core::model_kind::alias, alias));
}

struct expected_coverage {
  modality what;
  core::region_set general, phi;
};

std::vector<expected_coverage> source_table() {
  using enum core::region;
  const core::region_set everywhere{ch, eu, us, uk, asia, anz, latam, mena, india, world};
  return {{modality::chat, everywhere, {ch, eu}},      {modality::embeddings, {ch, eu}, {ch, eu}},
          {modality::vision, {ch, eu}, {ch, eu}},      {modality::ocr, {ch, eu, us}, {ch, eu, us}},
          {modality::stt, {ch, eu, us}, {ch, eu, us}}, {modality::tts, {ch, eu, us}, {ch, eu, us}}};
}

void expect_source_table(const core::registry& registry) {
  const core::coverage_matrix matrix = core::coverage_of(registry, some_day);
  ASSERT_EQ(source_table().size(), core::modality_count);
  for (const expected_coverage& row : source_table()) {
    const core::coverage& found = matrix[static_cast<std::size_t>(row.what)];
    for (const region where : core::all_regions()) {
      const std::string name = std::string(core::to_string(row.what)) + " in " + std::string(core::to_string(where));
      EXPECT_EQ(found.general.contains(where), row.general.contains(where)) << name;
      EXPECT_EQ(found.phi.contains(where), row.phi.contains(where)) << name << ", phi";
    }
  }
}

TEST(shipped_coverage, is_the_table_of_modalities_and_regions) {
  expect_source_table(*load_shipped().snapshot->registry);
}

// What `routes --matrix` shows whoever has no key yet.
TEST(shipped_coverage, is_the_same_for_whoever_lacks_nothing_but_the_keys) {
  const core::registry promised(core::with_all_credentials(*load_shipped({}).snapshot->registry));
  expect_source_table(promised);
}

TEST(shipped_coverage, for_health_data_ends_with_the_agreements) {
  const loaded read = load_shipped();
  const auto covered = [&](sys_days day) {
    std::size_t regions = 0;
    for (const core::coverage& one : core::coverage_of(*read.snapshot->registry, day)) {
      for (const region where : core::all_regions()) {
        if (one.phi.contains(where)) ++regions;
      }
    }
    return regions;
  };
  EXPECT_EQ(covered(year(2025) / 12 / 31), 0U);
  EXPECT_EQ(covered(year(2026) / 1 / 1), 15U);
  EXPECT_EQ(covered(year(2027) / 12 / 30), 15U);
  EXPECT_EQ(covered(year(2027) / 12 / 31), 0U);
}

TEST(shipped_regions, have_their_residents_and_strictness) {
  const std::map<region, std::string> residents{
      {region::ch, "infomaniak"}, {region::eu, "scaleway"}, {region::us, "together"}};
  const loaded read = load_shipped();
  const core::registry& registry = *read.snapshot->registry;
  std::set<std::string> countries;
  std::size_t listed = 0;
  for (const region where : core::all_regions()) {
    const auto& facts = registry.region_of(where);
    ASSERT_TRUE(facts) << core::to_string(where);
    const auto expected = residents.find(where);
    ASSERT_TRUE(facts->resident);
    EXPECT_EQ(registry.tables().providers[static_cast<std::size_t>(*facts->resident)].slug,
              expected == residents.end() ? "google" : expected->second);
    EXPECT_EQ(facts->strict, expected != residents.end()) << core::to_string(where);
    EXPECT_EQ(facts->countries.empty(), where == region::world);
    for (const core::country& country : facts->countries) countries.emplace(country.text());
    listed += facts->countries.size();
  }
  EXPECT_EQ(countries.size(), listed) << "a country in two regions would make data_residency ambiguous";
  const auto& eu = registry.region_of(region::eu)->countries;
  EXPECT_TRUE(std::ranges::equal(eu, core::eu_members()));
}

TEST(shipped_aliases, resolve_to_the_hosts_of_the_region_the_resident_first) {
  const loaded read = load_shipped();
  const core::registry& registry = *read.snapshot->registry;
  const auto chat = [&](region where, const std::string& alias) {
    return hosts_of_alias(registry, where, modality::chat, alias);
  };
  EXPECT_THAT(chat(region::ch, "gemma-4"), ElementsAre("infomaniak/gemma-4-31b"));
  EXPECT_THAT(chat(region::eu, "gemma-4"), ElementsAre("scaleway/gemma-4-26b-a4b"));
  EXPECT_THAT(chat(region::ch, "qwen3.5"), ElementsAre("infomaniak/qwen3.5-397b-a17b"));
  EXPECT_THAT(chat(region::eu, "qwen3.5"), ElementsAre("scaleway/qwen3.5-397b-a17b", "ovhcloud/qwen3.5-397b-a17b"));
  EXPECT_THAT(chat(region::us, "qwen3.5"), ElementsAre("together/qwen3.5-397b-a17b"));
  EXPECT_THAT(chat(region::uk, "qwen3.5"), IsEmpty());
  const auto vectors = [&](region where) {
    return hosts_of_alias(registry, where, modality::embeddings, "qwen3-embedding-8b");
  };
  EXPECT_THAT(vectors(region::ch), ElementsAre("infomaniak/qwen3-embedding-8b-4096"));
  EXPECT_THAT(vectors(region::eu), ElementsAre("scaleway/qwen3-embedding-8b-4096"));
  EXPECT_THAT(vectors(region::us), IsEmpty());
}

TEST(shipped_aliases, lead_whisper_to_azure_for_either_class) {
  const loaded read = load_shipped();
  for (const data_class data : {data_class::general, data_class::phi}) {
    const auto heard_in = [&](region where) {
      return hosts_of_alias(*read.snapshot->registry, where, modality::stt, "whisper", data);
    };
    EXPECT_THAT(heard_in(region::ch), ElementsAre("azure/whisper-1"));
    EXPECT_THAT(heard_in(region::eu), ElementsAre("azure/azure-fast-transcription"));
    EXPECT_THAT(heard_in(region::us), ElementsAre("azure/azure-fast-transcription"));
    EXPECT_THAT(heard_in(region::world), IsEmpty());
  }
}

TEST(shipped_aliases, lead_to_verified_hosts_alone_for_health_data) {
  const loaded read = load_shipped();
  for (const modality what : {modality::chat, modality::vision}) {
    EXPECT_THAT(hosts_of_alias(*read.snapshot->registry, region::eu, what, "qwen3.5", data_class::phi),
                ElementsAre("scaleway/qwen3.5-397b-a17b"));
  }
}

TEST(shipped_aliases, are_four_and_none_is_a_models_id) {
  const loaded read = load_shipped();
  const core::registry_tables& tables = read.snapshot->registry->tables();
  EXPECT_THAT(tables.aliases, SizeIs(4));
  for (const core::alias& one : tables.aliases) {
    EXPECT_FALSE(read.snapshot->registry->has_model(one.name)) << one.name;
    for (const std::string& model : one.models) EXPECT_TRUE(read.snapshot->registry->has_model(model)) << model;
  }
}

// The first choice of `auto`, and what follows when the resident is not to be had: no model for code, nothing tiny that
// was not the choice before.
TEST(shipped_auto, is_the_residents_cheapest_model) {
  struct choice {
    region where;
    modality what;
    data_class data;
    std::string first;
  };
  using enum core::modality;
  constexpr auto general = data_class::general;
  constexpr auto phi = data_class::phi;
  const std::vector<choice> table{
      {region::ch, chat, general, "infomaniak/nemotron-3-nano-30b-a3b"},
      {region::ch, chat, phi, "infomaniak/nemotron-3-nano-30b-a3b"},
      {region::ch, vision, general, "infomaniak/gemma-4-31b"},
      {region::ch, embeddings, general, "infomaniak/qwen3-embedding-8b-4096"},
      {region::ch, ocr, general, "azure/azure-document-layout"},
      {region::ch, stt, general, "azure/whisper-1"},
      {region::ch, tts, general, "azure/azure-neural-tts"},
      {region::eu, chat, general, "scaleway/mistral-small-3.2-24b-instruct-2506"},
      {region::eu, chat, phi, "scaleway/mistral-small-3.2-24b-instruct-2506"},
      {region::eu, vision, general, "scaleway/mistral-small-3.2-24b-instruct-2506"},
      {region::eu, embeddings, general, "scaleway/qwen3-embedding-8b-4096"},
      {region::eu, ocr, phi, "azure/azure-document-layout"},
      {region::eu, stt, general, "scaleway/whisper-large-v3"},
      {region::eu, stt, phi, "azure/azure-fast-transcription"},
      {region::eu, tts, general, "azure/azure-neural-tts"},
      {region::us, chat, general, "together/gemma-3n-e4b"},
      {region::us, ocr, general, "azure/azure-document-layout"},
      {region::us, stt, general, "together/whisper-large-v3"},
      {region::us, stt, phi, "azure/azure-fast-transcription"},
      {region::us, tts, phi, "azure/azure-neural-tts"},
      {region::uk, chat, general, "google/gemini-2.5-flash-lite"},
      {region::world, chat, general, "google/gemini-2.5-flash-lite"},
  };
  const loaded read = load_shipped();
  for (const choice& one : table) {
    const auto order = hosts(*read.snapshot->registry, asking(one.where, one.what, one.data));
    ASSERT_FALSE(order.empty()) << core::to_string(one.where) << ' ' << core::to_string(one.what);
    EXPECT_EQ(order.front(), one.first) << core::to_string(one.where) << ' ' << core::to_string(one.what);
  }
}

TEST(shipped_auto, stays_sensible_without_the_resident) {
  const std::map<region, std::string> expected{{region::ch, "azure/gpt-4.1-mini"},
                                               {region::eu, "ionos/mistral-small-24b-instruct"},
                                               {region::us, "azure/gpt-4.1-mini"},
                                               {region::world, "mistral/mistral-small-4-119b"}};
  const loaded read = load_shipped();
  const core::registry& registry = *read.snapshot->registry;
  for (const auto& [where, first] : expected) {
    core::policy policy = asking(where, modality::chat);
    policy.preferences.ignore = {*registry.region_of(where)->resident};
    const auto order = hosts(registry, policy);
    ASSERT_FALSE(order.empty()) << core::to_string(where);
    EXPECT_EQ(order.front(), first);
  }
}

TEST(shipped_registry, has_further_hosts_in_the_eu_for_some_models) {
  const loaded read = load_shipped();
  const core::registry& registry = *read.snapshot->registry;
  const auto tried = [&](const std::string& model, bool denies_collection = false) {
    core::policy policy = naming(asking(region::eu, modality::chat), core::model_kind::concrete, model);
    policy.preferences.denies_data_collection = denies_collection;
    return hosts(registry, policy);
  };
  // A concrete model is ordered by score alone: the cheaper host first.
  EXPECT_THAT(
      tried("mistral-small-3.2-24b-instruct-2506"),
      ElementsAre("ovhcloud/mistral-small-3.2-24b-instruct-2506", "scaleway/mistral-small-3.2-24b-instruct-2506"));
  EXPECT_THAT(tried("gpt-oss-120b"),
              ElementsAre("ovhcloud/gpt-oss-120b", "scaleway/gpt-oss-120b", "ionos/gpt-oss-120b"));
  EXPECT_THAT(tried("llama-3.3-70b-instruct"),
              ElementsAre("ionos/llama-3.3-70b-instruct", "ovhcloud/llama-3.3-70b-instruct",
                          "scaleway/llama-3.3-70b-instruct"));
  // What OVHcloud does with data is unknown.
  EXPECT_THAT(tried("gpt-oss-120b", true), ElementsAre("scaleway/gpt-oss-120b", "ionos/gpt-oss-120b"));
}

TEST(shipped_registry, keeps_azures_chat_models_from_health_data) {
  const loaded read = load_shipped();
  for (const region where : {region::ch, region::eu}) {
    const core::policy policy =
        naming(asking(where, modality::chat, data_class::phi), core::model_kind::concrete, "gpt-4.1");
    const auto eligible = core::select(policy, *read.snapshot->registry, some_day);
    ASSERT_FALSE(eligible) << core::to_string(where);
    EXPECT_EQ(eligible.error().code, core::error_code::phi_blocked);
  }
}

// Whisper in Switzerland is a service that keeps what it gets for up to 30 days; elsewhere nothing is kept.
TEST(shipped_registry, tells_what_is_kept_of_audio_and_documents) {
  const loaded read = load_shipped();
  const core::registry& registry = *read.snapshot->registry;
  const auto kept_at_most = [&](region where, modality what, int days) {
    core::policy policy = asking(where, what, data_class::phi);
    policy.preferences.max_retention_days = days;
    return !hosts(registry, policy).empty();
  };
  EXPECT_FALSE(kept_at_most(region::ch, modality::stt, 29));
  EXPECT_TRUE(kept_at_most(region::ch, modality::stt, 30));
  for (const region where : {region::ch, region::eu, region::us}) {
    EXPECT_TRUE(kept_at_most(where, modality::tts, 0));
    EXPECT_FALSE(kept_at_most(where, modality::ocr, 0));
    EXPECT_TRUE(kept_at_most(where, modality::ocr, 1));
  }
  EXPECT_TRUE(kept_at_most(region::eu, modality::stt, 0));
  EXPECT_TRUE(kept_at_most(region::us, modality::stt, 0));
}

// Mistral's European host is in the EU or in EFTA: in no strict region, and within no residency that leaves EFTA out.
TEST(shipped_registry, offers_mistral_to_world_alone) {
  const loaded read = load_shipped();
  const core::registry& registry = *read.snapshot->registry;
  for (const region where : core::all_regions()) {
    const auto order =
        hosts(registry, naming(asking(where, modality::chat), core::model_kind::concrete, "mistral-large-2512"));
    EXPECT_EQ(!order.empty(), where == region::world) << core::to_string(where);
  }
  const auto found = std::ranges::find(registry.tables().endpoints, "mistral-eu", &core::endpoint::id);
  ASSERT_NE(found, registry.tables().endpoints.end());
  EXPECT_THAT(found->location.countries, SizeIs(31));
  EXPECT_FALSE(found->location.within(core::eu_members()));
}

TEST(shipped_voices, are_the_same_everywhere_and_have_every_name_of_openais) {
  const loaded read = load_shipped();
  const core::registry_tables& tables = read.snapshot->registry->tables();
  std::vector<const core::hosted_model*> speaking;
  for (const core::hosted_model& model : tables.models) {
    if (model.modalities.contains(modality::tts)) speaking.push_back(&model);
  }
  ASSERT_THAT(speaking, SizeIs(3));
  for (const core::hosted_model* model : speaking) {
    EXPECT_EQ(model->voices, speaking.front()->voices);
    EXPECT_THAT(model->formats, ElementsAre("mp3", "opus", "pcm", "wav"));
  }
  std::set<std::string> names;
  for (const auto& [name, voice] : speaking.front()->voices) {
    names.insert(name);
    EXPECT_TRUE(voice.ends_with("Neural")) << voice;
    EXPECT_TRUE(voice.contains("Multilingual") || voice == name) << name;  // OpenAI's voices speak any language
  }
  for (const std::string name : {"alloy", "ash", "ballad", "coral", "echo", "fable", "onyx", "nova", "sage", "shimmer",
                                 "verse", "marin", "cedar"}) {
    EXPECT_THAT(names, Contains(name));
  }
  for (const std::string locale : {"de-CH", "fr-CH", "it-IT", "de-DE", "fr-FR", "en-GB", "en-US"}) {
    const auto speaks = [&](const std::string& name) { return name.starts_with(locale + '-'); };
    EXPECT_EQ(std::ranges::count_if(names, speaks), 2) << locale;
  }
}

}  // namespace
}  // namespace phigate::config
