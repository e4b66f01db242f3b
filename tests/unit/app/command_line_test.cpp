// The commands from their arguments to their exit codes.
#include "phigate/app/command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/app/sample_files.hpp"

namespace phigate::app {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

struct outcome {
  int code = -1;
  std::string out;
  std::string err;
};

outcome run(std::vector<std::string> arguments) {
  std::vector<const char*> argv{"phigate"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  outcome result;
  result.code = run_command_line(static_cast<int>(argv.size()), argv.data());
  result.out = ::testing::internal::GetCapturedStdout();
  result.err = ::testing::internal::GetCapturedStderr();
  return result;
}

class command_line_test : public ::testing::Test {
 protected:
  outcome explain(std::vector<std::string> arguments) const {
    std::vector<std::string> all{"explain", "--config", files_.path("phigate.yaml")};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return run(all);
  }

  const test::sample_files files_;
};

TEST_F(command_line_test, explain_answers_for_auto_and_chat_when_told_nothing) {
  const outcome result = explain({});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.out, StartsWith("route: region EU, class general, modality chat, strategy default\n"));
  EXPECT_THAT(result.err, AllOf(StartsWith("note: "), HasSubstr("POST /v1/route/explain")));
}

TEST_F(command_line_test, explain_reads_each_option) {
  const outcome result = explain({"--model", "big", "--region", "ch", "--phi", "--modality", "chat", "--prefer",
                                  R"({"max_retention_days":0})", "--json"});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.out, StartsWith(R"({"decision":"route","region":"CH","class":"phi","modality":"chat",)"));
  EXPECT_EQ(result.out.back(), '\n');
  EXPECT_THAT(explain({"--modality", "embeddings"}).out, HasSubstr("vec-1"));
  EXPECT_THAT(explain({"--prefer=[\"a\"]"}).out, HasSubstr("invalid_provider_preferences")) << "read as it stands";
}

TEST_F(command_line_test, explain_ends_well_for_a_refusal_too) {
  EXPECT_EQ(explain({"--region", "UK"}).code, 0);
  EXPECT_EQ(explain({"--model", "nope", "--json"}).code, 0);
  EXPECT_EQ(explain({"--prefer", "{"}).code, 0);
}

TEST_F(command_line_test, explain_shows_no_credential) {
  for (const outcome& result : {explain({}), explain({"--json"}), explain({"--region", "UK"})})
    EXPECT_THAT(result.out + result.err, Not(HasSubstr("canary")));
}

TEST_F(command_line_test, explain_with_a_faulty_configuration_lists_the_faults_and_ends_with_1) {
  files_.write("phigate.yaml", "workers: 0\nlog: { level: x }\n");
  const outcome result = explain({});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.out, IsEmpty());
  EXPECT_THAT(result.err, AllOf(HasSubstr("phigate.yaml:1: workers:"), HasSubstr("phigate.yaml:2: log.level:")));
  EXPECT_EQ(run({"explain", "--config", files_.path("none.yaml")}).code, 1);
}

TEST_F(command_line_test, a_wrong_command_line_ends_with_2_before_any_file_is_read) {
  files_.write("phigate.yaml", "workers: 0\n");
  const std::string config = files_.path("phigate.yaml");
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {},
           {"explian"},
           {"explain", "--config", config, "--regoin", "CH"},
           {"explain", "--config", config, "--region"},
           {"explain", "--config", config, "--region", "CH", "--region", "CH"},
           {"explain", "--config", config, "CH"},
           {"explain", "--config", config, "--phi=maybe"},
       }) {
    const outcome result = run(arguments);
    EXPECT_EQ(result.code, 2) << ::testing::PrintToString(arguments);
    EXPECT_THAT(result.err, Not(HasSubstr("workers"))) << ::testing::PrintToString(arguments);
  }
}

TEST_F(command_line_test, phi_said_to_be_false_is_not_read_as_true) {
  files_.write("phigate.yaml", "defaults: { region: CH }\n");
  EXPECT_THAT(explain({"--phi"}).out, HasSubstr("class phi"));
  EXPECT_THAT(explain({"--phi=false"}).out, HasSubstr("class general"));
  files_.write("phigate.yaml", "defaults: { region: CH, phi: true }\n");
  EXPECT_THAT(explain({"--phi=false"}).out, HasSubstr("class phi")) << "never looser than the configuration";
}

TEST_F(command_line_test, check_tells_a_sound_configuration_from_a_faulty_one) {
  const outcome sound = run({"check", "--config", files_.path("phigate.yaml")});
  EXPECT_EQ(sound.code, 0);
  EXPECT_THAT(sound.out, HasSubstr("are sound\n"));
  EXPECT_THAT(sound.err, HasSubstr("warning: ")) << "credentials in the file";
  files_.write("phigate.yaml", "upstream: { ca_file: phigate.yaml }\n");
  const outcome faulty = run({"check", "--config", files_.path("phigate.yaml")});
  EXPECT_EQ(faulty.code, 1);
  EXPECT_THAT(faulty.err, HasSubstr("phigate.yaml:1: upstream.ca_file: "));
}

}  // namespace
}  // namespace phigate::app
