#include "server/request_id.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace phigate::server {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::uint8_t, 10> zeros{};
constexpr std::array<std::uint8_t, 10> ones{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

TEST(request_id, lays_out_time_version_variant_and_random_bits) {
  // The example of RFC 9562, appendix A.6: 2022-02-22 14:22:22 -05:00.
  const std::chrono::system_clock::time_point then{1'645'557'742'000ms};
  const std::array<std::uint8_t, 10> random{0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f};
  EXPECT_EQ(make_request_id(then, random), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
}

TEST(request_id, no_random_bit_touches_version_or_variant) {
  EXPECT_EQ(make_request_id({}, zeros), "00000000-0000-7000-8000-000000000000");
  EXPECT_EQ(make_request_id({}, ones), "00000000-0000-7fff-bfff-ffffffffffff");
}

TEST(request_id, sorts_by_the_millisecond) {
  const std::chrono::system_clock::time_point now{1'800'000'000'000ms};
  EXPECT_LT(make_request_id(now, ones), make_request_id(now + 1ms, zeros));
  EXPECT_EQ(make_request_id(now, zeros), make_request_id(now + 999us, zeros));
}

TEST(request_id, tells_the_time_of_its_making) {
  const auto before = std::chrono::system_clock::now();
  const std::string id = make_request_id();
  const auto after = std::chrono::system_clock::now();
  EXPECT_GE(id.substr(0, 13), make_request_id(before, zeros).substr(0, 13));
  EXPECT_LE(id.substr(0, 13), make_request_id(after, zeros).substr(0, 13));
}

TEST(request_id, is_never_made_twice) {
  std::set<std::string> made;
  for (int i = 0; i < 20'000; ++i) {
    const std::string id = make_request_id();
    ASSERT_EQ(id.size(), 36U);
    ASSERT_EQ(id[14], '7') << id;
    ASSERT_NE(std::string_view("89ab").find(id[19]), std::string_view::npos) << id;
    ASSERT_TRUE(made.insert(id).second) << id;
  }
}

TEST(request_id, takes_a_clients_id_of_plain_characters_up_to_128) {
  for (const std::string& id : {std::string("a"), std::string("A-b_c.9"), std::string(128, 'x'), std::string("..")}) {
    EXPECT_TRUE(is_client_request_id(id)) << id;
  }
  for (const std::string& id :
       {std::string(), std::string(129, 'x'), std::string("a b"), std::string("a/b"), std::string("a\n"),
        std::string("a\0b", 3), std::string("\xc3\xa9"), std::string("a,b"), std::string("a:b"), std::string("@"),
        std::string("["), std::string("`"), std::string("{"), std::string("\x7f")}) {
    EXPECT_FALSE(is_client_request_id(id)) << id;
  }
}

}  // namespace
}  // namespace phigate::server
