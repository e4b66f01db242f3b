#include "config/registry_reader.hpp"

#include <algorithm>
#include <set>

#include "phigate/core/ascii.hpp"

namespace phigate::config {
namespace {

constexpr auto one = core::decimal::from_micros(1'000'000);

bool is_currency(std::string_view text) {
  return text.size() == 3 && std::ranges::all_of(text, core::ascii::is_upper);
}

void read_fx(const node& from, reading& in, fx_table& into) {
  if (!expect_map(from, in, "currencies")) return;
  for (const node& rate : from.children) {
    if (!is_currency(rate.key)) in.fault(rate, "must be a currency's three capital letters");
    const auto value = read_decimal(rate, in);
    if (value == core::decimal{}) in.fault(rate, "must be more than 0: US dollars for one unit");
    if (rate.key == "USD" && value && *value != one) in.fault(rate, "must be 1: every other rate is in US dollars");
    into.insert_or_assign(rate.key, value.value_or(one));  // known by name, so that a bad rate is one fault
  }
}

// A name that another section must define, kept until that section is read.
struct reference {
  const node* at;
  core::region from;
};

class registry_reader {
 public:
  registry_reader(reading& in, core::registry_tables& into) : in_(in), into_(into) {}

  void read(map_reader& file) {
    if (const node* version = file.require("version")) read_version(*version);
    into_.fx.emplace("USD", one);
    if (const node* fx = file.take("fx")) read_fx(*fx, in_, into_.fx);
    if (const node* regions = file.require("regions")) read_region_table(*regions);
    if (const node* providers = file.require("providers")) read_providers(*providers, in_, into_);
    if (const node* aliases = file.take("aliases")) read_aliases(*aliases);
    resolve_residents();
  }

 private:
  void read_version(const node& from) {
    if (const auto version = read_integer(from, in_, 0, INT64_MAX); version && *version != 1) {
      in_.fault(from, in_quotes(from.scalar) + " is not known: this program reads version 1");
    }
  }

  void read_region_table(const node& from) {
    if (!expect_map(from, in_, "regions")) return;
    for (const node& entry : from.children) {
      const auto region = core::parse_region(entry.key);
      if (!region) {
        in_.fault(entry, "no region; the regions: " + core::region_names());
        continue;
      }
      auto& slot = into_.regions[static_cast<std::size_t>(*region)];
      // Names of regions are read in any case, so `eu` repeats `EU`.
      if (slot) in_.fault(entry, "repeated key: names of regions are read in any case");
      slot = read_facts(entry, *region);
    }
  }

  core::region_facts read_facts(const node& from, core::region region) {
    core::region_facts facts;
    read_map(from, in_, "a region's settings", [&](map_reader& map) {
      if (const node* resident = map.take("resident")) residents_.push_back({resident, region});
      // An empty list says what an absent one does: the region takes endpoints anywhere, and can show nothing for class
      // phi.
      const node* countries = map.take("countries");
      if (countries != nullptr && !(countries->shape == shape::list && countries->children.empty())) {
        facts.countries = read_list(*countries, in_, "countries", read_country);
        std::ranges::sort(facts.countries);
      }
      map.set("strict", facts.strict, read_flag);
    });
    if (facts.strict && facts.countries.empty()) in_.fault(from, "strict, and without countries to be strict about");
    return facts;
  }

  void resolve_residents() {
    for (const auto& [at, region] : residents_) {
      const auto slug = read_text(*at, in_);
      if (!slug) continue;
      const auto found = std::ranges::find(into_.providers, *slug, &core::provider::slug);
      if (found == into_.providers.end()) {
        in_.fault(*at, in_quotes(at->scalar) + " is no provider of this file");
        continue;
      }
      into_.regions[static_cast<std::size_t>(region)]->resident =
          static_cast<core::provider_id>(found - into_.providers.begin());
    }
  }

  void read_aliases(const node& from) {
    if (!expect_map(from, in_, "aliases")) return;
    std::set<std::string_view> models;
    for (const core::hosted_model& model : into_.models) models.insert(model.id);
    for (const node& entry : from.children) {
      check_model_name(entry, in_);
      if (models.contains(entry.key)) in_.fault(entry, "is a model's id as well: a name is one or the other");
      const auto read_target = [&](const node& item, reading& in) { return known_model(item, in, from, models); };
      into_.aliases.push_back({entry.key, read_list(entry, in_, "models", read_target)});
    }
  }

  static std::optional<std::string> known_model(const node& item, reading& in, const node& aliases,
                                                const std::set<std::string_view>& models) {
    auto target = read_text(item, in);
    if (!target || models.contains(*target)) return target;
    const bool is_alias = aliases.find(*target) != nullptr;
    in.fault(item, in_quotes(item.scalar) + (is_alias ? " is an alias: name its models" : " is no model of this file"));
    return std::nullopt;
  }

  reading& in_;
  core::registry_tables& into_;
  std::vector<reference> residents_;
};

}  // namespace

core::registry_tables read_registry(const node& root, reading& in) {
  core::registry_tables out;
  if (root.shape == shape::null) {
    in.fault(root, "is empty: version, regions and providers are needed");
    return out;
  }
  registry_reader reader(in, out);
  read_map(root, in, "sections", [&](map_reader& file) { reader.read(file); });
  return out;
}

std::string not_configured(const node& item) {
  return in_quotes(item.scalar) + " has no entry under regions";
}

void check_model_name(const node& from, reading& in) {
  const std::string_view name = from.key;
  if (name.contains('/') || name.contains(':')) {
    in.fault(from, "a model's name has no / and no :, which set off a provider and a variant");
  } else if (!is_word(name)) {
    in.fault(from, "a model's name is letters, digits, . _ -, 64 at most");
  }
  if (core::parse_region(name)) in.fault(from, "a region's name: choose another");
  if (core::ascii::equals_ignoring_case(name, "auto")) in.fault(from, "auto is taken: choose another");
}

}  // namespace phigate::config
