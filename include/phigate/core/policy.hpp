// What one request asks for, as the router sees it (spec §2): a small value made before the body is sent anywhere.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "phigate/core/error.hpp"
#include "phigate/core/registry.hpp"
#include "phigate/core/vocabulary.hpp"

namespace phigate::core {

enum class model_kind : std::uint8_t { automatic, alias, concrete };

struct model_selector {
  model_kind kind = model_kind::automatic;
  std::string name;  // without a variant
};

// `auto`, an alias or a concrete id → a selector; invalid_variant for a variant (`:floor`, …) of any kind, which this
// version refuses; model_not_found where no route anywhere has the name; missing_model for an empty text.
std::expected<model_selector, api_error> select_model(std::string_view text, const registry& known);

// Whether some route has the model, of any region or modality, disabled ones too. Always so for `auto`.
bool is_hosted(const model_selector& wanted, const registry& known);

// 404 for a model that no route has. The name is repeated only when it could be one.
api_error model_not_found(std::string_view name);

struct policy {
  core::region region = region::eu;
  core::data_class data_class = data_class::general;
  core::modality modality = modality::chat;
  model_selector model;
  std::vector<std::string> required_features;  // words that a route must declare: "input_audio", "file"
  std::optional<std::uint32_t> dimensions;     // embeddings: the size asked for
};

}  // namespace phigate::core
