// JSON that the gateway itself writes: errors, explanations and the model list.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "phigate/core/error.hpp"
#include "phigate/core/registry.hpp"
#include "phigate/core/routing.hpp"

namespace phigate::codec {

// {"error":{"message","type","param","code"[,"metadata"]}} (spec §8). Invalid UTF-8 in a message is replaced.
std::string error_body(const core::api_error& error);
// The same as a stream's last event: "data: {…}\n\n".
std::string error_event(const core::api_error& error);

// One entry of GET /v1/models (spec §10).
struct model_card {
  std::string id;
  std::vector<std::string> regions;
  std::vector<std::string> modalities;
  bool phi = false;                             // served for class phi in one of those regions
  std::optional<std::uint32_t> context_length;  // the smallest among its routes
  std::vector<std::string> providers;
  // The cheapest route's, in its own currency; absent for auto and aliases.
  std::optional<core::price> price;
};

// What POST /v1/route/explain and `phigate explain` answer (spec §10). Absent facts are null: a request can be refused
// before they are known.
struct explained_request {
  std::optional<core::region> region;
  std::optional<core::data_class> data_class;
  std::optional<core::modality> modality;
  std::string_view strategy;  // empty: null
  core::explanation result;
};
std::string explanation_object(const explained_request& explained, const core::registry& known);

std::string model_list(std::span<const model_card> cards);
std::string model_object(const model_card& card);

}  // namespace phigate::codec
