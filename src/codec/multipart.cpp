#include "phigate/codec/multipart.hpp"

#include <algorithm>
#include <utility>

#include "codec/form_part_head.hpp"
#include "codec/header_parameters.hpp"
#include "phigate/core/ascii.hpp"

namespace phigate::codec {
namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::string_view head_end = "\r\n\r\n";
constexpr std::string_view closing = "--";
constexpr std::size_t longest_boundary = 70;

// RFC 2046 §5.1.1
bool is_boundary_char(char c) {
  return core::ascii::is_alphanumeric(c) || std::string_view("'()+_,-./:=? ").contains(c);
}

bool is_boundary(std::string_view text) {
  return !text.empty() && text.size() <= longest_boundary && !text.ends_with(' ') &&
         std::ranges::all_of(text, is_boundary_char);
}

std::unexpected<core::api_error> refuse(core::error_code code, std::string message) {
  return std::unexpected(core::api_error{.code = code, .message = std::move(message)});
}

std::unexpected<core::api_error> malformed(std::string what) {
  return std::unexpected(malformed_form(std::move(what)));
}

// An extended or continued form of a parameter (RFC 2231): to some it is the boundary, whatever else is given.
bool is_boundary_in_disguise(std::string_view name) {
  return core::ascii::starts_with_ignoring_case(name, "boundary*");
}

// Of a mark that is no delimiter here.
std::unexpected<core::api_error> out_of_place(std::string_view before) {
  if (before.ends_with('\n') || before.ends_with('\r')) {
    return malformed("a boundary stands behind a bare LF or CR. Each line must end with CRLF.");
  }
  return malformed(
      "the boundary, with two hyphens, stands within a line. Choose one that nothing in the form contains, and end the "
      "line before each with CRLF.");
}

// Spaces and tabs behind a boundary; the rest of its line follows them.
std::size_t padding_of(std::string_view behind) {
  return std::min(behind.find_first_not_of(" \t"), behind.size());
}

std::unexpected<core::api_error> padded_too_long() {
  return malformed("a boundary is followed by too many spaces.");
}

std::unexpected<core::api_error> line_that_goes_on() {
  return malformed("a line begins with the boundary, but goes on behind it.");
}

}  // namespace

std::expected<std::string, core::api_error> boundary_of(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find(';'));
  if (!core::ascii::equals_ignoring_case(without_outer_space(type), "multipart/form-data")) {
    return refuse(core::error_code::unsupported_media_type,
                  "Send the form with one Content-Type: multipart/form-data with its boundary.");
  }
  const auto bad = [](std::string what) { return refuse(core::error_code::bad_request, std::move(what)); };
  const auto value = read_header_value(content_type);
  if (!value) return bad("The Content-Type multipart/form-data has parameters that can't be read, or no boundary.");
  const header_parameter* found = nullptr;
  for (const header_parameter& each : value->parameters) {
    const bool is_plain = core::ascii::equals_ignoring_case(each.name, "boundary");
    if (is_boundary_in_disguise(each.name) || (is_plain && found != nullptr)) {
      return bad("The Content-Type multipart/form-data has more than one boundary, or one that is encoded.");
    }
    if (is_plain) found = &each;
  }
  if (found == nullptr) return bad("The Content-Type multipart/form-data lacks its boundary.");
  if (!is_boundary(found->value)) return bad("The boundary must be 1 to 70 of the characters that RFC 2046 allows.");
  return std::string(found->value);
}

multipart_reader::multipart_reader(std::string boundary, admission admit)
    : mark_("--" + std::move(boundary)), admit_(std::move(admit)) {}

std::expected<void, core::api_error> multipart_reader::advance(std::string_view so_far) {
  for (;;) {
    const progress moved = step(so_far);
    if (!moved) return std::unexpected(moved.error());
    if (!*moved) return {};
  }
}

bool multipart_reader::is_complete() const {
  return place_ == place::closing_line || place_ == place::epilogue;
}

std::vector<form_part> multipart_reader::parts(std::string_view body) const {
  std::vector<form_part> all;
  all.reserve(parts_.size());
  for (const found_part& part : parts_) all.push_back({part.head, body.substr(part.begin, part.end - part.begin)});
  return all;
}

multipart_reader::progress multipart_reader::step(std::string_view so_far) {
  switch (place_) {
    case place::preamble:
      return find_first_delimiter(so_far);
    case place::part_head:
      return read_head(so_far);
    case place::part_value:
      return find_value_end(so_far);
    case place::closing_line:
      return read_closing_line(so_far);
    case place::epilogue:
      return judge_epilogue(so_far);
  }
  std::unreachable();
}

