// Which of the pages that were analysed are those that were asked for.
#include "upstream/protocols/page_choice.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace phigate::upstream {
namespace {

// "1:text" is the page of that number, ":text" one that came without.
std::vector<layout_page> analysed(const std::vector<std::string_view>& pages) {
  std::vector<layout_page> out;
  for (const std::string_view one : pages) {
    const std::size_t colon = one.find(':');
    layout_page page;
    page.is_numbered = colon > 0;
    page.index = static_cast<std::int64_t>(page.is_numbered ? std::stoul(std::string(one)) - 1 : out.size());
    page.markdown = one.substr(colon + 1);
    out.push_back(page);
  }
  return out;
}

// "2=text 4=more", counted from 0 as the client does; "lost" where the answer is of no use.
std::string chosen(const std::vector<std::uint32_t>& asked_for, const std::vector<std::string_view>& pages,
                   std::string_view url) {
  codec::document_request asked;
  asked.url = url;
  asked.pages = asked_for;
  const std::optional<std::vector<layout_page>> found = chosen_pages(analysed(pages), asked);
  if (!found) return "lost";
  std::string out;
  for (const layout_page& page : *found) {
    out += (out.empty() ? "" : " ") + std::to_string(page.index) + "=" + page.markdown;
  }
  return out;
}

struct row {
  std::vector<std::uint32_t> asked_for;
  std::vector<std::string_view> pages;
  std::string_view chosen;
};

TEST(chosen_pages, are_those_of_the_numbers_that_were_sent_for) {
  for (const row& one : std::vector<row>{
           {{}, {"3:a", ":b", "1:c"}, "2=a 1=b 0=c"},  // nothing was asked for: all that there is
           {{2}, {"3:a"}, "2=a"},
           {{2, 0}, {"1:a", "3:b"}, "0=a 2=b"},
           {{2, 0}, {"3:b", "1:a"}, "2=b 0=a"},
           {{2, 0, 2}, {"1:a", "2:x", "3:b"}, "0=a 2=b"},
           {{2, 9}, {"3:a"}, "2=a"},  // the other is beyond the document's end
           {{2}, {"3:a", "3:b"}, "2=a 2=b"},
           {{2}, {"3:"}, "2="},
       }) {
    EXPECT_EQ(chosen(one.asked_for, one.pages, "https://h/a.pdf"), one.chosen);
  }
}

TEST(chosen_pages, without_a_number_come_in_the_order_in_which_they_were_sent_for) {
  for (const row& one : std::vector<row>{
           {{2}, {":a"}, "2=a"},
           {{4, 2}, {":a", ":b"}, "2=a 4=b"},
           {{4, 4, 2, 2}, {":a", ":b"}, "2=a 4=b"},
           {{4, 2, 7}, {":a", ":b"}, "2=a 4=b"},
           {{4, 2}, {"3:a", ":b"}, "2=a 4=b"},
           {{4, 2}, {":b", "3:a"}, "4=b 2=a"},
           {{4, 2}, {"1:x", ":a"}, "2=a"},
           {{2}, {":", ":a"}, "lost"},
           {{2}, {":a", ":b", ":c"}, "lost"},
           {{2}, {"3:a", ":b"}, "lost"},
           {{0, 1999}, {":a", ":b"}, "0=a 1999=b"},
       }) {
    EXPECT_EQ(chosen(one.asked_for, one.pages, "https://h/a.pdf"), one.chosen);
  }
}

TEST(chosen_pages, are_never_none_where_text_came) {
  for (const row& one : std::vector<row>{
           {{2}, {"1:a"}, "lost"},
           {{2}, {"1:a", "2:b"}, "lost"},
           {{9}, {"1:a", "2:b", "3:c"}, "lost"},
           {{2}, {"1:"}, ""},
           {{2}, {":"}, ""},
           {{0}, {":"}, "0="},
           {{2}, {"2:", ":"}, ""},
       }) {
    EXPECT_EQ(chosen(one.asked_for, one.pages, "https://h/a.pdf"), one.chosen);
  }
}

TEST(chosen_pages, of_a_document_that_always_comes_whole_stand_in_their_places) {
  for (const row& one : std::vector<row>{
           {{2}, {":a", ":b", ":c"}, "2=c"},
           {{2, 0}, {":a", ":b", ":c"}, "0=a 2=c"},
           {{1, 9}, {"1:a", "2:b"}, "1=b"},
           {{9}, {"1:a", "2:b"}, ""},  // beyond the document's end
           {{2}, {":a", ":b"}, ""},
           {{1}, {"1:a", "3:b"}, "lost"},
           {{1}, {"1:", "3:"}, ""},
       }) {
    EXPECT_EQ(chosen(one.asked_for, one.pages, "https://h/a.docx"), one.chosen);
  }
}

TEST(chosen_pages, know_a_header_and_a_footer_for_text) {
  codec::document_request asked;
  asked.url = "https://h/a.pdf";
  asked.pages = {2};
  for (const bool at_top : {true, false}) {
    std::vector<layout_page> pages = analysed({"1:"});
    (at_top ? pages[0].header : pages[0].footer) = "Befund";
    EXPECT_FALSE(chosen_pages(pages, asked));
  }
}

}  // namespace
}  // namespace phigate::upstream
