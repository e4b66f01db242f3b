// The board against a plain model that keeps everything it was told.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <vector>

#include "phigate/core/health.hpp"
#include "support/two_endpoints.hpp"

namespace phigate::core {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using time_point = health_board::time_point;

constexpr time_point begin{seconds(7'654'321)};

constexpr std::size_t route_total = 3;

// One route's past, and what spec §9 makes of it, each time from the beginning.
class plain_route {
 public:
  void succeed(const served_sample& served, time_point now, nanoseconds window) {
    latest_ = now;
    outcomes_.push_back({now, true});
    if (served.latency) keep(latencies_, static_cast<double>(served.latency->count()), now, window);
    if (served.tokens_per_second) keep(rates_, *served.tokens_per_second, now, window);
    failures_.clear();
    turns_.clear();
  }
  void fail(bool counts, bool is_fault, nanoseconds cooldown, time_point now) {
    latest_ = now;
    if (counts) outcomes_.push_back({now, false});
    failures_.push_back({now, is_fault, cooldown});
  }
  void dial(time_point now, nanoseconds repeated) {
    if (turn_open(now, repeated)) turns_.push_back(now);
  }
  // The window's new length: times are known to the old one's steps alone.
  void change_window(nanoseconds from) {
    std::erase_if(outcomes_,
                  [&](const outcome& one) { return step(latest_, from / 32) - step(one.when, from / 32) >= 32; });
    const auto end_of_step = [this](time_point when, nanoseconds length) {
      return std::min(latest_, time_point((step(when, length) + 1) * length - nanoseconds(1)));
    };
    for (outcome& one : outcomes_) one.when = end_of_step(one.when, from / 32);
    for (auto* samples : {&latencies_, &rates_}) {
      for (sample& one : *samples) one.when = end_of_step(one.when, from / 64);
    }
  }

  [[nodiscard]] std::uint32_t total(bool successes, time_point now, nanoseconds window) const {
    return static_cast<std::uint32_t>(std::ranges::count_if(outcomes_, [&](const outcome& one) {
      return one.success == successes && step(now, window / 32) - step(one.when, window / 32) < 32;
    }));
  }
  [[nodiscard]] std::optional<double> latency(time_point now, nanoseconds window) const {
    return median(latencies_, now, window);
  }
  [[nodiscard]] std::optional<double> rate(time_point now, nanoseconds window) const {
    return median(rates_, now, window);
  }
  [[nodiscard]] time_point plain_until() const {
    time_point until = time_point::min();
    for (const failure& one : failures_) until = std::max(until, one.when + one.cooldown);
    return until;
  }
  [[nodiscard]] time_point repeated_until(nanoseconds repeated) const {
    std::vector<time_point> faults;
    for (const failure& one : failures_) {
      if (one.is_fault) faults.push_back(one.when);
    }
    time_point until = time_point::min();
    for (std::size_t i = 2; i < faults.size(); ++i) {
      if (faults[i] - faults[i - 2] <= seconds(60)) until = faults[i] + repeated;
    }
    return until;
  }
  [[nodiscard]] bool turn_open(time_point now, nanoseconds repeated) const {
    if (now < plain_until() || now >= repeated_until(repeated)) return false;
    const bool rested = now - failures_.back().when >= seconds(30);
    return rested && (turns_.empty() || now - turns_.back() >= seconds(20));
  }
  [[nodiscard]] nanoseconds left(time_point now, nanoseconds repeated) const {
    const time_point until = std::max(plain_until(), repeated_until(repeated));
    return now < until ? until - now : nanoseconds(0);
  }

 private:
  struct outcome {
    time_point when;
    bool success;
  };
  struct failure {
    time_point when;
    bool is_fault;
    nanoseconds cooldown;
  };
  struct sample {
    time_point when;
    double value;
  };

  static std::int64_t step(time_point when, nanoseconds length) { return when.time_since_epoch() / length; }

  static std::vector<double> live(const std::vector<sample>& samples, time_point now, nanoseconds window) {
    std::vector<double> values;
    for (const sample& one : samples) {
      if (step(now, window / 64) - step(one.when, window / 64) < 64) values.push_back(one.value);
    }
    return values;
  }
  static void keep(std::vector<sample>& samples, double value, time_point now, nanoseconds window) {
    const bool full = live(samples, now, window).size() == 64;
    if (full && step(samples.back().when, window / 64) == step(now, window / 64)) return;
    samples.push_back({now, value});
    if (samples.size() > 64) samples.erase(samples.begin());
  }
  static std::optional<double> median(const std::vector<sample>& samples, time_point now, nanoseconds window) {
    std::vector<double> values = live(samples, now, window);
    if (values.size() < 3) return std::nullopt;
    std::ranges::sort(values);
    const std::size_t half = values.size() / 2;
    return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
  }

