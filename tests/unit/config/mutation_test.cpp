// Whatever is done to the shipped registry, it either loads as something that keeps its promises or is refused with a
// place.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "unit/config/config_files.hpp"

namespace phigate::config {
namespace {

std::vector<std::string> shipped_lines() {
  std::ifstream file(PHIGATE_SOURCE_DIR "/config/providers.yaml");
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

std::string joined_lines(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += line + '\n';
  return out;
}

// One slip of a hand: a line lost, doubled, moved or cut, a character changed, a word put in another's place.
void mutate(std::vector<std::string>& lines) {
  const std::size_t at = *rc::gen::inRange<std::size_t>(0, lines.size());
  const std::size_t other = *rc::gen::inRange<std::size_t>(0, lines.size());
  std::string& line = lines[at];
  const std::size_t column = *rc::gen::inRange<std::size_t>(0, line.size() + 1);
  switch (*rc::gen::inRange(0, 7)) {
    case 0:
      lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(at));
      break;
    case 1:
      lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(other), std::string(line));
      break;
    case 2:
      std::swap(line, lines[other]);
      break;
    case 3:
      line.resize(column);
      break;
    case 4:
      line.insert(column, 1, *rc::gen::arbitrary<char>());
      break;
    case 5:
      line.insert(column, 1, *rc::gen::elementOf(std::string("{}[]:,&*!|>'\"#%@`-? ~$")));
      break;
    default:
      line.insert(column,
                  *rc::gen::element<std::string>(" global", "US", "&a ", "*a", "<<: *a", "${X}", "-1", "null", "true"));
  }
  if (lines.empty()) lines.emplace_back();
}

void check_promises(const core::registry& registry) {
  const core::registry_tables& tables = registry.tables();
  for (const core::endpoint& endpoint : tables.endpoints) {
    RC_ASSERT(static_cast<std::size_t>(endpoint.owner) < tables.providers.size());
    RC_ASSERT(endpoint.location.global != !endpoint.location.countries.empty());
    RC_ASSERT(!endpoint.enabled || (!endpoint.credential.empty() && !endpoint.url.host.empty()));
    RC_ASSERT(endpoint.enabled || !endpoint.disabled_because.empty());
    for (const core::region region : core::all_regions()) {
      if (!endpoint.regions.contains(region)) continue;
      const auto& facts = registry.region_of(region);
      RC_ASSERT(facts.has_value());
      RC_ASSERT(!facts->strict || endpoint.location.within(facts->countries));
    }
  }
  for (const core::hosted_model& model : tables.models) {
    RC_ASSERT(!model.modalities.contains(core::modality::chat) || model.cost.tokens.has_value());
    RC_ASSERT(registry.find_alias(model.id) == nullptr);
  }
  for (const core::alias& alias : tables.aliases) {
    RC_ASSERT(!alias.models.empty());
    for (const std::string& model : alias.models) RC_ASSERT(registry.has_model(model));
  }
}

RC_GTEST_PROP(registry_mutations, load_as_something_that_keeps_its_promises_or_are_refused_with_a_place, ()) {
  static const std::vector<std::string> shipped = shipped_lines();
  std::vector<std::string> lines = shipped;
  const int slips = *rc::gen::inRange(1, 6);
  for (int i = 0; i < slips; ++i) mutate(lines);
  testing::config_files files;
  files.write("providers.yaml", joined_lines(lines));
  const auto result = files.load(
      {{"INFOMANIAK_PRODUCT_ID", "1"}, {"INFOMANIAK_API_KEY", "k"}, {"SCW_SECRET_KEY", "k"}, {"X", "global"}});
  if (result) return check_promises(*result->snapshot->registry);
  RC_ASSERT(!result.error().empty());
  RC_ASSERT(std::ranges::is_sorted(result.error(), {}, &fault::line));
  for (const fault& one : result.error()) {
    RC_ASSERT(one.line >= 1);
    RC_ASSERT(one.line <= static_cast<int>(lines.size()) + 1);
    RC_ASSERT(!one.message.empty());
  }
}

}  // namespace
}  // namespace phigate::config
