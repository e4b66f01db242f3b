// Which fields of a request a route would leave out, for require_parameters. The rest of the rule is told in
// preference_rules_test.cpp and parameter_refusal_test.cpp.
#include "core/parameter_rule.hpp"

#include <gtest/gtest.h>

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace phigate::core {
namespace {

using words = std::vector<std::string>;

constexpr std::array<std::string_view, 2> ignored{"chunking_strategy", "prompt"};

struct dropping_case {
  words fields;       // of the request
  words by_endpoint;  // dropped
  words by_model;
  std::string_view detail;  // empty: the route passes
};

void check(const std::vector<dropping_case>& cases, std::span<const std::string_view> by_protocol) {
  for (const dropping_case& one : cases) {
    policy wanted{.modality = modality::stt};
    wanted.preferences.require_parameters = true;
    wanted.fields = one.fields;
    endpoint host;
    host.request.drop = one.by_endpoint;
    host.ignored_fields = by_protocol;
    hosted_model model;
    model.request.drop = one.by_model;
    const parameter_rule rule(wanted);
    EXPECT_EQ(rule.detail(model, host), one.detail) << ::testing::PrintToString(one.fields);
    EXPECT_EQ(rule.passes(model, host), one.detail.empty()) << ::testing::PrintToString(one.fields);
    EXPECT_EQ(rule.unmet(model, host), one.detail.empty() ? demand_set{} : demand_set{demand::other});

    wanted.preferences.require_parameters = false;
    EXPECT_TRUE(parameter_rule(wanted).passes(model, host)) << "nobody insists";
  }
}

TEST(dropped_field, is_one_field_with_its_brackets_and_without) {
  check({{{"file", "timestamp_granularities[]"},
          {"timestamp_granularities"},
          {},
          "drops the field 'timestamp_granularities'"},
         {{"timestamp_granularities", "file"},
          {},
          {"timestamp_granularities[]"},
          "drops the field 'timestamp_granularities[]'"},
         {{"include[]"}, {"include[]"}, {}, "drops the field 'include[]'"},
         {{"seed"}, {}, {"seed"}, "drops the field 'seed'"},
         {{"include[]", "model"}, {"in", "[]", "include[][]"}, {"included"}, ""},
         {{}, {"include"}, {"include[]"}, ""}},
        {});
}

TEST(dropped_field, is_one_for_which_the_protocol_has_no_place) {
  check({{{"file", "model", "prompt"}, {}, {}, "drops the field 'prompt'"},
         {{"prompt[]"}, {}, {}, "drops the field 'prompt'"},
         {{"prompt", "seed"}, {"seed"}, {}, "drops the field 'seed'"},
         {{"prompts", "Prompt", "file"}, {}, {}, ""},
         {{}, {}, {}, ""}},
        ignored);
}

}  // namespace
}  // namespace phigate::core
