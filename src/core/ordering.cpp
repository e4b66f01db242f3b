#include "phigate/core/ordering.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory_resource>
#include <string>
#include <unordered_map>

namespace phigate::core {
namespace {

using latency_value = std::optional<std::chrono::microseconds>;

// Above any price that a decimal can hold: a route without a price must never sort as a free one.
constexpr int128 unpriced = int128{1} << 105;

constexpr double quarters_per_dollar = 4e12;
constexpr double least_latency_share = 0.5;

// Room on the stack for the candidates of all but the longest lists.
constexpr std::size_t scratch_size = 8192;

// What one route is ordered by: the keys of spec §4, first to last, and smaller before larger. What the request does
// not sort by is the same for all. Every request sorts, so the flags are packed.
struct sort_key {
  std::uint64_t standing = 0;  // the bits below, the weightier key in the higher one
  std::uint32_t index = 0;     // among the candidates, which stand in registry order
  bool priced = false;
  int128 amount = 0;  // the metric, or else the lowest price of the route's model
  // Of −health / price², or of −health for a free route. A long double holds every square of a price, and the smallest
  // health over one, without over- or underflow.
  long double demerit = 0;

  friend bool operator<(const sort_key& left, const sort_key& right) {
    if (left.standing != right.standing) return left.standing < right.standing;
    if (left.amount != right.amount) return left.amount < right.amount;
    if (left.priced != right.priced) return right.priced;
    if (left.demerit != right.demerit) return left.demerit < right.demerit;
    return left.index < right.index;
  }
};

constexpr std::uint64_t unlisted_bit = std::uint64_t{1} << 63;
constexpr std::uint64_t cooling_bit = std::uint64_t{1} << 62;
constexpr int position_shift = 2;  // in provider.order
constexpr std::uint64_t unmeasured_bit = 2;
constexpr std::uint64_t not_resident_bit = 1;

bool is_listed(const sort_key& key) {
  return (key.standing & unlisted_bit) == 0;
}

double sound_ratio(double value) {
  return value > 0 ? std::min(value, 1.0) : 0;  // NaN is not above 0 either
}

latency_value sound_latency(const route_signals& measured) {
  const bool is_sound = measured.latency && measured.latency->count() >= 0;
  return is_sound ? measured.latency : std::nullopt;
}

std::optional<double> sound_throughput(const route_signals& measured) {
  const bool is_sound = measured.throughput && std::isfinite(*measured.throughput) && *measured.throughput >= 0;
  return is_sound ? measured.throughput : std::nullopt;
}

// Numbers that are not negative stand in the order of their bits; the addition makes a zero of −0.
std::int64_t in_order(double number) {
  return std::bit_cast<std::int64_t>(number + 0.0);
}

latency_value best_latency(std::span<const route_signals> signals) {
  latency_value best;
  for (const route_signals& measured : signals) {
    const latency_value own = sound_latency(measured);
    if (own && (!best || *own < *best)) best = own;
  }
  return best;
}

double latency_share(latency_value own, latency_value best) {
  if (!own || !best || *own <= *best) return 1;
  const double share = static_cast<double>(best->count()) / static_cast<double>(own->count());
  return std::max(share, least_latency_share);
}

long double demerit_of(double health, int128 price) {
  if (price == 0) return -health;
  const auto wide = static_cast<long double>(price);
  return -health / (wide * wide);
}

std::optional<double> score_of(double health, int128 price) {
  if (price == 0) return std::nullopt;
  // Exact before the last step: a price of 0.1 gives 100, not 99.999…
  const long double per_price = static_cast<long double>(quarters_per_dollar) / static_cast<long double>(price);
  return static_cast<double>(health * per_price * per_price);
}

// Ranks the routes of one request. Its arguments must outlive it.
class ranking {
 public:
  ranking(const policy& wanted, const registry& known, latency_value best)
      : order_(wanted.preferences.order), modality_(wanted.modality), metric_(sort_of(wanted)), best_latency_(best) {
    const std::optional<region_facts>& facts = known.region_of(wanted.region);
    const bool unpinned = wanted.model.kind != model_kind::concrete;
    if (!metric_ && unpinned && facts) resident_ = facts->resident;
  }

  // Adds one route to both lists, in place: to copy a key just after it was written costs as much as its arithmetic.
  void add(const eligible_route& one, const route_signals& measured, std::pmr::vector<ranked_route>& candidates,
           std::pmr::vector<sort_key>& keys) const {
    const int128 price = ordering_price(one.model(), modality_);
    const double health = sound_ratio(measured.success) * latency_share(sound_latency(measured), best_latency_);
    sort_key& key = keys.emplace_back();
    key.standing = standing_of(one, measured.cooling);
    key.demerit = demerit_of(health, price);
    key.priced = price != 0;
    key.index = static_cast<std::uint32_t>(candidates.size());
    if (metric_) set_metric(key, price, measured);
    candidates.emplace_back(one, health, measured.cooling, price, score_of(health, price));
  }

