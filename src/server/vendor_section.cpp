#include "server/vendor_section.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "phigate/codec/vendors.hpp"
#include "phigate/core/stated_terms.hpp"

namespace phigate::server {

namespace {

constexpr std::size_t most_models_shown = 3;  // without being asked to

template <typename Items, typename Text = std::identity>
std::string joined(const Items& items, Text text = {}) {
  std::string out;
  for (const auto& item : items) {
    if (!out.empty()) out += ", ";
    out += std::invoke(text, item);
  }
  return out;
}

std::string kept_text(const std::optional<int>& days) {
  if (!days) return "unknown";
  if (*days == 0) return "no";
  return "for " + std::to_string(*days) + (*days == 1 ? " day" : " days");
}

std::string training_text(const std::optional<bool>& trains) {
  if (!trains) return "unknown";
  return *trains ? "yes" : "no";
}

std::string seat_text(const std::optional<core::country>& seat) {
  if (!seat) return "unknown";
  const bool in_eea = std::ranges::binary_search(core::eea_members(), *seat);
  return std::string(seat->text()) + (in_eea ? " (in the EEA)" : " (outside the EEA)");
}

std::string place_text(const core::country_list& location) {
  return location.global ? "any country" : joined(location.countries, &core::country::text);
}

// "100,000"
std::string grouped(std::uint32_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ',');
  return digits;
}

std::string token_price_text(const core::token_price& tokens, const core::modality_set& modalities) {
  std::string text = tokens.input.text();
  const bool answers = modalities != core::modality_set{core::modality::embeddings};
  if (answers) text += " in";
  if (tokens.cached_input) text += " (" + tokens.cached_input->text() + " cached)";
  if (answers) text += ", " + tokens.output.text() + " out";
  return text + " per million tokens";
}

std::string price_text(const core::hosted_model& model) {
  const core::price& cost = model.cost;
  std::string out;
  const auto add = [&](const std::string& text) { out += (out.empty() ? "" : "; ") + cost.currency + " " + text; };
  if (cost.tokens) add(token_price_text(*cost.tokens, model.modalities));
  if (cost.per_minute) add(cost.per_minute->text() + " a minute");
  if (cost.per_million_chars) add(cost.per_million_chars->text() + " per million characters");
  if (cost.per_page) add(cost.per_page->text() + " a page");
  return out;
}

std::string features_text(const core::hosted_model& model) {
  std::string out = joined(model.features);
  if (!model.formats.empty()) out += (out.empty() ? "" : "; ") + ("formats: " + joined(model.formats));
  return out;
}

markup badge(std::string_view kind, std::string_view text) {
  return element("span", {{"class", kind}}, text);
}

markup agreement_item(const core::agreement& agreement, std::chrono::sys_days today) {
  markup text = agreement.kind == core::agreement_kind::dpa ? "DPA" : "BAA";
  text += " for " + listed(agreement.modalities, core::all_modalities()) + " in " +
          listed(agreement.regions, core::all_regions()) + " " +
          (core::holds_on(agreement, today) ? badge("phi", "valid today") : badge("lapsed", "not valid today"));
  markup terms = "begins on " + element("time", codec::day_text(agreement.valid_from)) + ", lapses on " +
                 element("time", codec::day_text(agreement.valid_until));
  if (!agreement.reference.empty()) terms += "; " + agreement.reference;
  return element("li", text + element("div", {{"class", "faint"}}, terms));
}

markup agreement_list(const std::vector<core::agreement>& agreements, std::chrono::sys_days today) {
  markup items;
  for (const core::agreement& each : agreements) items += agreement_item(each, today);
  return element("h3", "Agreements for health data") + element("ul", items);
}

// A cell of a table that becomes a list on a narrow screen: it carries its column's name, or is left out there.
markup cell(std::string_view column, const markup& inner) {
  if (inner.empty()) return element("td", {{"class", "empty"}}, inner);
  return element("td", {{"data-column", column}}, inner);
}

// A row, or two: voices are too many for a column.
markup model_rows(const core::hosted_model& model) {
  markup name = element("code", model.id);
  if (!model.enabled) name += " " + badge("off", "switched off");
  markup rows = element("tr", element("th", {{"scope", "row"}}, name) +
                                  cell("For", listed(model.modalities, core::all_modalities())) +
                                  cell("Context (tokens)", model.context_length ? grouped(*model.context_length) : "") +
                                  cell("Features", features_text(model)) + cell("Price", price_text(model)));
  if (model.voices.empty()) return rows;
  const markup voices = element("span", {{"class", "faint"}}, "Voices: ") +
                        joined(model.voices, [](const auto& voice) -> std::string_view { return voice.first; });
  return rows + element("tr", {{"class", "more"}}, element("td", {{"colspan", "5"}}, voices));
}

markup model_table(const core::registry_tables& tables, core::endpoint_id host) {
  markup rows;
  std::size_t count = 0;
  core::modality_set modalities;
  for (const core::hosted_model& model : tables.models) {
    if (model.host != host) continue;
    rows += model_rows(model);
    for (const core::modality each : core::all_modalities()) {
      if (model.modalities.contains(each)) modalities.insert(each);
    }
    ++count;
  }
  if (count == 0) return element("p", "No models are listed.");
  markup head;
  for (const std::string_view name : {"Model", "For", "Context (tokens)", "Features", "Price"}) {
    head += element("th", {{"scope", "col"}}, name);
  }
  const markup table =
      element("table", {{"class", "models"}}, element("thead", element("tr", head)) + element("tbody", rows));
  const markup summary = element("summary", std::to_string(count) + (count == 1 ? " model" : " models") + " for " +
                                                listed(modalities, core::all_modalities()));
  if (count > most_models_shown) return element("details", summary + table);
  return element("details", {{"open", ""}}, summary + table);
}

markup endpoint_part(const core::registry_tables& tables, std::size_t index) {
  const core::endpoint& endpoint = tables.endpoints[index];
  markup heading = element("code", endpoint.id);
  const std::string_view unused = codec::why_unused(endpoint);
  if (!unused.empty()) heading += " " + badge("off", unused);
  markup facts = fact("Processed in", place_text(endpoint.location)) +
                 fact("Regions", listed(endpoint.regions, core::all_regions()));
  if (endpoint.retention_days) facts += fact("Keeps data", kept_text(endpoint.retention_days));
  if (endpoint.trains_on_data) facts += fact("Trains on data", training_text(endpoint.trains_on_data));
  if (!endpoint.url.host.empty()) facts += fact("Host", element("code", endpoint.url.authority()));
  return element(
      "div", {{"class", "endpoint"}},
      element("h3", heading) + element("dl", facts) + model_table(tables, static_cast<core::endpoint_id>(index)));
}

// The provider's own word, which an endpoint's goes before.
template <typename Term>
std::string with_exceptions(const std::string& text, const core::registry_tables& tables, core::provider_id id,
                            std::optional<Term> core::endpoint::* term) {
  const bool excepted = std::ranges::any_of(
      tables.endpoints, [&](const core::endpoint& endpoint) { return endpoint.owner == id && endpoint.*term; });
  return excepted ? text + ", but see each endpoint" : text;
}

}  // namespace

