// multipart/form-data (RFC 7578), parsed while it arrives (spec §10, threats §1): a form that can't be meant is refused
// at the part that is wrong, not after 25 MiB. So is one that another parser could read as having further parts, since
// a `provider` in one of them would go unheeded here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "phigate/core/error.hpp"

namespace phigate::codec {

// The boundary of a Content-Type's value: 1 to 70 of RFC 2046's characters. A value of another media type:
// unsupported_media_type. Without a boundary, with two of them or with a bad one: bad_request.
std::expected<std::string, core::api_error> boundary_of(std::string_view content_type);

struct part_head {
  std::string name;
  std::optional<std::string> filename;
  std::string content_type;  // empty: none given
};

struct form_part {
  part_head head;
  std::string_view value;  // into the body
};

// Fed with the whole body so far, again and again as it grows: nothing of a value is copied, and no byte is looked at
// twice but for what could be part of a delimiter. Whether a body is refused, and why, is the same however it is cut.
//
// Two hyphens with the boundary delimit parts at the body's start and behind CRLF, and must stand nowhere else: behind
// a bare LF or CR, within a line, ahead of the first part or after the last one, others read a delimiter there.
class multipart_reader {
 public:
  static constexpr std::size_t most_parts = 64;
  static constexpr std::size_t longest_part_head = 8u << 10;
  static constexpr std::size_t longest_field = 256u << 10;  // the value of a part without a filename
  static constexpr std::size_t longest_padding = 256;       // spaces and tabs behind a boundary

  // `admit` judges each part as soon as its head is there.
  using admission = std::function<std::optional<core::api_error>(const part_head&)>;
  multipart_reader(std::string boundary, admission admit);

  // `so_far`: the body from its first byte. Anything malformed or over a limit: bad_request, saying what.
  std::expected<void, core::api_error> advance(std::string_view so_far);
  // The closing delimiter was seen. What follows it is of no meaning, but advance still judges it.
  [[nodiscard]] bool is_complete() const;
  // Once complete; the values point into `body`, which is the one that advance saw whole.
  [[nodiscard]] std::vector<form_part> parts(std::string_view body) const;

 private:
  enum class place : std::uint8_t { preamble, part_head, part_value, closing_line, epilogue };
  struct found_part {
    part_head head;
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  using progress = std::expected<bool, core::api_error>;  // false: more of the body is needed

  progress step(std::string_view so_far);
  progress find_first_delimiter(std::string_view so_far);
  progress read_head(std::string_view so_far);
  progress find_value_end(std::string_view so_far);
  progress pass_delimiter(std::string_view so_far);
  progress read_closing_line(std::string_view so_far);
  progress judge_epilogue(std::string_view so_far);
  progress begin_part(std::size_t begin);
  bool find_mark(std::string_view so_far);

  std::string mark_;  // two hyphens, the boundary
  admission admit_;
  place place_ = place::preamble;
  std::size_t at_ = 0;          // no mark, and no end of a head, begins between it and what was read before
  std::size_t head_begin_ = 0;  // of the part that is being read
  std::vector<found_part> parts_;
};

}  // namespace phigate::codec
