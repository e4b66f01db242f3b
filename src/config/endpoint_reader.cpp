// Endpoints: where they are, what they may serve, and whether they have what they need to be called (spec §11).
#include <algorithm>
#include <array>

#include "config/address.hpp"
#include "config/credential.hpp"
#include "config/pem.hpp"
#include "config/registry_reader.hpp"
#include "phigate/core/ascii.hpp"

namespace phigate::config {
namespace {

constexpr std::size_t longest_api_version = 32;
// What a client gets of a voice model goes by these: left out, the provider would choose.
constexpr std::array<std::string_view, 2> decisive_fields{"response_format", "voice"};

// Null after a fault.
const core::protocol* read_protocol(const node* from, reading& in) {
  if (from == nullptr) return nullptr;
  const auto text = read_text(*from, in);
  if (!text) return nullptr;
  const auto found = std::ranges::find(in.protocols, *text, &core::protocol::name);
  if (found != in.protocols.end()) return &*found;
  std::vector<std::string_view> names;
  for (const core::protocol& known : in.protocols) names.push_back(known.name);
  in.fault(*from, in_quotes(from->scalar) + " is no protocol that this version speaks: " + joined(names));
  return nullptr;
}

std::optional<std::string> read_api_version(const node& from, reading& in) {
  auto text = read_text(from, in);
  if (!text) return std::nullopt;
  const auto allowed = [](char c) { return core::ascii::is_alphanumeric(c) || c == '-' || c == '.'; };
  if (text->size() <= longest_api_version && std::ranges::all_of(*text, allowed)) return text;
  in.fault(from, in_quotes(from.scalar) + " must be a version: letters, digits, - and ., 32 at most");
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
  const auto allowed = [](char c) { return core::ascii::is_alphanumeric(c) || c == '+' || c == '/'; };
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
      out.switched_off = !wanted;
      if (!out.enabled) out.disabled_because = "enabled: false";
      if (out.enabled && !wanted) disable(out, "its provider is disabled");
      const core::protocol* protocol = read_protocol(map.require("protocol"), in_);
      if (protocol != nullptr) {
        out.protocol = protocol->name;
        out.ignored_fields = protocol->ignored_fields;
      }
      read_version(map, protocol, out);
      read_place(map, out);
      read_access(map, from, out, wanted);
      read_retention(map, out.retention_days, out.trains_on_data);
      if (const node* tls = map.take("tls")) out.tls = read_tls(*tls, in_);
      if (const node* timeouts = map.take("timeouts")) out.timeouts = read_timeout_overrides(*timeouts, in_);
      if (const node* request = map.take("request")) out.request = read_dialect(*request, in_, protocol);
      if (const node* models = map.require("models")) read_models(*models, id, protocol, out.request);
    });
    return out;
  }

 private:
  static void disable(core::endpoint& endpoint, const std::string& why) {
    if (endpoint.enabled) endpoint.disabled_because = why;
    endpoint.enabled = false;
  }

  void read_version(map_reader& map, const core::protocol* protocol, core::endpoint& out) {
    const node* version = map.take("api_version");
    if (version == nullptr) return;
    if (protocol != nullptr && !protocol->reads_api_version) {
      return in_.fault(*version, "the protocol " + std::string(protocol->name) + " names no version: leave it out");
    }
    if (auto read = read_api_version(*version, in_)) out.api_version = *std::move(read);
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

  void read_models(const node& from, core::endpoint_id host, const core::protocol* protocol,
                   const core::request_dialect& dialect) {
    if (!expect_map(from, in_, "models")) return;
    for (const node& entry : from.children) {
      core::hosted_model model = read_model(entry, in_, into_.fx, protocol);
      model.host = host;
      check_decisive_fields(entry, model, dialect);
      into_.models.push_back(std::move(model));
    }
  }

  void check_decisive_fields(const node& entry, const core::hosted_model& model, const core::request_dialect& shared) {
    if (!model.modalities.contains(core::modality::tts) && !model.modalities.contains(core::modality::stt)) return;
    for (const std::string_view field : decisive_fields) {
      const auto drops = [field](const core::request_dialect& dialect) {
        return std::ranges::find(dialect.drop, field) != dialect.drop.end();
      };
      if (!drops(shared) && !drops(model.request)) continue;
      in_.fault(entry, "speaks or transcribes, and " + in_quotes(field) + " is dropped: what a client gets goes by it");
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
