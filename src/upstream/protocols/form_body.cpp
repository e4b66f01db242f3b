#include "upstream/protocols/form_body.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <vector>

namespace phigate::upstream {
namespace {

constexpr std::string_view boundary_stem = "phigate-form-boundary-";
constexpr std::string_view digits = "0123456789abcdef";

// How often `boundary` occurs, and what stands behind it.
struct occurrences {
  std::size_t total = 0;
  std::array<std::size_t, digits.size()> followed_by{};
};

void count(std::string_view content, std::string_view boundary, occurrences& found) {
  const std::boyer_moore_horspool_searcher searcher(boundary.begin(), boundary.end());
  for (auto at = content.begin();;) {
    const auto [begin, end] = searcher(at, content.end());
    if (begin == content.end()) return;
    ++found.total;
    const std::size_t digit = end == content.end() ? std::string_view::npos : digits.find(*end);
    if (digit != std::string_view::npos) ++found.followed_by[digit];
    at = begin + 1;
  }
}

std::string escaped(std::string_view name) {
  std::string out;
  out.reserve(name.size());
  for (const char c : name) {
    switch (c) {
      case '"':
        out += "%22";
        break;
      case '\r':
        out += "%0D";
        break;
      case '\n':
        out += "%0A";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string media_type_line(std::string_view given) {
  const bool fits = !given.empty() && std::ranges::all_of(given, [](char c) { return c >= 0x20 && c < 0x7f; });
  return "content-type: " + std::string(fits ? given : "application/octet-stream") + "\r\n";
}

void push(codec::spliced_body& body, std::string_view piece) {
  if (piece.empty()) return;
  body.pieces.push_back(piece);
  body.size += piece.size();
}

}  // namespace

// Looked for rather than drawn, so that nobody's luck or knowledge of the draw matters: a file full of boundaries makes
// the next try one digit longer, and the digit that follows them least often leaves at most a sixteenth of them.
std::string boundary_outside(std::span<const std::string_view> contents) {
  std::string boundary(boundary_stem);
  while (true) {
    occurrences found;
    for (const std::string_view content : contents) count(content, boundary, found);
    if (found.total == 0) return boundary;
    const auto rarest = std::ranges::min_element(found.followed_by);
    boundary += digits[static_cast<std::size_t>(rarest - found.followed_by.begin())];
  }
}

form_body write_form(std::span<const form_field> fields, const form_file& file) {
  std::vector<std::string_view> contents{file.bytes};
  for (const form_field& field : fields) contents.push_back(field.second);
  const std::string boundary = boundary_outside(contents);
  const std::string delimiter = "--" + boundary + "\r\ncontent-disposition: form-data; name=\"";

  std::string head;
  for (const auto& [name, value] : fields) {
    head += delimiter + escaped(name) + "\"\r\n\r\n" + value + "\r\n";
  }
  head += delimiter + escaped(file.name) + "\"; filename=\"" + escaped(file.filename) + "\"\r\n";
  head += media_type_line(file.media_type) + "\r\n";

  form_body form;
  form.content_type = "multipart/form-data; boundary=" + boundary;
  push(form.body, form.body.owned.emplace_back(std::move(head)));
  push(form.body, file.bytes);
  push(form.body, form.body.owned.emplace_back("\r\n--" + boundary + "--\r\n"));
  return form;
}

}  // namespace phigate::upstream
