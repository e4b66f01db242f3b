#include "phigate/codec/multipart.hpp"

#include <algorithm>
#include <utility>

#include "codec/form_part_head.hpp"
#include "codec/header_parameters.hpp"

namespace phigate::codec {
namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::string_view head_end = "\r\n\r\n";
constexpr std::size_t longest_boundary = 70;

// RFC 2046 §5.1.1
bool is_boundary_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         std::string_view("'()+_,-./:=? ").contains(c);
}

bool is_boundary(std::string_view text) {
  return !text.empty() && text.size() <= longest_boundary && !text.ends_with(' ') &&
         std::ranges::all_of(text, is_boundary_char);
}

std::unexpected<core::api_error> not_a_form(std::string message) {
  return std::unexpected(
      core::api_error{.code = core::error_code::unsupported_media_type, .message = std::move(message)});
}

std::unexpected<core::api_error> malformed(std::string what) {
  return std::unexpected(malformed_form(std::move(what)));
}

}  // namespace

std::expected<std::string, core::api_error> boundary_of(std::string_view content_type) {
  const auto type = read_header_value(content_type);
  if (!type || !same_but_for_case(type->value, "multipart/form-data")) {
    return not_a_form("The Content-Type must be multipart/form-data.");
  }
  const auto is_boundary_name = [](const header_parameter& each) { return same_but_for_case(each.name, "boundary"); };
  const auto found = std::ranges::find_if(type->parameters, is_boundary_name);
  if (found == type->parameters.end()) return not_a_form("The Content-Type multipart/form-data lacks its boundary.");
  if (std::find_if(found + 1, type->parameters.end(), is_boundary_name) != type->parameters.end()) {
    return not_a_form("The Content-Type multipart/form-data has more than one boundary.");
  }
  if (!is_boundary(found->value)) {
    return not_a_form("The boundary must be 1 to 70 of the characters that RFC 2046 allows.");
  }
  return std::string(found->value);
}

multipart_reader::multipart_reader(std::string boundary, admission admit)
    : delimiter_("\r\n--" + std::move(boundary)), admit_(std::move(admit)) {}

std::expected<void, core::api_error> multipart_reader::advance(std::string_view so_far) {
  for (;;) {
    const progress moved = step(so_far);
    if (!moved) return std::unexpected(moved.error());
    if (!*moved) return {};
  }
}

bool multipart_reader::is_complete() const {
  return place_ == place::epilogue;
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
    case place::epilogue:
      return false;
  }
  std::unreachable();
}

// Without a preamble it stands at the very start, where no CRLF can come before it.
multipart_reader::progress multipart_reader::find_first_delimiter(std::string_view so_far) {
  const std::string_view at_start = std::string_view(delimiter_).substr(line_end.size());
  if (so_far.starts_with(at_start)) return pass_delimiter(so_far, at_start.size());
  if (so_far.size() < delimiter_.size() || !find_delimiter(so_far)) return false;
  return pass_delimiter(so_far, at_ + delimiter_.size());
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
  // To others the part ends there, though as a line of the head it may look like a field.
  const std::size_t before = head_begin_ - line_end.size();
  if (so_far.substr(before, end - before + line_end.size()).contains(delimiter_)) {
    return malformed("a boundary stands within the head of a part.");
  }
  auto head = read_part_head(so_far.substr(head_begin_, end + line_end.size() - head_begin_));
  if (!head) return std::unexpected(std::move(head.error()));
  if (auto refused = admit_(*head)) return std::unexpected(*std::move(refused));
  const std::size_t begin = end + head_end.size();
  parts_.push_back({.head = *std::move(head), .begin = begin});
  at_ = end + line_end.size();
  place_ = place::part_value;
  return true;
}

multipart_reader::progress multipart_reader::find_value_end(std::string_view so_far) {
  found_part& part = parts_.back();
  const bool found = find_delimiter(so_far);
  // Some read a boundary right behind the head as the end of a part without a value, some as a value's first line.
  if (found && at_ < part.begin) return malformed("a part has no line between its head and the next boundary.");
  const std::size_t latest = part.begin + longest_field;
  const bool too_long = found ? at_ > latest : so_far.size() >= latest + delimiter_.size();
  if (!part.head.filename && too_long) {
    return malformed("a field's value is longer than " + std::to_string(longest_field) + " bytes.");
  }
  if (!found) return false;
  part.end = at_;
  return pass_delimiter(so_far, at_ + delimiter_.size());
}

// `end`: behind the boundary. As long as it can't be told what follows, the delimiter is found again.
multipart_reader::progress multipart_reader::pass_delimiter(std::string_view so_far, std::size_t end) {
  const std::string_view behind = so_far.substr(end);
  if (behind.starts_with("--")) {
    place_ = place::epilogue;
    return true;
  }
  if (behind == "-") return false;
  const std::size_t padding = std::min(behind.find_first_not_of(" \t"), behind.size());
  if (padding > longest_padding) return malformed("a boundary is followed by too many spaces.");
  const std::string_view rest = behind.substr(padding);
  if (rest.starts_with(line_end)) return begin_part(end + padding + line_end.size());
  if (line_end.starts_with(rest)) return false;
  return malformed("a line begins with the boundary, but goes on behind it.");
}

multipart_reader::progress multipart_reader::begin_part(std::size_t begin) {
  if (parts_.size() == most_parts) return malformed("it has more than " + std::to_string(most_parts) + " parts.");
  head_begin_ = begin;
  at_ = begin - line_end.size();  // an empty head ends where it begins
  place_ = place::part_head;
  return true;
}

// Moves to the delimiter, or to where the rest of one may still come. The body is no shorter than a delimiter.
bool multipart_reader::find_delimiter(std::string_view so_far) {
  const std::size_t found = so_far.find(delimiter_, at_);
  if (found != std::string_view::npos) {
    at_ = found;
    return true;
  }
  at_ = std::max(at_, so_far.size() - (delimiter_.size() - 1));
  return false;
}

}  // namespace phigate::codec
