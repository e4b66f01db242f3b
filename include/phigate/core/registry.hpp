// The registry (spec §11) as immutable values: who hosts what, where, under which agreement and at what price.
// Built once by config/, then read by many threads; routes are dense indices into it.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "phigate/core/money.hpp"
#include "phigate/core/vocabulary.hpp"

namespace phigate::core {

enum class provider_id : std::uint32_t {};
enum class endpoint_id : std::uint32_t {};
enum class model_id : std::uint32_t {};  // one model at one endpoint
enum class route_id : std::uint32_t {};

// A string that never prints itself: credentials.
class secret {
 public:
  secret() = default;
  explicit secret(std::string value) : value_(std::move(value)) {}
  [[nodiscard]] const std::string& reveal() const { return value_; }
  [[nodiscard]] bool empty() const { return value_.empty(); }
  bool operator==(const secret&) const = default;

 private:
  std::string value_;
};

struct agreement {
  agreement_kind kind = agreement_kind::dpa;
  region_set regions;
  modality_set modalities;
  std::chrono::sys_days valid_from{};
  std::chrono::sys_days valid_until{};  // exclusive
  std::string reference;
};

struct provider {
  std::string slug;
  std::string name;
  std::optional<country> headquarters;
  std::optional<int> retention_days;   // absent: unknown
  std::optional<bool> trains_on_data;  // absent: unknown
  std::vector<agreement> agreements;
  bool enabled = true;
};

// scheme://host:port/prefix, taken apart. `prefix` has no trailing slash and may be empty.
struct base_url {
  bool tls = true;
  std::string host;  // a name or an address, without brackets
  std::uint16_t port = 443;
  std::string prefix;
  [[nodiscard]] std::string authority() const;      // for the Host header: host[:port], brackets for IPv6
  [[nodiscard]] std::string host_only_url() const;  // "https://host[:port]": fit to be shown
};

// Overrides of the gateway's time-outs; absent ones are the gateway's (spec §12).
struct timeout_overrides {
  std::optional<std::chrono::milliseconds> connect, first_byte, first_token, idle, total, stream;
};

// A form's list may be named with or without its brackets: `include[]` is `include`.
std::string_view without_list_mark(std::string_view field);

// What an endpoint or model wants changed in a request before it is sent. Fields of a form by without_list_mark.
struct request_dialect {
  std::vector<std::pair<std::string, std::string>> rename;  // top-level key → its name upstream
  std::vector<std::string> drop;                            // top-level keys
  // Top-level key → JSON text of the value that is sent when the client gives none.
  std::vector<std::pair<std::string, std::string>> defaults;
  [[nodiscard]] bool empty() const { return rename.empty() && drop.empty() && defaults.empty(); }
};

struct tls_settings {
  std::optional<std::string> ca_file;   // a PEM bundle that replaces the system's for this endpoint
  std::vector<std::string> pin_sha256;  // base64 of the SHA-256 of a SubjectPublicKeyInfo; any one must match
};

struct endpoint {
  std::string id;
  provider_id owner{};
  base_url url;
  std::string protocol;                              // the adapter: "openai"
  std::string api_version;                           // of a protocol that asks for one; empty: its usual one, or none
  std::span<const std::string_view> ignored_fields;  // the protocol's (core/protocol.hpp); static storage
  country_list location;
  region_set regions;
  secret credential;
  std::optional<int> retention_days;   // wins over the provider's
  std::optional<bool> trains_on_data;  // wins over the provider's
  tls_settings tls;
  timeout_overrides timeouts;
  request_dialect request;
  bool enabled = true;
  bool switched_off = false;     // by `enabled: false`, its own or its provider's; else something is missing
  std::string disabled_because;  // when not enabled, for people: "enabled: false", "INFOMANIAK_API_KEY is not set"
};

// What a model says about `dimensions` of an embedding.
struct dimension_range {
  std::uint32_t smallest = 0;
  std::uint32_t largest = 0;
};

struct hosted_model {
  std::string id;        // the same at every provider
  std::string upstream;  // its name at this one
  endpoint_id host{};
  modality_set modalities;
  std::optional<std::uint32_t> context_length;
  std::vector<std::string> features;          // sorted
  std::optional<dimension_range> dimensions;  // absent: only the native size, nothing may be asked for
  // Text to speech: a client's name for a voice → the provider's; both are admitted, and a client's own name wins.
  // Sorted; empty: any name is sent on.
  std::vector<std::pair<std::string, std::string>> voices;
  // Text to speech: the formats it can make; the loader fills them in. Speech to text, of a model that does not speak:
  // those that the provider itself writes. Sorted; empty: all. audio.hpp has what follows for a request.
  std::vector<std::string> formats;
  // Speech to text: a language, as ISO 639-1 has it, → the provider's locale. Sorted; wins over the protocol's own
  // table.
  std::vector<std::pair<std::string, std::string>> locales;
  price cost;
  timeout_overrides timeouts;
  request_dialect request;
  bool enabled = true;
  [[nodiscard]] bool has_feature(std::string_view word) const;
};

struct route {
  endpoint_id endpoint{};
  model_id model{};
  core::modality modality{};
};

struct region_facts {
  std::optional<provider_id> resident;
  std::vector<country> countries;  // sorted; empty: any
  bool strict = false;
};

struct alias {
  std::string name;
  std::vector<std::string> models;  // concrete ids, in the order given
};

// Plain tables in file order, as the loader reads them. Every index in them is valid: the loader has checked.
struct registry_tables {
  std::vector<provider> providers;
  std::vector<endpoint> endpoints;
  std::vector<hosted_model> models;
  std::vector<alias> aliases;
  std::map<std::string, decimal, std::less<>> fx;
  std::array<std::optional<region_facts>, region_count> regions;  // absent: the region is not configured
};

// The tables with their routes (one a model and modality, in file order) and indices.
class registry {
 public:
  explicit registry(registry_tables tables);
  registry(const registry&) = delete;
  registry& operator=(const registry&) = delete;

