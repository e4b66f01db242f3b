#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "unit/upstream/stt_exchange.hpp"
#include "upstream/protocols/protocols.hpp"

namespace phigate::upstream {
namespace {

using codec::transcript_format;
using core::failure_kind;
using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view receipt = R"({"batch_id":"0b9c-17"})";
constexpr std::string_view spoken =
    R"({"task":"transcribe","language":"de","duration":1.5,"text":"Guten Tag",
        "segments":[{"text":"Guten Tag","start":0,"end":1.5}],"words":[{"word":"Guten","start":0,"end":0.5}]})";

stt_exchange infomaniak() {
  return stt_exchange(infomaniak_stt());
}

std::string done(const json& data) {
  return json{{"status", "done"}, {"data", data}}.dump();
}

const ask_again* poll_in(const reply_step& step) {
  return std::get_if<ask_again>(&step);
}

// What the client gets once the batch is there.
reply_step after_receipt(std::string_view result, transcript_format format = transcript_format::json) {
  stt_exchange exchange = infomaniak();
  exchange.asked().format = format;
  EXPECT_NE(poll_in(exchange.take(receipt)), nullptr);
  return exchange.take(result);
}

std::string text_of(const reply_step& step) {
  const auto* answer = std::get_if<answered>(&step);
  return answer == nullptr ? "no answer" : answer->body.value_or("no body");
}

core::attempt_failure failure_in(const reply_step& step) {
  const auto* failure = std::get_if<core::attempt_failure>(&step);
  EXPECT_NE(failure, nullptr);
  return failure == nullptr ? core::attempt_failure{} : *failure;
}

// --- The request -----------------------------------------------------------------------------------------------------

TEST(infomaniak_stt, transcribes_speech_and_nothing_else) {
  EXPECT_EQ(infomaniak_stt().facts().name, "infomaniak_stt");
  EXPECT_EQ(infomaniak_stt().facts().modalities, core::modality_set{core::modality::stt});
  core::endpoint endpoint;
  endpoint.credential = core::secret("k-1");
  EXPECT_EQ(infomaniak_stt().credential_lines(endpoint), "authorization: Bearer k-1\r\n");
}

TEST(infomaniak_stt, posts_openais_form_and_always_asks_for_everything) {
  stt_exchange exchange = infomaniak();
  exchange.endpoint.url.prefix = "/1/ai/42";
  exchange.asked().format = transcript_format::srt;
  exchange.asked().language = "de";
  exchange.asked().prompt = "Ångström";
  exchange.asked().wants_words = true;
  EXPECT_EQ(exchange.sent().method, "POST");
  EXPECT_EQ(exchange.sent().target, "/1/ai/42/openai/audio/transcriptions");
  EXPECT_TRUE(exchange.sent().header_lines.starts_with("content-type: multipart/form-data; boundary="));
  const std::string form = exchange.body();
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{{"model", "whisper"},
                                                        {"language", "de"},
                                                        {"prompt", "Ångström"},
                                                        {"response_format", "verbose_json"},
                                                        {"timestamp_granularities[]", "segment"},
                                                        {"timestamp_granularities[]", "word"}}) {
    EXPECT_NE(form.find("name=\"" + name + "\"\r\n\r\n" + value + "\r\n"), std::string::npos) << name;
  }
  EXPECT_NE(form.find("name=\"file\"; filename=\"talk.mp3\"\r\ncontent-type: audio/mpeg\r\n\r\nID3-audio-bytes\r\n"),
            std::string::npos);
}

TEST(infomaniak_stt, leaves_out_what_was_not_said_and_what_it_does_not_take) {
  stt_exchange exchange = infomaniak();
  exchange.asked().temperature = 0.2;
  exchange.asked().fields = {{"temperature", "0.2"}, {"chunking_strategy", "auto"}};
  const std::string form = exchange.body();
  for (const std::string_view name : {"language", "prompt", "temperature", "chunking_strategy"}) {
    EXPECT_EQ(form.find("name=\"" + std::string(name) + '"'), std::string::npos) << name;
  }
  EXPECT_EQ(form.find("\r\n\r\nword\r\n"), std::string::npos);
}

