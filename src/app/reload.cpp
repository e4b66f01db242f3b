#include "app/reload.hpp"

#include <chrono>
#include <csignal>
#include <exception>
#include <utility>

#include "phigate/config/reload.hpp"
#include "phigate/observe/log.hpp"
#include "phigate/upstream/adapter.hpp"

namespace phigate::app {

using observe::level;

namespace {

level level_of(std::string_view name) {
  if (name == "trace") return level::trace;
  if (name == "debug") return level::debug;
  if (name == "warn") return level::warn;
  if (name == "error") return level::error;
  return level::info;
}

std::chrono::sys_seconds this_second() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

}  // namespace

void configure_log(const config::settings& settings) {
  observe::configure_log({level_of(settings.log_level), settings.log_format == config::log_format::json});
}

void log_faults(level severity, const std::vector<config::fault>& faults) {
  for (const config::fault& fault : faults) {
    observe::log(severity, "configuration", {{"detail", fault.text()}});
  }
}

void apply_process_settings(const config::settings& settings, server::process& shared) {
  configure_log(settings);
  shared.access_log.set_json(settings.log_format == config::log_format::json);
  shared.gate.connections.set_bound(settings.limits.connections);
  shared.gate.in_flight.set_bound(settings.limits.in_flight);
  shared.gate.memory.set_bound(settings.limits.memory);
}

reloader::reloader(boost::asio::io_context& context, std::string config_file, server::process& shared,
                   const worker_list& workers)
    : signals_(context, SIGHUP), config_file_(std::move(config_file)), shared_(shared), workers_(workers) {
  await_signal();
}

void reloader::await_signal() {
  signals_.async_wait([this](const boost::system::error_code& error, int) {
    if (error) return;
    reload();
    await_signal();
  });
}

void reloader::reload() {
  if (shared_.stage.load() != server::drain_stage::serving) {
    observe::log(level::warn, "reload left out: the process is draining");
    return;
  }
  std::shared_ptr<const server::generation> next;
  try {
    next = load_next();
  } catch (const std::exception& unforeseen) {
    observe::log(level::error, "configuration", {{"detail", unforeseen.what()}});
  }
  if (!next) {
    shared_.reloads.count_failure();
    observe::log(level::error, "reload failed; the configuration in use stays", {{"config", config_file_}});
    return;
  }
  apply_process_settings(next->settings(), shared_);
  for (const auto& worker : workers_) worker->adopt(next);
  shared_.latest = std::move(next);
  shared_.reloads.count_success(this_second());
  observe::log(level::info, "reloaded", {{"config", config_file_}});
}

std::shared_ptr<const server::generation> reloader::load_next() const {
  const config::settings& running = shared_.latest->settings();
  const auto loaded = config::load(config_file_, config::process_environment(), upstream::known_protocols());
  if (!loaded) {
    log_faults(level::error, loaded.error());
    return nullptr;
  }
  const auto usable = config::keep_running_listeners(running, loaded->snapshot, config_file_);
  if (!usable) {
    log_faults(level::error, {usable.error()});
    return nullptr;
  }
  log_faults(level::warn, loaded->warnings);
  for (const std::string& name : config::settings_that_need_restart(running, loaded->snapshot->settings)) {
    observe::log(level::warn, "a changed setting needs a restart", {{"setting", name}});
  }
  return server::make_generation(*usable, shared_.latest.get());
}

}  // namespace phigate::app
