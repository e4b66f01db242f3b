// Exact money (spec §7): decimals with at most six places are integers of millionths; sums are rounded once, at the
// end.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace phigate::core {

__extension__ using int128 = __int128;  // products of two decimals and a token count

// A non-negative decimal with at most six places and at most nine digits before the point.
class decimal {
 public:
  constexpr decimal() = default;
  static constexpr decimal from_micros(std::int64_t micros) { return decimal(micros); }
  // "0.20", "12", "1e-3" is none; nothing is returned for a sign, more than six places or any other text.
  static std::optional<decimal> parse(std::string_view text);
  [[nodiscard]] constexpr std::int64_t micros() const { return micros_; }
  [[nodiscard]] std::string text() const;  // shortest: "0.2"
  auto operator<=>(const decimal&) const = default;

 private:
  explicit constexpr decimal(std::int64_t micros) : micros_(micros) {}
  std::int64_t micros_ = 0;
};

struct token_price {
  decimal input;   // per million tokens
  decimal output;  // per million tokens; 0 for embeddings
  std::optional<decimal> cached_input;
};

// What one hosted model costs, in its own currency. Each unit is there or not; a modality uses one of them.
struct price {
  std::string currency = "USD";
  decimal usd_per_unit = decimal::from_micros(1'000'000);  // the registry's fx
  std::optional<token_price> tokens;
  std::optional<decimal> per_minute;
  std::optional<decimal> per_million_chars;
  std::optional<decimal> per_page;
};

}  // namespace phigate::core
