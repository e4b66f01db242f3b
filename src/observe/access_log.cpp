#include "phigate/observe/access_log.hpp"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "observe/line.hpp"
#include "phigate/observe/log.hpp"

namespace phigate::observe {

namespace {

void write_all(std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(STDERR_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // nobody reads the log: nothing sensible is left to do with it
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void text_if_known(line& out, std::string_view key, std::string_view value) {
  if (!value.empty()) out.text(key, value);
}

void render(std::string& out, bool json, const access_record& record) {
  line text(out, json, "info", "request");
  text.text("id", record.request_id);
  text_if_known(text, "client_id", record.client_request_id);
  text_if_known(text, "key", record.key_id);
  text.text("route", record.route);
  text.number("status", record.status);
  text_if_known(text, "code", record.error_code);
  text_if_known(text, "region", record.region);
  text_if_known(text, "class", record.data_class);
  text_if_known(text, "provider", record.provider);
  text_if_known(text, "endpoint", record.endpoint);
  text_if_known(text, "model", record.model);
  text.number("attempts", record.attempts);
  if (record.cost_micro_usd >= 0) text.number("cost_micro_usd", record.cost_micro_usd);
  text.number("ms", record.milliseconds);
  if (record.client_gone) text.text("client", "gone");
  text.end();
}

}  // namespace

struct access_log::state {
  // Lines leave within this time, or at once when much waits.
  static constexpr std::chrono::milliseconds interval{100};
  static constexpr std::size_t hurry = 256u << 10;

  std::atomic<bool> json;
  std::mutex mutex;
  std::condition_variable_any wake;
  std::string waiting;
  std::size_t dropped = 0;
  std::jthread writer;  // last: it is joined before the rest goes

  [[nodiscard]] bool writes_json() const { return json.load(std::memory_order_relaxed); }

  void drain() {
    std::string batch;
    std::size_t lost = 0;
    {
      const std::lock_guard lock(mutex);
      batch.swap(waiting);
      lost = std::exchange(dropped, 0);
    }
    if (lost > 0) {
      // By the same writer, behind the lines that there was room for: the log's own could land inside one of them.
      line text(batch, writes_json(), "warn", "access lines dropped");
      text.number("count", static_cast<std::int64_t>(lost));
      text.end();
    }
    write_all(batch);
  }

  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      {
        std::unique_lock lock(mutex);
        wake.wait(lock, stop, [this] { return !waiting.empty(); });
        wake.wait_for(lock, stop, interval, [this] { return waiting.size() >= hurry; });
      }
      drain();
    }
    drain();
  }
};

access_log::access_log(bool json) : state_(std::make_unique<state>()) {
  set_json(json);
  state_->writer = std::jthread([s = state_.get()](const std::stop_token& stop) { s->run(stop); });
}

access_log::~access_log() = default;

void access_log::set_json(bool json) {
  state_->json.store(json, std::memory_order_relaxed);
}

void access_log::write(const access_record& record) {
  if (!is_logged(level::info)) return;
  thread_local std::string text;
  text.clear();
  render(text, state_->writes_json(), record);
  bool wakes = false;
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->waiting.size() + text.size() > capacity) {
      ++state_->dropped;
      return;
    }
    // The writer sleeps while nothing waits, and is hurried when much does.
    wakes = state_->waiting.empty();
    const bool was_calm = state_->waiting.size() < state::hurry;
    state_->waiting += text;
    wakes = wakes || (was_calm && state_->waiting.size() >= state::hurry);
  }
  if (wakes) state_->wake.notify_one();
}

}  // namespace phigate::observe
