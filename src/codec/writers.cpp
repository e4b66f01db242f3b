#include "phigate/codec/writers.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "codec/price_json.hpp"
#include "phigate/core/ascii.hpp"

namespace phigate::codec {
namespace {

using nlohmann::ordered_json;

std::string dump(const ordered_json& value) {
  return value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

bool is_status(std::string_view outcome) {
  return !outcome.empty() && outcome.size() <= 3 && std::ranges::all_of(outcome, core::ascii::is_digit);
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

ordered_json error_json(const core::api_error& error) {
  const core::error_traits traits = core::traits_of(error.code);
  ordered_json inner;
  inner["message"] = error.message;
  inner["type"] = error.provider_type.empty() ? std::string(traits.type) : error.provider_type;
  inner["param"] = error.param.empty() ? ordered_json(nullptr) : ordered_json(error.param);
  inner["code"] = error.provider_code.empty() ? std::string(traits.code) : error.provider_code;
  if (!error.provider_innererror.empty()) inner["innererror"] = ordered_json::parse(error.provider_innererror);
  if (ordered_json metadata = metadata_json(error); !metadata.empty()) inner["metadata"] = std::move(metadata);
  return inner;
}

template <typename Value>
ordered_json or_null(const std::optional<Value>& value) {
  return value ? ordered_json(*value) : ordered_json(nullptr);
}

template <typename Word>
ordered_json word_or_null(const std::optional<Word>& word) {
  return word ? ordered_json(core::to_string(*word)) : ordered_json(nullptr);
}

ordered_json card_json(const model_card& card) {
  ordered_json out = {{"id", card.id}, {"object", "model"}, {"created", 0}, {"owned_by", "phigate"}};
  out["regions"] = card.regions;
  out["modalities"] = card.modalities;
  out["phi"] = card.phi;
  out["price"] = card.price ? price_json(*card.price) : ordered_json(nullptr);
  out["context_length"] = or_null(card.context_length);
  out["providers"] = card.providers;
  return out;
}

ordered_json candidate_json(const core::ranked_route& ranked) {
  const core::endpoint& endpoint = ranked.route.endpoint();
  return {{"provider", ranked.route.provider().slug},
          {"model", ranked.route.model().id},
          {"endpoint", endpoint.id},
          {"country", endpoint.location.text()},
          {"score", or_null(ranked.score)},
          {"health", ranked.health},
          {"cooling", ranked.cooling},
          {"price", core::ordering_price_in_usd(ranked.price)}};
}

ordered_json exclusion_json(const core::explained_exclusion& excluded, const core::registry& known) {
  const core::route& route = known.at(excluded.route);
  return {{"provider", known.provider_of(route).slug},
          {"model", known.model_of(route).id},
          {"endpoint", known.endpoint_of(route).id},
          {"reason", excluded.reason},
          {"detail", excluded.detail}};
}

}  // namespace

std::string error_body(const core::api_error& error) {
  return dump(ordered_json{{"error", error_json(error)}});
}

std::string error_event(const core::api_error& error) {
  return "data: " + error_body(error) + "\n\n";
}

std::string explanation_object(const explained_request& explained, const core::registry& known) {
  const core::explanation& result = explained.result;
  ordered_json candidates = ordered_json::array();
  if (result.order) {
    for (const core::ranked_route& ranked : result.order->routes()) candidates.push_back(candidate_json(ranked));
  }
  ordered_json excluded = ordered_json::array();
  for (const auto& exclusion : result.excluded) excluded.push_back(exclusion_json(exclusion, known));

  ordered_json out;
  out["decision"] = result.order ? "route" : "refuse";
  out["region"] = word_or_null(explained.region);
  out["class"] = word_or_null(explained.data_class);
  out["modality"] = word_or_null(explained.modality);
  out["strategy"] = explained.strategy.empty() ? ordered_json(nullptr) : ordered_json(explained.strategy);
  out["candidates"] = std::move(candidates);
  out["excluded"] = std::move(excluded);
  out["error"] = result.error ? error_json(*result.error) : ordered_json(nullptr);
  return dump(out);
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
