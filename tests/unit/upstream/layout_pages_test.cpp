// A layout's pages as the client gets them: cut out by code points, cleaned of the provider's comments.
#include "upstream/protocols/layout_pages.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "phigate/codec/json.hpp"
#include "unit/upstream/analysis_call.hpp"

namespace phigate::upstream {
namespace {

struct span {
  std::int64_t offset = 0;
  std::int64_t length = 0;
};

std::string result_of(std::string_view content, const std::vector<std::vector<span>>& pages) {
  codec::json_writer out;
  out.begin_object().key("content").text(content).key("pages").begin_array();
  for (const std::vector<span>& spans : pages) {
    out.begin_object().key("spans").begin_array();
    for (const span& one : spans) {
      out.begin_object().key("offset").integer(one.offset).key("length").integer(one.length).end_object();
    }
    out.end_array().end_object();
  }
  return out.end_array().end_object().take();
}

std::vector<layout_page> pages_of(std::string_view result) {
  const auto document = codec::json_document::parse(result);
  if (!document) {
    ADD_FAILURE() << "no JSON: " << result.substr(0, 200);
    return {};
  }
  return layout_pages(document->root()).value_or(std::vector<layout_page>());
}

std::vector<std::string> texts(const std::vector<layout_page>& pages) {
  std::vector<std::string> out;
  for (const layout_page& page : pages) out.push_back(page.markdown);
  return out;
}

using strings = std::vector<std::string>;

TEST(layout_pages, are_cut_by_code_points) {
  struct row {
    std::string_view content;
    std::vector<std::vector<span>> spans;
    strings pages;
  };
  for (const row& one : std::vector<row>{
           {"abcdef", {{{0, 3}}, {{3, 3}}}, {"abc", "def"}},
           {"Zürich Öl", {{{0, 6}}, {{7, 2}}}, {"Zürich", "Öl"}},
           {"a🏥b👩‍⚕️c", {{{0, 3}}, {{3, 5}}}, {"a🏥b", "👩‍⚕️c"}},
           {"e\u0301|x", {{{0, 2}}, {{2, 2}}}, {"e\u0301", "|x"}},
           {"e\u0301x", {{{0, 1}}, {{1, 2}}}, {"e", "\u0301x"}},
           {"a\r\nb\r\nc", {{{0, 4}}, {{4, 3}}}, {"a\r\nb", "c"}},
           {"\u20AC\U0010FFFF\u00A7", {{{1, 1}}, {{0, 1}}, {{2, 1}}}, {"\U0010FFFF", "\u20AC", "\u00A7"}},
           {"one two", {{{0, 3}}, {{4, 3}}}, {"one", "two"}},             // a blank gap is no page's
           {"abcd", {{{0, 1}, {2, 1}}, {{1, 1}, {3, 1}}}, {"ac", "bd"}},  // a page in two parts
           {"abcd", {{{2, 2}, {0, 2}}}, {"abcd"}},                        // out of order
           {"a b\nc", {{{0, 1}, {2, 1}, {4, 1}}}, {"a b\nc"}},            // with the blanks in between
           {"ab", {{{0, 2}}, {}}, {"ab", ""}},                            // a blank page
           {"", {{}, {{0, 0}}}, {"", ""}},
           {" \n", {{{0, 2}}}, {""}},
       }) {
    EXPECT_EQ(texts(pages_of(result_of(one.content, one.spans))), one.pages) << one.content;
  }
}

TEST(layout_pages, hostile_spans_are_held_to_the_content) {
  constexpr std::int64_t huge = std::int64_t{1} << 62U;
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  struct row {
    std::vector<std::vector<span>> spans;
    strings pages;
  };
  for (const row& one : std::vector<row>{
           {{{{0, huge}}}, {"äbcd"}},
           {{{{2, most}}, {{0, 2}}}, {"cd", "äb"}},
           {{{{most, most}}, {{0, 1}}}, {"", "äbcd"}},
           {{{{huge, huge}}, {{3, huge}}}, {"", "äbcd"}},
           {{{{-1, 2}}, {{0, 1}}}, {"", "äbcd"}},
           {{{{0, -1}}, {{1, 1}}}, {"ä", "bcd"}},
           {{{{std::numeric_limits<std::int64_t>::min(), most}}, {{0, 4}}}, {"", "äbcd"}},
           {{{{0, 3}}, {{1, 3}}}, {"äbc", "d"}},  // overlapping
           {{{{0, 4}}, {{0, 4}}}, {"äbcd", ""}},
           {{{{0, 4}}, {{1, 2}}}, {"äbcd", ""}},
           {{{{4, 1}}, {{0, 4}}}, {"", "äbcd"}},  // just behind the end
           {{{{9, 9}}}, {"äbcd"}},                // nothing can be cut out: the content as one page
           {{{}}, {"äbcd"}},
       }) {
    EXPECT_EQ(texts(pages_of(result_of("äbcd", one.spans))), one.pages);
  }
}

TEST(layout_pages, are_as_many_as_are_listed_and_text_that_none_claims_is_the_page_befores) {
  struct row {
    std::string_view content;
    std::vector<std::vector<span>> spans;
    strings pages;
  };
  for (const row& one : std::vector<row>{
           {"aXbYcd", {{{0, 1}, {2, 1}}, {{4, 2}}}, {"aXbY", "cd"}},
           {"XaYbZ", {{{1, 1}}, {{3, 1}}}, {"XaY", "bZ"}},
           {"aXb", {{{0, 1}, {-1, 1}}, {{2, 1}}}, {"aX", "b"}},
           // A page whose place is unknown has what stands between its neighbours.
           {"aXb", {{{0, 1}}, {}, {{2, 1}}}, {"a", "X", "b"}},
           {"aXb", {{{0, 1}}, {}, {}, {{2, 1}}}, {"a", "X", "", "b"}},
           {"aXb", {{{0, 1}, {2, 1}}, {}}, {"aXb", ""}},
           {"Xab", {{}, {{1, 2}}}, {"X", "ab"}},
           {"abX", {{{0, 2}}, {}}, {"ab", "X"}},
           {"bXa", {{{2, 1}}, {{0, 1}}, {}}, {"a", "bX", ""}},
           {"aXbY", {{{2, 1}}, {{0, 1}}, {}}, {"bY", "aX", ""}},  // out of order: Y is behind b
           {"ab", {{{0, 1}}, {}, {{1, 1}}}, {"a", "", "b"}},
           // An empty page stands where it says.
           {"aXb", {{{0, 1}}, {{1, 0}}, {{2, 1}}}, {"a", "X", "b"}},
           {"aXb", {{{0, 1}}, {{2, 0}}, {{2, 1}}}, {"aX", "", "b"}},
           {"ab", {{{0, 0}}, {{0, 2}}}, {"", "ab"}},
           {"ab", {{{0, 0}}}, {"ab"}},
           // Nothing can be split.
           {"abc", {{}, {}, {}}, {"abc", "", ""}},
           {"ab<!-- PageBreak -->cd", {{}, {}, {}}, {"abcd", "", ""}},
           {"ab\n<!-- PageBreak -->\ncd", {{}}, {"ab\n\ncd"}},
           {"ab\n<!-- PageBreak -->\ncd", {{}, {}}, {"ab", "cd"}},
       }) {
    EXPECT_EQ(texts(pages_of(result_of(one.content, one.spans))), one.pages) << one.content;
  }
}

TEST(layout_pages, text_that_no_span_claims_is_not_lost) {
  struct row {
    std::string_view content;
    std::vector<std::vector<span>> spans;
    strings pages;
  };
  constexpr std::string_view two = "ab<!-- PageBreak -->\n\ncd";
  for (const row& one : std::vector<row>{
           {two, {{{0, 2}}, {{22, 2}}}, {"ab", "cd"}},  // the break alone
           {two, {{{0, 2}}, {{23, 1}}}, {"ab", "cd"}},
           {two, {{{0, 1}}, {{22, 2}}}, {"ab", "cd"}},
           {two, {{{0, 2}}, {{22, 1}}}, {"ab", "cd"}},
           {two, {{{0, 2}}, {{22, -2}}}, {"ab", "cd"}},
           {two, {{{0, 2}}}, {"ab\n\ncd"}},  // one page listed, two there
           {two, {{}, {}, {}}, {"ab\n\ncd", "", ""}},
           {"a <!-- PageNumber=\"1\" -->", {{{0, 1}}}, {"a"}},
           {"a <!-- a comment -->", {{{0, 1}}}, {"a <!-- a comment -->"}},
       }) {
    EXPECT_EQ(texts(pages_of(result_of(one.content, one.spans))), one.pages) << one.content;
  }
  const auto pages = pages_of(result_of("a\n<!-- PageFooter=\"f\" -->", {{{0, 1}}}));
  ASSERT_EQ(pages.size(), 1U);
  EXPECT_EQ(pages[0].footer, "f");
}

TEST(layout_pages, pages_cut_at_the_breaks_keep_what_else_is_listed_of_them) {
  const auto pages =
      pages_of(R"({"content":"a<!-- PageBreak -->b","pages":[{"pageNumber":3,"width":8.5,"height":11,"unit":"inch"},)"
               R"({"pageNumber":5,"spans":[{"offset":-1,"length":1}]}]})");
  EXPECT_EQ(texts(pages), (strings{"a", "b"}));
  EXPECT_EQ(pages[0].index, 2);
  EXPECT_TRUE(pages[0].size);
  EXPECT_EQ(pages[1].index, 4);
}

std::string list_of(std::size_t count, std::string_view element) {
  std::string list = "[";
  for (std::size_t at = 0; at < count; ++at) list += std::string(at == 0 ? "" : ",") + std::string(element);
  return list + ']';
}

std::string listing(std::size_t pages, std::string_view page) {
  return R"({"content":"","pages":)" + list_of(pages, page) + '}';
}

std::string broken_into(std::size_t pages) {
  std::string content;
  for (std::size_t count = 1; count < pages; ++count) content += "<!-- PageBreak -->";
  return R"({"content":")" + content + R"("})";
}

TEST(layout_pages, are_no_more_than_the_service_reads) {
  EXPECT_EQ(pages_of(listing(most_layout_pages, "{}")).size(), most_layout_pages);
  EXPECT_EQ(pages_of(broken_into(most_layout_pages)).size(), most_layout_pages);
  for (const std::string& result :
       {listing(most_layout_pages + 1, "{}"), listing(most_layout_pages + 1, "0"),
        listing(100'000, R"({"spans":[{}]})"), broken_into(most_layout_pages + 1), broken_into(100'000)}) {
    const auto document = codec::json_document::parse(result);
    ASSERT_TRUE(document);
    EXPECT_FALSE(layout_pages(document->root())) << result.substr(0, 60);
  }
}

TEST(layout_pages, breaks_make_no_more_pages_than_are_listed) {
  for (const std::size_t breaks : {most_layout_pages, most_layout_pages + 1, std::size_t{100'000}}) {
    std::string result = broken_into(breaks);
    result.insert(result.size() - 2, "x");
    result.insert(result.size() - 1, R"(,"pages":[{},{}])");
    EXPECT_EQ(texts(pages_of(result)), (strings{"x", ""}));
  }
}

TEST(layout_pages, members_of_a_wrong_kind_are_absent) {
  for (const std::string_view pages :
       {"null", "7", "{}", "[]", "[null]", "[[]]", R"([{"spans":7}])", R"([{"spans":{"offset":0,"length":1}}])",
        R"([{"spans":[7]}])", R"([{"spans":[{"offset":"0","length":1}]}])",
        R"([{"spans":[{"offset":0.0,"length":1}]}])", R"([{"spans":[{"offset":0}]}])",
        R"([{"spans":[{"offset":0,"length":99999999999999999999}]}])"}) {
    EXPECT_EQ(texts(pages_of(R"({"content":"x","pages":)" + std::string(pages) + "}")), strings{"x"}) << pages;
  }
}

TEST(layout_pages, a_hundred_thousand_overlapping_spans_take_no_time) {
  constexpr std::int64_t count = 100'000;
  std::string content;
  for (std::int64_t at = 0; at < count; ++at) content += "ü";
  std::vector<std::vector<span>> spans(most_layout_pages);
  for (std::int64_t at = 0; at < count; at += 2) {
    std::vector<span>& page = spans[static_cast<std::size_t>(at) % spans.size()];
    page.insert(page.end(), {{count - 1 - at, count}, {at, count}, {0, 1}});
  }
  const std::string result = result_of(content, spans);
  const auto start = std::chrono::steady_clock::now();
  const std::vector<layout_page> pages = pages_of(result);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60)) << "quadratic would be hours";
  std::size_t size = 0;
  for (const layout_page& page : pages) size += page.markdown.size();
  EXPECT_EQ(size, content.size()) << "no code point is in two pages";
}

TEST(layout_pages, comments_without_an_end_take_no_time) {
  for (const std::string_view part :
       {"<!-- PageHeader=\"", "<!--", "<!-- PageBreak --> ", "<!-- PageHeader=\"\" -->\n"}) {
    std::string content = "x";
    while (content.size() < (4U << 20U)) content += part;
    const std::string result = result_of(content, {{{0, std::int64_t{1} << 40U}}});
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(pages_of(result).size(), 1U);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60)) << part;
  }
}

