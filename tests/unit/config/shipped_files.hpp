// The two files that are shipped, loaded for the tests that look at what they promise (spec §11).
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>

#include "phigate/core/coverage.hpp"
#include "phigate/core/policy.hpp"
#include "unit/config/config_files.hpp"

namespace phigate::config::testing {

inline const std::string shipped_file = PHIGATE_SOURCE_DIR "/config/phigate.yaml";
inline constexpr std::chrono::sys_days some_day =
    std::chrono::year(2026) / 12 / 1;  // on which the shipped agreements hold

// Each with a value of its own, so that a message that shows one can be told.
inline const variables every_variable{{"INFOMANIAK_PRODUCT_ID", "1234"},         {"INFOMANIAK_API_KEY", "canary-01"},
                                      {"SCW_SECRET_KEY", "canary-02"},           {"TOGETHER_API_KEY", "canary-03"},
                                      {"GEMINI_API_KEY", "canary-04"},           {"OVHCLOUD_API_KEY", "canary-05"},
                                      {"IONOS_API_TOKEN", "canary-06"},          {"NEBIUS_API_KEY", "canary-07"},
                                      {"MISTRAL_API_KEY", "canary-08"},          {"VERTEX_PROJECT", "project-1"},
                                      {"VERTEX_ACCESS_TOKEN", "canary-09"},      {"AZURE_SPEECH_CH_KEY", "canary-10"},
                                      {"AZURE_SPEECH_EU_KEY", "canary-11"},      {"AZURE_SPEECH_US_KEY", "canary-12"},
                                      {"AZURE_DOCUMENT_CH_RESOURCE", "docs-ch"}, {"AZURE_DOCUMENT_CH_KEY", "canary-13"},
                                      {"AZURE_DOCUMENT_EU_RESOURCE", "docs-eu"}, {"AZURE_DOCUMENT_EU_KEY", "canary-14"},
                                      {"AZURE_DOCUMENT_US_RESOURCE", "docs-us"}, {"AZURE_DOCUMENT_US_KEY", "canary-15"},
                                      {"AZURE_OPENAI_CH_RESOURCE", "chat-ch"},   {"AZURE_OPENAI_CH_KEY", "canary-16"},
                                      {"AZURE_OPENAI_EU_RESOURCE", "chat-eu"},   {"AZURE_OPENAI_EU_KEY", "canary-17"},
                                      {"AZURE_OPENAI_US_RESOURCE", "chat-us"},   {"AZURE_OPENAI_US_KEY", "canary-18"}};

inline loaded load_shipped(variables values = every_variable) {
  auto result = load(shipped_file, environment_of(std::move(values)), test::sample_protocols());
  if (result) return *std::move(result);
  for (const fault& one : result.error()) ADD_FAILURE() << one.text();
  throw std::runtime_error("the shipped files have faults");
}

inline core::policy asking(core::region where, core::modality what, core::data_class data = core::data_class::general) {
  core::policy out;
  out.region = where;
  out.data_class = data;
  out.modality = what;
  return out;
}

}  // namespace phigate::config::testing
