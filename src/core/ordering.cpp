#include "phigate/core/ordering.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace phigate::core {
namespace {

// Above any price that a decimal can hold: a route without a price must never sort as a free one.
constexpr int128 unpriced = int128{1} << 105;

// One route and what it is ordered by, the keys of spec §4 from `resident` on.
struct ranked_route {
  eligible_route route;
  int128 price = 0;
  int128 model_price = 0;  // 0 unless models compete
  bool resident = false;
  // health / price². A long double holds every square of a price, and the smallest health over one, without over- or
  // underflow; for a free route it is the health itself.
  long double score = 0;

  // Smaller sorts first; the id is the place in the registry.
  [[nodiscard]] auto key() const { return std::tuple(!resident, model_price, price != 0, -score, route.id()); }
};

// Signals are measured, so they are not trusted to be numbers.
long double sound(double health) {
  if (!(health > 0)) return 0;
  return std::min(health, 1.0);
}

long double score_of(double health, int128 price) {
  if (price == 0) return sound(health);
  const auto wide = static_cast<long double>(price);
  return sound(health) / (wide * wide);
}

void set_model_prices(std::vector<ranked_route>& ranked) {
  std::unordered_map<std::string_view, int128> lowest;
  for (const ranked_route& one : ranked) {
    const auto [entry, is_new] = lowest.try_emplace(one.route.model().id, one.price);
    if (!is_new) entry->second = std::min(entry->second, one.price);
  }
  for (ranked_route& one : ranked) one.model_price = lowest.find(one.route.model().id)->second;
}

// The one model that may fill an index. In the registry's order a model stands where its first route does, in use or
// not: otherwise switching off one of its hosts could change the choice.
std::string_view embedding_model(std::span<const eligible_route> eligible, const policy& wanted,
                                 const registry& known) {
  if (const alias* named = known.find_alias(wanted.model.name); named && wanted.model.kind == model_kind::alias) {
    for (const std::string& id : named->models) {
      if (std::ranges::any_of(eligible, [&id](const eligible_route& one) { return one.model().id == id; })) return id;
    }
  }
  const auto first_route = [&](const eligible_route& one) {
    return known.routes_of(one.model().id, wanted.modality).front();
  };
  return std::ranges::min(eligible, {}, first_route).model().id;
}

}  // namespace

int128 ordering_price(const hosted_model& model, modality what) {
  const price& cost = model.cost;
  const bool conversational = what == modality::chat || what == modality::vision;
  const auto in_usd = [&cost](int128 micros) { return micros * cost.usd_per_unit.micros(); };

  if (what == modality::ocr && cost.per_page) return in_usd(4 * int128{cost.per_page->micros()});
  if (what == modality::stt && cost.per_minute) return in_usd(4 * int128{cost.per_minute->micros()});
  if (what == modality::tts && cost.per_million_chars) return in_usd(4 * int128{cost.per_million_chars->micros()});
  if (!cost.tokens) return unpriced;
  const int128 input = cost.tokens->input.micros();
  return conversational ? in_usd(3 * input + cost.tokens->output.micros()) : in_usd(4 * input);
}

route_order route_order::make(const eligible_routes& eligible, const policy& wanted,
                              std::span<const route_signals> signals) {
  const registry& known = eligible.source();
  const std::span<const eligible_route> routes = eligible.routes();
  const bool unpinned = wanted.model.kind != model_kind::concrete;
  const std::optional<region_facts>& facts = known.region_of(wanted.region);
  const std::optional<provider_id> resident = unpinned && facts ? facts->resident : std::nullopt;
  const bool one_model = wanted.modality == modality::embeddings;
  const std::string_view only_model = one_model ? embedding_model(routes, wanted, known) : std::string_view{};

  std::vector<ranked_route> ranked;
  ranked.reserve(routes.size());
  for (std::size_t i = 0; i < routes.size(); ++i) {
    const eligible_route& one = routes[i];
    if (one_model && one.model().id != only_model) continue;
    const int128 price = ordering_price(one.model(), wanted.modality);
    const double health = i < signals.size() ? signals[i].health : route_signals{}.health;
    ranked.push_back({.route = one,
                      .price = price,
                      .resident = resident && one.endpoint().owner == *resident,
                      .score = score_of(health, price)});
  }
  if (wanted.model.kind == model_kind::automatic) set_model_prices(ranked);
  std::ranges::sort(ranked, {}, &ranked_route::key);

  std::vector<eligible_route> ordered;
  ordered.reserve(ranked.size());
  for (const ranked_route& one : ranked) ordered.push_back(one.route);
  return route_order(std::move(ordered));
}

}  // namespace phigate::core
