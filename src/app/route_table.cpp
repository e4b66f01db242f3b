#include "app/route_table.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "app/table.hpp"
#include "phigate/codec/splice.hpp"
#include "phigate/core/coverage.hpp"
#include "phigate/core/eligibility.hpp"

namespace phigate::app {

namespace {

using row = table_row;

std::chrono::sys_days today() {
  return std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
}

core::region region_named(const std::string& name) {
  const auto parsed = core::parse_region(name);
  if (!parsed) throw std::runtime_error(name + " is no region; the regions are " + core::region_names());
  return *parsed;
}

core::modality modality_named(const std::string& name) {
  const auto parsed = core::parse_modality(name);
  if (parsed) return *parsed;
  std::string names;
  for (const core::modality m : core::all_modalities())
    names += (names.empty() ? "" : ", ") + std::string(core::to_string(m));
  throw std::runtime_error(name + " is no modality; the modalities are " + names);
}

bool serves(const core::registry& registry, const core::route& route, core::region region,
            core::data_class data_class) {
  core::policy asked;
  asked.region = region;
  asked.data_class = data_class;
  asked.modality = route.modality;
  return !core::exclude(route, asked, registry, today());
}

std::vector<core::region> regions_served(const core::registry& registry, const core::route& route, core::data_class c) {
  std::vector<core::region> out;
  for (const core::region region : core::all_regions()) {
    if (serves(registry, route, region, c)) out.push_back(region);
  }
  return out;
}

std::string joined(const std::vector<core::region>& regions) {
  std::string out;
  for (const core::region region : regions) out += (out.empty() ? "" : ",") + std::string(core::to_string(region));
  return out.empty() ? "-" : out;
}

std::string price_text(const core::hosted_model& model) {
  const core::price& cost = model.cost;
  std::string out;
  if (cost.tokens) out = cost.tokens->input.text() + "/" + cost.tokens->output.text();
  if (cost.per_minute) out = cost.per_minute->text() + " a minute";
  if (cost.per_million_chars) out = cost.per_million_chars->text() + " a million characters";
  if (cost.per_page) out = cost.per_page->text() + " a page";
  return out + " " + cost.currency;
}

std::string as_json(const std::vector<row>& rows) {
  std::string out = "[";
  for (std::size_t i = 1; i < rows.size(); ++i) {
    out += i == 1 ? "\n  {" : ",\n  {";
    for (std::size_t column = 0; column < rows[i].size(); ++column) {
      if (column > 0) out += ", ";
      out += codec::quote(rows.front()[column]) + ": " + codec::quote(rows[i][column]);
    }
    out += "}";
  }
  return out + "\n]\n";
}

std::string_view matrix_cell(const core::coverage& served, core::region region) {
  if (served.phi.contains(region)) return "phi";
  return served.general.contains(region) ? "general" : "-";
}

std::vector<row> matrix(const core::registry& registry) {
  const core::coverage_matrix coverage = core::coverage_of(registry, today());
  std::vector<row> rows{{"modality"}};
  for (const core::region region : core::all_regions()) rows.front().emplace_back(core::to_string(region));
  for (const core::modality modality : core::all_modalities()) {
    row& cells = rows.emplace_back(row{std::string(core::to_string(modality))});
    const core::coverage& served = coverage[static_cast<std::size_t>(modality)];
    for (const core::region region : core::all_regions()) cells.emplace_back(matrix_cell(served, region));
  }
  return rows;
}

std::string disabled_note(const core::registry& registry) {
  std::string out;
  for (const core::endpoint& endpoint : registry.tables().endpoints) {
    if (!endpoint.enabled) out += "not in service: " + endpoint.id + " (" + endpoint.disabled_because + ")\n";
  }
  return out;
}

std::string state_of(const core::registry& registry, const core::route& route) {
  if (!registry.provider_of(route).enabled || !registry.model_of(route).enabled) return "off: enabled: false";
  const core::endpoint& endpoint = registry.endpoint_of(route);
  return endpoint.enabled ? "on" : "off: " + endpoint.disabled_because;
}

std::vector<row> table(const core::registry& actual, const core::registry& complete, const routes_query& query) {
  std::vector<row> rows{{"provider", "endpoint", "model", "modality", "regions", "phi", "country", "price", "state"}};
  for (std::size_t i = 0; i < complete.routes().size(); ++i) {
    const core::route& route = complete.routes()[i];
    const auto general = regions_served(complete, route, core::data_class::general);
    const auto phi = regions_served(complete, route, core::data_class::phi);
    const auto& wanted = query.phi ? phi : general;
    if (query.phi && phi.empty()) continue;
    if (!query.region.empty() && std::find(wanted.begin(), wanted.end(), region_named(query.region)) == wanted.end())
      continue;
    if (!query.modality.empty() && route.modality != modality_named(query.modality)) continue;
    rows.push_back({complete.provider_of(route).slug, complete.endpoint_of(route).id, complete.model_of(route).id,
                    std::string(core::to_string(route.modality)), joined(general), joined(phi),
                    complete.endpoint_of(route).location.text(), price_text(complete.model_of(route)),
                    state_of(actual, route)});
  }
  return rows;
}

}  // namespace

std::string route_table(const core::registry& registry, const routes_query& query) {
  if (!query.region.empty()) region_named(query.region);
  if (!query.modality.empty()) modality_named(query.modality);
  const core::registry complete(core::with_all_credentials(registry));
  const std::vector<row> rows = query.matrix ? matrix(complete) : table(registry, complete, query);
  if (query.json) return as_json(rows);
  return aligned(rows) + (query.matrix ? disabled_note(registry) : "");
}

}  // namespace phigate::app
