// Models and what they cost (spec §11).
#include <algorithm>

#include "config/registry_reader.hpp"

namespace phigate::config {
namespace {

using core::modality;

template <typename Number>
auto count_up_to(std::int64_t most) {
  return [=](const node& from, reading& in) -> std::optional<Number> {
    const auto value = read_integer(from, in, 1, most);
    return value ? std::optional(static_cast<Number>(*value)) : std::nullopt;
  };
}

constexpr std::int64_t largest_dimension = 1'000'000;

// `dimensions: 4096`, or `dimensions: {min: 32, max: 4096}`.
std::optional<core::dimension_range> read_dimensions(const node& from, reading& in) {
  const auto size = count_up_to<std::uint32_t>(largest_dimension);
  if (from.shape != shape::map) {
    const auto only = size(from, in);
    return only ? std::optional(core::dimension_range{*only, *only}) : std::nullopt;
  }
  core::dimension_range range;
  read_map(from, in, "min and max", [&](map_reader& map) {
    map.must_set("min", range.smallest, size);
    map.must_set("max", range.largest, size);
  });
  const bool both = range.smallest != 0 && range.largest != 0;
  if (both && range.smallest > range.largest) in.fault(from, "min is more than max");
  return range;
}

std::string joined_modalities(core::modality_set members) {
  std::vector<std::string_view> names;
  for (const modality one : core::all_modalities()) {
    if (members.contains(one)) names.push_back(core::to_string(one));
  }
  return joined(names);
}

// Nothing of what is listed where the protocol does not carry all of it: what else the model needs is not known then.
core::modality_set read_served(const node& from, reading& in, const core::protocol* protocol) {
  core::modality_set out;
  bool all_carried = true;
  const auto read_carried = [&](const node& item, reading& at) {
    const auto read = read_modality(item, at);
    if (!read || protocol == nullptr || protocol->modalities.contains(*read)) return read;
    at.fault(item, in_quotes(item.scalar) + " is not carried by the protocol " + std::string(protocol->name) + ": " +
                       joined_modalities(protocol->modalities));
    all_carried = false;
    return read;
  };
  for (const modality one : read_list(from, in, "modalities", read_carried)) out.insert(one);
  return all_carried ? out : core::modality_set();
}

bool is_among(std::span<const std::string_view> words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

std::vector<std::string> read_features(const node& from, reading& in, const core::protocol* protocol) {
  auto words = read_list(from, in, "words", [protocol](const node& item, reading& at) {
    auto word = read_word(item, at);
    if (!word || protocol == nullptr || !is_among(core::features_of_adapters, *word)) return word;
    if (is_among(protocol->features, *word)) return word;
    std::string message = in_quotes(item.scalar) + " can't be had over the protocol " + std::string(protocol->name);
    if (!protocol->features.empty()) {
      message += ", which has " + joined({protocol->features.begin(), protocol->features.end()});
    }
    at.fault(item, message + ": leave it out");
    return word;
  });
  std::ranges::sort(words);
  return words;
}

bool by_tokens(core::modality_set modalities) {
  return modalities.contains(modality::chat) || modalities.contains(modality::vision) ||
         modalities.contains(modality::embeddings);
}

// What `price: {…}` says, before it is known whether that is what the modalities need.
struct price_words {
  const node* input = nullptr;
  const node* output = nullptr;
  const node* cached_input = nullptr;
  const node* per_minute = nullptr;
  const node* per_million_chars = nullptr;
  const node* per_page = nullptr;
};

void check_units(const node& from, reading& in, const price_words& said, core::modality_set modalities) {
  if (modalities.empty()) return;  // a fault of its own: which units are right is not known
  const auto need = [&](modality which, std::string_view name, const node* unit) {
    if (modalities.contains(which) && unit == nullptr) {
      in.fault(from, std::string(core::to_string(which)) + " needs " + std::string(name));
    }
  };
  need(modality::chat, "input", said.input);
  need(modality::chat, "output", said.output);
  need(modality::vision, "input", said.input);
  need(modality::vision, "output", said.output);
  need(modality::embeddings, "input", said.input);
  need(modality::stt, "per_minute", said.per_minute);
  need(modality::tts, "per_million_chars", said.per_million_chars);
  need(modality::ocr, "per_page", said.per_page);
  const auto forbid = [&](const node* unit, bool used) {
    if (unit != nullptr && !used) in.fault(*unit, "no modality of this model has this unit: each is priced in one");
  };
  for (const node* unit : {said.input, said.output, said.cached_input}) forbid(unit, by_tokens(modalities));
  forbid(said.per_minute, modalities.contains(modality::stt));
  forbid(said.per_million_chars, modalities.contains(modality::tts));
  forbid(said.per_page, modalities.contains(modality::ocr));
}

core::price amounts(reading& in, const price_words& said) {
  const auto amount = [&](const node* from) { return from != nullptr ? read_decimal(*from, in) : std::nullopt; };
  const auto input = amount(said.input);
  const auto output = amount(said.output);
  const auto cached = amount(said.cached_input);
  core::price out;
  if (said.input != nullptr) {
    out.tokens = core::token_price{input.value_or(core::decimal{}), output.value_or(core::decimal{}), cached};
  }
  out.per_minute = amount(said.per_minute);
  out.per_million_chars = amount(said.per_million_chars);
  out.per_page = amount(said.per_page);
  return out;
}

}  // namespace

core::price read_price(const node& from, reading& in, const fx_table& fx, core::modality_set modalities) {
  core::price out;
  read_map(from, in, "a price's settings", [&](map_reader& map) {
    const node* currency = map.take("currency");
    const price_words said{.input = map.take("input"),
                           .output = map.take("output"),
                           .cached_input = map.take("cached_input"),
                           .per_minute = map.take("per_minute"),
                           .per_million_chars = map.take("per_million_chars"),
                           .per_page = map.take("per_page")};
    out = amounts(in, said);
    check_units(from, in, said, modalities);
    if (currency == nullptr) return;  // US dollars
    const auto code = read_text(*currency, in);
    if (!code) return;
    const auto rate = fx.find(*code);
    if (rate == fx.end()) return in.fault(*currency, in_quotes(currency->scalar) + " has no rate under fx");
    out.currency = *code;
    out.usd_per_unit = rate->second;
  });
  return out;
}

core::hosted_model read_model(const node& from, reading& in, const fx_table& fx, const core::protocol* protocol) {
  core::hosted_model out;
  out.id = from.key;
  out.upstream = from.key;
  check_model_name(from, in);
  read_map(from, in, "a model's settings", [&](map_reader& map) {
    map.set("upstream", out.upstream, read_text);
    if (const node* listed = map.require("modalities")) out.modalities = read_served(*listed, in, protocol);
    map.set("context_length", out.context_length, count_up_to<std::uint32_t>(UINT32_MAX));
    if (const node* features = map.take("features")) out.features = read_features(*features, in, protocol);
    const node* dimensions = map.take("dimensions");
    if (dimensions != nullptr) out.dimensions = read_dimensions(*dimensions, in);
    if (dimensions != nullptr && !out.modalities.empty() && !out.modalities.contains(modality::embeddings)) {
      in.fault(*dimensions, "for a model that serves embeddings");
    }
    read_audio(map, from, in, protocol, out);
    if (const node* price = map.require("price")) out.cost = read_price(*price, in, fx, out.modalities);
    map.set("enabled", out.enabled, read_flag);
    if (const node* timeouts = map.take("timeouts")) out.timeouts = read_timeout_overrides(*timeouts, in);
    if (const node* request = map.take("request")) out.request = read_dialect(*request, in, protocol);
  });
  return out;
}

}  // namespace phigate::config
