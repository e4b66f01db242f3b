// `request.default`: scalars of the file as the JSON that a provider is sent (spec §11).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/config/config_files.hpp"

namespace phigate::config {
namespace {

using testing::config_files;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using testing::small_registry;
using ::testing::StartsWith;
using testing::with_line;

constexpr int request_line = 25;

std::string registry_with(const std::string& request) {
  return with_line(small_registry, request_line, "        request: { " + request + " }");
}

const testing::variables values{{"KEY", "k"},   {"N", "4096"},       {"WORD", "high"},
                                {"YES", "yes"}, {"DATE", "2024-01"}, {"BROKEN", "\xff"}};

std::vector<std::string> faults_of(const std::string& request) {
  config_files files;
  files.write("providers.yaml", registry_with(request));
  return files.faults(values);
}

// The JSON of `default: { field: … }`.
std::string json_of(const std::string& yaml) {
  config_files files;
  files.write("providers.yaml", registry_with("default: { field: " + yaml + " }"));
  const auto result = files.load(values);
  if (!result) return "fault: " + result.error().front().message;
  const core::request_dialect& read = result->snapshot->registry->tables().endpoints[0].request;
  return read.defaults.size() == 1 ? read.defaults[0].second : "none";
}

TEST(request_default, is_json_where_the_file_has_a_scalar) {
  struct row {
    std::string yaml;
    std::string json;
  };
  for (const row& one : std::vector<row>{
           {"4096", "4096"},
           {"0", "0"},
           {"-1", "-1"},
           {"0.7", "0.7"},
           {"1e3", "1e3"},
           {"-0.5E-3", "-0.5E-3"},
           {"123456789012345678901234567890", "123456789012345678901234567890"},
           {"true", "true"},
           {"false", "false"},
           {"null", "null"},
           {"~", "null"},
           {"Null", "null"},
           {"--1", R"("--1")"},
           {"high", R"("high")"},
           {"not a number", R"("not a number")"},
           {"-x", R"("-x")"},
           {"\"4096\"", R"("4096")"},
           {"'true'", R"("true")"},
           {"\"\"", R"("")"},
           {R"("a\"b\\c\n\t\e")", R"("a\"b\\c\u000a\u0009\u001b")"},
           {"Zoë", "\"Zoë\""},
           {"nullable", R"("nullable")"},
           // variables: quotes around them say nothing of the type
           {"\"${N}\"", "4096"},
           {"\"${WORD}\"", R"("high")"},
           {"\"very ${WORD}\"", R"("very high")"},
           {"\"${DATE}\"", R"("2024-01")"},
           {"\"${YES}\"", R"("yes")"},
           {"\"$${N}\"", R"("${N}")"},
       }) {
    EXPECT_EQ(json_of(one.yaml), one.json) << one.yaml;
  }
}

TEST(request_default, is_refused_where_yaml_and_json_would_read_it_differently) {
  for (const std::string yaml :
       {"010", "+1",  ".5", "1.", "1.5.2", "0x10", "0o7",  "1_000", "1e",   "1e+",   "2024-01-01", "12h",
        "-.5", "yes", "No", "ON", "off",   "y",    "TRUE", "False", ".inf", "-.inf", ".NaN"}) {
    EXPECT_TRUE(json_of(yaml).starts_with("fault: ")) << yaml << " gave " << json_of(yaml);
  }
  EXPECT_THAT(faults_of("default: { a: 010 }"),
              ElementsAre("providers.yaml:25: providers.alpine.endpoints.alpine-ch.request.default.a: \"010\" is no "
                          "number, true, false or null as JSON has them: put text in quotes"));
}

TEST(request_default, stands_with_a_rename_and_on_a_model_as_well) {
  config_files files;
  std::string text =
      registry_with("rename: { max_tokens: max_completion_tokens }, default: { max_tokens: 4096, top_p: 1 }");
  text = with_line(text, 32, "            request: { default: { reasoning_effort: low } }");
  files.write("providers.yaml", text);
  const auto result = files.load();
  ASSERT_TRUE(result) << ::testing::PrintToString(files.texts(result.error()));
  const core::registry_tables& read = result->snapshot->registry->tables();
  EXPECT_THAT(read.endpoints[0].request.defaults, ElementsAre(Pair("max_tokens", "4096"), Pair("top_p", "1")));
  EXPECT_THAT(read.models[0].request.defaults, ElementsAre(Pair("reasoning_effort", "\"low\"")));
  EXPECT_FALSE(read.models[0].request.empty());
  EXPECT_THAT(read.models[1].request.defaults, IsEmpty());
}

TEST(request_default, has_its_faults_at_their_places) {
  struct row {
    std::string request;
    std::string expected;  // behind "providers.yaml:25: …request."
  };
  const std::string prefix = "providers.yaml:25: providers.alpine.endpoints.alpine-ch.request.";
  for (const row& one : std::vector<row>{
           {"default: [a]", "default: must be a map of fields, is a list"},
           {"default: 1", "default: must be a map of fields, is a single value"},
           {"default: {}", "default: an empty map: leave the key out"},
           {"default: { a: [1] }", "default.a: must be a single value, is a list"},
           {"default: { a: { b: 1 } }", "default.a: must be a single value, is a map"},
           {"default: { a: 1, a: 2 }", "default.a: repeated key, first on line 25"},
           {"default: { \"\": 1 }", "default.: a field's name is letters"},
           {"default: { \"a b\": 1 }", "default.a?b: a field's name is letters"},
           {"default: { 'a\"b': 1 }", "default.a\"b: a field's name is letters"},
           {"default: { model: x }", "default.model: \"model\" is the gateway's own"},
           {"default: { stream: true }", "default.stream: \"stream\" is the gateway's own"},
           {"default: { provider: x }", "default.provider: \"provider\" is the gateway's own"},
           {"default: { messages: x }", "default.messages: \"messages\" is the gateway's own"},
           {"default: { input: x }", "default.input: \"input\" is the gateway's own"},
           {"default: { file: x }", "default.file: \"file\" is the gateway's own"},
           {"default: { document: x }", "default.document: \"document\" is the gateway's own"},
           {"default: { response_format: wav }", "default.response_format: \"response_format\" is settled before"},
           {"default: { voice: alloy }", "default.voice: \"voice\" is settled before a route is chosen"},
           {"default: { stream_format: sse }", "default.stream_format: \"stream_format\" is settled before"},
           {"default: { stream_options: x }", "default.stream_options: \"stream_options\" is settled before"},
           {"default: { encoding_format: base64 }", "default.encoding_format: \"encoding_format\" is settled before"},
           {"default: { dimensions: 8 }", "default.dimensions: \"dimensions\" is settled before"},
           {"drop: [user], default: { user: x }", "default.user: \"user\" is dropped as well"},
           {"default: { user: x }, drop: [user]", "default.user: \"user\" is dropped as well"},
           {"default: { a: \"${UNSET}\" }", "default.a: UNSET is not set"},
           {"default: { a: \"${BROKEN}\" }", "default.a: \"${BROKEN}\" is not UTF-8"},
           {"defaults: { a: 1 }", "defaults: unknown key; the keys here: rename, drop, default"},
       }) {
    EXPECT_THAT(faults_of(one.request), ElementsAre(StartsWith(prefix + one.expected))) << one.request;
  }
}

}  // namespace
}  // namespace phigate::config
