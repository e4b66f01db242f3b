// Azure Document Intelligence: how an operation is followed to its end, and what is deleted then.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "unit/upstream/analysis_call.hpp"

namespace phigate::upstream {
namespace {

using core::failure_kind;
using testing::accepted;
using testing::analysis_call;
using testing::answer_to;
using testing::operation;
using testing::origin;
using testing::polled;
using testing::succeeded;
using namespace std::chrono_literals;

constexpr std::string_view one_page =
    R"({"modelId":"prebuilt-layout","content":"Befund","pages":[{"pageNumber":1,"spans":[{"offset":0,"length":6}]}]})";

std::string_view kind_name(const reply_step& step) {
  if (const auto* const failure = std::get_if<core::attempt_failure>(&step)) return core::to_string(failure->kind);
  return std::holds_alternative<answered>(step) ? "answered" : "ask_again";
}

TEST(azure_document_intelligence, reads_documents_with_azures_key) {
  EXPECT_EQ(azure_document_intelligence().facts().name, "azure_document_intelligence");
  EXPECT_EQ(azure_document_intelligence().facts().modalities, core::modality_set{core::modality::ocr});
  core::endpoint endpoint;
  endpoint.credential = core::secret("k-1");
  EXPECT_EQ(azure_document_intelligence().credential_lines(endpoint), "ocp-apim-subscription-key: k-1\r\n");
}

TEST(azure_document_intelligence, follows_an_operation_to_its_end) {
  analysis_call call;
  const auto talk = call.begin();
  talk->first();
  for (const std::string_view state : {"", R"({"status":"notStarted"})", R"({"status":"running"})"}) {
    const reply_step step = talk->take(state.empty() ? accepted() : polled(), state);
    const auto* const again = std::get_if<ask_again>(&step);
    ASSERT_NE(again, nullptr) << state;
    EXPECT_EQ(again->request.method, "GET");
    EXPECT_EQ(again->request.target, operation);
    EXPECT_EQ(again->request.header_lines, "accept: application/json\r\n");
    EXPECT_EQ(again->request.body.size, 0U);
    EXPECT_EQ(again->after, 1s);
  }
  const reply_step step = talk->take(polled(), succeeded(one_page));
  const auto* const done = std::get_if<answered>(&step);
  ASSERT_NE(done, nullptr);
  EXPECT_EQ(done->content_type, "application/json");
  EXPECT_EQ(done->body,
            R"({"pages":[{"index":0,"markdown":"Befund","images":[],"header":null,"footer":null,"dimensions":null}],)"
            R"("model":"prebuilt-layout","document_annotation":null,)"
            R"("usage_info":{"pages_processed":1,"doc_size_bytes":null}})");
  EXPECT_EQ(done->usage.pages, 1);
  EXPECT_FALSE(done->usage.tokens);
}

TEST(azure_document_intelligence, waits_as_long_as_it_is_told_within_bounds) {
  struct row {
    std::optional<std::chrono::seconds> retry_after;
    std::chrono::milliseconds wait;
  };
  analysis_call call;
  const auto talk = call.begin();
  talk->take(accepted(), "");
  for (const row& one : std::vector<row>{{std::nullopt, 1s},
                                         {1s, 1s},
                                         {7s, 7s},
                                         {10s, 10s},
                                         {11s, 10s},
                                         {std::chrono::seconds::max(), 10s},
                                         {0s, 1s},
                                         {0s, 100ms},
                                         {0s, 100ms},
                                         {-5s, 100ms},
                                         {std::nullopt, 1s}}) {
    const reply_step step = talk->take(polled(one.retry_after), R"({"status":"running"})");
    ASSERT_EQ(kind_name(step), "ask_again");
    EXPECT_EQ(std::get<ask_again>(step).after, one.wait);
  }
}

TEST(azure_document_intelligence, takes_a_result_that_comes_at_once) {
  analysis_call call;
  EXPECT_NE(answer_to(call, one_page), "");
}

TEST(azure_document_intelligence, follows_an_operation_at_its_own_origin_alone) {
  struct row {
    std::string location;
    std::string_view target;  // empty: unusable
  };
  const std::string good(origin);
  for (const row& one : std::vector<row>{
           {good + "/a/b?c=d", "/a/b?c=d"},
           {good + ":443/a", "/a"},
           {"HTTPS://Clinic.CognitiveServices.azure.com/a", "/a"},
           {good + "/a#fragment", "/a"},
           {good, "/"},
           {"", ""},
           {"/documentintelligence/relative", ""},
           {"relative", ""},
           {"//evil.example/a", ""},
           {"https://evil.example/a", ""},
           {"https://evil.example/https://clinic.cognitiveservices.azure.com/", ""},
           {good + ".evil.example/a", ""},
           {"https://evilclinic.cognitiveservices.azure.com/a", ""},
           {good + ":444/a", ""},
           {good + ":80/a", ""},
           {good + ":/a", ""},
           {"http://clinic.cognitiveservices.azure.com/a", ""},
           {"https://user@clinic.cognitiveservices.azure.com/a", ""},
           {"https://clinic.cognitiveservices.azure.com@evil.example/a", ""},
           {"https://clinic.cognitiveservices.azure.com:443@evil.example/a", ""},
           {"https:\\\\clinic.cognitiveservices.azure.com\\a", ""},
           {good + "\\@evil.example/a", ""},
           {good + "/a\r\nx-evil: 1", ""},
           {good + "/a b", ""},
           {good + "/\xC3\xA4", ""},
           {std::string("https://clinic.cognitiveservices.azure.com/a\0b", 46), ""},
           {" " + good + "/a", ""},
           {"file:///etc/passwd", ""},
       }) {
    analysis_call call;
    call.data_class = core::data_class::general;  // of class phi only what can be deleted is asked for
    const auto talk = call.begin();
    const reply_step step = talk->take(accepted(one.location), "");
    if (one.target.empty()) {
      EXPECT_EQ(kind_name(step), "bad_response") << one.location;
      EXPECT_FALSE(call.farewell(accepted(one.location))) << one.location;
    } else {
      ASSERT_EQ(kind_name(step), "ask_again") << one.location;
      EXPECT_EQ(std::get<ask_again>(step).request.target, one.target);
    }
  }
}

TEST(azure_document_intelligence, a_poll_cannot_move_the_operation) {
  analysis_call call;
  const auto talk = call.begin();
  talk->take(accepted(), "");
  answer_head moved = accepted("https://clinic.cognitiveservices.azure.com/elsewhere");
  const reply_step step = talk->take(moved, "");
  ASSERT_EQ(kind_name(step), "ask_again");
  EXPECT_EQ(std::get<ask_again>(step).request.target, operation);
}

TEST(azure_document_intelligence, an_answer_that_makes_no_sense_is_unusable) {
  const std::string whole = succeeded(one_page);
  std::vector<std::string> bodies{"",
                                  "null",
                                  "[]",
                                  "{}",
                                  "<html></html>",
                                  R"({"status":null})",
                                  R"({"status":["succeeded"]})",
                                  R"({"status":"Succeeded"})",
                                  R"({"status":"canceled"})",
                                  R"({"status":"running"})",  // of an operation that nobody named
                                  R"({"status":"succeeded"})",
                                  succeeded("null"),
                                  succeeded("[]"),
                                  succeeded("{}"),
                                  succeeded(R"({"content":7})"),
                                  succeeded(R"({"content":"x","stringIndexType":"utf16CodeUnit"})"),
                                  succeeded("{\"content\":\"a\xFF\"}"),
                                  succeeded(std::string("{\"content\":\"a\0b\"}", 17))};
  for (std::size_t size = 1; size < whole.size(); ++size) bodies.push_back(whole.substr(0, size));
  for (const std::string& body : bodies) {
    analysis_call call;
    const auto talk = call.begin();
    EXPECT_EQ(kind_name(talk->take(polled(), body)), "bad_response") << body;
  }
}

TEST(azure_document_intelligence, excuses_a_busy_provider_five_times_in_a_row) {
  analysis_call call;
  const auto talk = call.begin();
  talk->take(accepted(), "");
  for (int round = 0; round < 2; ++round) {
    for (int time = 0; time < 5; ++time) {
      const auto step = talk->excuse({time % 2 == 0 ? 429 : 503, ""}, polled(300s));
      ASSERT_TRUE(step) << time;
      ASSERT_EQ(kind_name(*step), "ask_again");
      EXPECT_EQ(std::get<ask_again>(*step).request.target, operation);
      EXPECT_EQ(std::get<ask_again>(*step).after, 300s) << "not before it says";
    }
    EXPECT_FALSE(talk->excuse({429, ""}, polled(1s)));
    EXPECT_EQ(kind_name(talk->take(polled(), R"({"status":"running"})")), "ask_again")
        << "an answer starts the count anew";
  }
}

TEST(azure_document_intelligence, a_busy_provider_that_says_soon_is_given_a_pause) {
  analysis_call call;
  const auto talk = call.begin();
  talk->take(accepted(), "");
  for (const std::chrono::milliseconds wait : {1000ms, 100ms, 100ms}) {
    const auto step = talk->excuse({429, ""}, polled(0s));
    ASSERT_TRUE(step);
    EXPECT_EQ(std::get<ask_again>(*step).after, wait);
  }
}

TEST(azure_document_intelligence, no_other_refusal_of_a_poll_is_excused) {
  analysis_call call;
  const auto talk = call.begin();
  talk->take(accepted(), "");
  for (const int status : {301, 401, 403, 408, 500, 502, 504}) {
    EXPECT_FALSE(talk->excuse({status, ""}, polled(1s))) << status;
  }
  EXPECT_FALSE(talk->excuse({429, ""}, polled())) << "without a Retry-After";
  EXPECT_FALSE(talk->excuse({503, ""}, polled()));
}

TEST(azure_document_intelligence, an_operation_that_comes_to_nothing_is_the_providers_failure) {
  analysis_call call;
  const auto talk = call.begin();
  talk->take(accepted(), "");
  for (const int status : {400, 404, 405, 409, 410, 422}) {
    const auto step = talk->excuse({status, R"({"error":{"code":"InvalidRequest","message":"secret"}})"}, polled(1s));
    ASSERT_TRUE(step) << status;
    EXPECT_EQ(kind_name(*step), "server_error") << status;
    const auto* const failure = std::get_if<core::attempt_failure>(&*step);
    ASSERT_NE(failure, nullptr) << status;
    EXPECT_EQ(failure->status, status);
    EXPECT_TRUE(failure->sent_whole);
    EXPECT_EQ(failure->said.message, "");
  }
}

TEST(azure_document_intelligence, takes_leave_of_class_phi_by_deleting_the_result) {
  EXPECT_TRUE(azure_document_intelligence().takes_leave(core::data_class::phi));
  EXPECT_FALSE(azure_document_intelligence().takes_leave(core::data_class::general))
      << "the provider's day is the registry's retention";
  const std::optional<wire_request> last = analysis_call().farewell(accepted());
  ASSERT_TRUE(last);
  EXPECT_EQ(last->method, "DELETE");
  EXPECT_EQ(last->target, operation);
  EXPECT_EQ(last->header_lines, "accept: application/json\r\n");
  EXPECT_EQ(last->body.size, 0U);
}

TEST(azure_document_intelligence, deletes_nothing_but_a_result) {
  struct row {
    std::string_view path;
    bool deletes;
  };
  for (const row& one : std::vector<row>{
           {"/p/documentintelligence/documentModels/m/analyzeResults/id", true},
           {"/p/documentintelligence/documentModels/m/analyzeResults/id?api-version=1&x=/y", true},
           {"/documentintelligence/documentModels/m/analyzeResults/id", false},
           {"/p/documentintelligence/documentModels/m", false},
           {"/p/documentintelligence/documentModels/m/analyzeResults", false},
           {"/p/documentintelligence/documentModels/m/analyzeResults/", false},
           {"/p/documentintelligence/documentModels//analyzeResults/id", false},
           {"/p/documentintelligence/documentModels/m/analyzeResults/id/", false},
           {"/p/documentintelligence/documentModels/m/analyzeResults/..", false},
           {"/p/documentintelligence/documentModels/../analyzeResults/id", false},
           {"/p/documentintelligence/documentModels/m/analyzeResults/a/../..", false},
           {"/p/documentintelligence/documentModels/m/analyzeResults/%2e%2e", false},
           {"/p/documentintelligence/documentModels/m%2fn/analyzeResults/id", false},
           {"/p/documentintelligence/documentModels/m/analyzeResults?/analyzeResults/id", false},
           {"/p/documentintelligence/documentModels/m/other/id", false},
           {"/p/other", false},
       }) {
    analysis_call call;
    call.endpoint.url.prefix = "/p";
    call.endpoint.api_version = "v";
    const answer_head began = accepted(std::string(origin) + std::string(one.path));
    // Of class phi nothing is asked for that could not be deleted.
    EXPECT_EQ(kind_name(call.begin()->take(began, "")), one.deletes ? "ask_again" : "bad_response") << one.path;
    call.data_class = core::data_class::general;
    EXPECT_EQ(kind_name(call.begin()->take(began, "")), "ask_again") << one.path;
    const std::optional<wire_request> last = call.farewell(began);
    ASSERT_EQ(last.has_value(), one.deletes) << one.path;
    if (!last) continue;
    EXPECT_EQ(last->target, "/p/documentintelligence/documentModels/m/analyzeResults/id?api-version=v");
  }
}

}  // namespace
}  // namespace phigate::upstream
