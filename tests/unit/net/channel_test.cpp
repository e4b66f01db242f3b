#include "phigate/net/channel.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "support/fake_stream.hpp"
#include "support/running.hpp"

namespace phigate::net {
namespace {

using wake = channel::wake;

class channel_test : public testing::Test {
 protected:
  ~channel_test() override {
    channel_->close();
    test::settle(context_);
  }

  wake more() { return test::run(context_, channel_->more()); }
  void watch() {
    channel_->make_room();
    channel_->watch([this] { ++gone_; });
  }

  test::event_loop context_;
  std::shared_ptr<test::fake_peer> peer_ = std::make_shared<test::fake_peer>(context_.get_executor());
  std::shared_ptr<channel> channel_ =
      channel::make(context_.get_executor(), std::make_unique<test::fake_stream>(peer_));
  int gone_ = 0;
};

TEST_F(channel_test, reads_nothing_until_it_is_asked_to) {
  peer_->sends("hello");
  test::settle(context_);
  EXPECT_EQ(channel_->received(), "");
  EXPECT_FALSE(channel_->is_reading());
}

TEST_F(channel_test, more_delivers_what_arrives_behind_what_was_not_consumed) {
  peer_->sends("hello").sends(" world");
  EXPECT_EQ(more(), wake::data);
  EXPECT_EQ(channel_->received(), "hello");
  channel_->consume(4);
  EXPECT_EQ(more(), wake::data);
  EXPECT_EQ(channel_->received(), "o world");
  EXPECT_FALSE(channel_->is_reading());
}

TEST_F(channel_test, more_waits_for_bytes_that_come_later) {
  test::running<wake> waiting(context_, channel_->more());
  test::settle(context_);
  EXPECT_FALSE(waiting.done());
  peer_->sends("x");
  EXPECT_EQ(waiting.finish(), wake::data);
}

TEST_F(channel_test, an_orderly_end_is_told_from_a_reset_and_from_our_own_close) {
  const auto reason_after = [](auto&& end) {
    test::event_loop context;
    auto peer = std::make_shared<test::fake_peer>(context.get_executor());
    auto subject = channel::make(context.get_executor(), std::make_unique<test::fake_stream>(peer));
    test::running<wake> waiting(context, subject->more());
    test::settle(context);
    end(*peer, *subject);
    EXPECT_EQ(waiting.finish(), wake::closed);
    EXPECT_TRUE(subject->is_closed());
    return subject->close_reason();
  };
  EXPECT_EQ(reason_after([](test::fake_peer& peer, channel&) { peer.closes(); }), asio::error::eof);
  EXPECT_EQ(reason_after([](test::fake_peer& peer, channel&) { peer.resets(); }), asio::error::connection_reset);
  EXPECT_EQ(reason_after([](test::fake_peer&, channel& subject) { subject.close(); }), asio::error::operation_aborted);
}

TEST_F(channel_test, bytes_before_the_end_are_delivered_first_and_the_end_stays) {
  peer_->sends("last").closes();
  EXPECT_EQ(more(), wake::data);
  EXPECT_EQ(channel_->received(), "last");
  EXPECT_FALSE(channel_->is_closed());
  EXPECT_EQ(more(), wake::closed);
  EXPECT_EQ(more(), wake::closed);
  EXPECT_EQ(channel_->received(), "last");
}

TEST_F(channel_test, a_nudge_wakes_the_waiter_and_leaves_its_read_under_way) {
  test::running<wake> waiting(context_, channel_->more());
  test::settle(context_);
  channel_->nudge();
  EXPECT_EQ(waiting.finish(), wake::nudged);
  EXPECT_TRUE(channel_->is_reading());
  test::running<wake> again(context_, channel_->more());
  test::settle(context_);
  peer_->sends("x");
  EXPECT_EQ(again.finish(), wake::data);
  EXPECT_EQ(channel_->received(), "x");
}

TEST_F(channel_test, a_nudge_without_a_waiter_is_kept_for_the_next_one_and_told_once) {
  channel_->nudge();
  channel_->nudge();
  EXPECT_EQ(more(), wake::nudged);
  test::running<wake> waiting(context_, channel_->more());
  test::settle(context_);
  EXPECT_FALSE(waiting.done());
  peer_->sends("x");
  EXPECT_EQ(waiting.finish(), wake::data);
}

TEST_F(channel_test, data_goes_before_a_nudge) {
  test::running<wake> waiting(context_, channel_->more());
  test::settle(context_);
  peer_->sends("x");
  channel_->nudge();
  EXPECT_EQ(waiting.finish(), wake::data);
  EXPECT_EQ(more(), wake::nudged);
}

TEST_F(channel_test, a_watched_channel_notices_the_peers_close_while_nobody_waits) {
  watch();
  test::settle(context_);
  EXPECT_EQ(gone_, 0);
  peer_->closes();
  test::settle(context_);
  EXPECT_EQ(gone_, 1);
  EXPECT_TRUE(channel_->is_closed());
}

TEST_F(channel_test, a_watched_channel_keeps_what_is_pipelined_and_notices_a_close_behind_it) {
  watch();
  peer_->sends("GET /a").sends(" GET /b");
  test::settle(context_);
  EXPECT_EQ(channel_->received(), "GET /a GET /b");
  EXPECT_EQ(gone_, 0);
  peer_->resets();
  test::settle(context_);
  EXPECT_EQ(gone_, 1);
  EXPECT_EQ(channel_->received(), "GET /a GET /b");
}

TEST_F(channel_test, watching_a_closed_channel_tells_at_once) {
  peer_->closes();
  EXPECT_EQ(more(), wake::closed);
  channel_->watch([this] { ++gone_; });
  EXPECT_EQ(gone_, 1);
}

TEST_F(channel_test, an_unwatched_channel_tells_nobody_and_its_read_serves_the_next_more) {
  watch();
  test::settle(context_);
  channel_->unwatch();
  EXPECT_TRUE(channel_->is_reading());
  test::running<wake> waiting(context_, channel_->more());
  test::settle(context_);
  peer_->sends("next").closes();
  EXPECT_EQ(waiting.finish(), wake::data);
  EXPECT_EQ(channel_->received(), "next");
  EXPECT_EQ(more(), wake::closed);
  EXPECT_EQ(gone_, 0);
}

// Views stay valid while a watch reads: it only appends behind them.
TEST_F(channel_test, what_was_received_stays_in_place_while_a_watch_reads) {
  peer_->sends("a request");
  EXPECT_EQ(more(), wake::data);
  const std::string_view request = channel_->received();
  channel_->consume(request.size());
  channel_->watch([this] { ++gone_; });
  peer_->sends("pipelined").sends("more");
  test::settle(context_);
  EXPECT_EQ(request, "a request");
  EXPECT_EQ(channel_->received(), "pipelinedmore");
}

TEST_F(channel_test, a_watch_stops_at_a_full_buffer_and_takes_no_more_of_the_peer) {
  watch();
  const std::string flood(channel::default_capacity + 1, 'x');
  peer_->sends(flood);
  test::settle(context_);
  EXPECT_EQ(channel_->received().size(), channel::default_capacity);
  EXPECT_FALSE(channel_->is_reading());
  EXPECT_EQ(peer_->unread_pieces(), 1U);
}

TEST_F(channel_test, a_full_buffer_grows_by_half_when_more_is_asked_for) {
  const std::string flood(channel::default_capacity * 2, 'x');
  peer_->sends(flood);
  EXPECT_EQ(more(), wake::data);
  EXPECT_EQ(channel_->received().size(), channel::default_capacity);
  EXPECT_EQ(more(), wake::data);
  EXPECT_EQ(channel_->received().size(), channel::default_capacity * 3 / 2);
}

TEST_F(channel_test, what_was_consumed_makes_room_before_the_buffer_grows) {
  const std::string flood(channel::default_capacity, 'x');
  peer_->sends(flood).sends("y");
  EXPECT_EQ(more(), wake::data);
  channel_->consume(flood.size() - 3);
  EXPECT_EQ(more(), wake::data);
  EXPECT_EQ(channel_->received(), "xxxy");
}

TEST_F(channel_test, making_room_while_a_read_is_under_way_moves_nothing) {
  peer_->sends("abc");
  EXPECT_EQ(more(), wake::data);
  watch();
  const char* place = channel_->received().data();
  channel_->consume(1);
  channel_->make_room();
  EXPECT_EQ(channel_->received().data(), place + 1);
  peer_->sends("def");
  test::settle(context_);
  EXPECT_EQ(channel_->received(), "bcdef");
}

TEST_F(channel_test, writes_all_parts_in_one_go_and_reports_a_failure) {
  const std::string head = "head ";
  const std::string body = "body";
  const std::array<asio::const_buffer, 2> parts{asio::buffer(head), asio::buffer(body)};
  const io_result written = test::run(context_, channel_->write(parts));
  EXPECT_FALSE(written.error);
  EXPECT_EQ(written.size, 9U);
  EXPECT_EQ(peer_->written(), "head body");
  EXPECT_EQ(peer_->writes(), 1U);
  peer_->fails_writes(asio::error::broken_pipe);
  EXPECT_EQ(test::run(context_, channel_->write(parts)).error, asio::error::broken_pipe);
}

TEST_F(channel_test, reads_while_a_write_is_stalled) {
  peer_->stops_reading();
  const std::string body = "body";
  const std::array<asio::const_buffer, 1> parts{asio::buffer(body)};
  test::running<io_result> writing(context_, channel_->write(parts));
  peer_->sends("early answer");
  EXPECT_EQ(more(), wake::data);
  EXPECT_FALSE(writing.done());
  channel_->close();
  EXPECT_EQ(writing.finish().error, asio::error::operation_aborted);
}

TEST_F(channel_test, closing_twice_does_no_harm) {
  channel_->close();
  channel_->close();
  EXPECT_TRUE(peer_->was_closed());
}

// The read under way holds the channel until it has completed.
TEST_F(channel_test, lives_until_its_last_read_has_completed) {
  auto peer = std::make_shared<test::fake_peer>(context_.get_executor());
  auto dropped = channel::make(context_.get_executor(), std::make_unique<test::fake_stream>(peer));
  dropped->make_room();
  dropped->watch([] {});
  const std::weak_ptr<channel> seen = dropped;
  dropped->close();
  dropped.reset();
  EXPECT_FALSE(seen.expired());
  test::settle(context_);
  EXPECT_TRUE(seen.expired());
}

}  // namespace
}  // namespace phigate::net
