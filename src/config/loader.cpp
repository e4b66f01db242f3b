#include "phigate/config/loader.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <utility>

#include "config/document.hpp"
#include "config/gateway_reader.hpp"
#include "config/reader.hpp"
#include "config/registry_reader.hpp"

namespace phigate::config {
namespace {

void append(std::vector<fault>& to, std::vector<fault> more) {
  std::ranges::move(more, std::back_inserter(to));
}

std::filesystem::path folder_of(const std::string& file) {
  return std::filesystem::path(file).parent_path();
}

}  // namespace

environment process_environment() {
  return [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  };
}

std::expected<loaded, std::vector<fault>> load(const std::string& config_file, const environment& env,
                                               std::span<const core::protocol> protocols) {
  report gateway_report(config_file);
  const auto gateway_tree = read_document(config_file, gateway_report);
  if (!gateway_tree) return std::unexpected(gateway_report.faults());  // nothing names the registry then
  reading gateway{gateway_report, env, folder_of(config_file), {}};
  settings read = read_settings(*gateway_tree, gateway);

  report registry_report(read.registry_file);
  core::registry_tables tables;
  if (const auto registry_tree = read_document(read.registry_file, registry_report)) {
    reading registry{registry_report, env, folder_of(read.registry_file), protocols};
    tables = read_registry(*registry_tree, registry);
  }

  if (!gateway_report.clean() || !registry_report.clean()) {
    std::vector<fault> faults = gateway_report.faults();
    append(faults, registry_report.faults());
    return std::unexpected(std::move(faults));
  }
  loaded out;
  out.warnings = gateway_report.warnings();
  append(out.warnings, registry_report.warnings());
  auto registry = std::make_shared<const core::registry>(std::move(tables));
  out.snapshot = std::make_shared<const snapshot>(snapshot{std::move(read), std::move(registry)});
  return out;
}

}  // namespace phigate::config
