#include "phigate/server/key_ring.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace phigate::server {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

const sys_days today{days{20'600}};

config::api_key key(std::string id, std::initializer_list<std::string_view> texts) {
  config::api_key made;
  made.id = std::move(id);
  for (const std::string_view text : texts) made.sha256.push_back(sha256(text));
  return made;
}

TEST(key_ring, digests_as_fips_180_says) {
  const config::sha256_digest digest = sha256("abc");
  EXPECT_EQ(digest[0], 0xba);
  EXPECT_EQ(digest[1], 0x78);
  EXPECT_EQ(digest[30], 0x15);
  EXPECT_EQ(digest[31], 0xad);
}

TEST(key_ring, finds_each_key_by_its_text_and_no_other) {
  const std::vector<config::api_key> keys{key("a", {"phg_a"}), key("b", {"phg_b"})};
  const key_ring ring(keys);
  EXPECT_EQ(ring.find("phg_a", today), &keys[0]);
  EXPECT_EQ(ring.find("phg_b", today), &keys[1]);
  for (const std::string_view text : {"", "phg_", "phg_c", "phg_a ", " phg_a", "PHG_A", "a"}) {
    EXPECT_EQ(ring.find(text, today), nullptr) << text;
  }
}

TEST(key_ring, knows_nobody_when_it_is_empty) {
  const std::vector<config::api_key> keys;
  EXPECT_EQ(key_ring(keys).find("", today), nullptr);
}

TEST(key_ring, does_not_take_a_digest_for_the_key) {
  const std::vector<config::api_key> keys{key("a", {"phg_a"})};
  const config::sha256_digest digest = sha256("phg_a");
  const std::string text(digest.begin(), digest.end());
  EXPECT_EQ(key_ring(keys).find(text, today), nullptr);
}

TEST(key_ring, takes_either_text_of_a_key_under_rotation) {
  const std::vector<config::api_key> keys{key("a", {"old", "new"})};
  const key_ring ring(keys);
  EXPECT_EQ(ring.find("old", today), &keys[0]);
  EXPECT_EQ(ring.find("new", today), &keys[0]);
}

TEST(key_ring, a_key_expires_with_the_beginning_of_its_day) {
  std::vector<config::api_key> keys{key("a", {"old", "new"})};
  keys[0].expires = today;
  const key_ring ring(keys);
  EXPECT_EQ(ring.find("old", today - days(1)), &keys[0]);
  EXPECT_EQ(ring.find("old", today), nullptr);
  EXPECT_EQ(ring.find("new", today), nullptr);
  EXPECT_EQ(ring.find("new", today + days(1)), nullptr);
}

TEST(key_ring, tells_apart_digests_that_begin_alike) {
  std::vector<config::api_key> keys{key("real", {"phg_a"}), key("near", {"phg_a"})};
  keys[1].sha256[0].back() ^= 1U;
  EXPECT_EQ(key_ring(keys).find("phg_a", today), &keys[0]);
  std::swap(keys[0], keys[1]);
  EXPECT_EQ(key_ring(keys).find("phg_a", today), &keys[1]);
}

}  // namespace
}  // namespace phigate::server