TEST(layout_pages, comments_become_fields_or_go) {
  struct row {
    std::string_view content, markdown;
    std::optional<std::string> header, footer;
  };
  constexpr std::nullopt_t none = std::nullopt;
  for (const row& one : std::vector<row>{
           {"<!-- PageHeader=\"Spital\" -->\n\n# Befund\n\nText\n\n<!-- PageFooter=\"Seite\" -->\n<!-- "
            "PageNumber=\"1\" -->\n"
            "<!-- PageBreak -->\n",
            "# Befund\n\nText", "Spital", "Seite"},
           {"a\n<!-- PageNumber=\"1\" -->\nb", "a\n\nb", none, none},  // it ended a paragraph
           {"a\n\n\n<!-- PageNumber=\"1\" -->  \r\n \t\n\nb", "a\n\nb", none, none},
           {"a\r\n<!-- PageBreak -->\r\n\r\nb", "a\n\nb", none, none},
           {"a <!-- PageNumber=\"1\" --> b", "a  b", none, none},
           {"<!-- PageNumber=\"1\" -->b", "b", none, none},
           {"a<!-- PageNumber=\"1\" -->", "a", none, none},
           {"\n \n    code\n \n", "    code", none, none},
           {"<!-- PageHeader=\"a\" -->\n<!-- PageHeader=\"b\" -->\nx", "x", "a\nb", none},
           {"<!-- PageHeader=\"\" -->x", "x", "", none},
           {"<!-- PageHeader=\"say \"hi\" --> there\" -->x", " there\" -->x", "say \"hi", none},
           {"<!-- PageHeader=\"Zürich 🏥\" -->", "", "Zürich 🏥", none},
           {"x <!-- PageFooter=\"open", "x <!-- PageFooter=\"open", none, none},
           {"x <!-- a comment --> y", "x <!-- a comment --> y", none, none},
           {"<!-- PageHeaders=\"a\" -->", "<!-- PageHeaders=\"a\" -->", none, none},
           {"<!--PageHeader=\"a\"-->", "<!--PageHeader=\"a\"-->", none, none},
           {"<!-- <!-- PageFooter=\"a\" --> -->", "<!--  -->", none, "a"},
           {"<!--", "<!--", none, none},
           {"<table><tr><td>1</td></tr></table>", "<table><tr><td>1</td></tr></table>", none, none},
       }) {
    const std::vector<layout_page> pages = pages_of(result_of(one.content, {{{0, 1000}}}));
    ASSERT_EQ(pages.size(), 1U);
    EXPECT_EQ(pages[0].markdown, one.markdown) << one.content;
    EXPECT_EQ(pages[0].header, one.header) << one.content;
    EXPECT_EQ(pages[0].footer, one.footer) << one.content;
  }
}

