// The two files that are shipped: they load with any environment, say nothing that they shouldn't, and the demo's
// registry is the same one (spec §11). What they route is in shipped_routing_test.cpp.
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include "phigate/core/eligibility.hpp"
#include "unit/config/shipped_files.hpp"

namespace phigate::config {
namespace {

using core::modality;
using core::region;
using testing::asking;
using ::testing::ElementsAre;
using testing::every_variable;
using ::testing::IsEmpty;
using testing::load_shipped;

bool offered(const core::registry& registry, const core::policy& policy) {
  return core::select(policy, registry, testing::some_day).has_value();
}

std::string text_of(const std::string& file) {
  std::ifstream in(PHIGATE_SOURCE_DIR "/" + file);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(shipped_files, load_with_every_variable_and_without_a_warning) {
  const loaded read = load_shipped();
  EXPECT_THAT(read.warnings, IsEmpty());
  std::vector<std::string> off;
  for (const core::endpoint& endpoint : read.snapshot->registry->tables().endpoints) {
    if (!endpoint.enabled) off.push_back(endpoint.id + ": " + endpoint.disabled_because);
  }
  EXPECT_THAT(off, ElementsAre("nebius-eu-west1: enabled: false"));
}

TEST(shipped_files, load_with_an_empty_environment_and_every_endpoint_disabled) {
  const loaded read = load_shipped({});
  std::set<std::string> warned;
  for (const fault& one : read.warnings) warned.insert(one.key_path.substr(0, one.key_path.rfind('.')));
  std::size_t silent = 0;  // those that the file switches off: there is nothing to warn of
  for (const core::endpoint& endpoint : read.snapshot->registry->tables().endpoints) {
    EXPECT_FALSE(endpoint.enabled) << endpoint.id;
    if (endpoint.switched_off) ++silent;
  }
  EXPECT_EQ(warned.size() + silent, read.snapshot->registry->tables().endpoints.size());
}

TEST(shipped_files, run_with_the_key_of_one_provider) {
  const loaded read = load_shipped({{"SCW_SECRET_KEY", "k"}});
  const core::registry& registry = *read.snapshot->registry;
  EXPECT_TRUE(offered(registry, asking(region::eu, modality::chat, core::data_class::phi)));
  EXPECT_FALSE(offered(registry, asking(region::ch, modality::chat)));
}

// One Speech resource both hears and speaks; what it lacks are the documents, which are a resource of their own.
TEST(shipped_files, run_with_one_resource_of_azure) {
  const loaded read = load_shipped({{"AZURE_SPEECH_EU_KEY", "k"}});
  const core::registry& registry = *read.snapshot->registry;
  EXPECT_TRUE(offered(registry, asking(region::eu, modality::stt, core::data_class::phi)));
  EXPECT_TRUE(offered(registry, asking(region::eu, modality::tts, core::data_class::phi)));
  EXPECT_FALSE(offered(registry, asking(region::eu, modality::ocr)));
  EXPECT_FALSE(offered(registry, asking(region::us, modality::stt)));
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

TEST(shipped_files, show_no_credential_in_a_warning) {
  for (const std::string missing : {"INFOMANIAK_PRODUCT_ID", "VERTEX_PROJECT", "AZURE_OPENAI_EU_RESOURCE"}) {
    auto values = every_variable;
    values.erase(missing);
    const loaded read = load_shipped(values);
    EXPECT_FALSE(read.warnings.empty()) << missing;
    for (const fault& one : read.warnings) EXPECT_EQ(one.text().find("canary"), std::string::npos) << one.text();
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Where the facts are from

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out(1);
  for (const char c : text) {
    if (c == '\n') {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  return out;
}

bool has_confidence(std::string_view line) {
  const std::size_t comment = line.find('#');
  if (comment == std::string_view::npos) return false;
  line.remove_prefix(comment);
  return line.contains("[H") || line.contains("[M") || line.contains("[L");
}

std::size_t indent_of(std::string_view line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

bool is_comment(std::string_view line) {
  return line.substr(indent_of(line)).starts_with('#');
}

// Whether the fact in line `at` says how far to trust it: on its line, in the comment right above, or below on lines
// that hold a comment alone.
bool says_its_source(const std::vector<std::string>& lines, std::size_t at) {
  if (has_confidence(lines[at])) return true;
  for (std::size_t above = at; above > 0 && is_comment(lines[above - 1]); --above) {
    if (has_confidence(lines[above - 1])) return true;
  }
  for (std::size_t below = at + 1; below < lines.size() && is_comment(lines[below]); ++below) {
    if (has_confidence(lines[below])) return true;
  }
  return false;
}

TEST(shipped_sources, stand_beside_each_policy_and_address) {
  const auto lines = lines_of(text_of("config/providers.yaml"));
  std::size_t found = 0;
  for (std::size_t at = 0; at < lines.size(); ++at) {
    const std::string_view rest = std::string_view(lines[at]).substr(indent_of(lines[at]));
    const auto is = [rest](std::string_view key) { return rest.starts_with(key); };
    if (!is("headquarters:") && !is("retention_days:") && !is("trains_on_data:") && !is("base_url:")) continue;
    ++found;
    EXPECT_TRUE(says_its_source(lines, at)) << "config/providers.yaml:" << at + 1 << ": " << rest;
  }
  EXPECT_GT(found, 40U);
}

constexpr std::size_t endpoint_indent = 6;

bool is_endpoint(std::string_view line) {
  return indent_of(line) == endpoint_indent && !is_comment(line) && !line.empty();
}

// What stands behind `key:` in the endpoint to which line `at` belongs; empty when it has none.
std::string value_at_endpoint(const std::vector<std::string>& lines, std::size_t at, std::string_view key) {
  while (!is_endpoint(lines[at])) --at;
  for (++at; at < lines.size() && !is_endpoint(lines[at]); ++at) {
    const std::string_view rest = std::string_view(lines[at]).substr(indent_of(lines[at]));
    if (rest.starts_with(key)) return std::string(rest.substr(key.size()));
  }
  return {};
}

struct source_rule {
  std::string_view key;
  std::vector<std::string_view> words;  // of which a comment that is its source has one
};

// Whether a comment above line `at`, no deeper than itself, speaks of such a fact and says how far to trust it. It
// stands in the line's own endpoint or above it, or above one before it of the same provider and protocol: what a
// provider has in several regions stands in a group.
bool has_source_above(const std::vector<std::string>& lines, std::size_t at, const source_rule& rule) {
  const std::string protocol = value_at_endpoint(lines, at, "protocol:");
  bool about_it = false;  // of the comment that is being read, from its last line to its first
  bool trusted = false;
  bool in_own_endpoint = true;
  for (std::size_t above = at; above > 0 && indent_of(lines[above - 1]) > 2; --above) {
    const std::string& line = lines[above - 1];
    if (is_endpoint(line)) {
      if (value_at_endpoint(lines, above - 1, "protocol:") != protocol) return false;
      in_own_endpoint = false;
    }
    const std::size_t deepest = in_own_endpoint ? indent_of(lines[at]) : endpoint_indent;
    const bool in_comment = is_comment(line) && indent_of(line) <= deepest;
    const auto is_in_line = [&line](std::string_view word) { return line.contains(word); };
    about_it = in_comment && (about_it || std::ranges::any_of(rule.words, is_in_line));
    trusted = in_comment && (trusted || has_confidence(line));
    if (about_it && trusted) return true;
  }
  return false;
}

// Models stand in groups under one comment, which has the sources of all that is said of them.
TEST(shipped_sources, stand_above_each_price_context_and_id) {
  const auto lines = lines_of(text_of("config/providers.yaml"));
  for (const source_rule& rule : {source_rule{"price:", {"rice"}}, source_rule{"context_length:", {"ontext"}},
                                  source_rule{"upstream:", {"Ids", "ids", "model"}}}) {
    std::size_t found = 0;
    for (std::size_t at = 0; at < lines.size(); ++at) {
      if (!std::string_view(lines[at]).substr(indent_of(lines[at])).starts_with(rule.key)) continue;
      ++found;
      EXPECT_TRUE(has_source_above(lines, at, rule))
          << "config/providers.yaml:" << at + 1 << ": no source of " << lines[at];
    }
    EXPECT_GT(found, 40U) << rule.key;
  }
}

// The rule itself, on a file that is made up: what is further up, deeper, of another provider or protocol, or without a
// word of trust, is no source.
TEST(shipped_sources, are_those_of_the_group_alone) {
  const auto is_sourced = [](const std::string& above) {
    const auto lines = lines_of("  p:\n" + above + "            price: { input: 1 }");
    return has_source_above(lines, lines.size() - 1, {"price:", {"rice"}});
  };
  const std::string open = "      e:\n        protocol: one\n";
  const std::string first = "      d:\n        protocol: one\n";
  const std::string note = "# Prices: a page [H].\n";
  EXPECT_TRUE(is_sourced(open + "        " + note + "          m:\n"));
  EXPECT_TRUE(is_sourced("      " + note + open + "          m:\n"));
  EXPECT_TRUE(is_sourced("      " + note + first + "      # Another place.\n" + open + "          m:\n"));
  EXPECT_TRUE(is_sourced(open + "          # Prices: a page\n          # of the provider [H].\n          m:\n"));
  EXPECT_FALSE(is_sourced(open + "          m:\n"));
  EXPECT_FALSE(is_sourced(open + "        # Prices: a page.\n          m:\n")) << "how far to trust it is not said";
  EXPECT_FALSE(is_sourced(open + "        # Contexts: a page [H].\n          m:\n"));
  EXPECT_FALSE(is_sourced(open + "              " + note + "          m:\n")) << "deeper";
  EXPECT_FALSE(is_sourced(first + "        " + note + open + "          m:\n")) << "inside of another endpoint";
  EXPECT_FALSE(is_sourced("      " + note + "      d:\n        protocol: two\n" + open + "          m:\n"));
  EXPECT_FALSE(is_sourced("      " + note + "  q:\n" + open + "          m:\n")) << "of another provider";
  EXPECT_FALSE(is_sourced(open + "        # Prices: below.\n          m:\n          # Contexts [H].\n"));
}

// ---------------------------------------------------------------------------------------------------------------------
// The demo

std::string text_of(const std::vector<std::pair<std::string, std::string>>& table) {
  std::string out;
  for (const auto& [name, value] : table) out += ' ' + name + '=' + value;
  return out;
}

std::string text_of(const core::request_dialect& dialect) {
  std::string out = " rename" + text_of(dialect.rename) + " default" + text_of(dialect.defaults) + " drop";
  for (const std::string& field : dialect.drop) out += ' ' + field;
  return out;
}

std::string text_of(const core::price& cost) {
  std::string out = ' ' + cost.currency + ' ' + cost.usd_per_unit.text();
  if (cost.tokens) out += ' ' + cost.tokens->input.text() + ' ' + cost.tokens->output.text();
  if (cost.tokens && cost.tokens->cached_input) out += " cached " + cost.tokens->cached_input->text();
  if (cost.per_minute) out += " minute " + cost.per_minute->text();
  if (cost.per_million_chars) out += " chars " + cost.per_million_chars->text();
  if (cost.per_page) out += " page " + cost.per_page->text();
  return out;
}

std::string text_of(const core::hosted_model& model) {
  std::string out = model.id + ' ' + model.upstream + " context " + std::to_string(model.context_length.value_or(0));
  for (const std::string& feature : model.features) out += ' ' + feature;
  if (model.dimensions)
    out += ' ' + std::to_string(model.dimensions->smallest) + '-' + std::to_string(model.dimensions->largest);
  for (const std::string& format : model.formats) out += ' ' + format;
  return out + text_of(model.voices) + text_of(model.locales) + text_of(model.request) + text_of(model.cost);
}

// All that is known of each route but where it is reached and with which credential.
std::set<std::string> facts_of_routes(const core::registry& registry) {
  std::set<std::string> out;
  for (const core::route& route : registry.routes()) {
    const core::provider& owner = registry.provider_of(route);
    const core::endpoint& host = registry.endpoint_of(route);
    const core::hosted_model& model = registry.model_of(route);
    std::string facts = (owner.enabled && host.enabled && model.enabled ? "" : "off: ") + owner.slug + ' ' +
                        std::string(owner.headquarters ? owner.headquarters->text() : "-");
    facts += ' ' + host.id + ' ' + host.protocol + ' ' + host.api_version + ' ' + host.location.text();
    for (const region where : core::all_regions()) {
      if (host.regions.contains(where)) facts += ' ' + std::string(core::to_string(where));
    }
    const auto days = host.retention_days ? host.retention_days : owner.retention_days;
    const auto trains = host.trains_on_data ? host.trains_on_data : owner.trains_on_data;
    facts += " keeps " + (days ? std::to_string(*days) : "?") + " trains " + (trains ? std::to_string(*trains) : "?");
    facts += text_of(host.request) + ' ' + std::string(core::to_string(route.modality)) + ' ' + text_of(model);
    out.insert(std::move(facts));
  }
  return out;
}

// "azure baa CH EU US: ocr stt tts".
std::set<std::string> agreements_of(const core::registry& registry) {
  std::set<std::string> out;
  for (const core::provider& owner : registry.tables().providers) {
    for (const core::agreement& one : owner.agreements) {
      std::string facts = owner.slug + (one.kind == core::agreement_kind::dpa ? " dpa" : " baa");
      for (const region where : core::all_regions()) {
        if (one.regions.contains(where)) facts += ' ' + std::string(core::to_string(where));
      }
      facts += ':';
      for (const modality what : core::all_modalities()) {
        if (one.modalities.contains(what)) facts += ' ' + std::string(core::to_string(what));
      }
      out.insert(std::move(facts));
    }
  }
  return out;
}

TEST(demo_registry, is_the_shipped_one_with_simulated_endpoints) {
  const testing::config_files files;
  files.write("providers.yaml", text_of("config/demo-providers.yaml"));
  const auto demo = files.load({{"PHIGATE_DEMO_KEY", "any"}});
  ASSERT_TRUE(demo) << files.faults({{"PHIGATE_DEMO_KEY", "any"}}).front();
  EXPECT_THAT(demo->warnings, IsEmpty());
  const core::registry& simulated = *demo->snapshot->registry;
  const loaded read = load_shipped();
  const core::registry& shipped = *read.snapshot->registry;
  EXPECT_EQ(facts_of_routes(simulated), facts_of_routes(shipped));
  EXPECT_EQ(agreements_of(simulated), agreements_of(shipped));
  const auto aliases = [](const core::registry& of) {
    std::map<std::string, std::vector<std::string>> out;
    for (const core::alias& one : of.tables().aliases) out.emplace(one.name, one.models);
    return out;
  };
  EXPECT_EQ(aliases(simulated), aliases(shipped));
  for (const core::endpoint& host : simulated.tables().endpoints) EXPECT_EQ(host.url.host, "127.0.0.1") << host.id;
}

}  // namespace
}  // namespace phigate::config
