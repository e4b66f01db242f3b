// A form that is read, whole or as it arrives.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "phigate/codec/multipart.hpp"

namespace phigate::codec {

inline constexpr std::string_view boundary = "b0und";
inline const std::string file_head = "Content-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n";

struct outcome {
  std::optional<core::api_error> error;
  bool complete = false;
  std::vector<form_part> parts;  // into the body
};

inline std::optional<core::api_error> admit_all(const part_head&) {
  return std::nullopt;
}

// Each cut is how much of the body has come by then; the whole of it comes last.
inline outcome parse(std::string_view body, const std::vector<std::size_t>& cuts = {},
                     const multipart_reader::admission& admit = admit_all) {
  multipart_reader reader{std::string(boundary), admit};
  outcome result;
  auto verdict = std::expected<void, core::api_error>();
  for (const std::size_t cut : cuts) {
    // A copy, so that a sanitizer sees any byte read beyond what has come.
    const std::vector<char> so_far(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(cut));
    verdict = reader.advance({so_far.data(), so_far.size()});
    if (!verdict) break;
  }
  if (verdict) verdict = reader.advance(body);
  if (!verdict) result.error = verdict.error();
  result.complete = verdict && reader.is_complete();
  if (result.complete) result.parts = reader.parts(body);
  return result;
}

inline std::string part(std::string_view head, std::string_view value) {
  return "--b0und\r\n" + std::string(head) + "\r\n" + std::string(value) + "\r\n";
}

inline std::string field(std::string_view name, std::string_view value) {
  return part("Content-Disposition: form-data; name=\"" + std::string(name) + "\"\r\n", value);
}

inline const std::string closing = "--b0und--\r\n";

inline void expect_same(const outcome& left, const outcome& right) {
  ASSERT_EQ(left.error.has_value(), right.error.has_value());
  EXPECT_EQ(left.error.value_or(core::api_error{}).message, right.error.value_or(core::api_error{}).message);
  ASSERT_EQ(left.complete, right.complete);
  ASSERT_EQ(left.parts.size(), right.parts.size());
  for (std::size_t i = 0; i < left.parts.size(); ++i) {
    EXPECT_EQ(left.parts[i].head.name, right.parts[i].head.name);
    EXPECT_EQ(left.parts[i].head.filename, right.parts[i].head.filename);
    EXPECT_EQ(left.parts[i].head.content_type, right.parts[i].head.content_type);
    EXPECT_EQ(left.parts[i].value, right.parts[i].value);
  }
}

// The verdict, and what is read, however the body arrives.
inline void expect_same_however_cut(const std::string& body) {
  const outcome whole = parse(body);
  std::vector<std::size_t> every;
  for (std::size_t cut = 0; cut < body.size(); ++cut) {
    expect_same(parse(body, {cut}), whole);
    every.push_back(cut);
  }
  expect_same(parse(body, every), whole);
}

struct malformed_case {
  std::string body;
  std::string message;  // part of it
};

}  // namespace phigate::codec
