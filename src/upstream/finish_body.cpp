#include "upstream/finish_body.hpp"

#include <boost/asio/co_spawn.hpp>
#include <exception>

#include "phigate/observe/log.hpp"

namespace phigate::upstream {

namespace {

constexpr std::chrono::seconds patience{2};

boost::asio::awaitable<void> finish(std::shared_ptr<net::channel> connection, http::body_decoder rest,
                                    std::shared_ptr<connection_pool> pool, net::deadline_queue* deadlines) {
  net::deadline timer(*deadlines, [connection] { connection->close(); });
  timer.arm_in(patience);
  while (true) {
    const auto piece = rest.step(connection->received());
    // Content behind the end that the stream itself announced is nobody's.
    if (!piece || !piece->data.empty()) break;
    connection->consume(piece->consumed);
    if (rest.done()) break;
    if (piece->consumed > 0) continue;
    const auto woken = co_await connection->more();
    if (woken == net::channel::wake::closed) break;
  }
  if (rest.done() && connection->received().empty() && !connection->is_closed()) {
    pool->put(std::move(connection));
  } else {
    connection->close();
  }
}

}  // namespace

void finish_in_background(std::shared_ptr<net::channel> connection, http::body_decoder rest,
                          std::shared_ptr<connection_pool> pool, net::deadline_queue& deadlines) {
  const auto executor = connection->executor();
  pool->begin_finishing(connection);
  boost::asio::co_spawn(executor, finish(std::move(connection), rest, std::move(pool), &deadlines),
                        [](const std::exception_ptr& thrown) {
                          if (thrown) observe::log(observe::level::error, "exception while finishing a body");
                        });
}

}  // namespace phigate::upstream
