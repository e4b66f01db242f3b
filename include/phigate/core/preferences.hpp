// What a client prefers among the routes that it may use: the `provider` object of a request (spec §2) as a value. A
// preference only ever narrows or reorders.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "phigate/core/money.hpp"
#include "phigate/core/registry.hpp"
#include "phigate/core/vocabulary.hpp"

namespace phigate::core {

enum class sort_metric : std::uint8_t { price, latency, throughput };
std::optional<sort_metric> parse_sort_metric(std::string_view text);  // exact in case

// Countries in which every country of an endpoint must lie.
struct residency {
  std::string name;                // as it is shown: "eu", "eea", "DE"
  std::vector<country> countries;  // sorted, never empty
};

// `eu`, `eea` or a country's code, in any case; `uk` is GB. Nothing for any other text.
std::optional<residency> parse_residency(std::string_view text);

// The region that a residency names when a request names none: EU for `eu` and `eea`, else the only region whose
// countries hold the country. Nothing where no region does, or more than one: that would be a guess.
std::optional<region> region_of(const residency& where, const registry& known);

// Inclusive upper bounds in 10⁻¹² USD per million tokens: a decimal price times a decimal rate is exact in it.
struct price_ceiling {
  std::optional<int128> prompt{};
  std::optional<int128> completion{};
  [[nodiscard]] bool empty() const { return !prompt && !completion; }
};

// A JSON number's text → floor of its value times 10¹², held above the largest price there can be. Nothing for a
// negative one ("-0" is 0) and for any other text. Whoever compares an exact price with the result loses nothing by the
// rounding.
std::optional<int128> parse_price_bound(std::string_view json_number);

struct preferences {
  std::vector<provider_id> order{};                // tried before all others, in this order; empty: no wish
  std::optional<std::vector<provider_id>> only{};  // never empty
  std::vector<provider_id> ignore{};
  bool allow_fallbacks = true;
  std::optional<sort_metric> sort{};
  std::optional<residency> data_residency{};
  bool eu_owned = false;                             // headquarters in the EEA
  std::optional<std::int64_t> max_retention_days{};  // 0 with `zdr`
  bool denies_data_collection = false;               // `data_collection: deny`, and with `zdr`
  price_ceiling max_price{};
  bool require_parameters = false;

  // Whether the request must hold no field that makes a provider keep data or send it on.
  [[nodiscard]] bool forbids_retention() const { return max_retention_days.has_value() || denies_data_collection; }
};

}  // namespace phigate::core
