// A folder of its own with the two files, loaded with an environment that a test makes up.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "phigate/config/loader.hpp"
#include "support/sample_protocols.hpp"

namespace phigate::config::testing {

using variables = std::map<std::string, std::string, std::less<>>;

inline environment environment_of(variables values) {
  return [values = std::move(values)](std::string_view name) -> std::optional<std::string> {
    const auto found = values.find(name);
    return found == values.end() ? std::nullopt : std::optional(found->second);
  };
}

// A registry that loads without a fault or a warning when KEY is set. Tests change one line of it, so the numbers
// matter.
inline constexpr std::string_view small_registry = R"(version: 1
fx: { USD: 1, EUR: 1.08, CHF: 1.10 }
regions:
  CH: { resident: alpine, countries: [CH], strict: true }
  EU: { countries: [DE, FR], strict: true }
  UK: { countries: [GB] }
  ANZ: { strict: false }
  WORLD: { countries: [US] }
providers:
  alpine:
    name: Alpine
    headquarters: CH
    retention_days: 0
    trains_on_data: false
    agreements: [{ kind: dpa, regions: [CH], modalities: [chat], valid_from: 2026-01-01, valid_until: 2027-12-31, reference: r }]
    enabled: true
    endpoints:
      alpine-ch:
        base_url: https://api.alpine.example/v1
        protocol: openai
        country: CH
        regions: [CH]
        credential: ${KEY}
        timeouts: { connect: 1s, first_byte: 2s, first_token: 3s, idle: 4s, total: 5s, stream: 6s }
        request: { rename: { max_tokens: max_completion_tokens }, drop: [user] }
        tls: { pin_sha256: ["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="] }
        models:
          big-1:
            upstream: vendor/big-1
            modalities: [chat, vision]
            context_length: 1000
            features: [tools, json_schema]
            price: { currency: CHF, input: 0.20, output: 0.40, cached_input: 0.10 }
          vec-1:
            upstream: vendor/vec-1
            modalities: [embeddings]
            dimensions: { min: 32, max: 4096 }
            price: { input: 0.10 }
aliases:
  big: [big-1]
)";

class config_files {
 public:
  config_files() {
    std::string name = (std::filesystem::temp_directory_path() / "phigate-config-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = name;
    write("phigate.yaml", "");
    write("providers.yaml", small_registry);
  }
  config_files(const config_files&) = delete;
  config_files& operator=(const config_files&) = delete;
  ~config_files() { std::filesystem::remove_all(folder_); }

  std::string path(std::string_view name) const { return (folder_ / name).string(); }

  void write(std::string_view name, std::string_view text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }

  auto load(variables values = {{"KEY", "from-the-environment"}}) const {
    return config::load(path("phigate.yaml"), environment_of(std::move(values)), test::sample_protocols());
  }

  // "providers.yaml:4: regions.CH: …": without the folder, which no test can know.
  std::vector<std::string> texts(const std::vector<fault>& found) const {
    std::vector<std::string> out;
    for (const fault& one : found) out.push_back(one.text().substr(folder_.string().size() + 1));
    return out;
  }

  std::vector<std::string> faults(variables values = {{"KEY", "from-the-environment"}}) const {
    const auto result = load(std::move(values));
    return result ? std::vector<std::string>{} : texts(result.error());
  }

 private:
  std::filesystem::path folder_;
};

// The text with line `number` (from 1) replaced; `line` may itself hold line breaks.
inline std::string with_line(std::string_view text, int number, std::string_view line) {
  std::string out;
  for (int at = 1; !text.empty(); ++at) {
    const std::size_t end = text.find('\n');
    out += at == number ? line : text.substr(0, end);
    out += '\n';
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out;
}

}  // namespace phigate::config::testing
