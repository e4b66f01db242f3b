#include "upstream/protocols/page_choice.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "upstream/protocols/analysis_request.hpp"

namespace phigate::upstream {
namespace {

bool has_text(const layout_page& page) {
  return !page.markdown.empty() || page.header || page.footer;
}

// Those of `sent_for` that no page has for its number.
std::vector<std::uint32_t> without_numbered(std::vector<std::uint32_t> sent_for,
                                            const std::vector<layout_page>& pages) {
  std::vector<std::int64_t> numbered;
  for (const layout_page& page : pages) {
    if (page.is_numbered) numbered.push_back(page.index);
  }
  std::ranges::sort(numbered);
  std::erase_if(sent_for, [&](std::uint32_t page) { return std::ranges::binary_search(numbered, page); });
  return sent_for;
}

// False: there are too many without a number to tell which they are.
bool number_pages(std::vector<layout_page>& pages, std::vector<std::uint32_t> sent_for) {
  const std::vector<std::uint32_t> left = without_numbered(std::move(sent_for), pages);
  auto next = left.begin();
  for (layout_page& page : pages) {
    if (page.is_numbered) continue;
    if (next == left.end()) return false;
    page.index = *next++;
  }
  return true;
}

}  // namespace

std::optional<std::vector<layout_page>> chosen_pages(std::vector<layout_page> analysed,
                                                     const codec::document_request& asked) {
  if (asked.pages.empty()) return analysed;
  const bool may_lose_text = std::ranges::any_of(analysed, has_text);
  // Not every document's pages can be sent for. All of such a document come, and each stands in its place.
  const std::vector<std::uint32_t> sent_for = pages_sent_for(asked);
  const bool is_selection = !sent_for.empty();
  if (is_selection && may_lose_text && !number_pages(analysed, sent_for)) return std::nullopt;
  std::vector<std::uint32_t> wanted = asked.pages;
  std::ranges::sort(wanted);
  const bool is_within = is_selection || wanted.front() < analysed.size();
  std::erase_if(analysed, [&](const layout_page& page) { return !std::ranges::binary_search(wanted, page.index); });
  if (analysed.empty() && may_lose_text && is_within) return std::nullopt;
  return analysed;
}

}  // namespace phigate::upstream
