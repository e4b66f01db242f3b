#include "upstream/protocols/form_body.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "phigate/codec/multipart.hpp"

namespace phigate::upstream {
namespace {

constexpr std::string_view stem = "phigate-form-boundary-";

std::string boundary_for(std::string_view content) {
  return boundary_outside(std::array{content});
}

// Read back as any receiver would.
std::vector<codec::form_part> read(const form_body& form, const std::string& text) {
  codec::multipart_reader reader(codec::boundary_of(form.content_type).value(),
                                 [](const codec::part_head&) { return std::nullopt; });
  EXPECT_TRUE(reader.advance(text).has_value());
  EXPECT_TRUE(reader.is_complete());
  return reader.parts(text);
}

TEST(boundary_outside, is_the_plain_one_where_nothing_holds_it) {
  EXPECT_EQ(boundary_for(""), stem);
  EXPECT_EQ(boundary_for("phigate-form-boundary"), stem);
  EXPECT_EQ(boundary_outside({}), stem);
}

TEST(boundary_outside, is_in_none_of_the_contents_whatever_they_hold) {
  const std::string plain(stem);
  for (const std::string& hostile :
       {plain, plain + "0", plain + "0" + plain + "00", plain + plain, "x" + plain + "f", plain.substr(1) + plain}) {
    const std::string boundary = boundary_for(hostile);
    EXPECT_EQ(hostile.find(boundary), std::string::npos) << boundary;
    EXPECT_TRUE(boundary.starts_with(stem));
  }
}

TEST(boundary_outside, stays_short_however_many_boundaries_a_file_holds) {
  // Every boundary with up to four digits behind the plain one.
  std::string file;
  constexpr std::string_view digits = "0123456789abcdef";
  for (std::size_t i = 0; i < 65536; ++i) {
    file += stem;
    for (const std::size_t shift : {12U, 8U, 4U, 0U}) file += digits[(i >> shift) & 0xFU];
  }
  const std::string boundary = boundary_for(file);
  EXPECT_EQ(file.find(boundary), std::string::npos);
  EXPECT_EQ(boundary.size(), stem.size() + 5);
}

TEST(boundary_outside, looks_at_every_content) {
  const std::string last = std::string(stem) + "0";
  const std::array<std::string_view, 3> contents{"a", "", last};
  EXPECT_EQ(last.find(boundary_outside(contents)), std::string::npos);
}

TEST(write_form, reads_back_as_it_was_given) {
  const std::vector<form_field> fields{
      {"model", "whisper-1"}, {"prompt", "two\r\nlines"}, {"list[]", "a"}, {"list[]", ""}};
  const std::string file("\0\r\n--\xff binary", 14);
  const form_body form =
      write_form(fields, {.name = "file", .filename = "talk.mp3", .media_type = "audio/mpeg", .bytes = file});
  const std::string text = form.body.text();
  EXPECT_EQ(form.body.size, text.size());

  const auto parts = read(form, text);
  ASSERT_EQ(parts.size(), 5u);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    EXPECT_EQ(parts[i].head.name, fields[i].first);
    EXPECT_EQ(parts[i].head.filename, std::nullopt);
    EXPECT_EQ(parts[i].value, fields[i].second);
  }
  EXPECT_EQ(parts[4].head.name, "file");
  EXPECT_EQ(parts[4].head.filename, "talk.mp3");
  EXPECT_EQ(parts[4].head.content_type, "audio/mpeg");
  EXPECT_EQ(parts[4].value, file);
}

TEST(write_form, does_not_copy_the_file) {
  const std::string file(100'000, 'x');
  const form_body form = write_form({}, {.name = "file", .filename = "a", .media_type = "", .bytes = file});
  ASSERT_EQ(form.body.pieces.size(), 3u);
  EXPECT_EQ(form.body.pieces[1].data(), file.data());
}

TEST(write_form, sends_an_empty_file) {
  const form_body form = write_form({}, {.name = "file", .filename = "a", .media_type = "", .bytes = ""});
  const std::string text = form.body.text();
  const auto parts = read(form, text);
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_EQ(parts[0].value, "");
  EXPECT_EQ(parts[0].head.content_type, "application/octet-stream");
}

TEST(write_form, lets_no_value_pose_as_another_part) {
  const std::string injected = "x\r\n--" + std::string(stem) +
                               "\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\nother\r\n--" +
                               std::string(stem) + "--\r\n";
  const std::vector<form_field> fields{{"model", "mine"}, {"prompt", injected}};
  const form_body form =
      write_form(fields, {.name = "file", .filename = "a", .media_type = "audio/wav", .bytes = injected});
  const std::string text = form.body.text();
  const auto parts = read(form, text);
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_EQ(parts[1].value, injected);
  EXPECT_EQ(parts[2].value, injected);
}

TEST(write_form, escapes_names_as_browsers_do) {
  const std::vector<form_field> fields{{"a\"b", "1"}};
  const form_body form = write_form(
      fields, {.name = "file", .filename = "x\"; name=\"model\"\r\n\r\né.wav", .media_type = "", .bytes = "y"});
  const std::string text = form.body.text();
  EXPECT_NE(text.find("name=\"a%22b\"\r\n"), std::string::npos);
  EXPECT_NE(text.find("filename=\"x%22; name=%22model%22%0D%0A%0D%0Aé.wav\"\r\n"), std::string::npos);
}

TEST(write_form, gives_no_media_type_that_could_break_its_line) {
  for (const std::string_view type : {"", "audio/mpeg\r\nx: y", "audio/\x7f", "audio/\xC3\xA9"}) {
    const form_body form = write_form({}, {.name = "file", .filename = "a", .media_type = type, .bytes = "y"});
    EXPECT_NE(form.body.text().find("\r\ncontent-type: application/octet-stream\r\n\r\ny\r\n"), std::string::npos);
  }
}

}  // namespace
}  // namespace phigate::upstream
