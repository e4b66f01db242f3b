// What Azure Document Intelligence is asked: the target, the body, the pages.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "unit/upstream/analysis_call.hpp"

namespace phigate::upstream {
namespace {

using testing::analysis_call;

constexpr std::string_view analyze =
    "/documentintelligence/documentModels/prebuilt-layout:analyze?api-version=2024-11-30&outputContentFormat=markdown"
    "&stringIndexType=unicodeCodePoint";

TEST(analysis_request, posts_a_url_as_text) {
  analysis_call call("https://files.example/a \"b\".pdf?sig=1&x=2");
  const auto talk = call.begin();
  const wire_request sent = talk->first();
  EXPECT_EQ(sent.method, "POST");
  EXPECT_EQ(sent.target, analyze);
  EXPECT_EQ(sent.header_lines, "content-type: application/json\r\naccept: application/json\r\n");
  EXPECT_EQ(sent.body.text(), R"({"urlSource":"https://files.example/a \"b\".pdf?sig=1&x=2"})");
  EXPECT_EQ(sent.body.size, sent.body.text().size());
  EXPECT_EQ(talk->how(), delivery::whole);
}

TEST(analysis_request, sends_a_document_from_where_it_stands) {
  const std::string body = "…data:application/pdf;base64,JVBERi0x…";
  const std::string_view base64 = std::string_view(body).substr(body.find("JVBE"), 8);
  analysis_call call("application/pdf", base64);
  const auto talk = call.begin();
  const wire_request sent = talk->first();
  EXPECT_EQ(sent.body.text(), R"({"base64Source":"JVBERi0x"})");
  EXPECT_EQ(sent.body.size, sent.body.text().size());
  EXPECT_EQ(sent.body.pieces.at(1).data(), base64.data()) << "no copy";
}

TEST(analysis_request, builds_its_target_from_the_registry) {
  analysis_call call;
  call.endpoint.url.prefix = "/front";
  call.endpoint.api_version = "2025-01-01-preview&x";
  call.model.upstream = "my model/..";
  EXPECT_EQ(call.begin()->first().target,
            "/front/documentintelligence/documentModels/my%20model%2F..:analyze?api-version=2025-01-01-preview%26x"
            "&outputContentFormat=markdown&stringIndexType=unicodeCodePoint");
}

TEST(analysis_request, asks_for_pages_in_ranges_counted_from_one) {
  struct row {
    std::vector<std::uint32_t> pages;
    std::string_view sent;
  };
  for (const row& one : std::vector<row>{{{}, ""},
                                         {{0}, "&pages=1"},
                                         {{0, 1, 2, 4}, "&pages=1-3,5"},
                                         {{4, 2, 0, 1}, "&pages=1-3,5"},
                                         {{7, 7, 7}, "&pages=8"},
                                         {{3, 4, 4, 5, 3}, "&pages=4-6"},
                                         {{0, 4294967295}, "&pages=1,4294967296"},
                                         {{4294967294, 4294967295}, "&pages=4294967295-4294967296"}}) {
    analysis_call call;
    call.document().pages = one.pages;
    EXPECT_EQ(call.begin()->first().target, std::string(analyze) + std::string(one.sent));
  }
}

TEST(analysis_request, has_room_for_the_longest_list_that_a_client_may_send) {
  analysis_call call;
  for (std::uint32_t page = 1; page < 2000; page += 2) call.document().pages.push_back(page);
  EXPECT_LE(call.begin()->first().target.size(), std::string(analyze).size() + 6144);
}

TEST(analysis_request, asks_for_pages_only_of_documents_that_have_them) {
  using kind = codec::document_request::kind;
  struct row {
    kind what;
    std::string_view url, media_type;
    bool asks;
  };
  constexpr std::string_view word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
  for (const row& one : std::vector<row>{
           {kind::document, "", "application/pdf", true},
           {kind::image, "", "image/tiff", true},
           {kind::document, "", "application/octet-stream", true},
           {kind::document, "", "", true},
           {kind::document, "", word, false},
           {kind::document, "", "text/html", false},
           {kind::image, "", "image/png", false},
           {kind::document, "https://h/a.pdf", "", true},
           {kind::document, "https://h/a", "", true},
           {kind::document, "https://files.docx", "", true},
           {kind::document, "https://files.docx/", "", true},
           {kind::document, "https://h/a.docx/b", "", true},
           {kind::document, "https://h/a?name=b.docx", "", true},
           {kind::document, "https://h/a.docx", "", false},
           {kind::document, "https://h/a.DOCX?sig=1", "", false},
           {kind::document, "https://h/a.html#x", "", false},
           {kind::image, "https://h/a.tif", "", true},
           {kind::image, "https://h/a", "", false},
           {kind::image, "https://h/a.png", "", false},
       }) {
    analysis_call call{std::string(one.url)};
    call.document().what = one.what;
    call.document().media_type = one.media_type;
    call.document().pages = {1};
    EXPECT_EQ(call.begin()->first().target.find("&pages=2") != std::string::npos, one.asks)
        << one.url << one.media_type;
  }
}

}  // namespace
}  // namespace phigate::upstream
