// Files that are no good YAML, or good YAML that no configuration should be: never a crash, always a fault with a line.
#include "config/document.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/config/config_files.hpp"

namespace phigate::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

std::vector<std::string> faults_of(std::string_view text) {
  report out("f");
  parse_document(text, out);
  std::vector<std::string> texts;
  for (const fault& one : out.faults()) texts.push_back(one.text());
  return texts;
}

std::string repeated(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

TEST(document, text_that_is_no_yaml_is_one_fault_at_its_line) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"a: 1\nb: [1, 2\n", "f:2: not YAML"},
      {"a: 1\nb: c: d\n", "f:2: not YAML"},
      {"a: 1\n\t- b\n", "f:2: not YAML"},
      {"a: 1\n- b\n", "f:2: not YAML"},
      {"a: @b\n", "f:1: not YAML"},
      {"a: \"open\nb: 1\n", "f:2: not YAML"},
      {"a: 'open\n\n\n", "f:1: not YAML"},
      {"a: {b: ${X}}\n", "f:1: not YAML"},
      {"a: 1\n---\nb: 2\n", "f:3: a second YAML document"},
      {"a: 1\n...\nb: 2\n", "f:3: a second YAML document"},
      {"a: 1\nb: \x04\nc: 3\n", "f:2: a control character"},
      {std::string("a: 1\n\0", 6), "f:2: a control character"},
      {"a: \x1b[31m\n", "f:1: a control character"},
      {"a: 1\nb: \xff\n", "f:2: not UTF-8"},
      {"a: \xc0\xaf\n", "f:1: not UTF-8"},
      {"a: \xed\xa0\x80\n", "f:1: not UTF-8"},
      {"a: \xe2\x82", "f:1: not UTF-8"},
  };
  for (const auto& [text, expected] : cases) EXPECT_THAT(faults_of(text), ElementsAre(StartsWith(expected))) << text;
}

TEST(document, a_syntax_error_never_quotes_the_file) {
  for (const std::string text : {"a: *canary\n", "a: \"\\canary\"\n", "%YAML canary\n---\na: 1\n", "a: !<canary\n",
                                 "a: &canary 1\nb: &canary\n", "a: \"\\Ucanary00\"\n"}) {
    for (const std::string& message : faults_of(text)) EXPECT_THAT(message, Not(HasSubstr("canary"))) << text;
  }
  EXPECT_THAT(faults_of("a: *canary\n"), ElementsAre("f:1: not YAML: the referenced anchor is not defined"));
}

TEST(document, depth_and_size_end_in_a_fault_and_not_in_a_crash) {
  EXPECT_THAT(faults_of(repeated("[", 1'000'000)), ElementsAre(HasSubstr("nested too deeply")));
  EXPECT_THAT(faults_of("a: " + repeated("{a: ", 100'000)), ElementsAre(HasSubstr("nested too deeply")));
  EXPECT_THAT(faults_of(repeated("- ", 100'000)), ElementsAre(HasSubstr("nested too deeply")));
  EXPECT_THAT(faults_of(repeated("[", 40) + repeated("]", 40)), ElementsAre(HasSubstr("nested too deeply")));
  EXPECT_THAT(faults_of(repeated("[", 30) + repeated("]", 30)), IsEmpty());
  EXPECT_THAT(faults_of("a: &a [*a]\n"), ElementsAre(HasSubstr("nested too deeply")));
  EXPECT_THAT(faults_of("a: [" + repeated("1,", 300'001) + "]"), ElementsAre(HasSubstr("too many values")));
}

TEST(document, anchors_of_anchors_are_bounded) {
  std::string text = "a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string inner = "*a" + std::to_string(i - 1);
    const std::string name = "a" + std::to_string(i);
    text += name + ": &" + name + " [" + repeated(inner + ",", 9) + inner + "]\n";
  }
  EXPECT_THAT(faults_of(text), ElementsAre(HasSubstr("too many values")));
}

TEST(document, a_repeated_key_keeps_the_first_value_and_the_rest_is_still_read) {
  report out("f");
  const auto tree = parse_document("a: 1\nb: { x: 1, x: 2 }\na: 3\nc: 4\n", out);
  ASSERT_TRUE(tree);
  ASSERT_NE(tree->find("a"), nullptr);
  EXPECT_EQ(tree->find("a")->scalar, "1");
  EXPECT_EQ(tree->find("c")->line, 4);
  EXPECT_EQ(out.faults().size(), 2u);
}

TEST(document, a_message_shows_no_control_or_foreign_byte_of_a_key_and_no_more_than_its_beginning) {
  EXPECT_THAT(faults_of("\"a\\e\\n\": 1\n\"a\\e\\n\": 2\n"), ElementsAre(StartsWith("f:2: a??: repeated key")));
  const std::string key(100'000, 'k');
  for (const std::string& message : faults_of(key.substr(0, 1000) + ": 1\n" + key.substr(0, 1000) + ": 2\n")) {
    EXPECT_LT(message.size(), 200u);
  }
}

TEST(document, a_file_that_is_missing_a_folder_or_too_large_is_a_fault_of_the_file_as_a_whole) {
  testing::config_files files;
  const auto faults = [&](const std::string& file) {
    const auto result = load(file, testing::environment_of({}), test::sample_protocols());
    return result ? std::vector<std::string>{} : files.texts(result.error());
  };
  EXPECT_THAT(faults(files.path("none.yaml")), ElementsAre("none.yaml: cannot be read: No such file or directory"));
  EXPECT_THAT(faults(files.path(".")), ElementsAre(HasSubstr("cannot be read: Is a directory")));
  files.write("large.yaml", std::string(largest_file + 1, '#'));
  EXPECT_THAT(faults(files.path("large.yaml")), ElementsAre(HasSubstr("cannot be read: more than 2097152 bytes")));
  files.write("large.yaml", std::string(largest_file, '#'));
  EXPECT_TRUE(load(files.path("large.yaml"), testing::environment_of({{"KEY", "k"}}), test::sample_protocols()));
  files.write("phigate.yaml", "registry: none.yaml\n");
  EXPECT_THAT(files.faults(), ElementsAre("none.yaml: cannot be read: No such file or directory"));
}

}  // namespace
}  // namespace phigate::config
