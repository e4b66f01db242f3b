#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "phigate/codec/multipart.hpp"

namespace phigate::codec {
namespace {

using core::error_code;

TEST(Boundary, IsReadFromAContentType) {
  const std::pair<std::string, std::string> cases[] = {
      {"multipart/form-data; boundary=abc", "abc"},
      {"Multipart/Form-Data;BOUNDARY=abc", "abc"},
      {"multipart/form-data; boundary=\"a b:c\"", "a b:c"},
      {"multipart/form-data ;\tcharset=utf-8 ; boundary=abc;", "abc"},
      {"multipart/form-data; x=\"; boundary=no\"; boundary=yes", "yes"},
      {"multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW", "----WebKitFormBoundary7MA4YWxkTrZu0gW"},
      {"multipart/form-data; boundary=----=_Part_1_2.3", "----=_Part_1_2.3"},
      {"multipart/form-data; boundary=" + std::string(70, 'x'), std::string(70, 'x')},
  };
  for (const auto& [value, expected] : cases) {
    const auto found = boundary_of(value);
    ASSERT_TRUE(found) << value << "\n" << found.error().message;
    EXPECT_EQ(*found, expected) << value;
  }
}

TEST(Boundary, RefusesAContentTypeThatHasNoneOrMore) {
  for (const std::string& value : {std::string(),
                                   std::string("application/json"),
                                   std::string("multipart/mixed; boundary=a"),
                                   std::string("multipart/form-datax; boundary=a"),
                                   std::string("multipart/form-data"),
                                   std::string("multipart/form-data; boundary"),
                                   std::string("multipart/form-data; boundary="),
                                   std::string("multipart/form-data; boundary=\"\""),
                                   std::string("multipart/form-data; boundary=\"a"),
                                   std::string("multipart/form-data; boundary =a"),
                                   std::string("multipart/form-data; boundary= a"),
                                   std::string("multipart/form-data; boundary=a; boundary=a"),
                                   std::string("multipart/form-data; boundary=a; Boundary=b"),
                                   std::string("multipart/form-data; boundary=a b"),
                                   std::string("multipart/form-data; boundary=a, b"),
                                   std::string("multipart/form-data; boundary=\"a \""),
                                   std::string("multipart/form-data; boundary=\"a\\b\""),
                                   std::string("multipart/form-data; boundary=\"a\"b"),
                                   std::string("multipart/form-data; boundary=a@b"),
                                   std::string("multipart/form-data; boundary=\"a\r\n\""),
                                   std::string("multipart/form-data; boundary=é"),
                                   "multipart/form-data; boundary=" + std::string(71, 'x'),
                                   std::string("multipart/form-data boundary=a")}) {
    const auto found = boundary_of(value);
    ASSERT_FALSE(found) << value;
    EXPECT_EQ(found.error().code, error_code::unsupported_media_type) << value;
    EXPECT_FALSE(found.error().message.empty());
  }
}

}  // namespace
}  // namespace phigate::codec
