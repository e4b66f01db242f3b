#include "server/vendors_page.hpp"

#include "phigate/codec/vendors.hpp"
#include "server/markup.hpp"
#include "server/vendor_section.hpp"
#include "server/web.hpp"

namespace phigate::server {

namespace {

using core::modality;
using core::region;

// The three words are the program interface's own; who reads this may not know them.
std::string_view meaning(modality what) {
  switch (what) {
    case modality::ocr:
      return "text of documents";
    case modality::stt:
      return "speech to text";
    case modality::tts:
      return "text to speech";
    default:
      return {};
  }
}

markup coverage_row(modality what, const core::coverage& covered) {
  markup heading = core::to_string(what);
  if (!meaning(what).empty()) heading += " " + element("small", meaning(what));
  markup cells = element("th", {{"scope", "row"}}, heading);
  for (const region where : core::all_regions()) {
    const std::string_view served = covered.phi.contains(where)       ? "phi"
                                    : covered.general.contains(where) ? "general"
                                                                      : "no";
    cells += element("td", {{"class", served}, {"data-column", core::to_string(where)}}, served);
  }
  return element("tr", {{"class", covered.general.empty() ? "nowhere" : "somewhere"}}, cells);
}

markup coverage_table(const core::coverage_matrix& matrix) {
  markup head = element("th", {{"scope", "col"}}, "Modality");
  for (const region each : core::all_regions()) head += element("th", {{"scope", "col"}}, core::to_string(each));
  markup rows;
  for (const modality each : core::all_modalities()) {
    rows += coverage_row(each, matrix[static_cast<std::size_t>(each)]);
  }
  return element("table", {{"class", "matrix"}, {"aria-labelledby", "coverage"}},
                 element("thead", element("tr", head)) + element("tbody", rows));
}

markup legend(std::chrono::sys_days today) {
  const auto line = [](std::string_view word, const markup& text) {
    return fact(element("span", {{"class", word}}, word), text);
  };
  return element("dl", {{"class", "legend"}},
                 line("phi",
                      "Protected health information may go there, and all other data: an agreement that covers "
                      "it is valid today, " +
                          codec::day_text(today) + " (UTC).") +
                     line("general", "Only data of other kinds may go there.") +
                     line("no", "Not served. Such a request is refused; it never goes to another region instead."));
}

// "Google in UK, ASIA; …": each provider once.
markup residents(const core::registry& known) {
  const core::registry_tables& tables = known.tables();
  markup out;
  for (std::size_t i = 0; i < tables.providers.size(); ++i) {
    core::region_set where;
    for (const region each : core::all_regions()) {
      const auto& facts = known.region_of(each);
      if (facts && facts->resident == static_cast<core::provider_id>(i)) where.insert(each);
    }
    if (where.empty()) continue;
    if (!out.empty()) out += "; ";
    out += tables.providers[i].name + " in " + listed(where, core::all_regions());
  }
  if (out.empty()) return {};
  return element("p", "Preferred where a request leaves the model open or names an alias: " + out + ".");
}

markup contents(const core::registry_tables& tables) {
  markup links;
  for (const core::provider& each : tables.providers) {
    links += element("li", element("a", {{"href", "#" + section_id(each)}}, each.name));
  }
  return element("nav", {{"aria-label", "Providers"}}, element("ul", links));
}

markup aliases(const core::registry_tables& tables) {
  if (tables.aliases.empty()) return {};
  markup facts;
  for (const core::alias& alias : tables.aliases) {
    markup models;
    for (const std::string& model : alias.models) models += (models.empty() ? "" : ", ") + element("code", model);
    facts += fact(element("code", alias.name), models);
  }
  return element("section", {{"aria-labelledby", "aliases"}},
                 element("h2", {{"id", "aliases"}}, "Aliases") +
                     element("p", "Each of these names stands for any of its models.") + element("dl", facts));
}

}  // namespace

std::string vendors_page(const core::registry& known, const core::coverage_matrix& matrix,
                         std::chrono::sys_days today) {
  const core::registry_tables& tables = known.tables();
  markup main = element("h1", "Where this gateway may send requests");
  main += element("p",
                  "Every provider that it knows: where it processes what it is sent, and on what terms. Programs "
                  "that ask for this address get the same as JSON.");
  main += contents(tables);
  main += element(
      "section", {{"aria-labelledby", "coverage"}},
      element("h2", {{"id", "coverage"}}, "Coverage") + coverage_table(matrix) + legend(today) + residents(known));
  for (std::size_t i = 0; i < tables.providers.size(); ++i) {
    main += vendor_section(tables, static_cast<core::provider_id>(i), today);
  }
  main += aliases(tables);
  const markup head = markup::trusted(
      "<meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<meta name=\"color-scheme\" content=\"light dark\"><link rel=\"icon\" href=\"data:,\">"
      "<title>phigate: providers</title>");
  const markup style = element("style", markup::trusted(web::vendors_style()));
  return "<!doctype html>\n" +
         element("html", {{"lang", "en"}}, element("head", head + style) + element("body", element("main", main)))
             .html() +
         "\n";
}

}  // namespace phigate::server
