// Credentials of the registry: where one may come from, what none may hold, and that no message shows any.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "unit/config/config_files.hpp"

namespace phigate::config {
namespace {

using testing::config_files;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::small_registry;
using ::testing::StartsWith;
using testing::with_line;

TEST(registry_secrets, no_message_shows_a_credential_or_what_a_url_expanded_to) {
  const std::string canary = "canary-5a1f";
  const std::vector<std::string> lines{
      "        credential: \"" + canary + " with spaces\"",
      "        credential: \"" + canary + "\\r\\nX: y\"",
      "        credential: \"" + canary + "\\u0001\"",
      "        credential: \"" + canary + "ü\"",
      "        credential: \"" + canary + "${\"",
      "        credential: \"" + canary + "${1}\"",
      "        credential: [" + canary + "]",
      "        credential: { x: " + canary + " }",
      "        credential: !" + canary + " x",
      "        credential: *" + canary,
      "        credential: \"${C}\"",
      "        base_url: \"https://user:${C}@a.example\"",
      "        base_url: \"https://a.example/${C}\"",
      "        base_url: \"http://${C}/\"",
      "        credential_file: secret",
      "        credential: x\n        credential_file: secret",
  };
  for (const std::string& line : lines) {
    config_files files;
    files.write("secret", canary + "\n" + canary);
    files.write("providers.yaml", with_line(small_registry, line.contains("base_url") ? 19 : 23, line));
    const auto found = files.faults({{"KEY", "k"}, {"C", canary + "\r\nX: y"}});
    EXPECT_THAT(found, Not(IsEmpty())) << line;
    for (const std::string& text : found) EXPECT_THAT(text, Not(HasSubstr(canary))) << line;
  }
}

TEST(registry_secrets, a_credential_that_would_break_a_header_is_a_fault_wherever_it_comes_from) {
  const std::string path = "providers.yaml:23: providers.alpine.endpoints.alpine-ch.credential";
  for (const std::string value : {"a\nb", "a\rb", "a\x7f", "a b", "a\tb", "a\x80", "a\n"}) {
    config_files files;
    EXPECT_THAT(files.faults({{"KEY", value}}), ElementsAre(StartsWith(path + ": a credential with a space")));
    files.write("secret", "a" + value + "b");
    files.write("providers.yaml", with_line(small_registry, 23, "        credential_file: secret"));
    EXPECT_THAT(files.faults(), ElementsAre(StartsWith(path + "_file: a credential with a space")));
  }
}

TEST(registry_secrets, a_credential_file_in_use_that_gives_no_credential_is_a_fault) {
  config_files files;
  files.write("empty", "\n\r\n");
  ASSERT_EQ(mkfifo(files.path("pipe").c_str(), 0600), 0);  // it would be waited for
  files.write("large", std::string(16 * 1024 + 1, 'x'));
  const std::vector<std::pair<std::string, std::string>> cases{
      {"none", "cannot be read: No such file or directory"},
      {".", "cannot be read: Is a directory"},
      {"pipe", "cannot be read: is a pipe"},
      {"empty", "is empty"},
      {"large", "cannot be read: more than 16384 bytes"},
      {"secret/x", "cannot be read: "},
  };
  for (const auto& [name, why] : cases) {
    files.write("providers.yaml", with_line(small_registry, 23, "        credential_file: " + name));
    EXPECT_THAT(
        files.faults(),
        ElementsAre(StartsWith("providers.yaml:23: providers.alpine.endpoints.alpine-ch.credential_file: " + why)))
        << name;
  }
}

}  // namespace
}  // namespace phigate::config
