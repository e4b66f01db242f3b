// The table of protocols that the registry may name.
#include "phigate/upstream/adapter.hpp"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <string_view>

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