TEST(infomaniak_stt, speaks_the_endpoints_dialect) {
  stt_exchange exchange = infomaniak();
  exchange.endpoint.request.defaults = {{"chunk_length", "30"}};
  exchange.endpoint.request.drop = {"prompt"};
  exchange.asked().prompt = "p";
  const std::string form = exchange.body();
  EXPECT_NE(form.find("name=\"chunk_length\"\r\n\r\n30\r\n"), std::string::npos);
  EXPECT_EQ(form.find("name=\"prompt\""), std::string::npos);
}

// --- The batch -------------------------------------------------------------------------------------------------------

TEST(infomaniak_stt, asks_for_the_batch_that_the_receipt_names) {
  for (const std::string_view body :
       {R"({"batch_id":"0b9c-17"})", R"({"result":"success","data":{"batch_id":"0b9c-17"}})"}) {
    stt_exchange exchange = infomaniak();
    exchange.endpoint.url.prefix = "/1/ai/42";
    const reply_step step = exchange.take(body);
    ASSERT_NE(poll_in(step), nullptr) << body;
    const wire_request& next = poll_in(step)->request;
    EXPECT_EQ(next.method, "GET");
    EXPECT_EQ(next.target, "/1/ai/42/results/0b9c-17");
    EXPECT_EQ(next.header_lines, "accept: application/json\r\n");
    EXPECT_EQ(next.body.size, 0U);
    EXPECT_EQ(poll_in(step)->after, milliseconds(500));
  }
}

TEST(infomaniak_stt, a_batch_id_is_a_word_and_no_path) {
  const std::string sixty_four(64, 'a');
  stt_exchange fits = infomaniak();
  EXPECT_NE(poll_in(fits.take(R"({"batch_id":")" + sixty_four + "\"}")), nullptr);
  for (const std::string& id :
       {std::string(), sixty_four + "a", std::string("../../x"), std::string("a/b"), std::string("a b"),
        std::string("a?b"), std::string("a%2fb"), std::string("a\\r\\nx"), std::string("é"), std::string("a_b")}) {
    stt_exchange exchange = infomaniak();
    EXPECT_EQ(failure_in(exchange.take("{\"batch_id\":\"" + id + "\"}")).kind, failure_kind::bad_response) << id;
  }
}

TEST(infomaniak_stt, a_receipt_without_a_batch_cannot_be_used) {
  for (const std::string_view body :
       {"", "{}", "[]", "null", R"({"batch_id":7})", R"({"batch_id":null})", R"({"batch_id":"a")", R"("a")",
        R"({"result":"success","data":"a"})", R"({"text":"a"})", "<html></html>"}) {
    stt_exchange exchange = infomaniak();
    EXPECT_EQ(failure_in(exchange.take(body)).kind, failure_kind::bad_response) << body;
  }
}

TEST(infomaniak_stt, asks_again_while_the_batch_is_under_way) {
  stt_exchange exchange = infomaniak();
  EXPECT_NE(poll_in(exchange.take(receipt)), nullptr);
  for (const std::string_view body :
       {R"({"status":"pending"})", R"({"status":"processing","data":null})", R"({"status":"queued"})",
        R"({"status":""})", R"({"result":"success","data":{"status":"pending"}})"}) {
    const reply_step step = exchange.take(body);
    ASSERT_NE(poll_in(step), nullptr) << body;
    EXPECT_EQ(poll_in(step)->request.target, "/results/0b9c-17");
  }
  const auto excused = exchange.excuse(404, R"({"result":"error","error":{"code":"object_not_found"}})");
  ASSERT_TRUE(excused);
  ASSERT_NE(poll_in(*excused), nullptr);
  EXPECT_EQ(poll_in(*excused)->after, milliseconds(500));
  EXPECT_NE(text_of(exchange.take(done(spoken))), "no answer");
}

TEST(infomaniak_stt, polling_has_no_end_of_its_own) {
  stt_exchange exchange = infomaniak();
  EXPECT_NE(poll_in(exchange.take(receipt)), nullptr);
  for (int i = 0; i < 2'000; ++i) {
    const auto step = exchange.excuse(404, "");
    ASSERT_TRUE(step && poll_in(*step) != nullptr);
  }
}