  [[nodiscard]] const registry_tables& tables() const { return tables_; }
  [[nodiscard]] std::span<const core::route> routes() const { return routes_; }

  [[nodiscard]] const core::route& at(route_id id) const { return routes_[static_cast<std::size_t>(id)]; }
  [[nodiscard]] const hosted_model& model_of(const core::route& r) const {
    return tables_.models[static_cast<std::size_t>(r.model)];
  }
  [[nodiscard]] const core::endpoint& endpoint_of(const core::route& r) const {
    return tables_.endpoints[static_cast<std::size_t>(r.endpoint)];
  }
  [[nodiscard]] const provider& provider_of(const core::route& r) const {
    return tables_.providers[static_cast<std::size_t>(endpoint_of(r).owner)];
  }
  [[nodiscard]] const std::optional<region_facts>& region_of(core::region r) const {
    return tables_.regions[static_cast<std::size_t>(r)];
  }

  // Routes of one concrete model and modality, in registry order; empty when there is none.
  [[nodiscard]] std::span<const route_id> routes_of(std::string_view model, core::modality m) const;
  // Routes of a modality whose endpoint serves the region, in registry order.
  [[nodiscard]] std::span<const route_id> routes_in(core::region r, core::modality m) const;
  [[nodiscard]] const alias* find_alias(std::string_view name) const;
  [[nodiscard]] bool has_model(std::string_view id) const;  // any modality, disabled ones too
  [[nodiscard]] std::optional<provider_id> find_provider(std::string_view slug) const;

 private:
  struct string_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  template <typename Value>
  using by_name = std::unordered_map<std::string, Value, string_hash, std::equal_to<>>;

  registry_tables tables_;
  std::vector<core::route> routes_;
  by_name<std::array<std::vector<route_id>, modality_count>> by_model_;
  std::array<std::array<std::vector<route_id>, modality_count>, region_count> by_region_;
  by_name<std::size_t> alias_index_;
  by_name<provider_id> provider_index_;
};

}  // namespace phigate::core
