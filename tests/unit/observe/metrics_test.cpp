#include "phigate/observe/metrics.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace phigate::observe {
namespace {

class metrics_test : public testing::Test {
 protected:
  [[nodiscard]] std::string render(bool draining = false) const { return render_metrics(workers_, draining); }
  // The value behind a metric's name and labels; empty: it is not there.
  [[nodiscard]] std::string value_of(const std::string& series) const {
    const std::string text = "\n" + render();
    const std::size_t at = text.find("\n" + series + " ");
    if (at == std::string::npos) return {};
    const std::size_t begin = at + series.size() + 2;
    return text.substr(begin, text.find('\n', begin) - begin);
  }

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
  for (const double seconds : {0.0, 0.01, 0.010001, 0.5, 60.0, 60.1, 1000.0}) {
    (seconds < 0.5 ? first_ : second_).observe_upstream_latency("acme", seconds);
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
  const std::string text = render();
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
  EXPECT_EQ(seen.size(), 8U);
  EXPECT_EQ(samples, 2U + 2U + 15U + 3U);
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
