// No request is ever answered with another's bytes (threats §2): very many requests over few kept-alive connections, a
// good part of them cancelled at random points, each reply carrying its request's nonce.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "phigate/net/event.hpp"
#include "unit/upstream/attempt_bench.hpp"

namespace phigate::upstream {
namespace {

using core::failure_kind;

constexpr std::size_t clients = 16;
// Some of the cuts come when all is over: of all requests about 30 % end cancelled.
constexpr int percent_cancelled = 55;
// About as many turns of the event loop as a long exchange takes.
constexpr int most_turns = 14;

std::size_t requests_to_make() {
  const char* wanted = std::getenv("PHIGATE_REUSE_REQUESTS");
  return wanted == nullptr ? 100'000 : std::stoul(wanted);
}

class dice {
 public:
  int below(int end) { return static_cast<int>(random_() % static_cast<unsigned>(end)); }
  bool chance(int percent) { return below(100) < percent; }

 private:
  std::mt19937_64 random_{20'260'101};
};

// Runs `then` after some turns of the event loop, so that it falls between any two steps of an exchange.
template <typename Then>
void after_turns(const boost::asio::any_io_executor& executor, int turns, Then then) {
  boost::asio::post(executor, [executor, turns, then = std::move(then)]() mutable {
    if (turns == 0) {
      then();
    } else {
      after_turns(executor, turns - 1, std::move(then));
    }
  });
}

// What the provider answers to a nonce: its size tells nonces apart as well.
std::string answer_to(std::string_view nonce) {
  return "{\"nonce\":\"" + std::string(nonce) + "\",\"pad\":\"" +
         std::string(std::stoul(std::string(nonce)) % 97, 'x') + "\"}";
}

struct counts {
  std::size_t answered = 0;
  std::size_t refused = 0;
  std::size_t broken = 0;
  std::size_t cancelled = 0;
  std::size_t attempts = 0;
  std::size_t foreign = 0;
  std::size_t orphans = 0;  // pieces of an answer whose request was cancelled
};

// The provider's side of one connection. It goes on answering a request that nobody waits for any more, adds surplus
// bytes, breaks off, and closes, now and then.
class provider_side : public std::enable_shared_from_this<provider_side> {
 public:
  provider_side(const std::shared_ptr<fake_peer>& peer, dice& random, counts& seen)
      : peer_(peer), random_(random), seen_(seen) {}

  void on_request(std::string_view written) {
    ++requests_;
    const std::size_t at = written.find("\r\n\r\n{\"nonce\":\"");
    ASSERT_NE(at, std::string_view::npos);
    const std::string_view rest = written.substr(at + 14);
    const std::string nonce(rest.substr(0, rest.find('"')));
    if (random_.chance(2)) {
      send({}, ending::close);  // as a stale connection does
    } else {
      reply(nonce);
    }
  }

 private:
  enum class ending { none, close, reset, late_surplus };

  void reply(std::string_view nonce) {
    if (random_.chance(2)) {
      send(cut("HTTP/1.1 200 OK\r\n\r\n" + answer_to(nonce)), ending::close);  // whole where it closes
      return;
    }
    if (random_.chance(3)) {
      send(cut(answer(400, "{\"error\":{\"message\":\"" + std::string(nonce) + "\"}}")), ending::none);
      return;
    }
    std::string bytes = random_.chance(10) ? "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" : "";
    bytes += random_.chance(50) ? answer(200, answer_to(nonce), random_.chance(2) ? "connection: close\r\n" : "")
                                : chunked(answer_to(nonce));
    if (random_.chance(2)) {
      bytes.resize(bytes.size() - static_cast<std::size_t>(random_.below(20)));
      send(cut(bytes), random_.chance(50) ? ending::close : ending::reset);
      return;
    }
    std::vector<std::string> pieces = cut(bytes);
    if (random_.chance(2)) pieces.back() += answer(200, answer_to("0"));  // a surplus answer
    const int then = random_.below(100);
    send(std::move(pieces), then < 3 ? ending::close : then < 6 ? ending::late_surplus : ending::none);
  }

