#include "upstream/protocols/layout_pages.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string_view>
#include <utility>

namespace phigate::upstream {
namespace {

using codec::json_value;

constexpr std::string_view page_break = "<!-- PageBreak -->";

// Where a page says that a part of it stands, in code points.
struct page_span {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::size_t page = 0;
};

std::optional<page_span> read_span(json_value span, std::size_t page) {
  const std::optional<std::int64_t> offset = span["offset"].integer();
  const std::optional<std::int64_t> length = span["length"].integer();
  if (!offset || !length || *offset < 0 || *length < 0) return std::nullopt;
  const std::int64_t room = std::numeric_limits<std::int64_t>::max() - *offset;
  return page_span{*offset, *offset + std::min(*length, room), page};
}

// A text's byte offsets by code point, found in one walk from front to end.
class code_point_walk {
 public:
  explicit code_point_walk(std::string_view text) : text_(text) {}

  // Of a code point behind the last one: the text's end. Not smaller than the one asked for before.
  std::size_t offset_of(std::int64_t code_point) {
    for (; seen_ < code_point && at_ < text_.size(); ++seen_) {
      do {
        ++at_;
      } while (at_ < text_.size() && is_continuation(text_[at_]));
    }
    return at_;
  }

 private:
  static bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

  std::string_view text_;
  std::size_t at_ = 0;
  std::int64_t seen_ = 0;
};

// Behind the blank rest of the line at `at` and the blank lines after it; `at` itself when that rest is not blank.
std::size_t past_blank_lines(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    const std::size_t next = text.find_first_not_of(" \t\r", at);
    if (next == std::string_view::npos) return text.size();
    if (text[next] != '\n') return at;
    at = next + 1;
  }
  return at;
}

struct page_comment {
  std::string_view name;   // "PageHeader"
  std::string_view value;  // without its quotes
  std::size_t end = 0;
};

// Reads `<!-- PageHeader="…" -->` and the like, one after the other.
class comment_reader {
 public:
  explicit comment_reader(std::string_view text) : text_(text) {}

  // `at`: of a "<!--".
  std::optional<page_comment> read(std::size_t at) {
    if (text_.substr(at).starts_with(page_break)) return page_comment{"PageBreak", {}, at + page_break.size()};
    for (const std::string_view name : {"PageHeader", "PageFooter", "PageNumber"}) {
      const std::size_t value = past_opening(at, name);
      if (value == 0 || is_never_closed_) continue;
      const std::size_t end = text_.find(closing, value);
      // What is not closed from here on is not closed further on: a text full of openings is not searched again.
      if (end == std::string_view::npos) {
        is_never_closed_ = true;
        continue;
      }
      return page_comment{name, text_.substr(value, end - value), end + closing.size()};
    }
    return std::nullopt;
  }

 private:
  static constexpr std::string_view closing = "\" -->";

  [[nodiscard]] std::size_t past_opening(std::size_t at, std::string_view name) const {
    for (const std::string_view part : {std::string_view("<!-- "), name, std::string_view("=\"")}) {
      if (!text_.substr(at).starts_with(part)) return 0;
      at += part.size();
    }
    return at;
  }

  std::string_view text_;
  bool is_never_closed_ = false;
};

// Nothing that anybody would miss: blanks, page breaks and page numbers.
bool is_idle(std::string_view text) {
  comment_reader comments(text);
  for (std::size_t at = 0; (at = text.find_first_not_of(" \t\r\n", at)) != std::string_view::npos;) {
    const std::optional<page_comment> comment = comments.read(at);
    if (!comment || comment->name == "PageHeader" || comment->name == "PageFooter") return false;
    at = comment->end;
  }
  return true;
}

// Each page's part of the content. Of what two spans claim, the one that begins first has it; what none claims goes to
// the page before it, or to one in between of which it is not known where it stands.
class page_cutter {
 public:
  page_cutter(std::string_view content, std::vector<layout_page>& pages)
      : content_(content), pages_(pages), is_placed_(pages.size(), false) {}

  // Whether the spans claim all that anybody would miss.
  bool cut(std::vector<page_span> spans) {
    std::ranges::stable_sort(spans, {}, &page_span::begin);
    for (const page_span& span : spans) is_placed_[span.page] = true;
    code_point_walk walk(content_);
    std::int64_t taken = 0;
    for (const page_span& span : spans) {
      // A blank page's span is empty, and what follows it stands behind that page.
      if (span.end < taken || (span.end == taken && span.begin < taken)) continue;
      give_away_until(walk.offset_of(std::max(span.begin, taken)), span.page);
      take_until(walk.offset_of(span.end), span.page);
      last_ = span.page;
      taken = span.end;
    }
    give_away_until(content_.size(), pages_.size());
    return is_all_;
  }

 private:
  void take_until(std::size_t end, std::size_t page) {
    pages_[page].markdown += content_.substr(cut_, end - cut_);
    cut_ = end;
  }

  // What no span claims, ahead of the page `next`.
  void give_away_until(std::size_t end, std::size_t next) {
    is_all_ = is_all_ && is_idle(content_.substr(cut_, end - cut_));
    const std::size_t between = last_ ? *last_ + 1 : 0;
    const bool is_unknown = between < next && !is_placed_[between];
    take_until(end, is_unknown ? between : last_.value_or(next));
  }

