#include "phigate/codec/writers.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace phigate::codec {
namespace {

using nlohmann::ordered_json;

std::string dump(const ordered_json& value) {
  return value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

bool is_status(std::string_view outcome) {
  return !outcome.empty() && outcome.size() <= 3 &&
         std::ranges::all_of(outcome, [](char c) { return c >= '0' && c <= '9'; });
}

ordered_json attempt_json(const core::attempt_record& attempt) {
  ordered_json out = {{"provider", attempt.provider}, {"model", attempt.model}};
  if (is_status(attempt.outcome)) {
    out["status"] = std::stoi(attempt.outcome);
  } else {
    out["failure"] = attempt.outcome;
  }
  out["milliseconds"] = attempt.milliseconds;
  return out;
}

ordered_json metadata_json(const core::api_error& error) {
  ordered_json out = ordered_json::object();
  for (const auto& attempt : error.attempts) out["attempts"].push_back(attempt_json(attempt));
  for (const auto& [reason, routes] : error.excluded) out["excluded"][std::string(reason)] = routes;
  return out;
}

// A decimal has at most fifteen digits, which a double holds and gives back exactly.
double number(core::decimal value) {
  return static_cast<double>(value.micros()) / 1e6;
}

ordered_json price_json(const core::price& price) {
  ordered_json out = {{"currency", price.currency}};
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

ordered_json card_json(const model_card& card) {
  ordered_json out = {{"id", card.id}, {"object", "model"}, {"created", 0}, {"owned_by", "phigate"}};
  out["regions"] = card.regions;
  out["modalities"] = card.modalities;
  out["phi"] = card.phi;
  out["price"] = card.price ? price_json(*card.price) : ordered_json(nullptr);
  out["context_length"] = card.context_length ? ordered_json(*card.context_length) : ordered_json(nullptr);
  out["providers"] = card.providers;
  return out;
}

}  // namespace

std::string error_body(const core::api_error& error) {
  const core::error_traits traits = core::traits_of(error.code);
  ordered_json inner;
  inner["message"] = error.message;
  inner["type"] = error.provider_type.empty() ? std::string(traits.type) : error.provider_type;
  inner["param"] = error.param.empty() ? ordered_json(nullptr) : ordered_json(error.param);
  inner["code"] = error.provider_code.empty() ? std::string(traits.code) : error.provider_code;
  if (ordered_json metadata = metadata_json(error); !metadata.empty()) inner["metadata"] = std::move(metadata);
  return dump(ordered_json{{"error", std::move(inner)}});
}

std::string error_event(const core::api_error& error) {
  return "data: " + error_body(error) + "\n\n";
}

std::string model_list(std::span<const model_card> cards) {
  ordered_json data = ordered_json::array();
  for (const model_card& card : cards) data.push_back(card_json(card));
  return dump(ordered_json{{"object", "list"}, {"data", std::move(data)}});
}

std::string model_object(const model_card& card) {
  return dump(card_json(card));
}

}  // namespace phigate::codec