  std::string chunked(const std::string& body) {
    const std::size_t first = static_cast<std::size_t>(random_.below(15)) + 1;
    std::array<char, 64> sizes{};
    std::snprintf(sizes.data(), sizes.size(), "%zx;%zx", first, body.size() - first);
    const std::string text(sizes.data());
    const std::size_t between = text.find(';');
    return "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + text.substr(0, between) + "\r\n" +
           body.substr(0, first) + "\r\n" + text.substr(between + 1) + "\r\n" + body.substr(first) + "\r\n0\r\n\r\n";
  }

  std::vector<std::string> cut(std::string_view bytes) {
    std::vector<std::string> pieces;
    for (int cuts = random_.below(4); cuts > 0 && bytes.size() > 1; --cuts) {
      const auto size = static_cast<std::size_t>(random_.below(static_cast<int>(bytes.size() - 1))) + 1;
      pieces.emplace_back(bytes.substr(0, size));
      bytes.remove_prefix(size);
    }
    pieces.emplace_back(bytes);
    return pieces;
  }

  void send(std::vector<std::string> pieces, ending end) {
    auto peer = peer_.lock();
    if (!peer) return;
    const auto executor = peer->executor();
    after_turns(executor, random_.below(3),
                [self = shared_from_this(), peer = std::move(peer), pieces = std::move(pieces), end,
                 request = requests_]() mutable { self->send_next(*peer, std::move(pieces), end, request); });
  }

  void send_next(fake_peer& peer, std::vector<std::string> pieces, ending end, std::size_t request) {
    if (pieces.empty()) {
      // Behind a later request it would be that one's answer, as far as anybody can tell.
      if (request != requests_) return;
      if (end == ending::late_surplus) peer.sends(answer(200, answer_to("0")));
      if (end == ending::close) peer.closes();
      if (end == ending::reset) peer.resets();
      return;
    }
    if (peer.was_closed()) ++seen_.orphans;
    peer.sends(pieces.front());
    pieces.erase(pieces.begin());
    send(std::move(pieces), end);
  }

  std::weak_ptr<fake_peer> peer_;
  dice& random_;
  counts& seen_;
  std::size_t requests_ = 0;
};

struct soak {
  explicit soak(std::size_t requests) : left(requests) {
    bench.provider.dialer.connects_always([this] {
      auto peer = std::make_shared<fake_peer>(bench.context.get_executor());
      peer->on_written(
          [side = std::make_shared<provider_side>(peer, random, seen), p = peer.get()](std::string_view written) {
            side->on_request(written);
            p->forget_written();
          });
      return peer;
    });
    bench.limits.total = std::chrono::steady_clock::now() + std::chrono::hours(1);
  }

