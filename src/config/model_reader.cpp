// Models and what they cost (spec §11).
#include <algorithm>
#include <array>
#include <set>

#include "config/registry_reader.hpp"

namespace phigate::config {
namespace {

using namespace std::chrono_literals;
using core::modality;

// Fields that the gateway itself reads or writes: changed by a dialect, they would no longer say what was routed.
constexpr std::array<std::string_view, 5> gateway_fields{"model", "messages", "input", "stream", "provider"};

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

bool is_gateway_field(std::string_view field) {
  return std::ranges::find(gateway_fields, field) != gateway_fields.end();
}

void check_field(const node& at, reading& in, std::string_view field) {
  if (!is_gateway_field(field)) return;
  in.fault(at, in_quotes(field) + " is the gateway's own: it is neither renamed nor dropped");
}

void read_renames(const node& from, reading& in, core::request_dialect& into) {
  if (!expect_map(from, in, "names")) return;
  std::set<std::string> targets;
  for (const node& entry : from.children) {
    check_field(entry, in, entry.key);
    auto name = read_word(entry, in);
    if (!name) continue;
    if (*name != entry.key) check_field(entry, in, *name);
    if (*name == entry.key) in.fault(entry, "renamed to itself");
    if (!targets.insert(*name).second) in.fault(entry, "another field is renamed to this already");
    into.rename.emplace_back(entry.key, *std::move(name));
  }
}

void read_drops(const node& from, reading& in, core::request_dialect& into) {
  into.drop = read_list(from, in, "fields", [&](const node& item, reading& at) {
    auto field = read_text(item, at);
    if (!field) return field;
    check_field(item, at, *field);
    const bool renamed = std::ranges::any_of(into.rename, [&](const auto& pair) { return pair.first == *field; });
    if (renamed) at.fault(item, in_quotes(item.scalar) + " is renamed as well");
    return field;
  });
}

}  // namespace

core::timeout_overrides read_timeout_overrides(const node& from, reading& in) {
  core::timeout_overrides out;
  const auto bound = [](const node& value, reading& at) { return read_duration(value, at, 1ms, 24h); };
  read_map(from, in, "time-outs", [&](map_reader& map) {
    map.set("connect", out.connect, bound);
    map.set("first_byte", out.first_byte, bound);
    map.set("first_token", out.first_token, bound);
    map.set("idle", out.idle, bound);
    map.set("total", out.total, bound);
    map.set("stream", out.stream, bound);
  });
  return out;
}

core::request_dialect read_dialect(const node& from, reading& in) {
  core::request_dialect out;
  read_map(from, in, "rename and drop", [&](map_reader& map) {
    if (const node* renames = map.take("rename")) read_renames(*renames, in, out);
    if (const node* drops = map.take("drop")) read_drops(*drops, in, out);
  });
  return out;
}

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

core::hosted_model read_model(const node& from, reading& in, const fx_table& fx) {
  core::hosted_model out;
  out.id = from.key;
  out.upstream = from.key;
  check_model_name(from, in);
  read_map(from, in, "a model's settings", [&](map_reader& map) {
    map.set("upstream", out.upstream, read_text);
    if (const node* listed = map.require("modalities")) out.modalities = read_modalities(*listed, in);
    map.set("context_length", out.context_length, count_up_to<std::uint32_t>(UINT32_MAX));
    if (const node* features = map.take("features")) out.features = read_list(*features, in, "words", read_word);
    std::ranges::sort(out.features);
    const node* dimensions = map.take("dimensions");
    if (dimensions != nullptr) out.dimensions = read_dimensions(*dimensions, in);
    if (dimensions != nullptr && !out.modalities.empty() && !out.modalities.contains(modality::embeddings)) {
      in.fault(*dimensions, "for a model that serves embeddings");
    }
    if (const node* price = map.require("price")) out.cost = read_price(*price, in, fx, out.modalities);
    map.set("enabled", out.enabled, read_flag);
    if (const node* timeouts = map.take("timeouts")) out.timeouts = read_timeout_overrides(*timeouts, in);
    if (const node* request = map.take("request")) out.request = read_dialect(*request, in);
  });
  return out;
}

}  // namespace phigate::config
