#include "phigate/core/policy.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace phigate::core {
namespace {

constexpr std::string_view automatic_name = "auto";
constexpr std::size_t longest_quoted_name = 100;
constexpr std::array<std::string_view, 3> variant_names{"floor", "nitro", "free"};

// Only what looks like a model's name is repeated: an error text is no place for whatever else a client put there.
bool fit_to_quote(std::string_view name) {
  return name.size() <= longest_quoted_name && std::ranges::all_of(name, [](char c) { return c > ' ' && c < '\x7f'; });
}

std::string quoted(std::string_view name) {
  return fit_to_quote(name) ? "model '" + std::string(name) + "'" : std::string("model in this request");
}

api_error model_error(error_code code, std::string message) {
  return {.code = code, .message = std::move(message), .param = "model"};
}

std::optional<model_variant> parse_variant(std::string_view suffix) {
  const auto found = std::ranges::find(variant_names, suffix);
  if (found == variant_names.end()) return std::nullopt;
  return static_cast<model_variant>(found - variant_names.begin());
}

api_error invalid_variant() {
  return model_error(error_code::invalid_variant,
                     "What follows the colon in a model's name is one of ':floor' (by price), ':nitro' (by throughput) "
                     "and ':free' (free routes alone), once, in lower case.");
}

}  // namespace

api_error model_not_found(std::string_view name) {
  return model_error(error_code::model_not_found, "The " + quoted(name) +
                                                      " does not exist here. Names are exact in case; GET /v1/models "
                                                      "lists those that you may use.");
}

bool is_hosted(const model_selector& wanted, const registry& known) {
  if (wanted.kind == model_kind::automatic) return true;
  if (wanted.kind == model_kind::concrete) return known.has_model(wanted.name);
  const alias* found = known.find_alias(wanted.name);
  return found != nullptr &&
         std::ranges::any_of(found->models, [&known](const std::string& id) { return known.has_model(id); });
}

std::string_view to_string(model_variant variant) {
  return variant_names[static_cast<std::size_t>(variant)];
}

std::expected<model_selector, api_error> select_model(std::string_view text, const registry& known) {
  // No id has a colon (spec §11), so whatever follows one was meant to change how routes are chosen.
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  if (name.empty()) {
    return std::unexpected(model_error(error_code::missing_model,
                                       "The request names no model. Send 'auto', an alias or a model id; GET "
                                       "/v1/models lists them."));
  }
  std::optional<model_variant> variant;
  if (colon != std::string_view::npos) {
    variant = parse_variant(text.substr(colon + 1));
    if (!variant) return std::unexpected(invalid_variant());
  }
  if (name == automatic_name) {
    return model_selector{.kind = model_kind::automatic, .name = std::string(name), .variant = variant};
  }
  const bool is_alias = known.find_alias(name) != nullptr;
  model_selector selected{
      .kind = is_alias ? model_kind::alias : model_kind::concrete, .name = std::string(name), .variant = variant};
  if (!is_hosted(selected, known)) return std::unexpected(model_not_found(name));
  return selected;
}

std::optional<sort_metric> sort_of(const policy& wanted) {
  if (wanted.preferences.sort) return wanted.preferences.sort;
  if (wanted.model.variant == model_variant::floor) return sort_metric::price;
  if (wanted.model.variant == model_variant::nitro) return sort_metric::throughput;
  return std::nullopt;
}

std::string_view strategy_of(const policy& wanted) {
  if (!wanted.preferences.order.empty()) return "ordered";
  return sort_of(wanted) ? "sorted" : "default";
}

}  // namespace phigate::core
