// A small configuration in a folder of its own: three providers, one of them free, and a region that nobody serves.
#pragma once

#include <string_view>

#include "unit/config/config_files.hpp"

namespace phigate::test {

inline constexpr std::string_view sample_registry = R"(version: 1
regions:
  CH: { resident: alpine, countries: [CH], strict: true }
  EU: { resident: donau, countries: [DE, FR] }
  UK: { countries: [GB] }
providers:
  alpine:
    headquarters: CH
    retention_days: 0
    trains_on_data: false
    agreements: [{ kind: dpa, regions: [CH], modalities: [chat], valid_from: 2026-01-01, valid_until: 2027-12-31 }]
    endpoints:
      alpine-ch:
        base_url: https://alpine.example/v1
        protocol: openai
        country: CH
        regions: [CH]
        credential: canary-credential
        models:
          big-1: { upstream: b, modalities: [chat], price: { input: 0.5, output: 0.5 } }
  donau:
    endpoints:
      donau-eu:
        base_url: https://donau.example/v1
        protocol: openai
        country: [DE, FR]
        regions: [EU]
        credential: canary-credential
        models:
          big-1: { upstream: b, modalities: [chat], price: { input: 0.3, output: 0.3 } }
          small-1: { upstream: s, modalities: [chat], price: { input: 0.1, output: 0.1 } }
          vec-1: { upstream: v, modalities: [embeddings], price: { input: 0.01 } }
  gratis:
    endpoints:
      gratis-any:
        base_url: https://gratis.example/v1
        protocol: openai
        country: global
        regions: [EU]
        credential: canary-credential
        models:
          big-1: { upstream: b, modalities: [chat], price: { input: 0, output: 0 } }
aliases:
  big: [big-1]
)";

class sample_files : public config::testing::config_files {
 public:
  sample_files() { write("providers.yaml", sample_registry); }
};

}  // namespace phigate::test
