// A dialer without sockets: it does what the test scripted and records where it was sent.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "phigate/net/dialer.hpp"
#include "phigate/net/event.hpp"
#include "support/fake_stream.hpp"

namespace phigate::test {

class fake_dialer final : public net::dialer {
 public:
  explicit fake_dialer(asio::any_io_executor executor) : executor_(std::move(executor)) {}

  // What the next dials do, in turn; without a script they are refused.
  std::shared_ptr<fake_peer> connects() {
    auto peer = std::make_shared<fake_peer>(executor_);
    script_.push_back([peer] { return step{peer, {}}; });
    return peer;
  }
  void fails(net::dial_failure how, std::string note) {
    script_.push_back([how, note] { return step{nullptr, net::dial_error{how, note}}; });
  }
  // Until the interrupt fires.
  void stalls() {
    script_.push_back([] { return step{nullptr, std::nullopt}; });
  }
  // For every dial that has no script.
  void connects_always(std::function<std::shared_ptr<fake_peer>()> make) { make_ = std::move(make); }

  [[nodiscard]] const std::vector<net::target>& targets() const { return targets_; }
  [[nodiscard]] std::size_t dials() const { return targets_.size(); }
  [[nodiscard]] asio::any_io_executor executor() const { return executor_; }

  asio::awaitable<std::expected<std::unique_ptr<net::byte_stream>, net::dial_error>> dial(
      net::target to, net::interrupt& cut) override {
    targets_.push_back(std::move(to));
    step now = next();
    if (now.peer) co_return std::make_unique<fake_stream>(std::move(now.peer));
    if (now.error) co_return std::unexpected(std::move(*now.error));
    net::event woken(executor_);
    cut.on_fire([&woken] { woken.set(); });
    if (!woken.take()) co_await woken.wait();
    cut.forget();
    co_return std::unexpected(net::dial_error{net::dial_failure::interrupted, "interrupted"});
  }

 private:
  struct step {
    std::shared_ptr<fake_peer> peer;
    std::optional<net::dial_error> error;
  };

  step next() {
    if (script_.empty()) {
      if (make_) return step{make_(), {}};
      return step{nullptr, net::dial_error{net::dial_failure::connect, "nothing was scripted for this dial"}};
    }
    auto scripted = std::move(script_.front());
    script_.pop_front();
    return scripted();
  }

  asio::any_io_executor executor_;
  std::deque<std::function<step()>> script_;
  std::function<std::shared_ptr<fake_peer>()> make_;
  std::vector<net::target> targets_;
};

}  // namespace phigate::test
