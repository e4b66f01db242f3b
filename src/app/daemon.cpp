#include "app/daemon.hpp"

#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "app/listeners.hpp"
#include "app/reload.hpp"
#include "phigate/observe/access_log.hpp"
#include "phigate/observe/log.hpp"
#include "phigate/observe/metrics.hpp"
#include "phigate/server/worker.hpp"

namespace phigate::app {

namespace asio = boost::asio;
using server::drain_stage;

namespace {

void raise_file_limit() {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

std::size_t worker_count(const config::settings& settings) {
  if (settings.workers > 0) return settings.workers;
  return std::max<std::size_t>(1, std::thread::hardware_concurrency());
}

// The process's end in its stages, driven by signals and time on the main thread.
class drain {
 public:
  drain(asio::io_context& context, server::process& shared, const std::vector<std::unique_ptr<server::worker>>& workers)
      : signals_(context, SIGTERM, SIGINT), timer_(context), shared_(shared), workers_(workers) {
    await_signal();
  }

 private:
  void await_signal() {
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      if (shared_.stage.load() == drain_stage::serving) {
        announce();
        await_signal();
      } else {
        timer_.cancel();
        close();
        cut();
      }
    });
  }

  // Load balancers see /readyz fail while connections are still welcome.
  void announce() {
    observe::log(observe::level::info, "draining");
    shared_.stage = drain_stage::announced;
    after(shared_.latest->settings().drain_delay, [this] {
      close();
      after(shared_.latest->settings().drain_timeout, [this] { cut(); });
    });
  }

  void close() {
    if (shared_.stage.exchange(drain_stage::closing) >= drain_stage::closing) return;
    for (const auto& worker : workers_) worker->begin_closing();
  }

  void cut() {
    shared_.stage = drain_stage::cutting;
    for (const auto& worker : workers_) worker->cut_all();
  }

  template <typename Then>
  void after(std::chrono::milliseconds span, Then then) {
    timer_.expires_after(span);
    timer_.async_wait([then](const boost::system::error_code& error) {
      if (!error) then();
    });
  }

  asio::signal_set signals_;
  asio::steady_timer timer_;
  server::process& shared_;
  const std::vector<std::unique_ptr<server::worker>>& workers_;
};

void log_ready(const std::vector<std::string>& urls, std::size_t workers) {
  std::string addresses;
  for (const std::string& url : urls) addresses += (addresses.empty() ? "" : ", ") + url;
  observe::log(observe::level::info, "ready: " + addresses,
               {{"workers", static_cast<std::int64_t>(workers)}, {"version", observe::version()}});
}

}  // namespace

void forbid_core_dumps() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0);
}

int serve(std::shared_ptr<const config::snapshot> snapshot, const std::string& config_file) {
  raise_file_limit();
  std::signal(SIGPIPE, SIG_IGN);
  const config::settings& settings = snapshot->settings;  // as started: sockets and threads stay so
  observe::access_log access_log(settings.log_format == config::log_format::json);
  server::process shared{
      .latest = server::make_generation(snapshot, nullptr),
      .access_log = access_log,
      .gate = server::load_gate(settings.limits.connections, settings.limits.in_flight, settings.limits.memory),
      .metrics = {}};
  std::vector<std::unique_ptr<server::worker>> workers;
  for (std::size_t i = 0; i < worker_count(settings); ++i) {
    shared.metrics.push_back(std::make_shared<observe::worker_metrics>());
    workers.push_back(std::make_unique<server::worker>(shared, shared.metrics.back()));
  }
  const std::vector<std::string> urls = open_listeners(settings, workers);

  asio::io_context main_loop(1);
  const drain on_termination(main_loop, shared, workers);
  const reloader on_hangup(main_loop, config_file, shared, workers);
  std::vector<std::jthread> threads;
  std::atomic<std::size_t> running = workers.size();
  for (const auto& worker : workers) {
    threads.emplace_back([&main_loop, &running, w = worker.get()] {
      w->run();
      if (running.fetch_sub(1) == 1) main_loop.stop();
    });
  }
  log_ready(urls, workers.size());
  main_loop.run();
  threads.clear();
  const std::uint64_t cut = shared.cut_requests.load();
  observe::log(observe::level::info, "stopped", {{"cut", static_cast<std::int64_t>(cut)}});
  return cut == 0 ? 0 : 3;
}

}  // namespace phigate::app
