// SIGHUP (spec §12): both files anew, all or nothing. Requests under way end on the configuration that they began with.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <memory>
#include <string>
#include <vector>

#include "phigate/config/loader.hpp"
#include "phigate/observe/log.hpp"
#include "phigate/server/worker.hpp"

namespace phigate::app {

// The log's level and format, at start and at each reload.
void configure_log(const config::settings& settings);
// One line each, with its place.
void log_faults(observe::level severity, const std::vector<config::fault>& faults);

// What a reload changes for the process as a whole, and not for the requests that begin after it: the log, the bounds.
void apply_process_settings(const config::settings& settings, server::process& shared);

// Reloads on each SIGHUP, on the loop of `context`. Its arguments outlive it.
class reloader {
 public:
  using worker_list = std::vector<std::unique_ptr<server::worker>>;
  reloader(boost::asio::io_context& context, std::string config_file, server::process& shared,
           const worker_list& workers);

 private:
  void await_signal();
  void reload();
  // Null: why is logged.
  std::shared_ptr<const server::generation> load_next() const;

  boost::asio::signal_set signals_;
  std::string config_file_;
  server::process& shared_;
  const worker_list& workers_;
};

}  // namespace phigate::app
