// The table of protocols that the registry may name.
#include "phigate/upstream/adapter.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <stdexcept>
#include <string_view>

#include "support/sample_protocols.hpp"

namespace phigate::upstream {
namespace {

using core::modality;

TEST(adapter, a_protocol_that_nobody_speaks_is_a_bug) {
  EXPECT_THROW(adapter_for("gopher"), std::logic_error);
  EXPECT_THROW(adapter_for(""), std::logic_error);
  EXPECT_THROW(adapter_for("OpenAI"), std::logic_error);
}

TEST(adapter, every_known_protocol_has_one_under_its_name) {
  std::set<std::string_view> names;
  for (const core::protocol& known : known_protocols()) {
    EXPECT_EQ(adapter_for(known.name).facts().name, known.name);
    names.insert(known.name);
  }
  EXPECT_EQ(names, (std::set<std::string_view>{"openai", "azure_openai", "azure_speech_stt", "azure_speech_tts",
                                               "azure_document_intelligence", "infomaniak_stt", "mistral"}));
  EXPECT_EQ(known_protocols().size(), names.size());
}

TEST(adapter, every_protocol_serves_something_and_names_formats_where_it_speaks) {
  for (const core::protocol& known : known_protocols()) {
    EXPECT_FALSE(known.modalities.empty()) << known.name;
    EXPECT_EQ(known.modalities.contains(modality::tts), !known.speech_formats.empty()) << known.name;
    EXPECT_FALSE(known.needs_voices && !known.modalities.contains(modality::tts)) << known.name;
  }
}

TEST(adapter, every_protocol_declares_features_that_are_known_to_need_it_and_no_ignored_field_twice) {
  for (const core::protocol& known : known_protocols()) {
    for (const std::string_view word : known.features) {
      EXPECT_NE(std::ranges::find(core::features_of_adapters, word), core::features_of_adapters.end()) << word;
    }
    const std::set<std::string_view> ignored(known.ignored_fields.begin(), known.ignored_fields.end());
    EXPECT_EQ(ignored.size(), known.ignored_fields.size()) << known.name;
    EXPECT_FALSE(known.reads_locales && !known.modalities.contains(modality::stt)) << known.name;
  }
}

// The tests of other modules use a table of their own, since they may not reach this one.
TEST(adapter, the_sample_protocols_of_the_tests_are_these) {
  ASSERT_EQ(test::sample_protocols().size(), known_protocols().size());
  for (const core::protocol& sample : test::sample_protocols()) {
    const core::protocol& real = adapter_for(sample.name).facts();
    EXPECT_EQ(real.modalities, sample.modalities) << sample.name;
    EXPECT_TRUE(std::ranges::equal(real.speech_formats, sample.speech_formats)) << sample.name;
    EXPECT_EQ(real.needs_voices, sample.needs_voices) << sample.name;
    EXPECT_EQ(real.passes_fields, sample.passes_fields) << sample.name;
    EXPECT_EQ(real.reads_api_version, sample.reads_api_version) << sample.name;
    EXPECT_EQ(real.reads_locales, sample.reads_locales) << sample.name;
    EXPECT_TRUE(std::ranges::equal(real.features, sample.features)) << sample.name;
    EXPECT_TRUE(std::ranges::equal(real.ignored_fields, sample.ignored_fields)) << sample.name;
  }
}

TEST(adapter, every_credential_line_is_whole) {
  core::endpoint endpoint;
  endpoint.credential = core::secret("sk-1");
  for (const core::protocol& known : known_protocols()) {
    const std::string lines = adapter_for(known.name).credential_lines(endpoint);
    EXPECT_TRUE(lines.ends_with("sk-1\r\n")) << known.name;
    EXPECT_EQ(lines.find("\r\n"), lines.size() - 2) << known.name;
  }
}

}  // namespace
}  // namespace phigate::upstream
