#include "server/vendors_page.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "phigate/http/writer.hpp"
#include "server/web.hpp"

namespace phigate::server {

namespace {

using core::modality;
using core::region;

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string element(std::string_view tag, std::string_view inner) {
  std::string out = "<";
  out.append(tag).append(">").append(inner).append("</").append(tag.substr(0, tag.find(' '))).append(">");
  return out;
}

// A cell of a table that becomes a list on a narrow screen: it carries its column's name.
std::string cell(std::string_view column, std::string_view inner) {
  return "<td data-column=\"" + escaped(column) + "\">" + std::string(inner) + "</td>";
}

std::string date_text(std::chrono::sys_days day) {
  const std::chrono::year_month_day date(day);
  const auto two = [](unsigned value) { return (value < 10 ? "0" : "") + std::to_string(value); };
  return std::to_string(static_cast<int>(date.year())) + "-" + two(static_cast<unsigned>(date.month())) + "-" +
         two(static_cast<unsigned>(date.day()));
}

template <typename Set, typename All>
std::string names_in(const Set& set, const All& all) {
  std::string out;
  for (const auto each : all) {
    if (!set.contains(each)) continue;
    if (!out.empty()) out += ", ";
    out += core::to_string(each);
  }
  return out;
}

std::string retention_text(const std::optional<int>& days) {
  if (!days) return "unknown";
  if (*days == 0) return "none";
  return std::to_string(*days) + (*days == 1 ? " day" : " days");
}

std::string training_text(const std::optional<bool>& trains) {
  if (!trains) return "unknown";
  return *trains ? "yes" : "no";
}

std::string price_text(const core::price& cost) {
  std::vector<std::string> units;
  if (cost.tokens) {
    units.push_back(cost.tokens->input.text() + " in, " + cost.tokens->output.text() + " out, a million tokens");
  }
  if (cost.per_minute) units.push_back(cost.per_minute->text() + " a minute");
  if (cost.per_million_chars) units.push_back(cost.per_million_chars->text() + " a million characters");
  if (cost.per_page) units.push_back(cost.per_page->text() + " a page");
  std::string out;
  for (const std::string& unit : units) out += (out.empty() ? "" : "; ") + cost.currency + " " + unit;
  return out;
}

std::string matrix_table(const core::coverage_matrix& matrix) {
  std::string head = element("th scope=\"col\"", "Modality");
  for (const region each : core::all_regions()) head += element("th scope=\"col\"", core::to_string(each));
  std::string rows;
  for (const modality each : core::all_modalities()) {
    const core::coverage& covered = matrix[static_cast<std::size_t>(each)];
    std::string row = element("th scope=\"row\"", core::to_string(each));
    for (const region where : core::all_regions()) {
      const bool phi = covered.phi.contains(where);
      const bool general = covered.general.contains(where);
      row += phi ? "<td class=\"phi\">phi</td>" : general ? "<td class=\"general\">general</td>" : "<td>–</td>";
    }
    rows += element("tr", row);
  }
  return "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Coverage matrix\"><table "
         "class=\"matrix\">" +
         element("thead", element("tr", head)) + element("tbody", rows) + "</table></div>";
}

std::string residents_line(const core::registry& known) {
  std::string out;
  for (const region each : core::all_regions()) {
    const auto& facts = known.region_of(each);
    if (!facts || !facts->resident) continue;
    const core::provider& resident = known.tables().providers[static_cast<std::size_t>(*facts->resident)];
    if (!out.empty()) out += ", ";
    out += std::string(core::to_string(each)) + ": " + escaped(resident.name);
  }
  return out;
}

std::string fact(std::string_view name, std::string_view value) {
  return element("dt", name) + element("dd", value);
}

std::string agreement_item(const core::agreement& agreement, std::chrono::sys_days today) {
  const bool holds = agreement.valid_from <= today && today < agreement.valid_until;
  std::string text = agreement.kind == core::agreement_kind::dpa ? "DPA" : "BAA";
  text += " for " + names_in(agreement.modalities, core::all_modalities()) + " in " +
          names_in(agreement.regions, core::all_regions()) + ", from " + date_text(agreement.valid_from) + " until " +
          date_text(agreement.valid_until) + (holds ? "" : " (not valid today)");
  if (!agreement.reference.empty()) text += ": " + escaped(agreement.reference);
  return element("li", text);
}

std::string model_row(const core::hosted_model& model) {
  const std::string context = model.context_length ? std::to_string(*model.context_length) + " tokens" : "–";
  return element("tr", cell("Model", element("code", escaped(model.id)) + (model.enabled ? "" : " (switched off)")) +
                           cell("Modalities", names_in(model.modalities, core::all_modalities())) +
                           cell("Context", context) + cell("Price", escaped(price_text(model.cost))));
}

std::string model_table(const core::registry_tables& tables, core::endpoint_id host) {
  std::string rows;
  std::size_t count = 0;
  for (const core::hosted_model& model : tables.models) {
    if (model.host != host) continue;
    rows += model_row(model);
    ++count;
  }
  if (count == 0) return element("p", "No models are listed here.");
  const std::string head = element("th scope=\"col\"", "Model") + element("th scope=\"col\"", "Modalities") +
                           element("th scope=\"col\"", "Context") + element("th scope=\"col\"", "Price");
  return "<details><summary>" + std::to_string(count) + (count == 1 ? " model" : " models") +
         "</summary><table class=\"models\">" + element("thead", element("tr", head)) + element("tbody", rows) +
         "</table></details>";
}

std::string endpoint_part(const core::registry_tables& tables, std::size_t index) {
  const core::endpoint& endpoint = tables.endpoints[index];
  std::string facts = fact("Processed in", escaped(endpoint.location.global ? "anywhere" : endpoint.location.text())) +
                      fact("Regions", names_in(endpoint.regions, core::all_regions()));
  if (!endpoint.url.host.empty()) facts += fact("Host", element("code", escaped(endpoint.url.host_only_url())));
  if (endpoint.retention_days) facts += fact("Retention here", retention_text(endpoint.retention_days));
  if (endpoint.trains_on_data) facts += fact("Trains on data here", training_text(endpoint.trains_on_data));
  const std::string state = endpoint.enabled ? "" : " <span class=\"off\">not in use at this gateway</span>";
  return "<div class=\"endpoint\">" + element("h3", element("code", escaped(endpoint.id)) + state) +
         element("dl", facts) + model_table(tables, static_cast<core::endpoint_id>(index)) + "</div>";
}

std::string provider_part(const core::registry_tables& tables, std::size_t index, std::chrono::sys_days today) {
  const core::provider& provider = tables.providers[index];
  std::string seat = "unknown";
  if (provider.headquarters) {
    const bool in_eea = std::ranges::binary_search(core::eea_members(), *provider.headquarters);
    seat = std::string(provider.headquarters->text()) + (in_eea ? " (EEA)" : "");
  }
  std::string facts = fact("Headquarters", seat) + fact("Retention", retention_text(provider.retention_days)) +
                      fact("Trains on data", training_text(provider.trains_on_data));
  std::string agreements;
  for (const core::agreement& each : provider.agreements) agreements += agreement_item(each, today);
  facts += fact("Agreements", agreements.empty() ? "none" : element("ul", agreements));
  std::string endpoints;
  for (std::size_t i = 0; i < tables.endpoints.size(); ++i) {
    if (static_cast<std::size_t>(tables.endpoints[i].owner) == index) endpoints += endpoint_part(tables, i);
  }
  return "<section id=\"" + escaped(provider.slug) + "\">" +
         element("h2", escaped(provider.name) + " " + element("code", escaped(provider.slug))) + element("dl", facts) +
         endpoints + "</section>";
}

}  // namespace

std::string vendors_page(const core::registry& known, const core::coverage_matrix& matrix,
                         std::chrono::sys_days today) {
  const core::registry_tables& tables = known.tables();
  std::string main = element("h1", "Providers of this gateway");
  main += element("p",
                  "Where requests may be processed, and on what terms. The same as JSON: ask for "
                  "<code>Accept: application/json</code>.");
  main += element("h2", "Coverage") + matrix_table(matrix);
  main += element("p", "<b>phi</b>: for protected health information too, under an agreement that is valid today (" +
                           date_text(today) +
                           "). <b>general</b>: for other data only. A dash: not served, so a "
                           "request is refused rather than sent elsewhere.");
  main += element("p", "Asked first in each region: " + residents_line(known) + ".");
  for (std::size_t i = 0; i < tables.providers.size(); ++i) main += provider_part(tables, i, today);
  return "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
         "<meta name=\"color-scheme\" content=\"light dark\"><title>phigate: providers</title>" +
         element("style", web::vendors_style()) + "</head><body>" + element("main", main) + "</body></html>\n";
}

}  // namespace phigate::server
