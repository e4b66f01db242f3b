// What a reload takes over and what it leaves as it runs (spec §12).
#include "phigate/config/reload.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/config/config_files.hpp"

namespace phigate::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

listen_address at(std::string address, std::uint16_t port = 8080) {
  listen_address out;
  out.address = std::move(address);
  out.port = port;
  return out;
}

listen_address with_tls(listen_address plain, std::string certificate, std::string key) {
  plain.certificate_file = std::move(certificate);
  plain.key_file = std::move(key);
  return plain;
}

std::shared_ptr<const snapshot> snapshot_of(settings wanted) {
  return std::make_shared<const snapshot>(
      snapshot{std::move(wanted), std::make_shared<const core::registry>(core::registry_tables{})});
}

TEST(restart, is_needed_for_listeners_and_workers_alone) {
  struct row {
    std::string what;
    std::function<void(settings&)> change;
    std::vector<std::string> named;
  };
  const std::vector<row> table{
      {"nothing", [](settings&) {}, {}},
      {"an address", [](settings& s) { s.listen[0].address = "::1"; }, {"listen"}},
      {"a port", [](settings& s) { s.listen[0].port = 8081; }, {"listen"}},
      {"a certificate", [](settings& s) { s.listen[0] = with_tls(s.listen[0], "a", "b"); }, {"listen"}},
      {"one more", [](settings& s) { s.listen.push_back(at("127.0.0.1", 1)); }, {"listen"}},
      {"an admin listener", [](settings& s) { s.admin = at("127.0.0.1", 9090); }, {"admin"}},
      {"workers", [](settings& s) { s.workers = 3; }, {"workers"}},
      {"all of it",
       [](settings& s) {
         s.workers = 3;
         s.admin = at("127.0.0.1", 9090);
         s.listen[0].port = 1;
       },
       {"listen", "admin", "workers"}},
      {"everything else",
       [](settings& s) {
         s.registry_file = "other";
         s.default_phi = true;
         s.auth = auth_mode::keys;
         s.keys.emplace_back();
         s.limits.in_flight = 1;
         s.max_attempts = 1;
         s.log_level = "trace";
         s.cors_origins = {"https://a.example"};
       },
       {}},
  };
  for (const row& one : table) {
    settings wanted;
    one.change(wanted);
    EXPECT_EQ(settings_that_need_restart(settings{}, wanted), one.named) << one.what;
    EXPECT_EQ(settings_that_need_restart(wanted, settings{}), one.named) << one.what << ", undone";
  }
}

TEST(restart, is_needed_for_another_certificate_of_the_same_listener) {
  settings running;
  running.listen = {with_tls(at("127.0.0.1"), "a.pem", "a.key")};
  settings wanted = running;
  EXPECT_THAT(settings_that_need_restart(running, wanted), IsEmpty());
  wanted.listen[0].certificate_file = "b.pem";
  EXPECT_THAT(settings_that_need_restart(running, wanted), ElementsAre("listen"));
  wanted = running;
  wanted.listen[0].key_file = "b.key";
  EXPECT_THAT(settings_that_need_restart(running, wanted), ElementsAre("listen"));
}

TEST(reload, takes_everything_but_the_running_listeners_and_workers) {
  settings running;
  running.listen = {at("127.0.0.2", 1), at("::1", 2)};
  running.admin = at("127.0.0.3", 3);
  running.workers = 7;
  settings wanted;
  wanted.listen = {at("127.0.0.9", 9)};
  wanted.workers = 1;
  wanted.default_region = core::region::ch;
  wanted.limits.memory = 12;
  wanted.log_level = "debug";
  const auto loaded = snapshot_of(wanted);
  const auto used = keep_running_listeners(running, loaded, "f");
  ASSERT_TRUE(used);
  EXPECT_EQ((*used)->settings.listen, running.listen);
  EXPECT_EQ((*used)->settings.admin, running.admin);
  EXPECT_EQ((*used)->settings.workers, 7U);
  EXPECT_EQ((*used)->settings.default_region, core::region::ch);
  EXPECT_EQ((*used)->settings.limits.memory, 12U);
  EXPECT_EQ((*used)->settings.log_level, "debug");
  EXPECT_EQ((*used)->registry, loaded->registry);
  EXPECT_EQ(loaded->settings.workers, 1U) << "what was loaded is not changed";
}

TEST(reload, keeps_an_admin_listener_closed_that_is_not_running) {
  settings wanted;
  wanted.admin = at("0.0.0.0", 9090);
  const auto used = keep_running_listeners(settings{}, snapshot_of(wanted), "f");
  ASSERT_TRUE(used);
  EXPECT_FALSE((*used)->settings.admin);
}

