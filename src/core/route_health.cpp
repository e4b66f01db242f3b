#include "core/route_health.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace phigate::core {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;

constexpr tick_count ticks_in_window = 64;
constexpr tick_count ticks_in_bucket = ticks_in_window / outcome_window::bucket_count;

constexpr tick_count floor_of(std::int64_t amount, std::int64_t unit) {
  return amount / unit - (amount % unit < 0 ? 1 : 0);
}

std::chrono::nanoseconds tick_length(std::chrono::milliseconds window) {
  if (window < std::chrono::milliseconds(1) || window > std::chrono::years(1)) {
    throw std::invalid_argument("health: the window must be between a millisecond and a year");
  }
  return std::chrono::nanoseconds(window) / ticks_in_window;
}

// outcome_window's words. All arithmetic on a bucket's number is modulo 2²⁴.
constexpr unsigned count_bits = 20;
constexpr std::uint64_t count_mask = outcome_window::most;
constexpr std::uint64_t number_mask = (1u << 24) - 1;

constexpr std::uint64_t number_of(tick_count bucket) {
  return static_cast<std::uint64_t>(bucket) & number_mask;
}

constexpr outcome_counts counts_of(std::uint64_t word) {
  return {.successes = static_cast<std::uint32_t>(word & count_mask),
          .failures = static_cast<std::uint32_t>(word >> count_bits & count_mask)};
}

std::uint64_t bucket_word(std::uint64_t number, outcome_counts counts) {
  // The ratio outlives the halving, and it is all that is asked of so many.
  while (std::max(counts.successes, counts.failures) > outcome_window::most) {
    counts.successes /= 2;
    counts.failures /= 2;
  }
  return number << 2 * count_bits | std::uint64_t{counts.failures} << count_bits | counts.successes;
}

// sample_window's words.
constexpr std::uint64_t sample_word(std::uint32_t tick, std::uint32_t value) {
  return std::uint64_t{tick} << 32 | value;
}
constexpr std::uint32_t tick_of(std::uint64_t word) {
  return static_cast<std::uint32_t>(word >> 32);
}
constexpr std::uint32_t value_of(std::uint64_t word) {
  return static_cast<std::uint32_t>(word);
}
constexpr std::uint32_t shortened(tick_count tick) {
  return static_cast<std::uint32_t>(tick);
}
// How many ticks `now` is after `tick`; negative: before.
constexpr std::int32_t age(std::uint32_t tick, std::uint32_t now) {
  return static_cast<std::int32_t>(now - tick);
}

constexpr bool is_live(std::uint64_t sample, std::uint32_t now) {
  const std::int32_t old = age(tick_of(sample), now);
  return value_of(sample) != 0 && old < ticks_in_window && old > -ticks_in_window;
}

}  // namespace

tick_count tick_scale::operator()(tick_count tick) const {
  const std::chrono::nanoseconds end = (tick + 1) * from - std::chrono::nanoseconds(1);
  return floor_of(std::min(end, latest).count(), to.count());
}

void outcome_window::add(tick_count tick, outcome_counts more) {
  const tick_count bucket = floor_of(tick, ticks_in_bucket);
  const std::uint64_t number = number_of(bucket);
  std::atomic<std::uint64_t>& place = buckets_[static_cast<std::size_t>(bucket & (bucket_count - 1))];
  std::uint64_t before = place.load(relaxed);
  std::uint64_t after = 0;
  do {
    outcome_counts counts = counts_of(before);
    const std::uint64_t found = before >> 2 * count_bits;
    if (found != number) {
      const bool is_next_round = found == number_of(bucket + bucket_count);
      if (is_next_round && (counts.successes | counts.failures) != 0) return;  // so late that it counts no more
      counts = {};
    }
    after = bucket_word(number, {counts.successes + more.successes, counts.failures + more.failures});
  } while (!place.compare_exchange_weak(before, after, relaxed));
}

