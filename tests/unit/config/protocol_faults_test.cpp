// What a registry asks of a protocol that has no way to do it is a fault, never a setting without effect (spec §11).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/config/config_files.hpp"

namespace phigate::config {
namespace {

using testing::config_files;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

struct sample {
  std::string protocol;
  std::string endpoint;  // further settings, each with a comma behind it
  std::string model;     // likewise
};

// `modality: price` of what each protocol serves.
std::string service_of(std::string_view protocol) {
  if (protocol == "azure_document_intelligence") return "modalities: [ocr], price: { per_page: 1 }";
  if (protocol == "azure_speech_tts") return "modalities: [tts], voices: { a: b }, price: { per_million_chars: 1 }";
  return "modalities: [stt], price: { per_minute: 1 }";
}

std::string registry_with(const sample& one) {
  return "version: 1\nregions: { WORLD: {} }\nproviders: { p: { endpoints: { e: {\n" + one.endpoint +
         "\n  base_url: \"https://a.example\", protocol: " + one.protocol +
         ", country: global, regions: [WORLD], credential: \"${KEY}\", models: { m: {\n" + one.model + "\n" +
         service_of(one.protocol) + " } } } } } }\n";
}

std::vector<std::string> faults_of(const sample& one) {
  const config_files files;
  files.write("providers.yaml", registry_with(one));
  return files.faults();
}

const std::string endpoint_path = "providers.yaml:4: providers.p.endpoints.e.";
const std::string model_path = "providers.yaml:6: providers.p.endpoints.e.models.m.";

TEST(protocol_faults, of_a_request_that_the_protocol_writes_itself) {
  for (const std::string protocol : {"azure_speech_stt", "azure_speech_tts", "azure_document_intelligence"}) {
    const std::string message = "request: the protocol " + protocol +
                                " writes requests of its own: nothing can be renamed, dropped or added, leave it out";
    for (const std::string request : {"request: { drop: [prompt] },", "request: { rename: { speed: rate } },",
                                      "request: { default: { temperature: 0 } },", "request: {},"}) {
      EXPECT_THAT(faults_of({protocol, request, ""}), ElementsAre(endpoint_path + message)) << request;
      EXPECT_THAT(faults_of({protocol, "", request}), ElementsAre(model_path + message)) << request;
    }
    EXPECT_THAT(faults_of({protocol, "", ""}), IsEmpty());
  }
  for (const std::string protocol : {"openai", "azure_openai", "infomaniak_stt", "mistral"}) {
    const std::string request = "request: { drop: [prompt] },";
    EXPECT_THAT(faults_of({protocol, request, request}), IsEmpty()) << protocol;
  }
}

TEST(protocol_faults, of_a_request_come_for_what_is_switched_off_too) {
  EXPECT_THAT(faults_of({"azure_speech_stt", "enabled: false, request: { drop: [prompt] },", ""}),
              ElementsAre(::testing::StartsWith(endpoint_path + "request: the protocol")));
}

TEST(protocol_faults, of_a_version_that_nobody_reads) {
  for (const std::string protocol : {"openai", "azure_speech_tts", "infomaniak_stt", "mistral"}) {
    EXPECT_THAT(
        faults_of({protocol, "api_version: 2025-10-15,", ""}),
        ElementsAre(endpoint_path + "api_version: the protocol " + protocol + " names no version: leave it out"));
  }
  for (const std::string protocol : {"azure_openai", "azure_speech_stt", "azure_document_intelligence"}) {
    EXPECT_THAT(faults_of({protocol, "api_version: 2025-10-15,", ""}), IsEmpty()) << protocol;
  }
}

TEST(protocol_faults, of_locales_that_nobody_reads) {
  for (const std::string protocol : {"openai", "azure_openai", "infomaniak_stt", "mistral"}) {
    EXPECT_THAT(faults_of({protocol, "", "locales: { de: de-CH },"}),
                ElementsAre(model_path + "locales: the protocol " + protocol +
                            " has no locales, a language goes as the client names it: leave it out"));
  }
  EXPECT_THAT(faults_of({"azure_speech_stt", "", "locales: { de: de-CH },"}), IsEmpty());
}

TEST(protocol_faults, of_features_that_its_adapter_cannot_honour) {
  const auto feature_faults = [](const std::string& protocol) {
    std::vector<std::string> words;
    for (const std::string_view word : core::features_of_adapters) {
      if (!faults_of({protocol, "", "features: [" + std::string(word) + "],"}).empty()) words.emplace_back(word);
    }
    return words;
  };
  EXPECT_THAT(feature_faults("openai"), UnorderedElementsAre("annotations", "confidence_scores"));
  EXPECT_THAT(feature_faults("azure_openai"), UnorderedElementsAre("annotations", "confidence_scores"));
  EXPECT_THAT(feature_faults("mistral"),
              UnorderedElementsAre("diarization", "instructions", "logprobs", "sse", "stream"));
  for (const std::string protocol :
       {"azure_speech_stt", "azure_speech_tts", "azure_document_intelligence", "infomaniak_stt"}) {
    EXPECT_EQ(feature_faults(protocol).size(), core::features_of_adapters.size()) << protocol;
  }
  EXPECT_THAT(faults_of({"azure_speech_stt", "", "features: [any-word, stream],"}),
              ElementsAre(model_path +
                          "features[1]: \"stream\" can't be had over the protocol azure_speech_stt: leave it out"));
  EXPECT_THAT(faults_of({"mistral", "", "features: [sse],"}),
              ElementsAre(model_path + "features[0]: \"sse\" can't be had over the protocol mistral, which has "
                                       "annotations, confidence_scores, file: leave it out"));
}

TEST(protocol_facts, that_routing_needs_stand_with_the_endpoint) {
  const auto ignored = [](const std::string& protocol) {
    const config_files files;
    files.write("providers.yaml", registry_with({protocol, "", ""}));
    const auto read = files.load();
    const auto fields = read.value().snapshot->registry->tables().endpoints[0].ignored_fields;
    return std::vector<std::string>(fields.begin(), fields.end());
  };
  EXPECT_THAT(ignored("azure_speech_stt"), ElementsAre("chunking_strategy", "temperature"));
  EXPECT_THAT(ignored("openai"), IsEmpty());
}

}  // namespace
}  // namespace phigate::config
