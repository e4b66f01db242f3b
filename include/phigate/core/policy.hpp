// What one request asks for, as the router sees it (spec §2): a small value made before the body is sent anywhere.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "phigate/core/error.hpp"
#include "phigate/core/preferences.hpp"
#include "phigate/core/registry.hpp"
#include "phigate/core/vocabulary.hpp"

namespace phigate::core {

enum class model_kind : std::uint8_t { automatic, alias, concrete };

// The suffix of a model's name: `:floor` sorts by price, `:nitro` by throughput, `:free` admits routes of price 0
// alone.
enum class model_variant : std::uint8_t { floor, nitro, free };
std::string_view to_string(model_variant variant);  // "floor"

struct model_selector {
  model_kind kind = model_kind::automatic;
  std::string name;  // without a variant
  std::optional<model_variant> variant{};
};

// `auto`, an alias or a concrete id, each with at most one variant → a selector; invalid_variant for any other suffix;
// model_not_found where no route anywhere has the name; missing_model for an empty name.
std::expected<model_selector, api_error> select_model(std::string_view text, const registry& known);

// Whether some route has the model, of any region or modality, disabled ones too. Always so for `auto`.
bool is_hosted(const model_selector& wanted, const registry& known);

// 404 for a model that no route has. The name is repeated only when it could be one.
api_error model_not_found(std::string_view name);

// Every member has an initialiser, so that a designated one may name just what it needs.
struct policy {
  core::region region = region::eu;
  core::data_class data_class = data_class::general;
  core::modality modality = modality::chat;
  model_selector model{};
  core::preferences preferences{};
  std::vector<std::string> required_features{};  // words that a route must declare: "input_audio", "file"
  // stt: each of those with a field that asks for it, as a form names it: {"logprobs", "include[]"}.
  std::vector<std::pair<std::string, std::string>> feature_fields{};
  std::optional<std::uint32_t> dimensions{};  // embeddings: the size asked for
  std::string response_format{};              // tts and stt: the format asked for; empty: any will do
  std::string voice{};                        // tts: the voice asked for; empty: any will do
  // Only with preferences.require_parameters. Each entry is the features of which a route must declare one ("tools",
  // "json_schema"), for one parameter of the body; `fields` are the body's top-level keys, which a route must not drop.
  std::vector<std::vector<std::string>> parameters{};
  std::vector<std::string> fields{};
};

// The metric in force: an explicit `sort` beats a variant's.
std::optional<sort_metric> sort_of(const policy& wanted);

// "ordered", "sorted" or "default" (spec §4): the value of x-routing-strategy.
std::string_view strategy_of(const policy& wanted);

}  // namespace phigate::core