outcome_counts outcome_window::total(tick_count now) const {
  // From a window ago to one ahead: a place in the ring holds a bucket of either.
  const std::uint64_t first = number_of(floor_of(now, ticks_in_bucket) - (bucket_count - 1));
  outcome_counts sum;
  for (const std::atomic<std::uint64_t>& place : buckets_) {
    const std::uint64_t word = place.load(relaxed);
    if ((((word >> 2 * count_bits) - first) & number_mask) >= 2 * bucket_count - 1) continue;
    const outcome_counts counts = counts_of(word);
    sum.successes += counts.successes;
    sum.failures += counts.failures;
  }
  return sum;
}

void outcome_window::copy(const outcome_window& other, const tick_scale& scale) {
  const tick_count last = floor_of(scale.latest.count(), scale.from.count() * ticks_in_bucket);
  // In order of time: in a shorter window a later bucket takes an earlier one's place.
  for (tick_count bucket = last - (bucket_count - 1); bucket <= last; ++bucket) {
    const std::uint64_t word = other.buckets_[static_cast<std::size_t>(bucket & (bucket_count - 1))].load(relaxed);
    if (word >> 2 * count_bits != number_of(bucket)) continue;
    add(scale((bucket + 1) * ticks_in_bucket - 1), counts_of(word));
  }
}

void sample_window::add(tick_count tick, std::uint64_t value) {
  const std::uint32_t now = shortened(tick);
  std::uint32_t number = next_.load(relaxed);
  do {
    const std::uint64_t oldest = samples_[number % capacity].load(relaxed);
    const std::uint64_t newest = samples_[(number - 1) % capacity].load(relaxed);
    if (is_live(oldest, now) && age(tick_of(newest), now) <= 0) return;
  } while (!next_.compare_exchange_weak(number, number + 1, relaxed));

  const auto kept = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(value, 1, most));
  samples_[number % capacity].store(sample_word(now, kept), relaxed);
  // An exchange, not a store, so that a reader who sees this mark sees the samples behind all earlier marks too. The
  // number makes each mark its own: a median that was computed before it can't replace it.
  memo_.exchange(sample_word(number, 0), std::memory_order_acq_rel);
}

std::optional<std::uint32_t> sample_window::median(tick_count now) const {
  std::uint64_t memo = memo_.load(std::memory_order_acquire);
  const bool lapsed = value_of(memo) != unmeasured && age(tick_of(memo), shortened(now)) >= 0;
  if (value_of(memo) == 0 || lapsed) {
    const std::uint64_t found = compute(now);
    memo_.compare_exchange_strong(memo, found, std::memory_order_acq_rel, relaxed);
    memo = found;
  }
  if (value_of(memo) == unmeasured) return std::nullopt;
  return value_of(memo);
}

std::uint64_t sample_window::compute(tick_count now) const {
  std::array<std::uint32_t, capacity> values;
  std::size_t count = 0;
  std::int32_t oldest = -ticks_in_window;
  for (const std::atomic<std::uint64_t>& place : samples_) {
    const std::uint64_t sample = place.load(relaxed);
    if (!is_live(sample, shortened(now))) continue;
    values[count++] = value_of(sample);
    oldest = std::max(oldest, age(tick_of(sample), shortened(now)));
  }
  if (count < fewest) return unmeasured;

  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(count / 2);
  std::nth_element(values.begin(), middle, values.begin() + static_cast<std::ptrdiff_t>(count));
  std::uint64_t median = *middle;
  if (count % 2 == 0) median = (median + *std::max_element(values.begin(), middle)) / 2;
  return sample_word(shortened(now - oldest + ticks_in_window), static_cast<std::uint32_t>(median));
}

void sample_window::copy(const sample_window& other, const tick_scale& scale) {
  const tick_count latest = floor_of(scale.latest.count(), scale.from.count());
  const std::uint32_t begin = other.next_.load(relaxed);
  for (std::uint32_t i = begin; i != begin + capacity; ++i) {
    const std::uint64_t sample = other.samples_[i % capacity].load(relaxed);
    if (value_of(sample) == 0) continue;
    const tick_count tick = latest - age(tick_of(sample), shortened(latest));
    const std::uint32_t number = next_.fetch_add(1, relaxed);
    samples_[number % capacity].store(sample_word(shortened(scale(tick)), value_of(sample)), relaxed);
  }
  memo_.store(sample_word(next_.load(relaxed), 0), std::memory_order_release);
}

