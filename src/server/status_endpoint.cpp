// Alive, ready, and the counters.
#include "phigate/observe/metrics.hpp"
#include "server/admission.hpp"
#include "server/endpoints.hpp"

namespace phigate::server {

namespace asio = boost::asio;

asio::awaitable<void> serve_healthz(exchange& with) {
  co_await with.answers.send(200, "application/json", R"({"status":"ok"})");
}

asio::awaitable<void> serve_readyz(exchange& with) {
  const bool ready = with.on().shared.stage.load(std::memory_order_relaxed) == drain_stage::serving;
  if (ready) {
    co_await with.answers.send(200, "application/json", R"({"status":"ready"})");
    co_return;
  }
  core::api_error error;
  error.code = core::error_code::draining;
  error.message = "The gateway is shutting down.";
  error.retry_after_seconds = 1;
  co_await with.answers.send_error(std::move(error));
}

asio::awaitable<void> serve_metrics(exchange& with) {
  process& shared = with.on().shared;
  const bool draining = shared.stage.load(std::memory_order_relaxed) != drain_stage::serving;
  std::string text = observe::render_metrics(shared.metrics, draining);
  text += observe::render_reloads(shared.reloads);
  text += observe::render_route_health(with.facts().registry(), *with.facts().health, std::chrono::steady_clock::now());
  co_await with.answers.send(200, "text/plain; version=0.0.4; charset=utf-8", text);
}

asio::awaitable<void> serve_metrics_to_key(exchange& with) {
  admitted known = check_key(with.facts(), with.head, with.context);
  if (known && with.context.key != nullptr && !with.context.key->metrics) {
    core::api_error error;
    error.code = core::error_code::permission_denied;
    error.message = "This key may not read the metrics. Use one with metrics: true.";
    known = std::unexpected(std::move(error));
  }
  if (!known) {
    co_await with.answers.send_error(known.error());
    co_return;
  }
  co_await serve_metrics(with);
}

}  // namespace phigate::server
