#include "codec/price_json.hpp"

#include <nlohmann/json.hpp>

namespace phigate::codec {
namespace {

// A decimal has at most fifteen digits, which a double holds and gives back exactly.
double number(core::decimal value) {
  return static_cast<double>(value.micros()) / 1e6;
}

}  // namespace

nlohmann::ordered_json price_json(const core::price& price) {
  nlohmann::ordered_json out = {{"currency", price.currency}};
  if (price.tokens) {
    out["input"] = number(price.tokens->input);
    out["output"] = number(price.tokens->output);
    if (price.tokens->cached_input) out["cached_input"] = number(*price.tokens->cached_input);
  }
  if (price.per_minute) out["per_minute"] = number(*price.per_minute);
  if (price.per_million_chars) out["per_million_chars"] = number(*price.per_million_chars);
  if (price.per_page) out["per_page"] = number(*price.per_page);
  return out;
}

}  // namespace phigate::codec