route_health::route_health(std::chrono::milliseconds window) : tick_(tick_length(window)) {}

route_health::route_health(std::chrono::milliseconds window, const route_health& before) : route_health(window) {
  if (!before.is_known()) return;
  note(before.latest_.load(relaxed));
  const tick_scale scale{.from = before.tick_, .to = tick_, .latest = latest_.load(relaxed).time_since_epoch()};
  outcomes_.copy(before.outcomes_, scale);
  latency_.copy(before.latency_, scale);
  throughput_.copy(before.throughput_, scale);
  const std::lock_guard lock(before.mutex_);
  cooldown_ = before.cooldown_;
  publish();
}

void route_health::on_success(const served_sample& sample, time_point now) {
  const tick_count tick = tick_at(now);
  note(now);
  outcomes_.add(tick, {.successes = 1});
  if (sample.latency)
    latency_.add(tick, static_cast<std::uint64_t>(std::max<std::int64_t>(sample.latency->count(), 0)));
  if (sample.tokens_per_second && std::isfinite(*sample.tokens_per_second) && *sample.tokens_per_second > 0) {
    const double thousandths = std::min(*sample.tokens_per_second * 1'000, static_cast<double>(sample_window::most));
    throughput_.add(tick, static_cast<std::uint64_t>(std::llround(thousandths)));
  }
  if (cooling_until_.load(relaxed) == cooldown::never) return;
  const std::lock_guard lock(mutex_);
  cooldown_.on_success();
  publish();
}

void route_health::on_failure(trouble what, std::optional<std::chrono::seconds> retry_after, time_point now,
                              const health_settings& settings) {
  const tick_count tick = tick_at(now);
  note(now);
  if (what != trouble::operator_mistake) outcomes_.add(tick, {.failures = 1});
  const std::lock_guard lock(mutex_);
  cooldown_.on_failure(what, retry_after, now, settings);
  publish();
}

void route_health::take_turn(time_point now) {
  const bool may_be_open = now >= avoided_until_.load(relaxed) && now < cooling_until_.load(relaxed);
  if (!may_be_open) return;
  const std::lock_guard lock(mutex_);
  if (cooldown_.take_turn(now)) publish();
}

route_signals route_health::signals(time_point now) const {
  if (!is_known()) return {};
  return signals_from(outcomes_.total(tick_at(now)), now);
}

route_report route_health::report(time_point now) const {
  const outcome_counts counts = outcomes_.total(tick_at(now));
  route_report out{.successes = counts.successes, .failures = counts.failures, .signals = signals_from(counts, now)};
  const time_point until = cooling_until_.load(relaxed);
  if (now < until) out.cooling_left = std::chrono::ceil<std::chrono::milliseconds>(until - now);
  return out;
}

route_signals route_health::signals_from(outcome_counts counts, time_point now) const {
  const tick_count tick = tick_at(now);
  const double successes = counts.successes;
  const double failures = counts.failures;
  route_signals out;
  out.success = (successes + 5) / (successes + failures + 5);
  if (const auto median = latency_.median(tick)) out.latency = std::chrono::microseconds(*median);
  if (const auto median = throughput_.median(tick)) out.throughput = *median / 1'000.0;
  out.cooling = now < avoided_until_.load(relaxed);
  return out;
}

tick_count route_health::tick_at(time_point when) const {
  return floor_of(std::chrono::nanoseconds(when.time_since_epoch()).count(), tick_.count());
}

void route_health::note(time_point now) {
  if (latest_.load(relaxed) < now) latest_.store(now, relaxed);
}

void route_health::publish() {
  cooling_until_.store(cooldown_.until(), relaxed);
  avoided_until_.store(cooldown_.avoided_until(), relaxed);
}

}  // namespace phigate::core