TEST(layout_pages, without_a_list_of_pages_the_breaks_part_them) {
  const std::vector<layout_page> pages = pages_of(
      R"({"content":"a\n<!-- PageHeader=\"h\" -->\n<!-- PageBreak -->\n\nb<!-- PageBreak --><!-- PageBreak -->c"})");
  EXPECT_EQ(texts(pages), (strings{"a", "b", "", "c"}));
  EXPECT_EQ(pages[0].header, "h");
  EXPECT_EQ(pages[3].index, 3);
  EXPECT_FALSE(pages[0].size);
  EXPECT_EQ(texts(pages_of(R"({"content":"whole"})")), strings{"whole"});
  EXPECT_EQ(texts(pages_of(R"({"content":""})")), strings{""});
}

TEST(layout_pages, are_numbered_as_the_provider_counts_less_one) {
  struct row {
    std::string_view number;
    std::int64_t index;
  };
  for (const row& one : std::vector<row>{{"1", 0},
                                         {"7", 6},
                                         {"1000000", 999'999},
                                         {"1000001", 0},
                                         {"0", 0},
                                         {"-3", 0},
                                         {"9223372036854775807", 0},
                                         {"1.5", 0},
                                         {"\"4\"", 0},
                                         {"null", 0}}) {
    const auto pages = pages_of(R"({"content":"","pages":[{"pageNumber":)" + std::string(one.number) + "}]}");
    ASSERT_EQ(pages.size(), 1U);
    EXPECT_EQ(pages[0].index, one.index) << one.number;
  }
}

TEST(layout_pages, have_a_size_in_pixels_where_the_provider_gives_one) {
  struct row {
    std::string_view members;
    std::int64_t width, height;  // 0: none
  };
  for (const row& one : std::vector<row>{
           {R"("width":8.5,"height":11,"unit":"inch")", 816, 1056},
           {R"("width":8.2677,"height":11.6929,"unit":"inch")", 794, 1123},
           {R"("width":1700,"height":2200,"unit":"pixel")", 1700, 2200},
           {R"("width":1000000,"height":1,"unit":"pixel")", 1'000'000, 1},
           {R"("width":1000001,"height":1,"unit":"pixel")", 0, 0},
           {R"("width":0,"height":11,"unit":"inch")", 0, 0},
           {R"("width":-8.5,"height":11,"unit":"inch")", 0, 0},
           {R"("width":1e308,"height":11,"unit":"inch")", 0, 0},
           {R"("width":1e999,"height":11,"unit":"inch")", 0, 0},
           {R"("width":8.5,"unit":"inch")", 0, 0},
           {R"("width":8.5,"height":11)", 0, 0},
           {R"("width":8.5,"height":11,"unit":"cm")", 0, 0},
           {R"("width":"8.5","height":11,"unit":"inch")", 0, 0},
           {R"("unit":"inch")", 0, 0},
       }) {
    const auto pages = pages_of(R"({"content":"","pages":[{)" + std::string(one.members) + "}]}");
    ASSERT_EQ(pages.size(), 1U);
    ASSERT_EQ(pages[0].size.has_value(), one.width != 0) << one.members;
    if (!pages[0].size) continue;
    EXPECT_EQ(pages[0].size->width, one.width) << one.members;
    EXPECT_EQ(pages[0].size->height, one.height) << one.members;
  }
}

TEST(layout_pages, need_a_content_counted_in_code_points) {
  for (const std::string_view result :
       {"{}", "null", "[]", R"({"content":null})", R"({"content":"x","stringIndexType":"textElements"})"}) {
    const auto document = codec::json_document::parse(result);
    EXPECT_FALSE(layout_pages(document->root())) << result;
  }
  EXPECT_EQ(texts(pages_of(R"({"content":"x","stringIndexType":"unicodeCodePoint"})")), strings{"x"});
}

TEST(layout_pages, of_more_than_can_be_read_make_no_answer) {
  for (const std::string& result :
       {listing(most_layout_pages + 1, "{}"), broken_into(most_layout_pages + 1),
        listing(codec::json_document::most_values, "0"),
        listing(1, R"({"spans":)" + list_of(250'000, R"({"offset":0,"length":1})") + '}')}) {
    testing::analysis_call call;
    EXPECT_EQ(testing::answer_to(call, result), "") << result.substr(0, 60);
  }
}

}  // namespace
}  // namespace phigate::upstream
