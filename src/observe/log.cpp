#include "phigate/observe/log.hpp"

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <atomic>
#include <memory>

#include "observe/line.hpp"

namespace phigate::observe {

namespace {

// A worker never waits for whoever reads the log: past this many lines the oldest go.
constexpr std::size_t most_waiting_lines = 8192;

struct log_state {
  // Relaxed: a line that another thread is writing may still follow the settings before.
  std::atomic<level> threshold{log_settings{}.threshold};
  std::atomic<bool> json{log_settings{}.json};
  std::shared_ptr<spdlog::details::thread_pool> writer =
      std::make_shared<spdlog::details::thread_pool>(most_waiting_lines, 1);
  std::shared_ptr<spdlog::logger> out;

  log_state()
      : out(std::make_shared<spdlog::async_logger>("phigate", std::make_shared<spdlog::sinks::stderr_sink_mt>(), writer,
                                                   spdlog::async_overflow_policy::overrun_oldest)) {
    out->set_pattern("%v");  // a line is whole when it gets here
    out->set_level(spdlog::level::trace);
    out->flush_on(spdlog::level::trace);
  }
  // The writing thread ends first: each waiting line holds the logger, and the last to let go of it must not be that
  // thread while this one does the same.
  ~log_state() { writer.reset(); }
  log_state(const log_state&) = delete;
  log_state& operator=(const log_state&) = delete;
};

log_state& current() {
  static log_state state;
  return state;
}

constexpr std::array<std::string_view, 5> level_names{"trace", "debug", "info", "warn", "error"};

}  // namespace

void configure_log(const log_settings& settings) {
  current().threshold.store(settings.threshold, std::memory_order_relaxed);
  current().json.store(settings.json, std::memory_order_relaxed);
}

bool is_logged(level severity) {
  return severity >= current().threshold.load(std::memory_order_relaxed);
}

void log(level severity, std::string_view event, std::initializer_list<log_field> fields) {
  if (!is_logged(severity)) return;
  std::string text;
  const bool json = current().json.load(std::memory_order_relaxed);
  line record(text, json, level_names[static_cast<std::size_t>(severity)], event);
  for (const log_field& field : fields) {
    if (field.quoted) {
      record.text(field.key, field.value);
    } else {
      record.number(field.key, std::string_view(field.value));
    }
  }
  record.end();
  text.pop_back();  // the sink ends the line
  current().out->log(spdlog::level::info, text);
}

void flush_log() {
  current().out->flush();
}

}  // namespace phigate::observe
