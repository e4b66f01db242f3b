#include "phigate/observe/metrics.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/registry_builder.hpp"

namespace phigate::observe {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

// The value behind a metric's name and labels; empty: it is not there.
std::string value_in(const std::string& exposition, const std::string& series) {
  const std::string text = "\n" + exposition;
  const std::size_t at = text.find("\n" + series + " ");
  if (at == std::string::npos) return {};
  const std::size_t begin = at + series.size() + 2;
  return text.substr(begin, text.find('\n', begin) - begin);
}

class metrics_test : public testing::Test {
 protected:
  [[nodiscard]] std::string render(bool draining = false) const { return render_metrics(workers_, draining); }
  [[nodiscard]] std::string value_of(const std::string& series) const { return value_in(render(), series); }

  std::vector<std::shared_ptr<worker_metrics>> workers_{std::make_shared<worker_metrics>(),
                                                        std::make_shared<worker_metrics>()};
  worker_metrics& first_ = *workers_[0];
  worker_metrics& second_ = *workers_[1];
};

TEST_F(metrics_test, counts_requests_by_their_labels_over_all_workers) {
  first_.count_request("chat_completions", 200, "phi", "CH");
  first_.count_request("chat_completions", 200, "phi", "CH");
  second_.count_request("chat_completions", 200, "phi", "CH");
  second_.count_request("chat_completions", 503, "phi", "CH");
  first_.count_request("other", 404, "", "");
  EXPECT_EQ(value_of(R"(phigate_requests_total{route="chat_completions",status="200",class="phi",region="CH"})"), "3");
  EXPECT_EQ(value_of(R"(phigate_requests_total{route="chat_completions",status="503",class="phi",region="CH"})"), "1");
  EXPECT_EQ(value_of(R"(phigate_requests_total{route="other",status="404",class="",region=""})"), "1");
}

TEST_F(metrics_test, counts_attempts_by_how_they_ended) {
  first_.count_attempt("acme", "acme-de", "ok");
  second_.count_attempt("acme", "acme-de", "ok");
  second_.count_attempt("acme", "acme-de", "timeout");
  EXPECT_EQ(value_of(R"(phigate_attempts_total{provider="acme",endpoint="acme-de",outcome="ok"})"), "2");
  EXPECT_EQ(value_of(R"(phigate_attempts_total{provider="acme",endpoint="acme-de",outcome="timeout"})"), "1");
}

TEST_F(metrics_test, sorts_latencies_into_cumulative_buckets_with_their_bounds_inside) {
  for (const double taken : {0.0, 0.01, 0.010001, 0.5, 60.0, 60.1, 1000.0}) {
    (taken < 0.5 ? first_ : second_).observe_upstream_latency("acme", taken);
  }
  const auto bucket = [&](const std::string& bound) {
    return value_of("phigate_upstream_latency_seconds_bucket{provider=\"acme\",le=\"" + bound + "\"}");
  };
  EXPECT_EQ(bucket("0.01"), "2");
  EXPECT_EQ(bucket("0.025"), "3");
  EXPECT_EQ(bucket("0.25"), "3");
  EXPECT_EQ(bucket("0.5"), "4");
  EXPECT_EQ(bucket("1"), "4");
  EXPECT_EQ(bucket("30"), "4");
  EXPECT_EQ(bucket("60"), "5");
  EXPECT_EQ(bucket("+Inf"), "7");
  EXPECT_EQ(value_of(R"(phigate_upstream_latency_seconds_count{provider="acme"})"), "7");
  EXPECT_NEAR(std::stod(value_of(R"(phigate_upstream_latency_seconds_sum{provider="acme"})")), 1120.620001, 1e-6);
}

TEST_F(metrics_test, gauges_are_sums_of_what_is_now) {
  first_.add_in_flight(1);
  second_.add_in_flight(1);
  second_.add_in_flight(-1);
  first_.add_connections(5);
  second_.add_connections(2);
  first_.set_idle_connections("acme-de", 3);
  second_.set_idle_connections("acme-de", 4);
  second_.set_idle_connections("acme-de", 1);
  EXPECT_EQ(value_of("phigate_in_flight_requests"), "1");
  EXPECT_EQ(value_of("phigate_client_connections"), "7");
  EXPECT_EQ(value_of(R"(phigate_upstream_idle_connections{endpoint="acme-de"})"), "4");
}

TEST_F(metrics_test, counts_failovers_that_were_refused_from_0_on) {
  EXPECT_EQ(value_of("phigate_failovers_refused_total"), "0");
  first_.count_refused_failover();
  second_.count_refused_failover();
  second_.count_refused_failover();
  EXPECT_EQ(value_of("phigate_failovers_refused_total"), "3");
}

TEST(reload_metrics, tell_how_reloads_ended_and_when_the_last_good_one_was) {
  using std::chrono::sys_seconds;
  reload_metrics reloads(sys_seconds(seconds(1'700'000'000)));
  const auto value = [&](const std::string& series) { return value_in(render_reloads(reloads), series); };
  const std::string ok = R"(phigate_config_reloads_total{result="ok"})";
  const std::string failed = R"(phigate_config_reloads_total{result="failed"})";
  const std::string last = "phigate_config_last_reload_success_timestamp_seconds";
  EXPECT_EQ(value(ok), "0");
  EXPECT_EQ(value(failed), "0");
  EXPECT_EQ(value(last), "1700000000");
  reloads.count_failure();
  EXPECT_EQ(value(failed), "1");
  EXPECT_EQ(value(last), "1700000000");
  reloads.count_success(sys_seconds(seconds(1'800'000'000)));
  reloads.count_success(sys_seconds(seconds(1'800'000'060)));
  EXPECT_EQ(value(ok), "2");
  EXPECT_EQ(value(failed), "1");
  EXPECT_EQ(value(last), "1800000060");
  EXPECT_EQ(value_in(render_reloads(reload_metrics()), last), "0");
}

class route_health_metrics_test : public testing::Test {
 protected:
  [[nodiscard]] static std::shared_ptr<const core::registry> hosts(std::string_view model) {
    test::registry_builder builder;
    builder.provider("acme").endpoint("acme-1", "DE", {core::region::eu});
    builder.model(model, {core::modality::chat, core::modality::vision});
    builder.provider("other").endpoint("other-1", "DE", {core::region::eu}).model(model, {core::modality::chat});
    return builder.build();
  }
  void fail(core::route_id route, core::failure_kind kind) {
    core::attempt_failure failure;
    failure.kind = kind;
    board_.record_failure(route, failure, now_);
  }
  [[nodiscard]] std::string render() const { return render_route_health(*known_, board_, now_); }
  [[nodiscard]] std::string value_of(const std::string& name, const std::string& labels) const {
    return value_in(render(), name + labels);
  }

  static constexpr core::route_id chat_{0};
  static constexpr core::route_id vision_{1};
  static constexpr core::route_id other_{2};
  const std::string chat_labels_ = R"({provider="acme",endpoint="acme-1",model="big",modality="chat"})";
  const std::string vision_labels_ = R"({provider="acme",endpoint="acme-1",model="big",modality="vision"})";
  std::shared_ptr<const core::registry> known_ = hosts("big");
  core::health_board board_{*known_, {}};
  core::health_board::time_point now_{seconds(1'000'000)};
};

TEST_F(route_health_metrics_test, name_no_route_without_a_record) {
  const std::string text = render();
  EXPECT_EQ(text.find("provider="), std::string::npos) << text;
  EXPECT_NE(text.find("# TYPE phigate_route_success_ratio gauge\n"), std::string::npos) << text;
}

TEST_F(route_health_metrics_test, tell_what_the_board_knows_of_a_route) {
  for (const int value : {1'000'000, 1'500'000, 2'000'000}) {
    board_.record_success(chat_, {.latency = microseconds(value), .tokens_per_second = value / 40'000.0}, now_);
  }
  fail(chat_, core::failure_kind::server_error);
  fail(vision_, core::failure_kind::rate_limited);
  now_ += milliseconds(500);
  EXPECT_EQ(std::stod(value_of("phigate_route_success_ratio", chat_labels_)), 8.0 / 9);
  EXPECT_EQ(value_of("phigate_route_cooldown_seconds", chat_labels_), "29.5");
  EXPECT_EQ(value_of("phigate_route_latency_seconds", chat_labels_), "1.5");
  EXPECT_EQ(value_of("phigate_route_tokens_per_second", chat_labels_), "37.5");
  EXPECT_EQ(std::stod(value_of("phigate_route_success_ratio", vision_labels_)), 5.0 / 6);
  EXPECT_EQ(value_of("phigate_route_cooldown_seconds", vision_labels_), "59.5");
  EXPECT_EQ(value_of("phigate_route_latency_seconds", vision_labels_), "");
  EXPECT_EQ(value_of("phigate_route_tokens_per_second", vision_labels_), "");
  EXPECT_EQ(render().find("other"), std::string::npos);
}

TEST_F(route_health_metrics_test, keep_a_route_that_was_quiet_for_long) {
  fail(chat_, core::failure_kind::server_error);
  now_ += seconds(100'000);
  EXPECT_EQ(value_of("phigate_route_success_ratio", chat_labels_), "1");
  EXPECT_EQ(value_of("phigate_route_cooldown_seconds", chat_labels_), "0");
}

TEST_F(route_health_metrics_test, escape_labels) {
  const auto odd = hosts("a\"b\\c\nd");
  core::health_board board(*odd, {});
  board.record_success(other_, {}, now_);
  const std::string text = render_route_health(*odd, board, now_);
  EXPECT_EQ(value_in(text, R"(phigate_route_success_ratio{provider="other",endpoint="other-1",)"
                           R"(model="a\"b\\c\nd",modality="chat"})"),
            "1");
}

TEST_F(metrics_test, tells_version_and_draining) {
  EXPECT_EQ(value_of("phigate_build_info{version=\"" + std::string(version()) + "\"}"), "1");
  EXPECT_NE(version(), "");
  EXPECT_NE(render(false).find("\nphigate_draining 0\n"), std::string::npos);
  EXPECT_NE(render(true).find("\nphigate_draining 1\n"), std::string::npos);
}

TEST_F(metrics_test, escapes_labels) {
  first_.count_attempt("a\"b\\c\nd", "e", "ok");
  EXPECT_EQ(value_of(R"(phigate_attempts_total{provider="a\"b\\c\nd",endpoint="e",outcome="ok"})"), "1");
}

// Prometheus takes a family's samples together, behind its HELP and TYPE.
TEST_F(metrics_test, declares_each_family_once_before_its_samples) {
  first_.count_request("models", 200, "general", "EU");
  first_.observe_upstream_latency("acme", 1);
  first_.count_attempt("acme", "acme-de", "ok");
  first_.set_idle_connections("acme-de", 0);
  const auto known = test::registry_builder()
                         .provider("acme")
                         .endpoint("acme-de", "DE", {core::region::eu})
                         .model("m", {core::modality::chat, core::modality::vision})
                         .build();
  core::health_board board(*known, {});
  const core::health_board::time_point now{seconds(1'000)};
  for (const core::route_id route : {core::route_id{0}, core::route_id{1}}) {
    for (int i = 0; i < 3; ++i) board.record_success(route, {.latency = microseconds(1), .tokens_per_second = 1}, now);
  }
  const std::string text = render() + render_reloads(reload_metrics()) + render_route_health(*known, board, now);
  EXPECT_TRUE(text.ends_with("\n"));
  std::string family;
  std::vector<std::string> seen;
  std::size_t samples = 0;
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
    const std::string one = text.substr(at, text.find('\n', at) - at);
    if (one.starts_with("# HELP ")) {
      family = one.substr(7, one.find(' ', 7) - 7);
      for (const std::string& earlier : seen) EXPECT_NE(earlier, family);
      seen.push_back(family);
    } else if (one.starts_with("# TYPE ")) {
      EXPECT_TRUE(one.starts_with("# TYPE " + family + " ")) << one;
    } else {
      EXPECT_TRUE(one.starts_with(family)) << one;
      ++samples;
    }
  }
  EXPECT_EQ(seen.size(), 9U + 2U + 4U);
  EXPECT_EQ(samples, 2U + 2U + 15U + 1U + 3U + 3U + 4U * 2U);
}

TEST_F(metrics_test, is_scraped_while_workers_count) {
  constexpr int rounds = 2'000;
  {
    std::vector<std::jthread> threads;
    for (const auto& worker : workers_) {
      threads.emplace_back([&metrics = *worker] {
        for (int i = 0; i < rounds; ++i) {
          metrics.count_request("models", 200, "general", "EU");
          metrics.observe_upstream_latency("acme", 0.1);
          metrics.add_in_flight(1);
        }
      });
    }
    for (int i = 0; i < 20; ++i) EXPECT_FALSE(render().empty());
  }
  EXPECT_EQ(value_of(R"(phigate_requests_total{route="models",status="200",class="general",region="EU"})"),
            std::to_string(2 * rounds));
  EXPECT_EQ(value_of("phigate_in_flight_requests"), std::to_string(2 * rounds));
}

}  // namespace
}  // namespace phigate::observe
