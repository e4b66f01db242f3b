// The gateway's own configuration: its defaults, every setting, and a fault for everything that is not one (spec §12).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/config/config_files.hpp"
#include "unit/config/pem_texts.hpp"

namespace phigate::config {
namespace {

using namespace std::chrono_literals;
using testing::config_files;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

const std::string digest_a(64, 'a');
const std::string digest_b(64, 'B');

settings load_settings(std::string_view text, testing::variables values = {{"KEY", "k"}}) {
  config_files files;
  files.write("phigate.yaml", text);
  const auto result = files.load(std::move(values));
  EXPECT_THAT(result ? std::vector<std::string>{} : files.texts(result.error()), IsEmpty()) << text;
  return result ? result->snapshot->settings : settings{};
}

TEST(gateway_settings, an_empty_file_gives_the_defaults) {
  for (const std::string_view text : {"", "# nothing but a comment\n", "---\n", "{}\n", "\xef\xbb\xbf"}) {
    const settings read = load_settings(text);
    ASSERT_EQ(read.listen.size(), 1u);
    EXPECT_EQ(read.listen[0].address, "127.0.0.1");
    EXPECT_EQ(read.listen[0].port, 8080);
    EXPECT_FALSE(read.listen[0].certificate_file);
    EXPECT_FALSE(read.admin);
    EXPECT_EQ(read.workers, 0u);
    EXPECT_EQ(read.default_region, core::region::eu);
    EXPECT_FALSE(read.default_phi);
    EXPECT_EQ(read.auth, auth_mode::none);
    EXPECT_FALSE(read.allow_insecure);
    EXPECT_THAT(read.keys, IsEmpty());
    EXPECT_EQ(read.timeouts.connect, 3s);
    EXPECT_EQ(read.timeouts.first_byte, 300s);
    EXPECT_EQ(read.timeouts.first_token, 120s);
    EXPECT_EQ(read.timeouts.idle, 120s);
    EXPECT_EQ(read.timeouts.total, 600s);
    EXPECT_EQ(read.timeouts.stream, 1h);
    EXPECT_EQ(read.timeouts.client_header, 10s);
    EXPECT_EQ(read.timeouts.client_idle, 75s);
    EXPECT_EQ(read.max_attempts, 4);
    EXPECT_EQ(read.health_window, 300s);
    EXPECT_EQ(read.cooldowns.server_error, 30s);
    EXPECT_EQ(read.cooldowns.rate_limit, 60s);
    EXPECT_EQ(read.cooldowns.repeated, 120s);
    EXPECT_EQ(read.limits.body, 25u * 1024 * 1024);
    EXPECT_EQ(read.limits.header, 16u * 1024);
    EXPECT_EQ(read.limits.header_fields, 100u);
    EXPECT_EQ(read.limits.response, 256u * 1024 * 1024);
    EXPECT_EQ(read.limits.memory, std::size_t{2} * 1024 * 1024 * 1024);
    EXPECT_EQ(read.limits.connections, 10'000u);
    EXPECT_EQ(read.limits.in_flight, 4'096u);
    EXPECT_FALSE(read.upstream_ca_file);
    EXPECT_EQ(read.upstream_idle_connections, 64u);
    EXPECT_EQ(read.upstream_idle_timeout, 60s);
    EXPECT_EQ(read.drain_delay, 5s);
    EXPECT_EQ(read.drain_timeout, 60s);
    EXPECT_EQ(read.log_level, "info");
    EXPECT_EQ(read.log_format, log_format::text);
    EXPECT_THAT(read.cors_origins, IsEmpty());
  }
}

TEST(gateway_settings, every_setting_is_read) {
  config_files files;
  const testing::pem_texts pem = testing::make_pem();
  files.write("cert.pem", pem.certificate);
  files.write("key.pem", pem.key);
  files.write("ca.pem", pem.certificate);
  files.write("other.yaml", testing::small_registry);
  files.write("phigate.yaml", R"(
listen: [{ address: "::1", port: 0 }, { address: 127.0.0.2, port: 8443, tls: { certificate_file: cert.pem, key_file: key.pem } }]
admin: { address: 127.0.0.3 }
workers: 256
registry: ./other.yaml
defaults: { region: ch, phi: true }
auth: { mode: none, allow_insecure: true }
timeouts: { connect: 1ms, first_byte: 2s, first_token: 3m, idle: 4h, total: 5s, stream: 6s, client_header: 7s, client_idle: 24h }
failover: { max_attempts: 16 }
health: { window: 1s, cooldown: { server_error: 1s, rate_limit: 2s, repeated: 3s } }
limits: { body: 1B, header: 1KiB, header_fields: 1, response: 4GiB, memory: 1MiB, connections: 1, in_flight: 2 }
upstream: { ca_file: ca.pem, idle_connections: 0, idle_timeout: 1s }
drain: { delay: 0s, timeout: 0ms }
log: { level: trace, format: json }
cors: { origins: ["https://App.example.org", "http://localhost:3000", "https://x.example:443"] }
)");
  const auto result = files.load();
  ASSERT_TRUE(result) << ::testing::PrintToString(files.texts(result.error()));
  const settings& read = result->snapshot->settings;
  ASSERT_THAT(read.listen, SizeIs(2));
  EXPECT_EQ(read.listen[0].address, "::1");
  EXPECT_EQ(read.listen[0].port, 0);
  EXPECT_EQ(read.listen[1].certificate_file, files.path("cert.pem"));
  EXPECT_EQ(read.listen[1].key_file, files.path("key.pem"));
  ASSERT_TRUE(read.admin);
  EXPECT_EQ(read.admin->address, "127.0.0.3");
  EXPECT_EQ(read.admin->port, 9090);
  EXPECT_EQ(read.workers, 256u);
  EXPECT_EQ(read.registry_file, files.path("other.yaml"));
  EXPECT_EQ(read.default_region, core::region::ch);
  EXPECT_TRUE(read.default_phi);
  EXPECT_TRUE(read.allow_insecure);
  EXPECT_EQ(read.timeouts.connect, 1ms);
  EXPECT_EQ(read.timeouts.first_token, 3min);
  EXPECT_EQ(read.timeouts.idle, 4h);
  EXPECT_EQ(read.timeouts.client_idle, 24h);
  EXPECT_EQ(read.max_attempts, 16);
  EXPECT_EQ(read.health_window, 1s);
  EXPECT_EQ(read.cooldowns.server_error, 1s);
  EXPECT_EQ(read.cooldowns.rate_limit, 2s);
  EXPECT_EQ(read.cooldowns.repeated, 3s);
  EXPECT_EQ(read.limits.body, 1u);
  EXPECT_EQ(read.limits.header, 1024u);
  EXPECT_EQ(read.limits.response, std::size_t{4} << 30);
  EXPECT_EQ(read.limits.in_flight, 2u);
  EXPECT_EQ(read.upstream_ca_file, files.path("ca.pem"));
  EXPECT_EQ(read.upstream_idle_connections, 0u);
  EXPECT_EQ(read.drain_delay, 0ms);
  EXPECT_EQ(read.drain_timeout, 0ms);
  EXPECT_EQ(read.log_level, "trace");
  EXPECT_EQ(read.log_format, log_format::json);
  EXPECT_THAT(read.cors_origins, ElementsAre("https://app.example.org", "http://localhost:3000", "https://x.example"));
}

TEST(gateway_settings, a_value_may_come_from_the_environment_whatever_its_type) {
  const settings read =
      load_settings("listen: [{ port: \"${PORT}\" }]\nworkers: ${W}\nlog: { level: debug }\ndefaults:\n  phi: ${PHI}\n",
                    {{"KEY", "k"}, {"PORT", "81"}, {"W", "auto"}, {"PHI", "true"}});
  EXPECT_EQ(read.listen[0].port, 81);
  EXPECT_EQ(read.workers, 0u);
  EXPECT_TRUE(read.default_phi);
}

TEST(gateway_settings, anchors_are_read) {
  const settings read = load_settings("timeouts: { connect: &short 2s, idle: *short }\n");
  EXPECT_EQ(read.timeouts.connect, 2s);
  EXPECT_EQ(read.timeouts.idle, 2s);
}

TEST(gateway_keys, every_setting_of_a_key_is_read) {
  const settings read =
      load_settings("auth:\n  mode: keys\n  keys:\n    - { id: a, sha256: " + digest_a +
                    ", regions: [ch, EU], region: CH, phi: required, expires: 2027-06-30, metrics: true }\n"
                    "    - { id: b, sha256: [" +
                    digest_b + ", " + std::string(64, '0') +
                    "] }\n"
                    "    - { id: c, sha256: " +
                    std::string(64, '1') + ", regions: [UK], phi: forbidden }\n");
  ASSERT_THAT(read.keys, SizeIs(3));
  EXPECT_EQ(read.auth, auth_mode::keys);
  EXPECT_EQ(read.keys[0].id, "a");
  ASSERT_THAT(read.keys[0].sha256, SizeIs(1));
  EXPECT_EQ(read.keys[0].sha256[0][31], 0xaa);
  EXPECT_EQ(read.keys[0].regions, (core::region_set{core::region::ch, core::region::eu}));
  EXPECT_EQ(read.keys[0].region, core::region::ch);
  EXPECT_EQ(read.keys[0].phi, phi_permission::required);
  EXPECT_EQ(read.keys[0].expires, std::chrono::sys_days(std::chrono::year(2027) / 6 / 30));
  EXPECT_TRUE(read.keys[0].metrics);
  EXPECT_THAT(read.keys[1].sha256, SizeIs(2));
  EXPECT_EQ(read.keys[1].sha256[0][0], 0xbb);
  for (const core::region region : core::all_regions()) EXPECT_TRUE(read.keys[1].regions.contains(region));
  EXPECT_FALSE(read.keys[1].region) << "with every region there is no only one";
  EXPECT_EQ(read.keys[1].phi, phi_permission::allowed);
  EXPECT_FALSE(read.keys[1].expires);
  EXPECT_EQ(read.keys[2].region, core::region::uk) << "the only one of its regions";
}

TEST(gateway_keys, listed_but_switched_off_by_mode_none_are_warned_about) {
  config_files files;
  files.write("phigate.yaml", "auth:\n  mode: none\n  keys:\n    - { id: a, sha256: " + digest_a + " }\n");
  const auto result = files.load();
  ASSERT_TRUE(result);
  EXPECT_THAT(files.texts(result->warnings), ElementsAre(StartsWith("phigate.yaml:3: auth.keys: not used")));
}

struct fault_case {
  std::string yaml;
  std::string expected;  // "line: key path: part of the message"
};

std::string key_list(const std::string& key) {
  return "auth:\n  mode: keys\n  keys:\n    - " + key + "\n";
}

const std::vector<fault_case> cases{
    // unknown and repeated keys
    {"lissten: []\n", "1: lissten: unknown key; the keys here: listen, admin, workers"},
    {"log:\n  level: info\n  color: true\n", "3: log.color: unknown key; the keys here: level, format"},
    {"workers: 1\nlog: {}\nworkers: 2\n", "3: workers: repeated key, first on line 1"},
    {"log: { level: info, \"level\": info }\n", "1: log.level: repeated key, first on line 1"},
    {"a: &a { level: info }\nlog:\n  <<: *a\n", "1: a: unknown key"},
    {"log:\n  <<: { level: debug }\n", "2: log.<<: YAML merge keys are not read"},
    {"? [a, b]\n: 1\n", "1: a key must be text"},
    {"~: 1\n", "1: a key must be text"},
    {"Listen: []\n", "1: Listen: unknown key"},
    // wrong types
    {"[]\n", "1: must be a map of settings, is a list"},
    {"text\n", "1: must be a map of settings, is a single value"},
    {"listen: 8080\n", "1: listen: must be a list of addresses, is a single value"},
    {"listen: { port: 1 }\n", "1: listen: must be a list of addresses, is a map"},
    {"listen: []\n", "1: listen: an empty list"},
    {"listen: [8080]\n", "1: listen[0]: must be a map of address, port and tls, is a single value"},
    {"log:\n", "1: log: must be a map of settings, is empty"},
    {"log: { level: }\n", "1: log.level: must be text, is empty"},
    {"log: { level: \"\" }\n", "1: log.level: is empty"},
    {"log: { level: [info] }\n", "1: log.level: must be text, is a list"},
    {"defaults: { phi: yes }\n", "1: defaults.phi: \"yes\" must be true or false"},
    {"defaults: { phi: True }\n", "1: defaults.phi: \"True\" must be true or false"},
    {"defaults: { phi: \"true\" }\n", "1: defaults.phi: \"true\" is text in quotes"},
    {"defaults: { phi: 1 }\n", "1: defaults.phi: \"1\" must be true or false"},
    {"defaults: { phi: !!bool true }\n", "1: defaults.phi: YAML tags are not read"},
    // names and numbers
    {"defaults: { region: MARS }\n", "1: defaults.region: \"MARS\" is no region; the regions: CH, EU, US"},
    {"listen: [{ port: 65536 }]\n", "1: listen[0].port: \"65536\" is out of range: 0 to 65535"},
    {"listen: [{ port: -1 }]\n", "1: listen[0].port: \"-1\" is out of range"},
    {"listen: [{ port: 99999999999999999999 }]\n", "1: listen[0].port: \"99999999999999999999\" is out of range"},
    {"listen: [{ port: \"80\" }]\n", "1: listen[0].port: \"80\" is text in quotes"},
    {"listen: [{ port: 080 }]\n", "1: listen[0].port: \"080\" must be a whole number"},
    {"listen: [{ port: 0x50 }]\n", "1: listen[0].port: \"0x50\" must be a whole number"},
    {"listen: [{ port: 80.0 }]\n", "1: listen[0].port: \"80.0\" must be a whole number"},
    {"workers: 0\n", "1: workers: \"0\" is out of range: 1 to 256"},
    {"workers: 257\n", "1: workers: \"257\" is out of range: 1 to 256"},
    {"workers: many\n", "1: workers: \"many\" must be a whole number"},
    {"failover: { max_attempts: 0 }\n", "1: failover.max_attempts: \"0\" is out of range: 1 to 16"},
    {"failover: { max_attempts: 17 }\n", "1: failover.max_attempts: \"17\" is out of range: 1 to 16"},
    {"log: { level: verbose }\n", "1: log.level: \"verbose\" is none of: trace, debug, info, warn, error"},
    {"log: { format: JSON }\n", "1: log.format: \"JSON\" is none of: text, json"},
    {"limits: { connections: 0 }\n", "1: limits.connections: \"0\" is out of range"},
    // durations and sizes
    {"timeouts: { connect: 3 }\n", "1: timeouts.connect: \"3\" a duration needs a unit: write 3s (ms, s, m, h)"},
    {"timeouts: { connect: 3S }\n", "1: timeouts.connect: \"3S\" must be a duration"},
    {"timeouts: { connect: 1.5s }\n", "1: timeouts.connect: \"1.5s\" must be a duration"},
    {"timeouts: { connect: -3s }\n", "1: timeouts.connect: \"-3s\" must be a duration"},
    {"timeouts: { connect: s }\n", "1: timeouts.connect: \"s\" must be a duration"},
    {"timeouts: { connect: 0s }\n", "1: timeouts.connect: \"0s\" is out of range: 1ms to 24h"},
    {"timeouts: { stream: 25h }\n", "1: timeouts.stream: \"25h\" is out of range: 1ms to 24h"},
    {"timeouts: { stream: 9999999999999h }\n", "1: timeouts.stream: \"9999999999999h\" must be a duration"},
    {"health: { window: 999ms }\n", "1: health.window: \"999ms\" is out of range: 1s to 24h"},
    {"health: { cooldown: { repeated: 0s } }\n", "1: health.cooldown.repeated: \"0s\" is out of range"},
    {"limits: { body: 25 }\n", "1: limits.body: \"25\" a size needs a unit: write 25B (B, KiB, MiB, GiB)"},
    {"limits: { body: 25MB }\n", "1: limits.body: \"25MB\" must be a size"},
    {"limits: { body: 0MiB }\n", "1: limits.body: \"0MiB\" is out of range: 1B to 4GiB"},
    {"limits: { header: 255B }\n", "1: limits.header: \"255B\" is out of range: 256B to 1MiB"},
    // listeners
    {"listen: [{ address: localhost }]\n", "1: listen[0].address: \"localhost\" must be an IP address"},
    {"listen: [{ address: \"[::1]\" }]\n", "1: listen[0].address: \"[::1]\" must be an IP address"},
    {"listen:\n  - { port: 80 }\n  - { port: 80 }\n", "3: listen[1]: this address and port have a listener already"},
    {"admin: { port: 8080 }\n", "1: admin: this address and port have a listener already"},
    {"listen:\n  - tls: { certificate_file: phigate.yaml }\n", "2: listen[0].tls: key_file is missing"},
    {"listen:\n  - tls: { key_file: phigate.yaml }\n", "2: listen[0].tls: certificate_file is missing"},
    {"listen:\n  - tls:\n      certificate_file: none.pem\n      key_file: phigate.yaml\n",
     "3: listen[0].tls.certificate_file: \"none.pem\" cannot be read: No such file"},
    {"listen:\n  - tls:\n      certificate_file: phigate.yaml\n      key_file: .\n",
     "4: listen[0].tls.key_file: \".\" cannot be read: Is a directory"},
    {"upstream: { ca_file: none.pem }\n", "1: upstream.ca_file: \"none.pem\" cannot be read"},
    // who may call
    {"listen:\n  - address: 0.0.0.0\n", "2: listen[0].address: no loopback address, and auth.mode is none"},
    {"listen: [{ address: \"::\" }]\nauth: { mode: none }\n", "1: listen[0].address: no loopback address"},
    {"listen: [{ address: \"::ffff:127.0.0.1\" }]\n", "1: listen[0].address: no loopback address"},
    {"listen: [{ address: 10.0.0.1 }]\nauth: { mode: \"${NONE}\" }\n", "1: listen[0].address: no loopback address"},
    {"listen: [{ address: 0.0.0.0 }]\nauth: { mode: None }\n", "2: auth.mode: \"None\" is none of: none, keys"},
    {"auth: { mode: keys }\n", "1: auth.mode: mode keys without a key"},
    {"auth: { mode: keys, keys: [] }\n", "1: auth.mode: mode keys without a key"},
    {"auth: { mode: keys, keys: }\n", "1: auth.keys: must be a list of keys, is empty"},
    {"auth:\n  keys:\n    - { id: a, sha256: " + digest_a + " }\n", "2: auth.keys: keys without a mode"},
    {key_list("{ sha256: " + digest_a + " }"), "4: auth.keys[0]: id is missing"},
    {key_list("{ id: a }"), "4: auth.keys[0]: sha256 is missing"},
    {key_list("{ id: a b, sha256: " + digest_a + " }"), "4: auth.keys[0].id: \"a b\" must be a plain word"},
    {key_list("{ id: a, sha256: [] }"), "4: auth.keys[0].sha256: an empty list"},
    {key_list("{ id: a, sha256: " + digest_a.substr(1) + " }"), "4: auth.keys[0].sha256: 63 characters"},
    {key_list("{ id: a, sha256: " + digest_a + "a }"), "4: auth.keys[0].sha256: 65 characters"},
    {key_list("{ id: a, sha256: g" + digest_a.substr(1) + " }"), "4: auth.keys[0].sha256: not hexadecimal"},
    {key_list("{ id: a, sha256: [" + digest_b + ", " + std::string(64, 'b') + "] }"),
     "4: auth.keys[0].sha256[1]: the same SHA-256 as on line 4"},
    {key_list("{ id: a, sha256: " + digest_a + " }\n    - { id: b, sha256: " + std::string(64, 'A') + " }"),
     "5: auth.keys[1].sha256: the same SHA-256 as on line 4"},
    {key_list("{ id: a, sha256: " + digest_a + " }\n    - { id: a, sha256: " + digest_b + " }"),
     "5: auth.keys[1]: the id \"a\" has a key already, on line 4"},
    {key_list("{ id: a, sha256: " + digest_a + ", regions: [CH], region: EU }"),
     "4: auth.keys[0].region: \"EU\" is not in the key's regions"},
    {key_list("{ id: a, sha256: " + digest_a + ", regions: [] }"), "4: auth.keys[0].regions: an empty list"},
    {key_list("{ id: a, sha256: " + digest_a + ", regions: }"),
     "4: auth.keys[0].regions: must be a list of regions, is empty"},
    {key_list("{ id: a, sha256: " + digest_a + ", regions: [CH, ch] }"),
     "4: auth.keys[0].regions[1]: \"ch\" a second time"},
    {key_list("{ id: a, sha256: " + digest_a + ", phi: true }"),
     "4: auth.keys[0].phi: \"true\" is none of: allowed, required, forbidden"},
    {key_list("{ id: a, sha256: " + digest_a + ", expires: 2027-02-29 }"),
     "4: auth.keys[0].expires: \"2027-02-29\" is no day of the calendar"},
    {key_list("{ id: a, sha256: " + digest_a + ", expires: 30.06.2027 }"),
     "4: auth.keys[0].expires: \"30.06.2027\" must be a date"},
    {key_list("{ id: a, sha256: " + digest_a + ", region: XX }"), "4: auth.keys[0].region: \"XX\" is no region"},
    // cross-origin
    {"cors: { origins: [\"*\"] }\n", "1: cors.origins[0]: \"*\" must be an origin"},
    {"cors: { origins: [\"https://a.example/\"] }\n", "1: cors.origins[0]: \"https://a.example/\" must be an origin"},
    {"cors: { origins: [\"https://a.example\", \"https://A.example:443\"] }\n",
     "1: cors.origins[1]: \"https://A.example:443\" a second time"},
    {"cors: { origins: \"https://a.example\" }\n", "1: cors.origins: must be a list of origins, is a single value"},
    // the environment
    {"registry: ${UNSET}/providers.yaml\n", "1: registry: UNSET is not set"},
    {"registry: ${EMPTY}\n", "1: registry: EMPTY is empty"},
    {"log: { level: \"${UNSET\" }\n", "1: log.level: ${ without }"},
    {"log: { level: \"${1X}\" }\n", "1: log.level: ${…} holds no name"},
    {"log: { level: \"${}\" }\n", "1: log.level: ${…} holds no name"},
    {"log: { level: \"${TWICE}\" }\n", "1: log.level: \"${TWICE}\" is none of"},
    {"log: { level: \"$${NONE}\" }\n", "1: log.level: \"$${NONE}\" is none of"},
};

TEST(gateway_faults, each_is_one_fault_with_its_line_and_key_path) {
  for (const fault_case& one : cases) {
    config_files files;
    files.write("phigate.yaml", one.yaml);
    const auto found = files.faults({{"KEY", "k"}, {"EMPTY", ""}, {"TWICE", "${NONE}"}, {"NONE", "none"}});
    if (one.yaml.starts_with("a: &a")) {
      EXPECT_THAT(found, ElementsAre(HasSubstr(one.expected), HasSubstr("log.<<"))) << one.yaml;
    } else {
      EXPECT_THAT(found, ElementsAre(StartsWith("phigate.yaml:" + one.expected))) << one.yaml;
    }
  }
}

TEST(gateway_faults, all_come_at_once_and_in_file_order_with_those_of_the_registry_after) {
  config_files files;
  files.write("phigate.yaml", "cors: { origin: [] }\nworkers: 0\nlog: { level: x }\nlisten: [{ port: x }]\n");
  files.write("providers.yaml", "version: 2\nproviders: {}\nregions: {}\n");
  EXPECT_THAT(files.faults(),
              ElementsAre(StartsWith("phigate.yaml:1: cors.origin:"), StartsWith("phigate.yaml:2: workers:"),
                          StartsWith("phigate.yaml:3: log.level:"), StartsWith("phigate.yaml:4: listen[0].port:"),
                          StartsWith("providers.yaml:1: version:")));
}

TEST(gateway_exposure, auth_none_beyond_loopback_needs_allow_insecure_said_outright) {
  EXPECT_EQ(load_settings("listen: [{ address: 0.0.0.0 }]\nauth: { allow_insecure: true }\n").listen[0].address,
            "0.0.0.0");
  EXPECT_EQ(load_settings("listen: [{ address: 127.9.9.9 }]\n").listen[0].address, "127.9.9.9");
  EXPECT_EQ(load_settings("listen: [{ address: \"::\" }]\n" + key_list("{ id: a, sha256: " + digest_a + " }")).auth,
            auth_mode::keys);
}

TEST(gateway_secrets, no_message_shows_what_was_pasted_for_a_digest) {
  config_files files;
  const std::string canary = "phi-canary-7f3b";
  for (const std::string& digest : {canary, "\"" + canary + "\"", "[" + canary + "]", "{ " + canary + ": 1 }"}) {
    files.write("phigate.yaml", key_list("{ id: a, sha256: \"${D}\" }\n    - { id: b, sha256: " + digest + " }"));
    for (const std::string& text : files.faults({{"KEY", "k"}, {"D", canary}})) {
      EXPECT_THAT(text, Not(HasSubstr(canary)));
    }
  }
}

}  // namespace
}  // namespace phigate::config
