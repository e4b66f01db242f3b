// Endpoints: where they are, what they may serve, and whether they have what they need to be called (spec §11).
#include <algorithm>
#include <array>

#include "config/address.hpp"
#include "config/credential.hpp"
#include "config/pem.hpp"
#include "config/registry_reader.hpp"

namespace phigate::config {
namespace {

constexpr std::array<std::string_view, 1> known_protocols{"openai"};

std::optional<std::string> read_protocol(const node& from, reading& in) {
  auto text = read_text(from, in);
  if (!text || std::ranges::find(known_protocols, *text) != known_protocols.end()) return text;
  in.fault(from, in_quotes(from.scalar) + " is no protocol that this version speaks: " +
                     joined({known_protocols.begin(), known_protocols.end()}));
  return std::nullopt;
}

core::country_list read_location(const node& from, reading& in) {
  core::country_list out;
  if (from.shape == shape::list) {
    out.countries = read_list(from, in, "countries", read_country);
    std::ranges::sort(out.countries);
    return out;
  }
  const auto text = read_text(from, in);
  if (!text) return out;
  out.global = *text == "global";
  if (out.global) return out;
  if (const auto country = read_country(from, in)) out.countries.push_back(*country);
  return out;
}

std::optional<std::string> read_pin(const node& from, reading& in) {
  auto text = read_text(from, in);
  if (!text) return std::nullopt;
  const auto allowed = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' || c == '/';
  };
  // 32 bytes in base64: 43 characters and one `=`.
  const bool shaped = text->size() == 44 && text->back() == '=' && std::ranges::all_of(text->substr(0, 43), allowed);
  if (shaped) return text;
  in.fault(from, in_quotes(from.scalar) + " must be a SHA-256 in base64: 43 characters and =");
  return std::nullopt;
}

core::tls_settings read_tls(const node& from, reading& in) {
  core::tls_settings out;
  read_map(from, in, "ca_file and pin_sha256", [&](map_reader& map) {
    if (const node* file = map.take("ca_file")) out.ca_file = read_ca_file(*file, in);
    if (const node* pins = map.take("pin_sha256")) out.pin_sha256 = read_list(*pins, in, "pins", read_pin);
  });
  return out;
}

std::string countries_text(const std::vector<core::country>& countries) {
  std::vector<std::string_view> codes;
  codes.reserve(countries.size());
  for (const core::country& country : countries) codes.push_back(country.text());
  return joined(codes);
}

// Why an endpoint at `location` may not serve the region, or nothing.
std::string why_outside(core::region region, const core::region_facts& facts, const core::country_list& location) {
  const bool inside = location.within(facts.countries);
  const std::string name(core::to_string(region));
  if (facts.strict && location.global) return name + " is strict: it takes no global endpoint";
  if (facts.strict && !inside) return name + " is strict: " + location.text() + " is not all in its countries";
  if (region == core::region::world || facts.countries.empty() || location.global || inside) return "";
  return name + " takes an endpoint in its own countries (" + countries_text(facts.countries) +
         ") or a global one: " + location.text() + " is neither";
}

class endpoint_reader {
 public:
  endpoint_reader(reading& in, core::registry_tables& into) : in_(in), into_(into) {}

  core::endpoint read(const node& from, bool its_provider_is_enabled, core::endpoint_id id) {
    core::endpoint out;
    out.id = from.key;
    if (!is_word(from.key)) in_.fault(from, "an endpoint's id is letters, digits, . _ -, 64 at most");
    read_map(from, in_, "an endpoint's settings", [&](map_reader& map) {
      map.set("enabled", out.enabled, read_flag);
      const bool wanted = out.enabled && its_provider_is_enabled;
      if (!out.enabled) out.disabled_because = "enabled: false";
      if (out.enabled && !wanted) disable(out, "its provider is disabled");
      map.must_set("protocol", out.protocol, read_protocol);
      read_place(map, out);
      read_access(map, from, out, wanted);
      read_retention(map, out.retention_days, out.trains_on_data);
      if (const node* tls = map.take("tls")) out.tls = read_tls(*tls, in_);
      if (const node* timeouts = map.take("timeouts")) out.timeouts = read_timeout_overrides(*timeouts, in_);
      if (const node* request = map.take("request")) out.request = read_dialect(*request, in_);
      if (const node* models = map.require("models")) read_models(*models, id);
    });
    return out;
  }

 private:
  static void disable(core::endpoint& endpoint, const std::string& why) {
    if (endpoint.enabled) endpoint.disabled_because = why;
    endpoint.enabled = false;
  }

  void read_place(map_reader& map, core::endpoint& out) {
    const node* country = map.require("country");
    const node* regions = map.require("regions");
    if (country != nullptr) out.location = read_location(*country, in_);
    if (regions == nullptr) return;
    const bool placed = out.location.global || !out.location.countries.empty();
    out.regions = read_regions(*regions, in_, [&](const node& item, core::region region) {
      const auto& facts = into_.regions[static_cast<std::size_t>(region)];
      if (!facts) in_.fault(item, not_configured(item));
      const std::string why = facts && placed ? why_outside(region, *facts, out.location) : "";
      if (!why.empty()) in_.fault(item, why);
    });
  }

  // The URL and the credential: without either the endpoint is there, known and disabled.
  void read_access(map_reader& map, const node& from, core::endpoint& out, bool wanted) {
    const auto without = [&](const node& at, const std::string& why) {
      disable(out, why);
      if (wanted) in_.warn(at, why + ": the endpoint is disabled");
    };
    if (const node* url = map.require("base_url")) {
      for (const std::string& why : read_base_url(*url, in_, out.url)) without(*url, why);
    }
    const node* literal = map.take("credential");
    const node* file = map.take("credential_file");
    if (literal != nullptr && file != nullptr) in_.fault(*file, "beside credential: give one of the two");
    if (literal == nullptr && file == nullptr) without(from, "no credential");
    const auto read =
        literal != nullptr ? read_credential(*literal, in_) : read_credential_file(file, in_, out.enabled && wanted);
    for (const std::string& why : read.missing) without(literal != nullptr ? *literal : *file, why);
    if (read.literal && wanted) in_.warn(*literal, "a credential in the file: use ${NAME} or credential_file");
    out.credential = read.value;
  }

  void read_models(const node& from, core::endpoint_id host) {
    if (!expect_map(from, in_, "models")) return;
    for (const node& entry : from.children) {
      core::hosted_model model = read_model(entry, in_, into_.fx);
      model.host = host;
      into_.models.push_back(std::move(model));
    }
  }

  reading& in_;
  core::registry_tables& into_;
};

}  // namespace

void read_endpoints(const node& from, reading& in, core::provider_id served_by, bool its_provider_is_enabled,
                    core::registry_tables& into) {
  if (!expect_map(from, in, "endpoints")) return;
  endpoint_reader reader(in, into);
  for (const node& entry : from.children) {
    const auto taken = std::ranges::find(into.endpoints, entry.key, &core::endpoint::id);
    if (taken != into.endpoints.end()) in.fault(entry, "another provider has an endpoint of this id");
    const auto id = static_cast<core::endpoint_id>(into.endpoints.size());
    core::endpoint endpoint = reader.read(entry, its_provider_is_enabled, id);
    endpoint.owner = served_by;
    into.endpoints.push_back(std::move(endpoint));
  }
}

}  // namespace phigate::config
