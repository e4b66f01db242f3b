// The client's answer, made of a document's analysis.
#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "phigate/codec/json.hpp"
#include "unit/upstream/analysis_call.hpp"

namespace phigate::upstream {
namespace {

TEST(ocr_answer, has_the_pages_that_were_asked_for_and_counts_all_that_were_read) {
  testing::analysis_call call("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "AAAAAA==");
  call.document().pages = {2, 0, 0, 9};
  const auto talk = call.begin();
  const reply_step step = talk->take(
      testing::polled(),
      testing::succeeded(
          R"({"content":"a\u0000<!-- PageHeader=\"h\" -->b","pages":[{"pageNumber":1,"width":8.5,"height":11,"unit":"inch",)"
          R"("spans":[{"offset":0,"length":25}]},{"pageNumber":2},{"pageNumber":3,"spans":[{"offset":25,"length":1}]}]})"));
  const auto* const done = std::get_if<answered>(&step);
  ASSERT_NE(done, nullptr);
  EXPECT_EQ(done->body, R"({"pages":[{"index":0,"markdown":"a\u0000","images":[],"header":"h","footer":null,)"
                        R"("dimensions":{"dpi":96,"height":1056,"width":816}},)"
                        R"({"index":2,"markdown":"b","images":[],"header":null,"footer":null,"dimensions":null}],)"
                        R"("model":"prebuilt-layout","document_annotation":null,)"
                        R"("usage_info":{"pages_processed":3,"doc_size_bytes":4}})");
  EXPECT_EQ(done->usage.pages, 3);
}

TEST(ocr_answer, reads_a_result_with_more_words_than_a_tree_may_hold) {
  std::string words = "[0";
  for (std::size_t count = 0; count < codec::json_document::most_values; ++count) words += ",0";
  testing::analysis_call call;
  EXPECT_EQ(
      testing::answer_to(call, R"({"modelId":"layout-7","content":"ab","pages":[{"pageNumber":4,"words":)" + words +
                                   R"(],"unit":"pixel","width":3,"height":2,"spans":[{"offset":0,"length":2}]}],)" +
                                   R"("stringIndexType":"unicodeCodePoint","paragraphs":[{"content":"c"}]})"),
      R"({"pages":[{"index":3,"markdown":"ab","images":[],"header":null,"footer":null,)"
      R"("dimensions":{"dpi":96,"height":2,"width":3}}],"model":"layout-7","document_annotation":null,)"
      R"("usage_info":{"pages_processed":1,"doc_size_bytes":null}})");
}

TEST(ocr_answer, numbers_pages_that_came_without_a_number_as_they_were_sent_for) {
  testing::analysis_call call;
  call.document().pages = {4, 2};
  EXPECT_EQ(testing::answer_to(call, R"({"content":"ab","pages":[{"spans":[{"offset":0,"length":1}]},)"
                                     R"({"spans":[{"offset":1,"length":1}]}]})"),
            R"({"pages":[{"index":2,"markdown":"a","images":[],"header":null,"footer":null,"dimensions":null},)"
            R"({"index":4,"markdown":"b","images":[],"header":null,"footer":null,"dimensions":null}],)"
            R"("model":"prebuilt-layout","document_annotation":null,)"
            R"("usage_info":{"pages_processed":2,"doc_size_bytes":null}})");
}

TEST(ocr_answer, that_lost_the_page_that_was_asked_for_is_none) {
  testing::analysis_call call;
  call.document().pages = {2};
  const auto talk = call.begin();
  const reply_step step =
      talk->take(testing::polled(),
                 testing::succeeded(R"({"content":"a","pages":[{"pageNumber":1,"spans":[{"offset":0,"length":1}]}]})"));
  const auto* const failure = std::get_if<core::attempt_failure>(&step);
  ASSERT_NE(failure, nullptr);
  EXPECT_EQ(failure->kind, core::failure_kind::bad_response);
}

TEST(ocr_answer, knows_a_documents_size_from_its_base64) {
  struct row {
    std::string_view base64;
    int size;
  };
  for (const row& one : std::vector<row>{
           {"", 0}, {"AA==", 1}, {"AAA=", 2}, {"AAAA", 3}, {"AA", 1}, {"AAA", 2}, {"AAAAAA==", 4}, {"====", 0}}) {
    testing::analysis_call call("application/pdf", one.base64);
    const std::string body = testing::answer_to(call, R"({"content":"x"})");
    EXPECT_NE(body.find("\"doc_size_bytes\":" + std::to_string(one.size) + "}"), std::string::npos)
        << one.base64 << body;
  }
}

}  // namespace
}  // namespace phigate::upstream
