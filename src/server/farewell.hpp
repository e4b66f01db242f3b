// What is said to a provider once an attempt is over, so that it deletes what it keeps (upstream/adapter.hpp): nobody
// waits for its answer.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string_view>

#include "phigate/core/eligibility.hpp"
#include "phigate/core/failover.hpp"
#include "phigate/upstream/adapter.hpp"
#include "phigate/upstream/attempt.hpp"
#include "server/endpoints.hpp"

namespace phigate::server {

// Of one attempt. Goes out in the background, on a fresh connection when the kept-alive one is gone, within a few
// seconds. Only a failure is logged. A worker that closes waits for it.
class farewell {
 public:
  // Both outlive it; what is still to be said when it goes keeps what it needs.
  farewell(exchange& with, const core::eligible_route& route);
  ~farewell() { say(); }  // neither an exception nor a cut leaves anything behind
  farewell(const farewell&) = delete;
  farewell& operator=(const farewell&) = delete;

  // Whether there will be something to say of a request that the provider accepts.
  [[nodiscard]] bool is_due() const { return is_due_; }
  // How the first request went, before its body is read. A head that is still to come is awaited in the background.
  void note(upstream::attempt& first, const std::expected<void, core::attempt_failure>& opened);
  // The provider's part is over. Does nothing the second time.
  void say() noexcept;

 private:
  exchange& with_;
  const core::eligible_route& route_;
  bool is_due_;
  std::optional<upstream::answer_head> began_;
  std::shared_ptr<net::channel> unheard_;  // the request is at the provider, its head on its way
  std::string_view lost_;                  // how it came that nobody will ever know; static storage
};

}  // namespace phigate::server