// Without a preamble it stands at the very start, where no CRLF can come before it.
multipart_reader::progress multipart_reader::find_first_delimiter(std::string_view so_far) {
  if (!find_mark(so_far)) return false;
  const std::string_view before = so_far.substr(0, at_);
  if (!before.empty() && !before.ends_with(line_end)) return out_of_place(before);
  return pass_delimiter(so_far);
}

multipart_reader::progress multipart_reader::read_head(std::string_view so_far) {
  const std::size_t end = so_far.find(head_end, at_);
  const bool found = end != std::string_view::npos;
  const std::size_t latest = head_begin_ + longest_part_head - line_end.size();
  if (found ? end > latest : so_far.size() >= latest + head_end.size()) {
    return malformed("the head of a part is longer than " + std::to_string(longest_part_head) + " bytes.");
  }
  if (!found) {
    at_ = std::max(at_, so_far.size() - (head_end.size() - 1));
    return false;
  }
  const std::string_view lines = so_far.substr(head_begin_, end + line_end.size() - head_begin_);
  // To others the part ends there, though the line may look like a field.
  if (lines.contains(mark_)) return malformed("a boundary stands within the head of a part.");
  auto head = read_part_head(lines);
  if (!head) return std::unexpected(std::move(head.error()));
  if (auto refused = admit_(*head)) return std::unexpected(*std::move(refused));
  at_ = end + head_end.size();
  parts_.push_back({.head = *std::move(head), .begin = at_});
  place_ = place::part_value;
  return true;
}

multipart_reader::progress multipart_reader::find_value_end(std::string_view so_far) {
  found_part& part = parts_.back();
  const bool found = find_mark(so_far);
  const std::size_t latest = part.begin + longest_field + line_end.size();
  const bool too_long = found ? at_ > latest : so_far.size() >= latest + mark_.size();
  if (!part.head.filename && too_long) {
    return malformed("a field's value is longer than " + std::to_string(longest_field) + " bytes.");
  }
  if (!found) return false;
  // Some read a boundary right behind the head as the end of a part without a value, some as a value's first line.
  if (at_ == part.begin) return malformed("a part has no line between its head and the next boundary.");
  const std::string_view value_and_end = so_far.substr(part.begin, at_ - part.begin);
  if (!value_and_end.ends_with(line_end)) return out_of_place(value_and_end);
  part.end = at_ - line_end.size();
  return pass_delimiter(so_far);
}

// The mark at at_ delimits. As long as it can't be told what follows, it is found again.
multipart_reader::progress multipart_reader::pass_delimiter(std::string_view so_far) {
  const std::size_t end = at_ + mark_.size();
  const std::string_view behind = so_far.substr(end);
  if (behind.starts_with(closing)) {
    at_ = end + closing.size();
    place_ = place::closing_line;
    return true;
  }
  if (behind == closing.substr(0, 1)) return false;
  const std::size_t padding = padding_of(behind);
  if (padding > longest_padding) return padded_too_long();
  const std::string_view rest = behind.substr(padding);
  if (rest.starts_with(line_end)) return begin_part(end + padding + line_end.size());
  if (line_end.starts_with(rest)) return false;
  return line_that_goes_on();
}

// What goes on behind it is no closing delimiter to some.
multipart_reader::progress multipart_reader::read_closing_line(std::string_view so_far) {
  const std::string_view behind = so_far.substr(at_);
  const std::size_t padding = padding_of(behind);
  if (padding > longest_padding) return padded_too_long();
  if (padding == behind.size()) return false;
  if (behind[padding] != '\r' && behind[padding] != '\n') return line_that_goes_on();
  at_ += padding;
  place_ = place::epilogue;
  return true;
}

multipart_reader::progress multipart_reader::judge_epilogue(std::string_view so_far) {
  if (find_mark(so_far)) return malformed("a boundary stands behind the closing one.");
  return false;
}

multipart_reader::progress multipart_reader::begin_part(std::size_t begin) {
  if (parts_.size() == most_parts) return malformed("it has more than " + std::to_string(most_parts) + " parts.");
  head_begin_ = begin;
  at_ = begin - line_end.size();  // an empty head ends where it begins
  place_ = place::part_head;
  return true;
}

// Moves to the next mark, or to where the rest of one may still come.
bool multipart_reader::find_mark(std::string_view so_far) {
  const std::size_t found = so_far.find(mark_, at_);
  if (found != std::string_view::npos) {
    at_ = found;
    return true;
  }
  const std::size_t open = std::min(so_far.size(), mark_.size() - 1);
  at_ = std::max(at_, so_far.size() - open);
  return false;
}

}  // namespace phigate::codec