TEST(infomaniak_stt, excuses_nothing_but_a_batch_that_is_not_there) {
  stt_exchange exchange = infomaniak();
  EXPECT_NE(poll_in(exchange.take(receipt)), nullptr);
  for (const int status : {301, 401, 403, 408, 429, 500, 503}) {
    EXPECT_FALSE(exchange.excuse(status, "")) << status;
  }
  EXPECT_FALSE(exchange.excuse(404, R"({"code":"method_not_found","description":"Method not found"})"));
  EXPECT_FALSE(exchange.excuse(404, R"({"result":"error","error":{"code":"method_not_found"}})"));
}

TEST(infomaniak_stt, asks_a_busy_provider_again_as_it_says) {
  stt_exchange exchange = infomaniak();
  EXPECT_NE(poll_in(exchange.take(receipt)), nullptr);
  for (int round = 0; round < 2; ++round) {
    for (int time = 0; time < 5; ++time) {
      const auto step = exchange.excuse(time % 2 == 0 ? 429 : 503, "", seconds(60));
      ASSERT_TRUE(step && poll_in(*step) != nullptr) << time;
      EXPECT_EQ(poll_in(*step)->request.target, "/results/0b9c-17");
      EXPECT_EQ(poll_in(*step)->after, seconds(60)) << "not before it says";
    }
    EXPECT_FALSE(exchange.excuse(429, "", seconds(1)));
    const auto step = exchange.excuse(404, "");
    ASSERT_TRUE(step && poll_in(*step) != nullptr) << "an answer, which starts the count anew";
  }
  EXPECT_NE(text_of(exchange.take(done(spoken))), "no answer");
}

TEST(infomaniak_stt, a_batch_that_comes_to_nothing_is_the_providers_failure) {
  stt_exchange exchange = infomaniak();
  EXPECT_NE(poll_in(exchange.take(receipt)), nullptr);
  for (const int status : {400, 405, 409, 410, 413, 415, 422}) {
    const auto step = exchange.excuse(status, R"({"code":"model_not_found","description":"Invalid audio file"})");
    ASSERT_TRUE(step) << status;
    const core::attempt_failure failure = failure_in(*step);
    EXPECT_EQ(failure.kind, failure_kind::server_error) << status;
    EXPECT_EQ(failure.status, status);
    EXPECT_TRUE(failure.sent_whole);
    EXPECT_EQ(failure.said.message, "");
  }
}

TEST(infomaniak_stt, waits_as_told_within_bounds) {
  stt_exchange exchange = infomaniak();
  const auto waits = [&](seconds told) {
    const auto step = exchange.excuse(404, "", told);
    return step && poll_in(*step) != nullptr ? poll_in(*step)->after : milliseconds(-1);
  };
  EXPECT_NE(poll_in(exchange.take(receipt)), nullptr);
  EXPECT_EQ(waits(seconds(3)), seconds(3));
  EXPECT_EQ(waits(seconds(10)), seconds(10));
  EXPECT_EQ(waits(seconds(11)), seconds(10));
  EXPECT_EQ(waits(std::chrono::hours(24 * 365)), seconds(10));
  EXPECT_EQ(waits(seconds(0)), seconds(1));
  EXPECT_EQ(waits(seconds(0)), milliseconds(100));
  const reply_step step = exchange.take(R"({"status":"pending"})", seconds(2));
  ASSERT_NE(poll_in(step), nullptr);
  EXPECT_EQ(poll_in(step)->after, seconds(2));
}

// --- The result ------------------------------------------------------------------------------------------------------