  std::string_view content_;
  std::vector<layout_page>& pages_;
  std::vector<bool> is_placed_;      // pages with a span
  std::optional<std::size_t> last_;  // the page of the last span
  std::size_t cut_ = 0;              // where what is taken ends, in bytes
  bool is_all_ = true;
};

void add_line(std::optional<std::string>& lines, std::string_view line) {
  if (lines) {
    *lines += '\n';
    *lines += line;
  } else {
    lines.emplace(line);
  }
}

void trim_end(std::string& text, std::string_view characters) {
  const std::size_t last = text.find_last_not_of(characters);
  text.resize(last == std::string::npos ? 0 : last + 1);
}

// Takes the comments out of the page's slice. One on a line of its own ended the paragraph before it, and a blank line
// goes on doing that.
void read_comments(layout_page& page) {
  const std::string slice = std::exchange(page.markdown, {});
  const std::string_view text = slice;
  std::string& out = page.markdown;
  out.reserve(text.size());
  comment_reader comments(text);
  std::size_t at = 0;
  while (true) {
    const std::size_t open = std::min(text.find("<!--", at), text.size());
    out += text.substr(at, open - at);
    if (open == text.size()) break;
    const std::optional<page_comment> comment = comments.read(open);
    if (!comment) {
      out += "<!--";
      at = open + 4;
      continue;
    }
    if (comment->name == "PageHeader") add_line(page.header, comment->value);
    if (comment->name == "PageFooter") add_line(page.footer, comment->value);
    at = past_blank_lines(text, comment->end);
    const bool is_own_line = (out.empty() || out.back() == '\n') && (at > comment->end || at == text.size());
    if (!is_own_line) {
      at = comment->end;
      continue;
    }
    trim_end(out, "\r\n");
    if (!out.empty()) out += "\n\n";
  }
  trim_end(out, " \t\r\n");
  out.erase(0, past_blank_lines(out, 0));
}

// Of a text with more pages than a document has, one too many.
std::vector<layout_page> split_at_breaks(std::string_view content) {
  std::vector<layout_page> pages;
  while (pages.size() <= most_layout_pages) {
    const std::size_t end = content.find(page_break);
    layout_page& page = pages.emplace_back();
    page.index = static_cast<std::int64_t>(pages.size()) - 1;
    page.markdown = content.substr(0, end);
    if (end == std::string_view::npos) return pages;
    content.remove_prefix(end + page_break.size());
  }
  return pages;
}

std::optional<std::int64_t> pixels(json_value length, std::string_view unit) {
  constexpr double largest = 1e6;
  const std::optional<double> said = length.number();
  if (!said || (unit != "inch" && unit != "pixel")) return std::nullopt;
  const double exact = unit == "inch" ? *said * static_cast<double>(layout_dpi) : *said;
  if (exact < 1.0 || exact > largest) return std::nullopt;
  return std::llround(exact);
}

std::optional<page_size> read_size(json_value page) {
  const std::string_view unit = page["unit"].text().value_or("");
  const std::optional<std::int64_t> width = pixels(page["width"], unit);
  const std::optional<std::int64_t> height = pixels(page["height"], unit);
  if (!width || !height) return std::nullopt;
  return page_size{*width, *height};
}

void read_index(json_value listed, std::size_t place, layout_page& page) {
  constexpr std::int64_t most_pages = 1'000'000;
  const std::optional<std::int64_t> number = listed["pageNumber"].integer();
  page.is_numbered = number && *number >= 1 && *number <= most_pages;
  page.index = page.is_numbered ? *number - 1 : static_cast<std::int64_t>(place);
}

// As many as are listed: each is analysed and paid for.
std::vector<layout_page> listed_pages(const std::vector<json_value>& list, std::string_view content) {
  std::vector<layout_page> pages;
  std::vector<page_span> spans;
  for (const json_value listed : list) {
    for (const json_value span : listed["spans"].elements()) {
      if (const auto read = read_span(span, pages.size())) spans.push_back(*read);
    }
    layout_page& page = pages.emplace_back();
    read_index(listed, pages.size() - 1, page);
    page.size = read_size(listed);
  }
  if (page_cutter(content, pages).cut(std::move(spans))) return pages;
  // Where the spans leave text out, the breaks part it better, if they part it into those pages.
  std::vector<layout_page> parts = split_at_breaks(content);
  if (parts.size() != pages.size()) return pages;
  for (std::size_t place = 0; place < pages.size(); ++place) pages[place].markdown = std::move(parts[place].markdown);
  return pages;
}

}  // namespace

std::optional<std::vector<layout_page>> layout_pages(json_value result) {
  const std::optional<std::string_view> content = result["content"].text();
  if (!content || result["stringIndexType"].text().value_or("unicodeCodePoint") != "unicodeCodePoint") {
    return std::nullopt;
  }
  const std::vector<json_value> list = result["pages"].elements();
  if (list.size() > most_layout_pages) return std::nullopt;
  std::vector<layout_page> pages = list.empty() ? split_at_breaks(*content) : listed_pages(list, *content);
  if (pages.size() > most_layout_pages) return std::nullopt;
  for (layout_page& page : pages) read_comments(page);
  return pages;
}

}  // namespace phigate::upstream
