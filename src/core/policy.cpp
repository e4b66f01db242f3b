#include "phigate/core/policy.hpp"

#include <algorithm>

namespace phigate::core {
namespace {

constexpr std::string_view automatic_name = "auto";
constexpr std::size_t longest_quoted_name = 100;

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

std::expected<model_selector, api_error> select_model(std::string_view text, const registry& known) {
  if (text.empty()) {
    return std::unexpected(model_error(error_code::missing_model,
                                       "The request names no model. Send 'auto', an alias or a model id; GET "
                                       "/v1/models lists them."));
  }
  // No id has a colon (spec §11), so whatever follows one was meant to change how routes are chosen.
  if (text.find(':') != std::string_view::npos) {
    return std::unexpected(model_error(error_code::invalid_variant,
                                       "Variants such as ':floor', ':nitro' and ':free' are not supported by this "
                                       "version. Name the model without a suffix."));
  }
  if (text == automatic_name) return model_selector{.kind = model_kind::automatic, .name = std::string(text)};

  const bool is_alias = known.find_alias(text) != nullptr;
  model_selector selected{.kind = is_alias ? model_kind::alias : model_kind::concrete, .name = std::string(text)};
  if (!is_hosted(selected, known)) return std::unexpected(model_not_found(text));
  return selected;
}

}  // namespace phigate::core
