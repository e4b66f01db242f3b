// One thread's world (design §2.6): its own event loop, listeners, upstream connections and parsers. Nothing here is
// shared but what says so.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "phigate/codec/request.hpp"
#include "phigate/codec/response.hpp"
#include "phigate/net/deadline.hpp"
#include "phigate/net/dialer.hpp"
#include "phigate/net/resolver.hpp"
#include "phigate/observe/access_log.hpp"
#include "phigate/observe/metrics.hpp"
#include "phigate/server/generation.hpp"
#include "phigate/server/load_gate.hpp"
#include "phigate/server/retry_budget.hpp"

namespace phigate::server {

class session;

// The stages of a process's end (threats §5).
enum class drain_stage : std::uint8_t { serving, announced, closing, cutting };

// What all workers share, immutable or atomic but where it says otherwise. Outlives them.
struct process {
  std::shared_ptr<const generation> latest;  // for the main thread; each worker is told of a new one by `adopt`
  observe::access_log& access_log;
  load_gate gate;
  std::vector<std::shared_ptr<observe::worker_metrics>> metrics;  // one a worker
  retry_budget retries{};
  // The process's start counts as the first time that a configuration was taken over.
  observe::reload_metrics reloads{std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())};
  std::atomic<drain_stage> stage{drain_stage::serving};
  std::atomic<std::uint64_t> cut_requests{0};  // ended by the drain's end
};

enum class listener_role : std::uint8_t { main, admin };

// A listening socket that a worker is given; with SO_REUSEPORT each worker has its own on the same port.
struct listening {
  boost::asio::ip::tcp::acceptor acceptor;
  std::shared_ptr<boost::asio::ssl::context> tls;  // null: plain
  listener_role role = listener_role::main;
};

// An io_context whose pending handlers can be dropped before it goes itself.
class event_loop : public boost::asio::io_context {
 public:
  event_loop() : io_context(1) {}
  void drop_handlers() { shutdown(); }
};

class worker {
 public:
  worker(process& shared, std::shared_ptr<observe::worker_metrics> metrics);
  ~worker();
  worker(const worker&) = delete;
  worker& operator=(const worker&) = delete;

  [[nodiscard]] boost::asio::io_context& context() { return context_; }
  // Before `run`.
  void listen(listening socket);
  // Serves until told to stop and the last session is gone. On its own thread.
  void run();

  // From any thread: requests that begin from now on are served by `next`; those under way keep what they have.
  void adopt(std::shared_ptr<const generation> next);

  // From any thread: no more connections, idle ones close, busy ones end with their request.
  void begin_closing();
  // From any thread: whatever is still running ends now.
  void cut_all();

  // For the code that runs on this worker.
  process& shared;
  // What a request that begins now is served by; whoever works on it holds a copy to its end.
  [[nodiscard]] const std::shared_ptr<serving>& current() const { return current_; }
  [[nodiscard]] const config::settings& settings() const { return current_->facts->settings(); }
  observe::worker_metrics& metrics() { return *metrics_; }
  net::deadline_queue& deadlines() { return deadlines_; }
  codec::request_reader& request_reader() { return request_reader_; }
  codec::response_reader& response_reader() { return response_reader_; }
  // The Date header's value, renewed once a second.
  std::string_view date();

  void add(session& opened);
  void remove(session& closed);

  // Work in the background that outlasts its request, and counts as one in flight for so long: a client that sends and
  // leaves must not have any number of them under way. A worker that closes waits for it.
  class errand {
   public:
    explicit errand(worker& on) : on_(on), in_flight_(on.shared.gate.in_flight) {
      in_flight_.take(1);
      ++on_.errands_;
    }
    errand(const errand&) = delete;
    errand& operator=(const errand&) = delete;
    ~errand() {
      --on_.errands_;
      on_.stop_when_empty();
    }

   private:
    worker& on_;
    permit in_flight_;
  };

 private:
  boost::asio::awaitable<void> accept(listening& socket);
  void open_session(boost::asio::ip::tcp::socket socket, const listening& from);
  void stop_when_empty();
  std::shared_ptr<serving> serve_from(std::shared_ptr<const generation> facts);

  event_loop context_;
  std::shared_ptr<observe::worker_metrics> metrics_;
  net::deadline_queue deadlines_;
  net::resolver names_;
  std::unique_ptr<net::dialer> dialer_;
  std::shared_ptr<serving> current_;
  codec::request_reader request_reader_;
  codec::response_reader response_reader_;
  std::vector<std::unique_ptr<listening>> listeners_;
  std::unordered_set<session*> sessions_;
  std::size_t errands_ = 0;
  bool closing_ = false;
  std::int64_t date_second_ = -1;
  std::string date_;
};

}  // namespace phigate::server
