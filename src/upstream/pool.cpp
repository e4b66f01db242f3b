#include "phigate/upstream/pool.hpp"

#include <utility>

namespace phigate::upstream {

connection_pool::~connection_pool() {
  close();
}

void connection_pool::close() {
  for (const idle_connection& idle : idle_) idle.connection->close();
  idle_.clear();
  for (const auto& finishing : finishing_) {
    if (const auto connection = finishing.lock()) connection->close();
  }
  finishing_.clear();
}

void connection_pool::retire() {
  settings_.idle_connections = 0;
  for (const idle_connection& idle : idle_) idle.connection->close();
  idle_.clear();
}

std::shared_ptr<net::channel> connection_pool::take() {
  while (!idle_.empty()) {
    std::shared_ptr<net::channel> connection = std::move(idle_.back().connection);
    idle_.pop_back();
    if (connection->stream().is_quiet()) return connection;
    connection->close();
  }
  return nullptr;
}

void connection_pool::put(std::shared_ptr<net::channel> connection) {
  if (settings_.idle_connections == 0) {
    connection->close();
    return;
  }
  if (idle_.size() >= settings_.idle_connections) {
    idle_.front().connection->close();
    idle_.pop_front();
  }
  idle_.push_back({std::move(connection), std::chrono::steady_clock::now()});
}

void connection_pool::sweep(net::steady_time now) {
  std::erase_if(finishing_, [](const auto& connection) { return connection.expired(); });
  std::erase_if(idle_, [&](const idle_connection& idle) {
    if (now - idle.since < settings_.idle_timeout && idle.connection->stream().is_quiet()) return false;
    idle.connection->close();
    return true;
  });
}

}  // namespace phigate::upstream
