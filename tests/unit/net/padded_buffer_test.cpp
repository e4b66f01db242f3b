#include "phigate/net/padded_buffer.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <numeric>
#include <string>
#include <vector>

namespace phigate::net {
namespace {

// Reads what lies behind the view, as the JSON parser does. A sanitizer build sees a read outside of the block.
int sum_of_padding(const padded_buffer& buffer) {
  const char* end = buffer.view().data() + buffer.size();
  return std::accumulate(end, end + padded_buffer::padding, 0, [](int sum, char c) { return sum + c; });
}

TEST(padded_buffer, starts_empty_without_a_block) {
  const padded_buffer buffer;
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.capacity(), 0U);
  EXPECT_EQ(buffer.room_size(), 0U);
  EXPECT_EQ(buffer.view(), "");
}

TEST(padded_buffer, appending_nothing_takes_no_block) {
  padded_buffer buffer;
  buffer.append("");
  EXPECT_EQ(buffer.capacity(), 0U);
}

TEST(padded_buffer, has_readable_bytes_behind_a_full_block) {
  padded_buffer buffer;
  buffer.reserve(8);
  buffer.append("12345678");
  EXPECT_EQ(buffer.room_size(), 0U);
  sum_of_padding(buffer);
  EXPECT_EQ(buffer.view(), "12345678");
}

TEST(padded_buffer, moves_what_is_left_to_the_front_before_it_grows) {
  padded_buffer buffer;
  buffer.reserve(8);
  buffer.append("12345678");
  buffer.consume(6);
  const char* block = buffer.view().data() - 6;
  buffer.append("abcdef");
  EXPECT_EQ(buffer.view(), "78abcdef");
  EXPECT_EQ(buffer.view().data(), block);
  EXPECT_EQ(buffer.capacity(), 8U);
}

TEST(padded_buffer, reserving_what_fits_behind_the_view_keeps_it_in_place) {
  padded_buffer buffer;
  buffer.reserve(8);
  buffer.append("1234");
  buffer.consume(2);
  const char* before = buffer.view().data();
  buffer.reserve(6);
  EXPECT_EQ(buffer.view().data(), before);
  buffer.reserve(7);
  EXPECT_NE(buffer.view().data(), before);
  EXPECT_EQ(buffer.view(), "34");
  EXPECT_EQ(buffer.room_size(), 6U);
}

TEST(padded_buffer, grows_by_half_at_least) {
  padded_buffer buffer;
  buffer.reserve(100);
  buffer.append(std::string(100, 'a'));
  buffer.append("b");
  EXPECT_EQ(buffer.capacity(), 150U);
  buffer.append(std::string(1000, 'c'));
  EXPECT_EQ(buffer.capacity(), 1101U);
  EXPECT_EQ(buffer.view(), std::string(100, 'a') + "b" + std::string(1000, 'c'));
}

TEST(padded_buffer, clearing_keeps_the_block) {
  padded_buffer buffer;
  buffer.append("12345678");
  buffer.consume(3);
  buffer.clear();
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.room_size(), 8U);
}

// Against a plain string, by random steps.
RC_GTEST_PROP(padded_buffer, holds_what_was_appended_and_not_consumed, ()) {
  padded_buffer buffer;
  std::string expected;
  const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 5));
  for (const int step : steps) {
    const auto amount = *rc::gen::inRange<std::size_t>(0, 40);
    if (step == 0) {
      buffer.consume(std::min(amount, buffer.size()));
      expected.erase(0, std::min(amount, expected.size()));
    } else if (step == 1) {
      buffer.reserve(amount);
      RC_ASSERT(buffer.size() + buffer.room_size() >= amount);
    } else if (step == 2 && buffer.room_size() > 0) {
      *buffer.room() = 'r';
      buffer.commit(1);
      expected += 'r';
    } else {
      const std::string more(amount, static_cast<char>('a' + step));
      buffer.append(more);
      expected += more;
    }
    RC_ASSERT(buffer.view() == expected);
    RC_ASSERT(buffer.empty() == expected.empty());
    if (buffer.capacity() > 0) sum_of_padding(buffer);
  }
}

}  // namespace
}  // namespace phigate::net
