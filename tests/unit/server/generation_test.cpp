// A reload from a worker's point of view: what began goes on, what begins anew is served by the new configuration.
#include "phigate/server/generation.hpp"

#include <gtest/gtest.h>

#include "support/bare_worker.hpp"
#include "support/running.hpp"

namespace phigate::server {
namespace {

std::shared_ptr<const config::snapshot> snapshot_with(std::size_t idle_connections) {
  auto made = std::make_shared<config::snapshot>();
  made->settings.upstream_idle_connections = idle_connections;
  made->registry = test::plain_registry();
  return made;
}

core::attempt_failure server_error() {
  core::attempt_failure failure;
  failure.kind = core::failure_kind::server_error;
  failure.reach = core::reach::head_received;
  return failure;
}

TEST(generation, what_holds_the_old_one_keeps_it_and_what_begins_gets_the_new_one) {
  test::bare_worker worker;
  const std::shared_ptr<serving> held = worker->current();
  const auto next = make_generation(snapshot_with(7), held->facts.get());
  worker->adopt(next);
  EXPECT_EQ(worker->current(), held);  // until the worker's own loop comes to it
  test::settle(worker->context());
  EXPECT_NE(worker->current(), held);
  EXPECT_EQ(worker->current()->facts, next);
  EXPECT_EQ(worker->settings().upstream_idle_connections, 7U);
  EXPECT_NE(held->facts->settings().upstream_idle_connections, 7U);
  EXPECT_EQ(held->facts->registry().routes().size(), 2U);  // still whole
}

TEST(generation, goes_with_its_last_holder) {
  test::bare_worker worker;
  std::weak_ptr<serving> old = worker->current();
  worker->adopt(make_generation(snapshot_with(1), worker->current()->facts.get()));
  test::settle(worker->context());
  EXPECT_TRUE(old.expired());
}

TEST(generation, health_goes_on_in_both_directions) {
  const auto first = make_generation(snapshot_with(1), nullptr);
  const auto now = std::chrono::steady_clock::now();
  const core::route_id route{};
  first->health->record_failure(route, server_error(), now);
  const auto second = make_generation(snapshot_with(1), first.get());
  EXPECT_TRUE(second->health->signals(route, now).cooling);
  first->health->record_success(route, {}, now);  // a request of the old generation ends
  EXPECT_FALSE(second->health->signals(route, now).cooling);
  EXPECT_EQ(second->health->report(route, now).successes, 1U);
}

TEST(generation, names_a_ca_file_that_is_gone) {
  auto broken = std::make_shared<config::snapshot>();
  broken->settings.upstream_ca_file = "/nowhere/ca.pem";
  broken->registry = test::plain_registry();
  try {
    make_generation(broken, nullptr);
    FAIL() << "nothing was thrown";
  } catch (const std::runtime_error& failure) {
    EXPECT_NE(std::string(failure.what()).find("/nowhere/ca.pem"), std::string::npos);
  }
}

}  // namespace
}  // namespace phigate::server
