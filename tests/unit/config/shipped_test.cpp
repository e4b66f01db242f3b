// The two files that are shipped: they load with any environment, and offer what the product promises (spec §11).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

#include "phigate/core/eligibility.hpp"
#include "phigate/core/ordering.hpp"
#include "unit/config/config_files.hpp"

namespace phigate::config {
namespace {

using namespace std::chrono;
using core::modality;
using core::region;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const std::string shipped_file = PHIGATE_SOURCE_DIR "/config/phigate.yaml";
constexpr sys_days some_day = year(2026) / 12 / 1;

const testing::variables every_variable{{"INFOMANIAK_PRODUCT_ID", "1234"}, {"INFOMANIAK_API_KEY", "canary-1"},
                                        {"SCW_SECRET_KEY", "canary-2"},    {"TOGETHER_API_KEY", "canary-3"},
                                        {"GEMINI_API_KEY", "canary-4"},    {"OVHCLOUD_API_KEY", "canary-5"}};

loaded load_shipped(testing::variables values = every_variable) {
  auto result = load(shipped_file, testing::environment_of(std::move(values)));
  if (result) return *std::move(result);
  for (const fault& one : result.error()) ADD_FAILURE() << one.text();
  throw std::runtime_error("the shipped files have faults");
}

core::policy asking(region where, modality what, core::data_class data, std::string alias = "") {
  core::policy out;
  out.region = where;
  out.data_class = data;
  out.modality = what;
  if (!alias.empty()) out.model = {core::model_kind::alias, std::move(alias)};
  return out;
}

bool offered(const core::registry& registry, const core::policy& policy, sys_days day = some_day) {
  return core::select(policy, registry, day).has_value();
}

// "scaleway/gemma-4-26b-a4b" for each eligible route, in the order in which healthy ones are tried.
std::vector<std::string> hosts(const core::registry& registry, const core::policy& wanted) {
  std::vector<std::string> out;
  const auto eligible = core::select(wanted, registry, some_day);
  if (!eligible) return out;
  const auto order = core::route_order::make(*eligible, wanted, {});
  if (!order) return out;
  for (const core::ranked_route& one : order->routes())
    out.push_back(one.route.provider().slug + '/' + one.route.model().id);
  return out;
}

std::vector<std::string> hosts(const core::registry& registry, region where, modality what, const std::string& alias,
                               core::data_class data = core::data_class::general) {
  return hosts(registry, asking(where, what, data, alias));
}

TEST(shipped_files, load_with_every_variable_and_without_a_warning) {
  const loaded read = load_shipped();
  EXPECT_THAT(read.warnings, IsEmpty());
  for (const core::endpoint& endpoint : read.snapshot->registry->tables().endpoints)
    EXPECT_TRUE(endpoint.enabled) << endpoint.id;
}

TEST(shipped_files, load_with_an_empty_environment_and_every_endpoint_disabled_with_a_warning) {
  const loaded read = load_shipped({});
  std::set<std::string> warned;
  for (const fault& one : read.warnings) warned.insert(one.key_path.substr(0, one.key_path.rfind('.')));
  const core::registry_tables& tables = read.snapshot->registry->tables();
  EXPECT_EQ(warned.size(), tables.endpoints.size());
  for (const core::endpoint& endpoint : tables.endpoints) EXPECT_FALSE(endpoint.enabled) << endpoint.id;
}

TEST(shipped_files, run_with_the_key_of_one_provider) {
  const loaded read = load_shipped({{"SCW_SECRET_KEY", "k"}});
  EXPECT_TRUE(offered(*read.snapshot->registry, asking(region::eu, modality::chat, core::data_class::phi)));
  EXPECT_FALSE(offered(*read.snapshot->registry, asking(region::ch, modality::chat, core::data_class::general)));
}

TEST(shipped_files, gateway_settings_are_the_defaults) {
  const settings shipped = load_shipped().snapshot->settings;
  testing::config_files files;
  const auto empty = files.load();
  ASSERT_TRUE(empty);
  const settings& defaults = empty->snapshot->settings;
  ASSERT_EQ(shipped.listen.size(), defaults.listen.size());
  EXPECT_EQ(shipped.listen[0].address, defaults.listen[0].address);
  EXPECT_EQ(shipped.listen[0].port, defaults.listen[0].port);
  EXPECT_FALSE(shipped.admin);
  const auto values = [](const settings& s) {
    return std::tuple(s.workers, s.default_region, s.default_phi, s.auth, s.allow_insecure, s.keys.size(),
                      s.timeouts.connect, s.timeouts.first_byte, s.timeouts.first_token, s.timeouts.idle,
                      s.timeouts.total, s.timeouts.stream, s.timeouts.client_header, s.timeouts.client_idle,
                      s.max_attempts, s.health_window, s.cooldowns.server_error, s.cooldowns.rate_limit,
                      s.cooldowns.repeated, s.limits.body, s.limits.header, s.limits.header_fields, s.limits.response,
                      s.limits.memory, s.limits.connections, s.limits.in_flight, s.upstream_ca_file,
                      s.upstream_idle_connections, s.upstream_idle_timeout, s.drain_delay, s.drain_timeout, s.log_level,
                      s.log_format, s.cors_origins);
  };
  EXPECT_EQ(values(shipped), values(defaults));
}

TEST(shipped_coverage, is_the_table_of_modalities_and_regions) {
  const core::region_set everywhere{region::ch,  region::eu,    region::us,   region::uk,    region::asia,
                                    region::anz, region::latam, region::mena, region::india, region::world};
  const core::region_set swiss_and_eu{region::ch, region::eu};
  struct row {
    modality what;
    core::region_set general, phi;
  };
  const std::vector<row> table{{modality::chat, everywhere, swiss_and_eu},
                               {modality::vision, swiss_and_eu, swiss_and_eu},
                               {modality::embeddings, swiss_and_eu, swiss_and_eu}};
  const loaded read = load_shipped();
  const core::registry& registry = *read.snapshot->registry;
  for (const row& one : table) {
    for (const region where : core::all_regions()) {
      const std::string name = std::string(core::to_string(one.what)) + " in " + std::string(core::to_string(where));
      EXPECT_EQ(offered(registry, asking(where, one.what, core::data_class::general)), one.general.contains(where))
          << name;
      EXPECT_EQ(offered(registry, asking(where, one.what, core::data_class::phi)), one.phi.contains(where))
          << name << ", phi";
    }
  }
}

TEST(shipped_coverage, for_health_data_ends_with_the_agreements) {
  const loaded read = load_shipped();
  const core::policy policy = asking(region::ch, modality::chat, core::data_class::phi);
  EXPECT_FALSE(offered(*read.snapshot->registry, policy, year(2025) / 12 / 31));
  EXPECT_TRUE(offered(*read.snapshot->registry, policy, year(2026) / 1 / 1));
  EXPECT_TRUE(offered(*read.snapshot->registry, policy, year(2027) / 12 / 30));
  EXPECT_FALSE(offered(*read.snapshot->registry, policy, year(2027) / 12 / 31));
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
  EXPECT_THAT(hosts(registry, region::ch, modality::chat, "gemma-4"), ElementsAre("infomaniak/gemma-4-31b"));
  EXPECT_THAT(hosts(registry, region::eu, modality::chat, "gemma-4"), ElementsAre("scaleway/gemma-4-26b-a4b"));
  EXPECT_THAT(hosts(registry, region::ch, modality::chat, "qwen3.5"), ElementsAre("infomaniak/qwen3.5-397b-a17b"));
  EXPECT_THAT(hosts(registry, region::eu, modality::chat, "qwen3.5"),
              ElementsAre("scaleway/qwen3.5-397b-a17b", "ovhcloud/qwen3.5-397b-a17b"));
  EXPECT_THAT(hosts(registry, region::us, modality::chat, "qwen3.5"), ElementsAre("together/qwen3.5-397b-a17b"));
  EXPECT_THAT(hosts(registry, region::uk, modality::chat, "qwen3.5"), IsEmpty());
  EXPECT_THAT(hosts(registry, region::ch, modality::embeddings, "qwen3-embedding-8b"),
              ElementsAre("infomaniak/qwen3-embedding-8b-4096"));
  EXPECT_THAT(hosts(registry, region::eu, modality::embeddings, "qwen3-embedding-8b"),
              ElementsAre("scaleway/qwen3-embedding-8b-4096"));
}

TEST(shipped_aliases, lead_to_verified_hosts_alone_for_health_data) {
  const loaded read = load_shipped();
  const core::registry& registry = *read.snapshot->registry;
  EXPECT_THAT(hosts(registry, region::eu, modality::chat, "qwen3.5", core::data_class::phi),
              ElementsAre("scaleway/qwen3.5-397b-a17b"));
  EXPECT_THAT(hosts(registry, region::eu, modality::vision, "qwen3.5", core::data_class::phi),
              ElementsAre("scaleway/qwen3.5-397b-a17b"));
}

TEST(shipped_registry, gives_auto_the_same_model_in_the_eu_for_either_class) {
  const loaded read = load_shipped();
  for (const auto data : {core::data_class::general, core::data_class::phi}) {
    const auto order = hosts(*read.snapshot->registry, asking(region::eu, modality::chat, data));
    ASSERT_FALSE(order.empty());
    EXPECT_EQ(order[0], "scaleway/mistral-small-3.2-24b-instruct-2506");
  }
}

TEST(shipped_registry, has_a_second_host_in_the_eu_for_some_models) {
  const loaded read = load_shipped();
  const core::registry& registry = *read.snapshot->registry;
  for (const std::string model : {"gpt-oss-120b", "llama-3.3-70b-instruct", "mistral-small-3.2-24b-instruct-2506"}) {
    core::policy policy = asking(region::eu, modality::chat, core::data_class::general);
    policy.model = {core::model_kind::concrete, model};
    // The cheaper one first: a concrete model is ordered by score alone.
    EXPECT_THAT(hosts(registry, policy), ElementsAre("ovhcloud/" + model, "scaleway/" + model));
    policy.preferences.denies_data_collection = true;  // what OVHcloud does with data is unknown
    EXPECT_THAT(hosts(registry, policy), ElementsAre("scaleway/" + model));
  }
}

// All that routing knows of each route: "ovhcloud FR ovhcloud-gra FR EU keeps 0 trains ? gpt-oss-120b …".
std::set<std::string> facts_of_routes(const core::registry& registry) {
  std::set<std::string> out;
  for (const core::route& route : registry.routes()) {
    const core::provider& owner = registry.provider_of(route);
    const core::endpoint& host = registry.endpoint_of(route);
    const core::hosted_model& model = registry.model_of(route);
    std::string facts = (owner.enabled && host.enabled && model.enabled ? "" : "off: ") + owner.slug + ' ' +
                        std::string(owner.headquarters ? owner.headquarters->text() : "-");
    facts += ' ' + host.id + ' ' + host.location.text();
    for (const region where : core::all_regions()) {
      if (host.regions.contains(where)) facts += ' ' + std::string(core::to_string(where));
    }
    const auto days = host.retention_days ? host.retention_days : owner.retention_days;
    const auto trains = host.trains_on_data ? host.trains_on_data : owner.trains_on_data;
    facts += " keeps " + (days ? std::to_string(*days) : "?") + " trains " + (trains ? std::to_string(*trains) : "?");
    facts += ' ' + model.id + ' ' + model.upstream + ' ' + std::string(core::to_string(route.modality));
    for (const std::string& feature : model.features) facts += ' ' + feature;
    facts += ' ' + model.cost.currency + ' ' + model.cost.usd_per_unit.text();
    if (model.cost.tokens) facts += ' ' + model.cost.tokens->input.text() + ' ' + model.cost.tokens->output.text();
    out.insert(std::move(facts));
  }
  return out;
}

TEST(demo_registry, is_the_shipped_one_with_simulated_endpoints) {
  const testing::config_files files;
  std::ifstream demo_file(PHIGATE_SOURCE_DIR "/config/demo-providers.yaml");
  files.write("providers.yaml", std::string(std::istreambuf_iterator<char>(demo_file), {}));
  const auto demo = files.load({{"PHIGATE_DEMO_KEY", "any"}});
  ASSERT_TRUE(demo);
  EXPECT_EQ(facts_of_routes(*demo->snapshot->registry), facts_of_routes(*load_shipped().snapshot->registry));
}

TEST(shipped_registry, shows_no_credential_in_a_warning) {
  auto values = every_variable;
  values.erase("INFOMANIAK_PRODUCT_ID");
  const loaded read = load_shipped(values);
  EXPECT_FALSE(read.warnings.empty());
  for (const fault& one : read.warnings) EXPECT_EQ(one.text().find("canary"), std::string::npos) << one.text();
}

}  // namespace
}  // namespace phigate::config
