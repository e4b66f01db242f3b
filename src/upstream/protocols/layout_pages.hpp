// Azure Document Intelligence's layout of a document as pages of Markdown: its one content text, cut where its pages
// stand in it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "phigate/codec/json.hpp"

namespace phigate::upstream {

// The most that the service analyses of one document (its service limits).
inline constexpr std::size_t most_layout_pages = 2000;

// The members that layout_pages reads: a result lists each word and its place too, which would be many times as much.
inline constexpr std::array<std::string_view, 10> layout_members{
    "content", "height", "length", "offset", "pageNumber", "pages", "spans", "stringIndexType", "unit", "width"};

// A result says lengths in inches (PDF) or pixels (images) and never a resolution.
inline constexpr std::int64_t layout_dpi = 96;

struct page_size {  // in pixels at layout_dpi
  std::int64_t width = 0;
  std::int64_t height = 0;
};

struct layout_page {
  std::int64_t index = 0;    // from 0
  bool is_numbered = false;  // by the provider; else the index is its place among the pages
  std::string markdown;      // without the provider's comments on page breaks, headers, footers and numbers
  std::optional<std::string> header;
  std::optional<std::string> footer;
  std::optional<page_size> size;  // absent where a page has none: Office documents, HTML
};

// The pages of an `analyzeResult`, in its order: as many as it lists, or where it lists none, its content's parts
// between page breaks. Text that no page's spans claim is cut at the breaks, where they part it into as many pages, and
// else belongs to the page before it. Nothing: it has no content text, counts in something other than code points, or
// has more pages than most_layout_pages. No code point is in two pages, so the pages together are no larger than the
// content, whatever the result claims, and no text is lost.
std::optional<std::vector<layout_page>> layout_pages(codec::json_value result);

}  // namespace phigate::upstream