  attempt_bench bench;
  dice random;
  counts seen;
  std::size_t left;
  std::size_t next_nonce = 1;
};

// What a request does with itself: whether and how it is cancelled.
enum class plan { whole, cut_at_random, leave_after_head, leave_after_a_piece, release_after_a_piece };

plan draw(dice& random) {
  if (!random.chance(percent_cancelled)) return plan::whole;
  if (random.chance(70)) return plan::cut_at_random;
  switch (random.below(3)) {
    case 0:
      return plan::leave_after_head;
    case 1:
      return plan::leave_after_a_piece;
    default:
      return plan::release_after_a_piece;
  }
}

// True: it failed as a stale connection does, and is to be sent again on a fresh one.
boost::asio::awaitable<bool> attempt_once(soak& world, std::string nonce, plan what, bool fresh) {
  const auto cut = std::make_shared<net::interrupt>();
  if (what == plan::cut_at_random) {
    after_turns(world.bench.context.get_executor(), world.random.below(most_turns),
                [cut] { cut->fire(net::interruption::client_gone); });
  }
  const std::string body = "{\"nonce\":\"" + nonce + "\"}";
  wire_request request;
  request.target = world.bench.request.target;
  request.header_lines = world.bench.request.header_lines;
  request.body = gathered({body});

  attempt subject(world.bench.provider.upstreams, world.bench.provider.route, world.bench.limits, *cut);
  ++world.seen.attempts;
  const auto opened = co_await subject.open(request, world.bench.traceparent, fresh);
  if (!opened) {
    const core::attempt_failure& failure = opened.error();
    if (failure.kind == failure_kind::client_mistake) {
      ++world.seen.refused;
      if (failure.said.message != nonce) ++world.seen.foreign;
      co_return false;
    }
    const bool stale = failure.reused_connection && failure.reach < core::reach::head_received;
    if (cut->why() == net::interruption::none && stale) co_return true;
    ++(cut->why() == net::interruption::none ? world.seen.broken : world.seen.cancelled);
    co_return false;
  }
  const std::string expected = answer_to(nonce);
  std::string received;
  bool gave_up = what == plan::leave_after_head;
  while (!gave_up) {
    const auto piece = co_await subject.read();
    if (piece.kind == attempt::read_kind::end) break;
    if (piece.kind == attempt::read_kind::failed) {
      ++(cut->why() == net::interruption::none ? world.seen.broken : world.seen.cancelled);
      co_return false;
    }
    received += piece.data;
    if (!expected.starts_with(received)) ++world.seen.foreign;
    gave_up = what == plan::leave_after_a_piece || what == plan::release_after_a_piece;
  }
  if (!gave_up && received != expected) ++world.seen.foreign;
  ++(gave_up ? world.seen.cancelled : world.seen.answered);
  if (!gave_up || what == plan::release_after_a_piece) subject.release();
  co_return false;
}

// Lets connections wait in the pool for a moment, where surplus bytes reach them.
boost::asio::awaitable<void> pause(soak& world) {
  const auto executor = world.bench.context.get_executor();
  const auto over = std::make_shared<net::event>(executor);
  after_turns(executor, world.random.below(6), [over] { over->set(); });
  if (!over->take()) co_await over->wait();
}

boost::asio::awaitable<void> client(soak& world) {
  while (world.left > 0) {
    --world.left;
    if (world.random.chance(20)) co_await pause(world);
    const std::string nonce = std::to_string(world.next_nonce++);
    const plan what = draw(world.random);
    const bool again = co_await attempt_once(world, nonce, what, false);
    if (!again) continue;
    const bool twice = co_await attempt_once(world, nonce, what, true);
    EXPECT_FALSE(twice);
  }
}

TEST(reuse_soak, no_answer_carries_another_requests_nonce) {
  const std::size_t requests = requests_to_make();
  soak world(requests);
  std::vector<std::unique_ptr<test::running<bool>>> all;
  for (std::size_t i = 0; i < clients; ++i) {
    all.push_back(std::make_unique<test::running<bool>>(world.bench.context, test::to_its_end(client(world))));
  }
  for (const auto& one : all) one->finish(std::chrono::seconds(600));

  const counts& seen = world.seen;
  EXPECT_EQ(seen.foreign, 0U);
  EXPECT_EQ(seen.answered + seen.refused + seen.broken + seen.cancelled, requests);
  // Without these the test would mean nothing: most are answered, many cancelled with an answer under way, and
  // connections serve again.
  const std::size_t reused = seen.attempts - world.bench.provider.dialer.dials();
  EXPECT_GT(seen.answered, requests / 2);
  EXPECT_GT(seen.cancelled, requests / 5);
  EXPECT_GT(seen.refused, requests / 100);
  EXPECT_GT(seen.broken, requests / 200);
  EXPECT_GT(seen.orphans, requests / 20);
  EXPECT_GT(reused, requests / 3);
  RecordProperty("answered", std::to_string(seen.answered));
  RecordProperty("cancelled", std::to_string(seen.cancelled));
  RecordProperty("reused", std::to_string(reused));
}

}  // namespace
}  // namespace phigate::upstream