TEST(infomaniak_stt, reads_every_way_in_which_a_result_is_written) {
  const json object = json::parse(spoken);
  const std::vector<std::string> results{
      done(object.dump()),
      done(object),
      json{{"status", "success"}, {"data", object}}.dump(),
      json{{"result", "success"}, {"data", {{"status", "success"}, {"data", object.dump()}}}}.dump(),
      json{{"result", "success"}, {"data", {{"status", "done"}, {"data", object}}}}.dump(),
  };
  for (const std::string& result : results) {
    const reply_step step = after_receipt(result);
    EXPECT_EQ(json::parse(text_of(step)),
              json::parse(R"({"text":"Guten Tag","usage":{"type":"duration","seconds":2}})"))
        << result;
    EXPECT_EQ(std::get<answered>(step).usage.audio_milliseconds, 1'500);
  }
}

TEST(infomaniak_stt, renders_the_form_that_was_asked_for) {
  EXPECT_EQ(text_of(after_receipt(done(spoken), transcript_format::text)), "Guten Tag\n");
  EXPECT_EQ(text_of(after_receipt(done(spoken), transcript_format::vtt)),
            "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nGuten Tag\n\n");
  const json verbose = json::parse(text_of(after_receipt(done(spoken), transcript_format::verbose_json)));
  EXPECT_EQ(verbose["language"], "german");
  EXPECT_EQ(verbose["segments"].size(), 1U);
}

TEST(infomaniak_stt, plain_text_has_no_duration_to_meter) {
  const reply_step step = after_receipt(done(" Guten Tag\n"));
  EXPECT_EQ(text_of(step), R"({"text":"Guten Tag"})");
  EXPECT_FALSE(std::get<answered>(step).usage.audio_milliseconds);
  EXPECT_EQ(text_of(after_receipt(done(""))), R"({"text":""})");
  EXPECT_EQ(text_of(after_receipt(done("42"))), R"({"text":"42"})");
}

TEST(infomaniak_stt, plain_text_makes_no_subtitles) {
  for (const auto format : {transcript_format::srt, transcript_format::vtt}) {
    for (const std::string& result : {done("hallo"), done(json{{"text", "hallo"}}), done(R"({"text":"hallo"})")}) {
      EXPECT_EQ(failure_in(after_receipt(result, format)).kind, failure_kind::bad_response) << result;
    }
  }
  EXPECT_EQ(text_of(after_receipt(done(R"({"text":"hallo","duration":2})"), transcript_format::srt)),
            "1\n00:00:00,000 --> 00:00:02,000\nhallo\n\n");
  EXPECT_EQ(text_of(after_receipt(done(""), transcript_format::srt)), "");
}

TEST(infomaniak_stt, a_result_that_is_no_transcript_cannot_be_used) {
  for (const std::string& body : std::vector<std::string>{
           "",
           "null",
           "[]",
           "{}",
           R"({"status":7})",
           R"({"status":null})",
           R"({"status":"done"})",
           R"({"status":"done","data":null})",
           R"({"status":"done","data":7})",
           R"({"status":"done","data":["a"]})",
           R"({"status":"done","data":{}})",
           R"({"status":"done","data":{"text":7}})",
           R"({"status":"done","data":"{\"text\":\"cut of"})",
           R"({"status":"done","data":" {\"segments\":[]}"})",
           R"({"status":"done","data":"a")",
           R"({"result":"success","data":"a"})",
       }) {
    EXPECT_EQ(failure_in(after_receipt(body)).kind, failure_kind::bad_response) << body;
  }
}

TEST(infomaniak_stt, a_failed_batch_is_the_providers_failure) {
  for (const std::string_view body :
       {R"({"status":"error","error":"internal"})", R"({"status":"failed"})",
        R"({"status":"error","error":{"code":"x"}})",
        R"({"result":"success","data":{"status":"error","error":"worker lost"}})",
        R"({"result":"error","error":{"code":"internal_error","description":"An error occurred"}})",
        R"({"status":"failed","error":"audio service restarted"})", R"({"status":"failed","error":7})"}) {
    const core::attempt_failure failure = failure_in(after_receipt(body));
    EXPECT_EQ(failure.kind, failure_kind::server_error) << body;
    EXPECT_EQ(failure.reach, core::reach::head_received);
    EXPECT_EQ(failure.said.message, "") << body;
  }
}

