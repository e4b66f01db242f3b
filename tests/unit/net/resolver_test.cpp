#include "phigate/net/resolver.hpp"

#include <gtest/gtest.h>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <string>

#include "support/running.hpp"

namespace phigate::net {
namespace {

// No address literal, so the system is asked; it knows the answer without a hosts file or a network.
constexpr const char* looked_up = "127.1";

class resolver_test : public testing::Test {
 protected:
  resolver::answer resolve(std::string host, std::uint16_t port) {
    return test::run(context_, names_.resolve(std::move(host), port, cut_));
  }

  test::event_loop context_;
  resolver names_{context_.get_executor()};
  interrupt cut_;
};

TEST_F(resolver_test, an_address_resolves_to_itself) {
  for (const std::string text : {"127.0.0.1", "203.0.113.9", "::1", "2001:db8::7"}) {
    const resolver::answer answer = resolve(text, 8443);
    ASSERT_FALSE(answer.error) << text;
    ASSERT_EQ(answer.found.size(), 1U) << text;
    EXPECT_EQ(answer.found.front().address(), asio::ip::make_address(text));
    EXPECT_EQ(answer.found.front().port(), 8443);
  }
}

TEST_F(resolver_test, a_local_name_resolves_with_the_port_asked_for) {
  const resolver::answer answer = resolve("localhost", 8080);
  ASSERT_FALSE(answer.error);
  ASSERT_FALSE(answer.found.empty());
  for (const auto& found : answer.found) {
    EXPECT_TRUE(found.address().is_loopback());
    EXPECT_EQ(found.port(), 8080);
  }
}

TEST_F(resolver_test, a_name_asked_for_twice_is_answered_the_second_time_without_a_wait) {
  resolve(looked_up, 8080);
  test::running<resolver::answer> second(context_, names_.resolve(looked_up, 8080, cut_));
  test::settle(context_);
  ASSERT_TRUE(second.done());
  EXPECT_FALSE(second.finish().found.empty());
}

TEST_F(resolver_test, all_who_wait_for_one_name_are_answered) {
  interrupt other_cut;
  test::running<resolver::answer> first(context_, names_.resolve(looked_up, 80, cut_));
  test::running<resolver::answer> second(context_, names_.resolve(looked_up, 80, other_cut));
  EXPECT_FALSE(first.finish().found.empty());
  EXPECT_FALSE(second.finish().found.empty());
}

TEST_F(resolver_test, a_name_that_can_not_be_is_an_error_and_asked_for_again_each_time) {
  const std::string too_long(300, 'a');
  for (int i = 0; i < 2; ++i) {
    const resolver::answer answer = resolve(too_long, 80);
    EXPECT_TRUE(answer.error);
    EXPECT_TRUE(answer.found.empty());
  }
}

TEST_F(resolver_test, an_interrupt_ends_the_wait_and_the_look_up_still_fills_the_cache) {
  test::running<resolver::answer> waiting(context_, names_.resolve(looked_up, 443, cut_));
  context_.run_one();  // up to its wait
  cut_.fire(interruption::client_gone);
  const resolver::answer cut = waiting.finish();
  EXPECT_EQ(cut.error, asio::error::operation_aborted);
  EXPECT_TRUE(cut.found.empty());

  context_.restart();
  context_.run();  // the look-up ends by itself
  interrupt unharmed;
  test::running<resolver::answer> later(context_, names_.resolve(looked_up, 443, unharmed));
  test::settle(context_);
  ASSERT_TRUE(later.done());
  EXPECT_FALSE(later.finish().found.empty());
}

TEST_F(resolver_test, an_interrupt_that_fired_before_ends_it_at_once) {
  cut_.fire(interruption::timeout);
  EXPECT_EQ(resolve(looked_up, 443).error, asio::error::operation_aborted);
  context_.restart();
  context_.run();
}

}  // namespace
}  // namespace phigate::net