  time_point latest_;  // of anything recorded
  std::vector<outcome> outcomes_;
  std::vector<sample> latencies_;
  std::vector<sample> rates_;
  std::vector<failure> failures_;  // since the last success
  std::vector<time_point> turns_;
};

enum class act { succeed, fail, dial, reload };

struct happening {
  milliseconds later{0};  // than the one before
  act what = act::succeed;
  std::size_t route = 0;
  int times = 1;
  bool measured = true;
  std::uint16_t value = 1;
  attempt_failure failure;
  milliseconds window{300'000};  // of a reload
};

std::ostream& operator<<(std::ostream& out, const happening& one) {
  out << '+' << one.later.count() << " ms, route " << one.route << ": ";
  switch (one.what) {
    case act::succeed:
      return out << one.times << " successes, " << (one.measured ? "" : "not ") << "measured, " << one.value;
    case act::fail:
      out << one.times << " times " << to_string(one.failure.kind) << ", reach " << static_cast<int>(one.failure.reach);
      return one.failure.retry_after ? out << ", retry after " << one.failure.retry_after->count() : out;
    case act::dial:
      return out << "dialled";
    case act::reload:
      return out << "reload, window " << one.window.count() << " ms";
  }
  return out;
}

constexpr auto windows = {milliseconds(1'000), milliseconds(61'003), milliseconds(300'000), milliseconds(3'600'000)};

attempt_failure any_failure() {
  attempt_failure one;
  using enum failure_kind;
  one.kind = *rc::gen::weightedElement<failure_kind>({{2, connect},
                                                      {1, tls},
                                                      {2, reset},
                                                      {3, timeout},
                                                      {6, server_error},
                                                      {3, rate_limited},
                                                      {1, request_timeout},
                                                      {1, bad_response},
                                                      {1, too_large},
                                                      {1, client_mistake},
                                                      {1, auth_failed},
                                                      {1, misconfigured}});
  one.reach = *rc::gen::element(reach::not_sent, reach::maybe_sent, reach::head_received, reach::committed);
  if (*rc::gen::arbitrary<bool>()) {
    one.retry_after = seconds(*rc::gen::oneOf(rc::gen::inRange(-1, 400), rc::gen::inRange(0, 1'000'000'000)));
  }
  return one;
}

rc::Gen<happening> any_happening() {
  return rc::gen::exec([] {
    happening one;
    // The lengths at which something happens, one less and one more, and any.
    const int edge = *rc::gen::element(0, 1'000, 9'375, 18'750, 20'000, 30'000, 60'000, 120'000, 300'000);
    one.later = milliseconds(*rc::gen::oneOf(rc::gen::just(0), rc::gen::element(edge, edge + 1, std::max(edge - 1, 0)),
                                             rc::gen::inRange(0, 5'000), rc::gen::inRange(0, 400'000)));
    one.what = *rc::gen::weightedElement<act>({{5, act::succeed}, {9, act::fail}, {5, act::dial}, {1, act::reload}});
    one.route = *rc::gen::inRange<std::size_t>(0, route_total);
    one.times = *rc::gen::weightedOneOf<int>({{6, rc::gen::just(1)}, {1, rc::gen::inRange(2, 80)}});
    one.measured = *rc::gen::arbitrary<bool>();
    one.value = *rc::gen::inRange<std::uint16_t>(1, 1'000);
    if (one.what == act::fail) {
      one.failure = any_failure();
      one.times = std::min(one.times, 4);
    }
    one.window = *rc::gen::elementOf(std::vector<milliseconds>(windows));
    return one;
  });
}

// The board and the model side by side.
class comparison {
 public:
  explicit comparison(health_settings settings)
      : settings_(settings), board_(std::make_unique<health_board>(*known_, settings)) {}

  void play(const happening& one) {
    now_ += one.later;
    const auto route = static_cast<route_id>(one.route);
    if (one.what == act::reload) return reload(one.window);
    if (one.what == act::dial) {
      board_->take_turn(route, now_);
      model_[one.route].dial(now_, settings_.repeated);
      return;
    }
    for (int i = 0; i < one.times; ++i) {
      if (one.what == act::fail) {
        fail(one);
        continue;
      }
      served_sample sample;
      // Even, so that a mean of two has no fraction.
      if (one.measured) sample.latency = microseconds(2 * (one.value + i));
      if (one.value % 3 != 0) sample.tokens_per_second = one.value + i;
      board_->record_success(route, sample, now_);
      model_[one.route].succeed(sample, now_, settings_.window);
    }
  }

  void check() const {
    for (std::size_t i = 0; i < route_total; ++i) check_route(i);
    // Nothing but time passes. A copy is asked: medians are not computed anew for a time that lies back.
    const health_board copy(*known_, {.window = settings_.window * 2}, board_.get());
    for (std::size_t i = 0; i < route_total; ++i) {
      for (const seconds later : {seconds(19), seconds(31), seconds(130)}) check_cooldown(copy, i, now_ + later);
    }
  }

 private:
  void reload(milliseconds window) {
    if (window != settings_.window) {
      for (plain_route& one : model_) one.change_window(settings_.window);
    }
    settings_.window = window;
    board_ = std::make_unique<health_board>(*known_, settings_, board_.get());
  }

  void fail(const happening& one) {
    using enum failure_kind;
    const failure_kind kind = one.failure.kind;
    board_->record_failure(static_cast<route_id>(one.route), one.failure, now_);
    if (kind == client_mistake || kind == too_large) return;
    const bool mistake = kind == auth_failed || kind == misconfigured;
    nanoseconds cooldown = mistake ? milliseconds(120'000) : settings_.server_error;
    if (kind == rate_limited) {
      const seconds asked = std::min(one.failure.retry_after.value_or(seconds(0)), seconds(300));
      cooldown = std::max<nanoseconds>(settings_.rate_limit, asked);
    }
    const bool unreachable =
        kind == connect || kind == tls || (kind == timeout && one.failure.reach == reach::not_sent);
    for (std::size_t i = 0; i < route_total; ++i) {
      const bool beside = unreachable && (i < 2) == (one.route < 2);
      if (i == one.route || beside) model_[i].fail(!mistake, !mistake && kind != rate_limited, cooldown, now_);
    }
  }

  void check_route(std::size_t i) const {
    const plain_route& plain = model_[i];
    const time_point now = now_;
    const route_report report = board_->report(static_cast<route_id>(i), now);
    RC_ASSERT(report.successes == plain.total(true, now, settings_.window));
    RC_ASSERT(report.failures == plain.total(false, now, settings_.window));
    const double successes = report.successes;
    RC_ASSERT(report.signals.success == (successes + 5) / (successes + report.failures + 5));
    const auto latency = plain.latency(now, settings_.window);
    RC_ASSERT(report.signals.latency.has_value() == latency.has_value());
    if (latency) RC_ASSERT(static_cast<double>(report.signals.latency->count()) == *latency);
    RC_ASSERT(report.signals.throughput == plain.rate(now, settings_.window));
    check_cooldown(*board_, i, now);
  }

  void check_cooldown(const health_board& board, std::size_t i, time_point now) const {
    const plain_route& plain = model_[i];
    const nanoseconds left = plain.left(now, settings_.repeated);
    const auto route = static_cast<route_id>(i);
    RC_ASSERT(board.signals(route, now).cooling ==
              (left > nanoseconds(0) && !plain.turn_open(now, settings_.repeated)));
    RC_ASSERT(board.report(route, now).cooling_left == left);
  }

  std::shared_ptr<const registry> known_ = test::two_endpoints();
  health_settings settings_;
  std::unique_ptr<health_board> board_;
  std::array<plain_route, route_total> model_;
  time_point now_ = begin;
};

RC_GTEST_PROP(health_property, agrees_with_a_plain_model, ()) {
  health_settings settings;
  settings.window = *rc::gen::elementOf(std::vector<milliseconds>(windows));
  if (*rc::gen::arbitrary<bool>()) {
    settings.server_error = seconds(*rc::gen::inRange(1, 200));
    settings.rate_limit = seconds(*rc::gen::inRange(1, 400));
    settings.repeated = seconds(*rc::gen::inRange(1, 400));
  }
  comparison both(settings);
  for (const happening& one : *rc::gen::container<std::vector<happening>>(any_happening())) {
    both.play(one);
    both.check();
  }
}

// Threads report and read a little out of order: that must bend figures at most, and never a rule.
RC_GTEST_PROP(health_property, stays_sane_when_time_jumps, (const std::vector<std::pair<int, std::uint8_t>>& steps)) {
  const auto known = test::two_endpoints();
  health_board board(*known, {});
  constexpr route_id route{0};
  time_point until = time_point::min();  // of the cooldown since the last success
  std::uint32_t recorded = 0;
  for (const auto& [jump, kind] : steps) {
    const time_point now = begin + milliseconds(jump % 1'000'000);
    ++recorded;
    if (kind % 4 == 0) {
      board.record_success(route, {.latency = microseconds(kind), .tokens_per_second = 1}, now);
      until = time_point::min();
    } else {
      attempt_failure failure;
      failure.kind = kind % 4 == 1 ? failure_kind::rate_limited : failure_kind::server_error;
      board.record_failure(route, failure, now);
      board.take_turn(route, now);
    }
    const route_report report = board.report(route, now);
    RC_ASSERT(report.successes + report.failures <= recorded);
    RC_ASSERT(report.signals.success > 0 && report.signals.success <= 1);
    RC_ASSERT(!report.signals.latency || report.signals.latency->count() <= 255);
    RC_ASSERT(!report.signals.cooling || report.cooling_left > milliseconds(0));
    const time_point ends = now + report.cooling_left;
    if (kind % 4 == 0) continue;
    RC_ASSERT(report.cooling_left >= seconds(30));
    RC_ASSERT(ends >= until);
    until = ends;
  }
}

}  // namespace
}  // namespace phigate::core