TEST(infomaniak_stt, a_batch_that_failed_for_its_audio_is_the_clients_mistake) {
  for (const auto& [body, message] : std::vector<std::pair<std::string, std::string>>{
           {R"({"status":"error","error":"Invalid audio file"})", "Invalid audio file"},
           {R"({"status":"failed","error":{"code":"unsupported_format","description":"No."}})", "No."},
           {R"({"result":"success","data":{"status":"error","error":{"message":"could not decode the file"}}})",
            "could not decode the file"},
           {R"({"result":"error","error":{"code":"e","description":"audio too long"}})", "audio too long"},
           {R"({"result":"error","error":{"code":"validation_failed","description":"Validation failed",)"
            R"("errors":[{"description":"The file is too large."}]}})",
            "The file is too large."}}) {
    const core::attempt_failure failure = failure_in(after_receipt(body));
    EXPECT_EQ(failure.kind, failure_kind::client_mistake) << body;
    EXPECT_EQ(failure.status, 400) << body;
    EXPECT_EQ(failure.said.message, message) << body;
    EXPECT_EQ(failure.said.param, "file") << body;
  }
}

TEST(infomaniak_stt, keeps_no_words_of_a_provider_in_a_note) {
  const core::attempt_failure failure = failure_in(after_receipt(R"({"status":"error","error":"canary"})"));
  EXPECT_EQ(failure.note.find("canary"), std::string::npos);
}

// --- Refusals --------------------------------------------------------------------------------------------------------

TEST(infomaniak_stt, classes_each_refusal) {
  struct row {
    int status;
    std::string body;
    failure_kind kind;
  };
  const std::vector<row> table{
      {400, R"({"result":"error","error":{"code":"bad","description":"no"}})", failure_kind::client_mistake},
      {401, "", failure_kind::auth_failed},
      {403, "", failure_kind::auth_failed},
      {404, R"({"code":"method_not_found","description":"Method not found"})", failure_kind::misconfigured},
      {413, "<html></html>", failure_kind::client_mistake},
      {422, R"({"result":"error","error":{"code":"validation_failed","description":"Validation failed"}})",
       failure_kind::client_mistake},
      {422, R"({"result":"error","error":{"code":"v","description":"The selected model is invalid."}})",
       failure_kind::misconfigured},
      {422,
       R"({"result":"error","error":{"code":"validation_failed","description":"Validation failed",)"
       R"("errors":[{"description":"The selected model is invalid."}]}})",
       failure_kind::misconfigured},
      {400, R"({"code":"model_not_found","description":"no"})", failure_kind::misconfigured},
      {413, R"({"code":"x","description":"invalid size for this model"})", failure_kind::client_mistake},
      {413, R"({"code":"model_not_found","description":"no"})", failure_kind::client_mistake},
      {400, R"({"code":"x","description":"Invalid model whisper-9"})", failure_kind::misconfigured},
      {422, R"({"code":"x","description":"Unknown model."})", failure_kind::misconfigured},
      {422, R"({"code":"x","description":"Model not found"})", failure_kind::misconfigured},
      // What the client wrote may come again in a message: a prompt, a file's name.
      {400, R"({"code":"x","description":"Invalid audio file for model whisper"})", failure_kind::client_mistake},
      {422, R"({"code":"x","description":"Invalid prompt: The selected model is invalid."})",
       failure_kind::client_mistake},
      {422, R"({"code":"x","description":"model_not_found.mp3 is empty"})", failure_kind::client_mistake},
      {422, R"({"code":"x","description":"The model does not know the language: unknown"})",
       failure_kind::client_mistake},
      {429, "", failure_kind::rate_limited},
      {500, "", failure_kind::server_error},
      {503, "", failure_kind::server_error},
  };
  for (const row& one : table) {
    EXPECT_EQ(classified(infomaniak_stt(), one.status, one.body).kind, one.kind) << one.status << one.body;
  }
}

TEST(infomaniak_stt, passes_on_what_was_said_of_the_clients_mistake) {
  for (const std::string_view body :
       {R"({"result":"error","error":{"code":"bad_language","description":"Unknown language"}})",
        R"({"code":"bad_language","description":"Unknown language"})"}) {
    const auto failure = classified(infomaniak_stt(), 422, body);
    EXPECT_EQ(failure.said.code, "bad_language") << body;
    EXPECT_EQ(failure.said.message, "Unknown language") << body;
  }
}

}  // namespace
}  // namespace phigate::upstream
