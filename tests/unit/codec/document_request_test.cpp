#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <variant>

#include "json_text.hpp"
#include "padded.hpp"
#include "phigate/codec/request.hpp"

namespace phigate::codec {
namespace {

using core::error_code;
using testing::ElementsAre;
using testing::IsEmpty;
using kind = document_request::kind;

// Holds the body that the request points into.
struct reading {
  explicit reading(std::string_view text) : body(text) {
    request_reader reader;
    request = reader.read_document(body.view());
  }
  [[nodiscard]] const document_request& asked() const { return std::get<document_request>(request->media); }
  [[nodiscard]] const request_facts& facts() const { return request->facts; }

  padded body;
  std::expected<client_request, core::api_error> request;
};

std::string with_document(std::string_view document, std::string_view members = "") {
  return R"({"model":"ocr",)" + std::string(members) + R"("document":)" + std::string(document) + "}";
}

// A sound body but for `members`.
std::string with(std::string_view members) {
  return with_document(R"({"type":"document_url","document_url":"https://a.example/b.pdf"})",
                       std::string(members) + ",");
}

TEST(DocumentRequest, ReadsAUrlOfEachKind) {
  struct url_case {
    std::string document;
    std::string url;
    kind what;
  };
  const url_case cases[] = {
      {R"({"type":"document_url","document_url":"https://a.example/b.pdf?c=d#e"})", "https://a.example/b.pdf?c=d#e",
       kind::document},
      {R"({"document_url":"http://a","type":"document_url","document_name":"n"})", "http://a", kind::document},
      {R"({"type":"image_url","image_url":"HTTPS://a/b.png"})", "HTTPS://a/b.png", kind::image},
      {R"({"type":"image_url","image_url":{"url":"https:\/\/a\/b.png","detail":"high"}})", "https://a/b.png",
       kind::image},
      {R"({"document_url":"https://a"})", "https://a", kind::document},
      {R"({"image_url":{"url":"https://a"}})", "https://a", kind::image},
      {R"({"type":null,"document_url":null,"image_url":"https://a","file_id":null})", "https://a", kind::image},
      {R"({"type":"document_url","document_url":"https://)" + std::string(8184, 'a') + "\"}",
       "https://" + std::string(8184, 'a'), kind::document},
  };
  for (const auto& [document, url, what] : cases) {
    const reading read(with_document(document));
    ASSERT_TRUE(read.request) << document << "\n" << read.request.error().message;
    EXPECT_EQ(read.asked().url, url);
    EXPECT_EQ(read.asked().what, what);
    EXPECT_EQ(read.asked().base64, "");
    EXPECT_EQ(read.facts().modality, core::modality::ocr);
    EXPECT_EQ(read.facts().model, "ocr");
    EXPECT_EQ(read.facts().retained_field, "");
    EXPECT_THAT(read.facts().required_features, IsEmpty());
  }
}

TEST(DocumentRequest, TellsWhatItTakesBesideTheBody) {
  const std::string base64(100'000, 'A');
  const auto bytes = [](const std::string& uri) {
    const reading read(with_document(R"({"document_url":")" + uri + "\"}"));
    EXPECT_TRUE(read.request) << read.request.error().message;
    return read.request ? bytes_beside_body(*read.request) : 0;
  };
  EXPECT_LT(bytes("data:application/pdf;base64," + base64), 1000U) << "it is read where it stands";
  EXPECT_GE(bytes("data:application\\/pdf;base64," + base64), 100'000U);
}

TEST(DocumentRequest, ReadsADataUri) {
  struct data_case {
    std::string uri;  // as it stands in the body
    std::string media_type;
    std::string base64;
  };
  const data_case cases[] = {
      {"data:application/pdf;base64,QUJD", "application/pdf", "QUJD"},
      {"DATA:Application/PDF;name=a.pdf;BASE64,QQ==", "application/pdf", "QQ=="},
      {"data:;base64,QUI=", "", "QUI="},
      {R"(data:image\/png;base64,+\/+\u002f)", "image/png", "+/+/"},
  };
  for (const auto& [uri, media_type, base64] : cases) {
    reading read(with_document(R"({"type":"image_url","image_url":")" + uri + "\"}"));
    ASSERT_TRUE(read.request) << uri << "\n" << read.request.error().message;
    const client_request moved = *std::move(read.request);
    const auto& asked = std::get<document_request>(moved.media);
    EXPECT_EQ(asked.url, "");
    EXPECT_EQ(asked.media_type, media_type);
    EXPECT_EQ(asked.base64, base64);
    EXPECT_EQ(asked.unescaped != nullptr, uri.find('\\') != std::string::npos);
  }
}

TEST(DocumentRequest, ReadsAFileOfTheProviders) {
  for (const char* document : {R"({"type":"file","file_id":"f1"})", R"({"file_id":"f1"})"}) {
    const reading read(with_document(document));
    ASSERT_TRUE(read.request) << document;
    EXPECT_EQ(read.facts().retained_field, "document.file_id");
    EXPECT_THAT(read.facts().required_features, ElementsAre("file"));
    EXPECT_EQ(read.asked().url, "");
    EXPECT_EQ(read.asked().base64, "");
  }
}

TEST(DocumentRequest, ReadsPagesAsNumbersOrAsText) {
  std::string every = "[0";
  for (int page = 1; page < 2000; ++page) every += "," + std::to_string(page);
  const std::pair<std::string, std::vector<std::uint32_t>> cases[] = {
      {"[3]", {3}},    {"[5,0,5,1999,0]", {5, 0, 1999}},    {R"("0-2,5")", {0, 1, 2, 5}},
      {R"("7")", {7}}, {R"(" 4 , 2-3 ,\t3-4")", {4, 2, 3}}, {R"("1999-1999")", {1999}},
      {"null", {}},
  };
  for (const auto& [pages, expected] : cases) {
    const reading read(with(R"("pages":)" + pages));
    ASSERT_TRUE(read.request) << pages << "\n" << read.request.error().message;
    EXPECT_EQ(read.asked().pages, expected) << pages;
    EXPECT_EQ(read.facts().pages, std::max<std::int64_t>(1, std::ssize(expected)));
  }
  EXPECT_EQ(reading(with(R"("pages":)" + every + "]")).facts().pages, 2000);
  EXPECT_EQ(reading(with(R"("pages":"0-1999")")).facts().pages, 2000);
  EXPECT_EQ(reading(with(R"("id":"x")")).facts().pages, 1);
}

TEST(DocumentRequest, NotesWhatNotEveryProviderGives) {
  const std::pair<std::string, std::vector<std::string>> cases[] = {
      {R"("bbox_annotation_format":{"type":"json_schema"})", {"annotations"}},
      {R"("document_annotation_format":{},"document_annotation_prompt":"p")", {"annotations"}},
      {R"("confidence_scores_granularity":"word")", {"confidence_scores"}},
      {R"("bbox_annotation_format":null,"confidence_scores_granularity":null)", {}},
      {R"("include_blocks":true)", {}},  // as Mistral's own SDK has it in every request
      {R"("id":"x","image_limit":1,"image_min_size":2,"table_format":"html","extract_header":true)", {}},
      {R"("extract_footer":true,"include_image_base64":true,"stream":"no matter")", {}},
  };
  for (const auto& [members, features] : cases) {
    const reading read(with(members));
    ASSERT_TRUE(read.request) << members << "\n" << read.request.error().message;
    EXPECT_EQ(read.facts().required_features, features) << members;
  }
  for (const char* value : {"true", "false", "null"}) {
    EXPECT_TRUE(reading(with(R"("include_image_base64":)" + std::string(value))).request) << value;
  }
}

struct refusal {
  std::string body;
  error_code code;
  std::string param;
};

TEST(DocumentRequest, RefusesWhatIsMissingOrWrong) {
  const auto bad = [](std::string_view document, std::string param) {
    return refusal{with_document(document), error_code::invalid_request, std::move(param)};
  };
  const auto bad_url = [](std::string_view url) {
    return refusal{with_document(R"({"type":"document_url","document_url":")" + std::string(url) + "\"}"),
                   error_code::invalid_request, "document.document_url"};
  };
  const auto bad_pages = [](std::string_view pages) {
    return refusal{with(R"("pages":)" + std::string(pages)), error_code::invalid_request, "pages"};
  };
  std::string too_many = "[0";
  for (int i = 0; i < 2000; ++i) too_many += ",0";
  const refusal cases[] = {
      {"{}", error_code::missing_model, "model"},
      {R"({"model":"m"})", error_code::invalid_request, "document"},
      bad("null", "document"),
      bad(R"("https://a")", "document"),
      bad("[]", "document"),
      bad("{}", "document"),
      bad(R"({"type":"document_url"})", "document"),
      bad(R"({"type":"pdf","document_url":"https://a"})", "document.type"),
      bad(R"({"type":7,"document_url":"https://a"})", "document.type"),
      bad(R"({"type":"image_url","document_url":"https://a"})", "document.image_url"),
      bad(R"({"type":"file","document_url":"https://a"})", "document.file_id"),
      bad(R"({"document_url":"https://a","image_url":"https://a"})", "document"),
      bad(R"({"type":"document_url","document_url":"https://a","file_id":"f"})", "document"),
      bad(R"({"document_url":7})", "document"),
      bad(R"({"type":"document_url","document_url":{"url":"https://a"}})", "document.document_url"),
      bad(R"({"type":"image_url","image_url":{}})", "document.image_url"),
      bad(R"({"type":"image_url","image_url":{"url":null}})", "document.image_url"),
      bad(R"({"type":"file","file_id":""})", "document.file_id"),
      bad(R"({"type":"file","file_id":7})", "document.file_id"),
      {with_document(R"({"document_url":"https://a","document_url":"https://b"})"), error_code::ambiguous_body,
       "document.document_url"},
      {with_document(R"({"image_url":{"url":"https://a","url":"https://b"}})"), error_code::ambiguous_body,
       "document.image_url.url"},
      bad_url(""),
      bad_url("https://"),
      bad_url("a.pdf"),
      bad_url("ftp://a/b"),
      bad_url("file:///etc/passwd"),
      bad_url(" https://a"),
      bad_url("https://a b"),
      bad_url(R"(https://a\r\nX: y)"),
      bad_url(R"(https://a\u0000)"),
      bad_url("https://ä.example"),
      bad_url("https://" + std::string(8185, 'a')),
      bad_url("data:"),
      bad_url("data:,"),
      bad_url("data:application/pdf,QUJD"),
      bad_url("data:application/pdf;base64"),
      bad_url("data:base64,QUJD"),
      bad_url("data:application/pdf;base64,"),
      bad_url("data:application/pdf;base64,QUJ"),
      bad_url("data:application/pdf;base64,QU=D"),
      bad_url("data:application/pdf;base64,Q==="),
      bad_url("data:application/pdf;base64,===="),
      bad_url("data:application/pdf;base64,QU_-"),
      bad_url("data:application/pdf;base64,QU JD"),
      bad_url("data:application/pdf;base64,QUJD\\n\\n\\n\\n"),
      bad_url("data:appli cation/pdf;base64,QUJD"),
      bad_url("data:application/;base64,QUJD"),
      bad_url("data:application/pdf;x=" + std::string(256, 'y') + ";base64,QUJD"),
      bad_pages("[]"),
      bad_pages("3"),
      bad_pages("true"),
      bad_pages("{}"),
      bad_pages("[-1]"),
      bad_pages("[2000]"),
      bad_pages("[1.0]"),
      bad_pages(R"(["1"])"),
      bad_pages("[1,null]"),
      bad_pages("[99999999999999999999]"),
      bad_pages(too_many + "]"),
      bad_pages(R"("")"),
      bad_pages(R"(",")"),
      bad_pages(R"("1,")"),
      bad_pages(R"("2-1")"),
      bad_pages(R"("-1")"),
      bad_pages(R"("1-")"),
      bad_pages(R"("1-2-3")"),
      bad_pages(R"("+1")"),
      bad_pages(R"("0-2000")"),
      bad_pages(R"("0-4294967295")"),
      bad_pages(R"("0-1999,0")"),
      bad_pages(R"("1;2")"),
      {with(R"("include_image_base64":"yes")"), error_code::invalid_request, "include_image_base64"},
      {with(R"("Pages":[1])"), error_code::ambiguous_body, "Pages"},
      {with(R"("Document":{})"), error_code::ambiguous_body, "Document"},
      {with(R"("pages":[1],"p\u0061ges":[2])"), error_code::ambiguous_body, "pages"},
      {with(R"("only":["mistral"])"), error_code::misplaced_preference, "only"},
  };
  for (const auto& [body, code, param] : cases) {
    const reading read(body);
    ASSERT_FALSE(read.request) << body;
    EXPECT_EQ(read.request.error().code, code) << body << "\n" << read.request.error().message;
    EXPECT_EQ(read.request.error().param, param) << body;
    EXPECT_FALSE(read.request.error().message.empty());
  }
}

RC_GTEST_PROP(DocumentRequestProperty, SurvivesAnyValueInAnyField, ()) {
  static const std::vector<std::string> outer = {"model", "document", "pages", "include_image_base64", "provider"};
  static const std::vector<std::string> inner = {"type", "document_url", "image_url", "file_id"};
  const std::string document = "{\"" + *rc::gen::elementOf(inner) + "\":" + generated::value(2) + ",\"" +
                               *rc::gen::elementOf(inner) + "\":\"https://a\"}";
  const reading read(with_document(document, "\"" + *rc::gen::elementOf(outer) + "\":" + generated::value(3) + ","));
  if (!read.request) RC_ASSERT(!read.request.error().message.empty());
}

RC_GTEST_PROP(DocumentRequestProperty, SurvivesAMutilatedDataUri, ()) {
  const std::string uri = generated::mutated("data:application/pdf;base64,QUJDRA==");
  const reading read(with_document(R"({"document_url":")" + uri + "\"}"));
  if (read.request && read.asked().url.empty()) RC_ASSERT(read.asked().base64.size() % 4 == 0U);
}

}  // namespace
}  // namespace phigate::codec