 private:
  [[nodiscard]] std::uint64_t standing_of(const eligible_route& one, bool cooling) const {
    const provider_id owner = one.endpoint().owner;
    std::uint64_t standing = cooling ? cooling_bit : 0;
    if (resident_ && owner != *resident_) standing |= not_resident_bit;
    if (order_.empty()) return standing;
    const auto listed = std::ranges::find(order_, owner);
    if (listed == order_.end()) return standing | unlisted_bit;
    return standing | static_cast<std::uint64_t>(listed - order_.begin()) << position_shift;
  }

  void set_metric(sort_key& key, int128 price, const route_signals& measured) const {
    switch (*metric_) {
      case sort_metric::price:
        key.amount = price;
        return;
      case sort_metric::latency: {
        const latency_value own = sound_latency(measured);
        if (own) {
          key.amount = own->count();
        } else {
          key.standing |= unmeasured_bit;
        }
        return;
      }
      case sort_metric::throughput: {
        const std::optional<double> own = sound_throughput(measured);
        if (own) {
          key.amount = -int128{in_order(*own)};
        } else {
          key.standing |= unmeasured_bit;
        }
        return;
      }
    }
  }

  std::span<const provider_id> order_;
  core::modality modality_;
  std::optional<sort_metric> metric_;
  std::optional<provider_id> resident_;  // only where it comes first
  latency_value best_latency_;
};

void set_model_prices(std::span<sort_key> keys, std::span<const ranked_route> candidates,
                      std::pmr::memory_resource* scratch) {
  std::pmr::unordered_map<std::string_view, int128> lowest(scratch);
  std::pmr::vector<const int128*> of_route(scratch);
  of_route.reserve(candidates.size());
  for (const ranked_route& one : candidates) {
    const auto [entry, is_new] = lowest.try_emplace(one.route.model().id, one.price);
    if (!is_new) entry->second = std::min(entry->second, one.price);
    of_route.push_back(&entry->second);
  }
  for (sort_key& key : keys) key.amount = *of_route[key.index];
}

// How many of the sorted routes `allow_fallbacks: false` leaves. The listed ones come first, so they are a prefix.
std::size_t count_kept(std::span<const sort_key> sorted, const preferences& wished) {
  if (wished.allow_fallbacks) return sorted.size();
  if (wished.order.empty()) return 1;
  const auto first_unlisted = std::ranges::find_if_not(sorted, is_listed);
  return static_cast<std::size_t>(first_unlisted - sorted.begin());
}

}  // namespace

std::optional<std::string_view> only_model(const eligible_routes& eligible, const policy& wanted) {
  if (wanted.modality != modality::embeddings || wanted.model.kind == model_kind::concrete) return std::nullopt;
  const registry& known = eligible.source();
  const std::span<const eligible_route> routes = eligible.routes();
  if (const alias* named = known.find_alias(wanted.model.name); named && wanted.model.kind == model_kind::alias) {
    for (const std::string& id : named->models) {
      if (std::ranges::any_of(routes, [&id](const eligible_route& one) { return one.model().id == id; })) return id;
    }
  }
  // A model stands where its first route does, in use or not: otherwise switching off one of its hosts could change the
  // choice.
  const auto first_route = [&](const eligible_route& one) {
    return known.routes_of(one.model().id, wanted.modality).front();
  };
  return std::ranges::min(routes, {}, first_route).model().id;
}

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

double ordering_price_in_usd(int128 price) {
  return static_cast<double>(price) / quarters_per_dollar;
}

std::optional<route_order> route_order::make(const eligible_routes& eligible, const policy& wanted,
                                             std::span<const route_signals> signals) {
  const std::span<const eligible_route> routes = eligible.routes();
  const ranking ranks(wanted, eligible.source(), best_latency(signals.first(std::min(signals.size(), routes.size()))));
  const std::optional<std::string_view> only = only_model(eligible, wanted);
  const route_signals unmeasured;

  std::array<std::byte, scratch_size> space;
  std::pmr::monotonic_buffer_resource scratch(space.data(), space.size());
  std::pmr::vector<ranked_route> candidates(&scratch);
  std::pmr::vector<sort_key> keys(&scratch);
  candidates.reserve(routes.size());
  keys.reserve(routes.size());
  for (std::size_t i = 0; i < routes.size(); ++i) {
    if (only && routes[i].model().id != *only) continue;
    ranks.add(routes[i], i < signals.size() ? signals[i] : unmeasured, candidates, keys);
  }
  const bool models_compete = wanted.model.kind == model_kind::automatic && !sort_of(wanted);
  if (models_compete) set_model_prices(keys, candidates, &scratch);
  std::ranges::sort(keys, std::less<>{});

  const std::size_t kept = count_kept(keys, wanted.preferences);
  if (kept == 0) return std::nullopt;
  std::vector<ranked_route> ranked;
  ranked.reserve(kept);
  for (const sort_key& key : std::span(keys).first(kept)) ranked.push_back(candidates[key.index]);
  return route_order(std::move(ranked));
}

}  // namespace phigate::core