TEST(reload, of_what_needs_no_restart_is_the_loaded_snapshot_itself) {
  const auto loaded = snapshot_of(settings{});
  const auto used = keep_running_listeners(settings{}, loaded, "f");
  ASSERT_TRUE(used);
  EXPECT_EQ(*used, loaded);
}

// An empty file is a valid one, and one that is read while it is written may lack its end.
TEST(reload, does_not_switch_keys_off_unless_the_file_says_that_everybody_may_call) {
  settings running;
  running.auth = auth_mode::keys;
  const auto refused = keep_running_listeners(running, snapshot_of(settings{}), "f");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().key_path, "auth.mode");
  settings open;
  open.allow_insecure = true;
  EXPECT_TRUE(keep_running_listeners(running, snapshot_of(open), "f"));
  settings none;
  EXPECT_TRUE(keep_running_listeners(none, snapshot_of(settings{}), "f"));
}

TEST(reload, never_lets_callers_in_without_a_key_on_a_running_public_listener) {
  struct row {
    std::vector<listen_address> listen;
    auth_mode mode;
    bool insecure;
    bool refused;
  };
  const std::vector<row> table{
      {{at("0.0.0.0")}, auth_mode::none, false, true},
      {{at("::")}, auth_mode::none, false, true},
      {{at("10.1.2.3")}, auth_mode::none, false, true},
      {{at("127.0.0.1"), at("192.0.2.1")}, auth_mode::none, false, true},
      {{with_tls(at("0.0.0.0"), "a", "b")}, auth_mode::none, false, true},
      {{at("::ffff:127.0.0.1")}, auth_mode::none, false, true},
      {{at("0.0.0.0")}, auth_mode::none, true, false},
      {{at("0.0.0.0")}, auth_mode::keys, false, false},
      {{at("127.0.0.1"), at("::1")}, auth_mode::none, false, false},
      {{at("127.9.9.9")}, auth_mode::none, false, false},
  };
  for (const row& one : table) {
    settings running;
    running.listen = one.listen;
    running.auth = one.mode;
    settings wanted;  // a loopback listener, so that loading it has nothing to say
    wanted.auth = one.mode;
    wanted.allow_insecure = one.insecure;
    const auto used = keep_running_listeners(running, snapshot_of(wanted), "phigate.yaml");
    EXPECT_EQ(used.has_value(), !one.refused) << one.listen.back().address;
  }
}

TEST(reload, counts_the_permission_of_the_new_file_and_not_the_running_one) {
  settings running;
  running.listen = {at("0.0.0.0")};
  running.allow_insecure = true;
  EXPECT_FALSE(keep_running_listeners(running, snapshot_of(settings{}), "f"));
}

TEST(reload, does_not_mind_a_public_admin_listener_which_serves_no_caller) {
  settings running;
  running.admin = at("0.0.0.0", 9090);
  EXPECT_TRUE(keep_running_listeners(running, snapshot_of(settings{}), "f"));
}

TEST(reload, refused_names_the_file_the_key_and_the_listener) {
  settings running;
  running.listen = {at("127.0.0.1"), at("192.0.2.1", 8443)};
  const auto used = keep_running_listeners(running, snapshot_of(settings{}), "config/phigate.yaml");
  ASSERT_FALSE(used);
  EXPECT_THAT(used.error().text(), StartsWith("config/phigate.yaml: auth.mode: mode none"));
  EXPECT_THAT(used.error().text(), HasSubstr("192.0.2.1 port 8443"));
  EXPECT_THAT(used.error().text(), HasSubstr("allow_insecure"));
}

// From files, as SIGHUP has it: the listener moves to loopback and the keys go, in one edit.
TEST(reload, of_files_that_would_be_sound_at_a_start_can_still_be_refused) {
  testing::config_files files;
  files.write("phigate.yaml", "listen: [{ address: 0.0.0.0 }]\nauth: { mode: keys, keys: [{ id: a, sha256: " +
                                  std::string(64, 'a') + " }] }\n");
  const auto before = files.load();
  ASSERT_TRUE(before);
  files.write("phigate.yaml", "listen: [{ address: 127.0.0.1 }]\n");
  const auto after = files.load();
  ASSERT_TRUE(after);
  const auto used = keep_running_listeners(before->snapshot->settings, after->snapshot, files.path("phigate.yaml"));
  ASSERT_FALSE(used);
  EXPECT_THAT(files.texts({used.error()}), ElementsAre(StartsWith("phigate.yaml: auth.mode:")));
}

}  // namespace
}  // namespace phigate::config
