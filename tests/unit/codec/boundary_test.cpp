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

TEST(Boundary, IsNotLookedForInAnotherMediaType) {
  for (const char* value :
       {"", ";", "application/json", "multipart/mixed; boundary=a", "multipart/form-datax; boundary=a",
        "multipart/form-data boundary=a", "multipart/form-data, multipart/form-data; boundary=a",
        "application/x-www-form-urlencoded; boundary=a", "multipart/ form-data; boundary=a"}) {
    const auto found = boundary_of(value);
    ASSERT_FALSE(found) << value;
    EXPECT_EQ(found.error().code, error_code::unsupported_media_type) << value;
    EXPECT_NE(found.error().message.find("multipart/form-data"), std::string::npos) << value;
  }
}

TEST(Boundary, RefusesAFormsTypeThatHasNoneOrMoreOrABadOne) {
  for (const std::string& parameters : {std::string(),
                                        std::string(";"),
                                        std::string("; charset=utf-8"),
                                        std::string("; boundary"),
                                        std::string("; boundary="),
                                        std::string("; boundary=\"\""),
                                        std::string("; boundary=\"a"),
                                        std::string("; boundary =a"),
                                        std::string("; boundary= a"),
                                        std::string("; boundary=a; boundary=a"),
                                        std::string("; boundary=a; Boundary=b"),
                                        std::string("; boundary=a; boundary*=UTF-8''b"),
                                        std::string("; BOUNDARY*0=b; boundary=a"),
                                        std::string("; boundary*=UTF-8''b"),
                                        std::string("; boundary=a b"),
                                        std::string("; boundary=a, b"),
                                        std::string("; boundary=\"a \""),
                                        std::string("; boundary=\"a\\b\""),
                                        std::string("; boundary=\"a\"b"),
                                        std::string("; boundary=a@b"),
                                        std::string("; boundary=\"a\r\n\""),
                                        std::string("; boundary=é"),
                                        "; boundary=" + std::string(71, 'x')}) {
    const auto found = boundary_of("multipart/form-data" + parameters);
    ASSERT_FALSE(found) << parameters;
    EXPECT_EQ(found.error().code, error_code::bad_request) << parameters;
    EXPECT_NE(found.error().message.find("boundary"), std::string::npos) << parameters;
  }
}

}  // namespace
}  // namespace phigate::codec
