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
#include "phigate/config/loader.hpp"
#include "phigate/net/deadline.hpp"
#include "phigate/net/dialer.hpp"
#include "phigate/net/resolver.hpp"
#include "phigate/observe/access_log.hpp"
#include "phigate/observe/metrics.hpp"
#include "phigate/server/load_gate.hpp"
#include "phigate/upstream/upstream_set.hpp"

namespace phigate::server {

class session;
class key_ring;

// The stages of a process's end (threats §5).
enum class drain_stage : std::uint8_t { serving, announced, closing, cutting };

// What all workers share; immutable or atomic. Outlives them.
struct process {
  std::shared_ptr<const config::snapshot> snapshot;
  std::shared_ptr<const upstream::trust_stores> trust;
  std::shared_ptr<const key_ring> keys;
  observe::access_log& access_log;
  load_gate gate;
  std::vector<std::shared_ptr<observe::worker_metrics>> metrics;  // one a worker
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

  // From any thread: no more connections, idle ones close, busy ones end with their request.
  void begin_closing();
  // From any thread: whatever is still running ends now.
  void cut_all();

  // For the code that runs on this worker.
  process& shared;
  const config::snapshot& configuration() const { return *shared.snapshot; }
  observe::worker_metrics& metrics() { return *metrics_; }
  net::deadline_queue& deadlines() { return deadlines_; }
  upstream::upstream_set& upstreams() { return upstreams_; }
  codec::request_reader& request_reader() { return request_reader_; }
  codec::response_reader& response_reader() { return response_reader_; }
  // The Date header's value, renewed once a second.
  std::string_view date();

  void add(session& opened);
  void remove(session& closed);

 private:
  boost::asio::awaitable<void> accept(listening& socket);
  void open_session(boost::asio::ip::tcp::socket socket, const listening& from);
  void stop_when_empty();

  event_loop context_;
  std::shared_ptr<observe::worker_metrics> metrics_;
  net::deadline_queue deadlines_;
  net::resolver names_;
  std::unique_ptr<net::dialer> dialer_;
  upstream::upstream_set upstreams_;
  codec::request_reader request_reader_;
  codec::response_reader response_reader_;
  std::vector<std::unique_ptr<listening>> listeners_;
  std::unordered_set<session*> sessions_;
  bool closing_ = false;
  std::int64_t date_second_ = -1;
  std::string date_;
};

}  // namespace phigate::server
