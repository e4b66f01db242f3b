#include "phigate/server/worker.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "phigate/codec/writers.hpp"
#include "phigate/http/writer.hpp"
#include "phigate/net/socket_stream.hpp"
#include "phigate/observe/log.hpp"
#include "server/request_id.hpp"
#include "server/session.hpp"

namespace phigate::server {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

// Out of file descriptors: waiting a moment beats spinning on the error.
constexpr std::chrono::milliseconds accept_pause{100};

void log_exception(const std::exception_ptr& thrown) {
  if (!thrown) return;
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& bug) {
    observe::log(observe::level::error, "exception in a session", {{"what", bug.what()}});
  }
}

upstream::pool_settings pool_settings_of(const config::settings& settings) {
  return {settings.upstream_idle_connections, settings.upstream_idle_timeout};
}

// Said without reading anything: what the client sends is not looked at, so it costs nothing.
void refuse_connection(tcp::socket& socket) {
  core::api_error error;
  error.code = core::error_code::overloaded;
  error.message = "The gateway has as many connections as it may. Try again shortly.";
  const std::string body = codec::error_body(error);
  std::string answer;
  http::append_status_line(answer, error.http_status());
  http::append_field(answer, "content-type", "application/json");
  http::append_field(answer, "content-length", body.size());
  http::append_field(answer, "x-request-id", make_request_id());
  http::append_field(answer, "retry-after", 1);
  http::append_field(answer, "connection", "close");
  answer += "\r\n" + body;
  boost::system::error_code ignored;
  socket.non_blocking(true, ignored);
  socket.send(asio::buffer(answer), 0, ignored);
  socket.shutdown(tcp::socket::shutdown_send, ignored);
}

asio::awaitable<void> run_session(worker& on, std::shared_ptr<net::channel> client, listener_role role,
                                  permit connection) {
  const auto running = std::make_shared<session>(on, std::move(client), role, std::move(connection));
  co_await running->run();
}

asio::awaitable<void> run_tls_session(worker& on, tcp::socket socket, std::shared_ptr<asio::ssl::context> tls,
                                      listener_role role, permit connection) {
  const auto executor = co_await asio::this_coro::executor;
  net::interrupt cut;
  net::deadline timer(on.deadlines(), [&cut] { cut.fire(net::interruption::timeout); });
  timer.arm_in(on.settings().timeouts.client_header);
  std::unique_ptr<net::byte_stream> stream = co_await net::accept_tls(std::move(socket), std::move(tls), cut);
  timer.disarm();
  if (!stream) co_return;
  co_await run_session(on, net::channel::make(executor, std::move(stream)), role, std::move(connection));
}

}  // namespace

worker::worker(process& shared_state, std::shared_ptr<observe::worker_metrics> metrics)
    : shared(shared_state),
      metrics_(std::move(metrics)),
      deadlines_(context_),
      names_(context_.get_executor()),
      dialer_(net::make_socket_dialer(context_.get_executor(), names_)),
      current_(serve_from(shared.latest)) {}

// Coroutines that still wait are ended while what they refer to is alive.
worker::~worker() {
  context_.drop_handlers();
}

std::shared_ptr<serving> worker::serve_from(std::shared_ptr<const generation> facts) {
  const generation& from = *facts;
  return std::shared_ptr<serving>(new serving{
      std::move(facts), upstream::upstream_set(from.snapshot->registry, *from.trust, pool_settings_of(from.settings()),
                                               *dialer_, deadlines_, *metrics_)});
}

void worker::adopt(std::shared_ptr<const generation> next) {
  asio::post(context_, [this, next = std::move(next)]() mutable {
    try {
      const std::shared_ptr<serving> before = std::exchange(current_, serve_from(std::move(next)));
      before->upstreams.retire();
    } catch (const std::exception& bug) {
      observe::log(observe::level::error, "a worker keeps its old configuration", {{"what", bug.what()}});
    }
  });
}

void worker::listen(listening socket) {
  listeners_.push_back(std::make_unique<listening>(std::move(socket)));
}

void worker::run() {
  for (const auto& listener : listeners_) asio::co_spawn(context_, accept(*listener), log_exception);
  auto work = asio::make_work_guard(context_);
  context_.run();
  // What is left waits on connections of its own, and ends with them.
  current_->upstreams.close();
  context_.restart();
  context_.poll();
}

asio::awaitable<void> worker::accept(listening& from) {
  asio::steady_timer pause(context_);
  while (from.acceptor.is_open()) {
    boost::system::error_code error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    tcp::socket socket = co_await from.acceptor.async_accept(token);
    if (!error) {
      open_session(std::move(socket), from);
      continue;
    }
    if (error == asio::error::operation_aborted) break;
    const bool exhausted = error == boost::system::errc::too_many_files_open ||
                           error == boost::system::errc::too_many_files_open_in_system ||
                           error == boost::system::errc::no_buffer_space ||
                           error == boost::system::errc::not_enough_memory;
    if (!exhausted) continue;
    observe::log(observe::level::warn, "accepting paused", {{"reason", error.message()}});
    pause.expires_after(accept_pause);
    co_await pause.async_wait(token);
  }
}

void worker::open_session(tcp::socket socket, const listening& from) {
  permit connection(shared.gate.connections);
  if (!connection.grow(1)) {
    if (!from.tls) refuse_connection(socket);
    return;
  }
  boost::system::error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  if (from.tls) {
    asio::co_spawn(context_, run_tls_session(*this, std::move(socket), from.tls, from.role, std::move(connection)),
                   log_exception);
    return;
  }
  auto client = net::channel::make(context_.get_executor(), net::make_tcp_stream(std::move(socket)));
  asio::co_spawn(context_, run_session(*this, std::move(client), from.role, std::move(connection)), log_exception);
}

void worker::add(session& opened) {
  sessions_.insert(&opened);
}

void worker::remove(session& closed) {
  sessions_.erase(&closed);
  stop_when_empty();
}

void worker::begin_closing() {
  asio::post(context_, [this] {
    closing_ = true;
    for (const auto& listener : listeners_) {
      boost::system::error_code ignored;
      listener->acceptor.close(ignored);
    }
    for (session* open : sessions_) open->close_if_idle();
    stop_when_empty();
  });
}

void worker::cut_all() {
  asio::post(context_, [this] {
    for (session* open : sessions_) open->cut();
  });
}

void worker::stop_when_empty() {
  if (closing_ && sessions_.empty() && errands_ == 0) context_.stop();
}

std::string_view worker::date() {
  const auto now = std::chrono::system_clock::now();
  const auto second = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  if (second != date_second_) {
    date_ = http::http_date(now);
    date_second_ = second;
  }
  return date_;
}

}  // namespace phigate::server
