// A registry that speaks, transcribes and reads documents, as `phigate explain` and `phigate routes` show it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/explain_command.hpp"
#include "app/route_table.hpp"
#include "unit/app/sample_files.hpp"

namespace phigate::app {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view voice_registry = R"(version: 1
regions:
  CH: { countries: [CH] }
  EU: { countries: [DE, FR] }
providers:
  stimme:
    trains_on_data: false
    # Valid on every day that the tests may be run on.
    agreements: [{ kind: dpa, regions: [EU], modalities: [tts], valid_from: 2000-01-01, valid_until: 9999-12-31 }]
    endpoints:
      stimme-speaks:
        base_url: https://stimme.example
        protocol: azure_speech_tts
        country: DE
        regions: [EU]
        credential: ${KEY}
        models:
          neural: { modalities: [tts], voices: { alloy: Ava }, price: { per_million_chars: 16 } }
      stimme-hears:
        base_url: https://stimme.example
        protocol: azure_speech_stt
        country: DE
        regions: [EU]
        credential: ${KEY}
        models:
          fast: { modalities: [stt], price: { per_minute: 0.006 } }
  page:
    endpoints:
      page-ch:
        base_url: https://page.example
        protocol: azure_document_intelligence
        country: CH
        regions: [CH]
        enabled: false
        models:
          layout: { modalities: [ocr], price: { per_page: 0.01 } }
)";

constexpr core::moment sample_moment{std::chrono::year(2026) / 6 / 1, {}};

class voice_registry_test : public ::testing::Test {
 protected:
  voice_registry_test() { files_.write("providers.yaml", voice_registry); }

  config::loaded loaded(config::testing::variables values) const {
    auto read = files_.load(std::move(values));
    if (!read) throw std::runtime_error(read.error().front().text());
    return *std::move(read);
  }
  std::string explained(std::string modality, std::optional<std::string> prefer = {}) const {
    explain_query query;
    query.modality = std::move(modality);
    query.prefer = std::move(prefer);
    return explain_text(*loaded({{"KEY", "k"}}).snapshot, query, sample_moment);
  }
  std::string routes(const routes_query& query) const {
    return route_table(*loaded({}).snapshot->registry, query);  // without the key
  }

 private:
  const test::sample_files files_;
};

TEST_F(voice_registry_test, is_explained_without_a_format_or_a_voice) {
  EXPECT_THAT(explained("tts"), StartsWith("route: region EU, class general, modality tts, strategy default\n"));
  EXPECT_THAT(explained("stt"), HasSubstr("  1  stimme    fast   stimme-hears  DE       0.006        "));
  EXPECT_THAT(explained("ocr"), AllOf(StartsWith("refuse:"), HasSubstr("code:  no_route, status 422")));
}

TEST_F(voice_registry_test, is_explained_with_preferences) {
  EXPECT_THAT(explained("tts", R"({"only":["stimme"],"sort":"price"})"),
              StartsWith("route: region EU, class general, modality tts, strategy sorted\n"));
  EXPECT_THAT(explained("tts", R"({"ignore":["stimme"]})"), AllOf(StartsWith("refuse:"), HasSubstr("status 422")));
}

TEST_F(voice_registry_test, is_a_matrix_of_what_it_covers_once_the_keys_are_there) {
  routes_query query;
  query.matrix = true;
  query.json = true;
  const std::string text = routes(query);
  const auto row = [](std::string_view modality, std::string_view swiss, std::string_view european) {
    return R"({"modality": ")" + std::string(modality) + R"(", "CH": ")" + std::string(swiss) + R"(", "EU": ")" +
           std::string(european) + "\"";
  };
  EXPECT_THAT(text, AllOf(HasSubstr(row("tts", "-", "phi")), HasSubstr(row("stt", "-", "general")),
                          HasSubstr(row("ocr", "-", "-")), HasSubstr(row("chat", "-", "-"))));
  query.json = false;
  EXPECT_THAT(routes(query), HasSubstr("not in service: stimme-hears (KEY is not set)\n"));
}

TEST_F(voice_registry_test, is_a_table_with_each_price_in_its_unit) {
  const std::string text = routes({});
  EXPECT_THAT(text,
              AllOf(HasSubstr("16 a million characters USD"), HasSubstr("0.006 a minute USD"),
                    HasSubstr("0.01 a page USD"), HasSubstr("off: KEY is not set"), HasSubstr("off: enabled: false")));
  routes_query speech;
  speech.modality = "tts";
  EXPECT_THAT(routes(speech), AllOf(HasSubstr("neural"), Not(HasSubstr("fast"))));
}

}  // namespace
}  // namespace phigate::app