std::string section_id(const core::provider& provider) {
  return "provider-" + provider.slug;
}

markup fact(const markup& name, const markup& value) {
  return element("div", element("dt", name) + element("dd", value));
}

markup vendor_section(const core::registry_tables& tables, core::provider_id id, std::chrono::sys_days today) {
  const core::provider& provider = tables.providers[static_cast<std::size_t>(id)];
  const std::string kept =
      with_exceptions(kept_text(provider.retention_days), tables, id, &core::endpoint::retention_days);
  const std::string trains =
      with_exceptions(training_text(provider.trains_on_data), tables, id, &core::endpoint::trains_on_data);
  markup facts = fact("Headquarters", seat_text(provider.headquarters)) + fact("Keeps data", kept) +
                 fact("Trains on data", trains);
  if (provider.agreements.empty()) facts += fact("Agreements for health data", "none");
  const std::string label = section_id(provider);
  markup heading = provider.name + " " + element("code", provider.slug);
  if (!provider.enabled) heading += " " + badge("off", "switched off");
  markup out = element("h2", {{"id", label}}, heading) + element("dl", facts);
  if (!provider.agreements.empty()) out += agreement_list(provider.agreements, today);
  for (std::size_t i = 0; i < tables.endpoints.size(); ++i) {
    if (tables.endpoints[i].owner == id) out += endpoint_part(tables, i);
  }
  return element("section", {{"aria-labelledby", label}}, out);
}

}  // namespace phigate::server
