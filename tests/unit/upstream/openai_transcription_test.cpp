// Speech to text as OpenAI has it.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "phigate/codec/multipart.hpp"
#include "unit/upstream/json_call.hpp"
#include "unit/upstream/stt_exchange.hpp"
#include "upstream/protocols/protocols.hpp"

namespace phigate::upstream {
namespace {

using codec::transcript_format;
using core::modality;
using fields = std::vector<std::pair<std::string, std::string>>;

// The form that goes out, as any receiver reads it: its fields, then the file.
struct sent_form {
  fields named;
  codec::part_head file;
  std::string bytes;
};

sent_form form_of(stt_exchange& exchange) {
  exchange.begin();
  const wire_request& sent = exchange.sent();
  constexpr std::string_view start = "content-type: ";
  const std::string type = sent.header_lines.substr(start.size(), sent.header_lines.find("\r\n") - start.size());
  codec::multipart_reader reader(codec::boundary_of(type).value(),
                                 [](const codec::part_head&) { return std::nullopt; });
  const std::string text = sent.body.text();
  EXPECT_EQ(text.size(), sent.body.size);
  EXPECT_TRUE(reader.advance(text).has_value());
  sent_form form;
  for (const codec::form_part& part : reader.parts(text)) {
    if (!part.head.filename) {
      form.named.emplace_back(part.head.name, part.value);
      continue;
    }
    form.file = part.head;
    form.bytes = part.value;
  }
  return form;
}

struct openai_exchange : stt_exchange {
  explicit openai_exchange(transcript_format format, std::vector<std::string> native = {}) : stt_exchange(openai()) {
    endpoint.url.prefix = "/v1";
    model.formats = std::move(native);
    asked().format = format;
  }
};

constexpr std::string_view verbose = R"({"task":"transcribe","language":"german","duration":2.5,"text":"Ja. Nein.",
  "segments":[{"start":0,"end":1.25,"text":"Ja."},{"start":1.25,"end":2.5,"text":"Nein."}]})";

answered answer_of(stt_exchange& exchange, std::string_view body) {
  reply_step step = exchange.take(body);
  auto* answer = std::get_if<answered>(&step);
  EXPECT_NE(answer, nullptr) << body;
  return answer == nullptr ? answered{} : std::move(*answer);
}

// --- The request -----------------------------------------------------------------------------------------------------

TEST(openai_transcription, builds_the_form_anew_with_the_models_name_and_the_file_last) {
  openai_exchange exchange(transcript_format::json);
  exchange.asked().language = "de";
  exchange.asked().fields = {{"language", "DE-ch"}, {"prompt", "a\r\nb"}, {"temperature", "0.20"}};
  const sent_form form = form_of(exchange);
  EXPECT_EQ(form.named, (fields{{"model", "whisper"},
                                {"language", "de"},
                                {"prompt", "a\r\nb"},
                                {"temperature", "0.20"},
                                {"response_format", "json"}}));
  EXPECT_EQ(form.file.name, "file");
  EXPECT_EQ(form.file.filename, "talk.mp3");
  EXPECT_EQ(form.file.content_type, "audio/mpeg");
  EXPECT_EQ(form.bytes, "ID3-audio-bytes");
  EXPECT_EQ(exchange.sent().target, "/v1/audio/transcriptions");
  EXPECT_EQ(exchange.sent().method, "POST");
  EXPECT_EQ(exchange.begin().how(), delivery::whole);
}

TEST(openai_transcription, applies_the_registrys_dialect_to_the_form) {
  openai_exchange exchange(transcript_format::json);
  exchange.model.request = {.rename = {{"prompt", "hint"}}, .drop = {"response_format"}, .defaults = {}};
  exchange.endpoint.request.defaults = {{"language", "\"auto\""}};
  exchange.asked().fields = {{"prompt", "p"}};
  EXPECT_EQ(form_of(exchange).named, (fields{{"model", "whisper"}, {"hint", "p"}, {"language", "auto"}}));
}

TEST(openai_transcription, asks_for_the_clients_format_or_for_one_that_it_can_be_rendered_from) {
  using enum transcript_format;
  struct row {
    transcript_format wanted;
    std::vector<std::string> native;
    std::string_view asked;
  };
  const std::vector<std::string> nothing_said;
  const std::vector<std::string> together{"json", "verbose_json"};
  for (const row& one : std::vector<row>{
           {json, nothing_said, "json"},
           {text, nothing_said, "text"},
           {srt, nothing_said, "srt"},
           {vtt, nothing_said, "vtt"},
           {verbose_json, nothing_said, "verbose_json"},
           {json, together, "json"},
           {text, together, "json"},
           {srt, together, "verbose_json"},
           {vtt, together, "verbose_json"},
           {verbose_json, together, "verbose_json"},
           {json, {"verbose_json"}, "verbose_json"},
           {text, {"verbose_json"}, "verbose_json"},
           {text, {"json"}, "json"},
           {json, {"text"}, "text"},
           {srt, {"mp3"}, "srt"},  // formats of the model's speech say nothing of transcripts
       }) {
    openai_exchange exchange(one.wanted, one.native);
    exchange.asked().fields = {{"response_format", "whatever"}};
    const sent_form form = form_of(exchange);
    ASSERT_GE(form.named.size(), 2u);
    EXPECT_EQ(form.named[1], (std::pair<std::string, std::string>("response_format", one.asked)));
  }
}

TEST(openai_transcription, asks_for_segments_where_it_has_to_render_cues) {
  openai_exchange exchange(transcript_format::srt, {"json", "verbose_json"});
  exchange.asked().language = "de";
  exchange.asked().fields = {{"timestamp_granularities[]", "word"}, {"language", "de"}};
  EXPECT_EQ(form_of(exchange).named, (fields{{"model", "whisper"},
                                             {"language", "de"},
                                             {"response_format", "verbose_json"},
                                             {"timestamp_granularities[]", "segment"}}));
}

TEST(openai_transcription, leaves_the_granularities_of_a_native_format_to_the_client) {
  openai_exchange exchange(transcript_format::verbose_json);
  exchange.asked().fields = {{"timestamp_granularities[]", "word"}, {"timestamp_granularities", "segment"}};
  EXPECT_EQ(form_of(exchange).named, (fields{{"model", "whisper"},
                                             {"timestamp_granularities[]", "word"},
                                             {"timestamp_granularities[]", "segment"},
                                             {"response_format", "verbose_json"}}));
}

TEST(openai_transcription, tells_the_same_form_again_for_a_fresh_connection) {
  openai_exchange exchange(transcript_format::json);
  conversation& talk = exchange.begin();
  EXPECT_EQ(talk.first().body.text(), talk.first().body.text());
}

// --- The answer ------------------------------------------------------------------------------------------------------

TEST(openai_transcription, passes_native_json_through_and_meters_its_duration) {
  struct row {
    transcript_format format;
    std::string_view body;
    std::optional<std::int64_t> milliseconds;
  };
  for (const row& one : std::vector<row>{
           {transcript_format::json, R"({"text":"hi"})", std::nullopt},
           {transcript_format::json, R"({"text":"","usage":{"type":"duration","seconds":9}})", 9000},
           {transcript_format::json, R"({"text":"x","usage":{"type":"tokens","input_tokens":4}})", std::nullopt},
           {transcript_format::verbose_json, verbose, 2500},
           {transcript_format::verbose_json, R"({"text":"x","duration":"8.47"})", 8470},
           {transcript_format::verbose_json, R"({"text":"","duration":0})", 0},
           {transcript_format::verbose_json, R"({"text":"x","duration":0})", std::nullopt},
           {transcript_format::verbose_json, R"({"text":"x","duration":-1})", std::nullopt},
           {transcript_format::verbose_json, R"({"text":"x","duration":1e300})", std::nullopt},
           {transcript_format::verbose_json, R"({"text":"x","duration":1e999})", std::nullopt},
           {transcript_format::verbose_json, R"({"text":"x","duration":{}})", std::nullopt},
       }) {
    openai_exchange exchange(one.format);
    const answered answer = answer_of(exchange, one.body);
    EXPECT_EQ(answer.body, std::nullopt) << one.body;
    EXPECT_EQ(answer.content_type, "application/json");
    EXPECT_EQ(answer.usage.audio_milliseconds, one.milliseconds) << one.body;
    EXPECT_EQ(answer.usage.tokens, std::nullopt);
  }
}

TEST(openai_transcription, takes_no_json_without_a_text) {
  for (const std::string_view body :
       {"", "hi", "null", "[]", "{}", "{\"text\":null}", "{\"text\":[\"a\"]}", "{\"text\":7}", "[{\"text\":\"a\"}]",
        "{\"error\":{\"message\":\"no\"}}", "{\"text\":\"a\"", "<html>", "\xff"}) {
    for (const auto format : {transcript_format::json, transcript_format::verbose_json}) {
      openai_exchange exchange(format);
      EXPECT_TRUE(is_unusable(exchange.take(body))) << body;
    }
    openai_exchange rendered(transcript_format::vtt, {"verbose_json"});
    EXPECT_TRUE(is_unusable(rendered.take(body))) << body;
  }
}

TEST(openai_transcription, passes_native_text_through_without_usage) {
  struct row {
    transcript_format format;
    std::string_view body;
    std::string_view type;
  };
  for (const row& one : std::vector<row>{
           {transcript_format::text, "Ja. Nein.\n", "text/plain; charset=utf-8"},
           {transcript_format::text, "", "text/plain; charset=utf-8"},
           {transcript_format::text, "{curly", "text/plain; charset=utf-8"},
           {transcript_format::srt, "1\n00:00:00,000 --> 00:00:01,000\nJa.\n\n", "text/plain; charset=utf-8"},
           {transcript_format::srt, "\n", "text/plain; charset=utf-8"},
           {transcript_format::vtt, "WEBVTT\n\n", "text/vtt; charset=utf-8"},
           {transcript_format::vtt, "\xEF\xBB\xBFWEBVTT\n", "text/vtt; charset=utf-8"},
       }) {
    openai_exchange exchange(one.format);
    const answered answer = answer_of(exchange, one.body);
    EXPECT_EQ(answer.body, std::nullopt) << one.body;
    EXPECT_EQ(answer.content_type, one.type);
    EXPECT_EQ(answer.usage.audio_milliseconds, std::nullopt);
  }
}

TEST(openai_transcription, takes_no_other_form_for_the_text_that_was_asked_for) {
  struct row {
    transcript_format format;
    std::string_view body;
  };
  for (const row& one : std::vector<row>{{transcript_format::text, R"({"text":"Ja."})"},
                                         {transcript_format::text, R"( {"error":{"message":"no"}})"},
                                         {transcript_format::text, "<html>err</html>"},
                                         {transcript_format::text, "Gr\xfc\xdf"},
                                         {transcript_format::srt, R"({"text":"Ja."})"},
                                         {transcript_format::srt, "Ja."},
                                         {transcript_format::vtt, "Ja."},
                                         {transcript_format::vtt, ""},
                                         {transcript_format::vtt, "1\n00:00:00,000 --> 00:00:01,000\nJa.\n"}}) {
    openai_exchange exchange(one.format);
    EXPECT_TRUE(is_unusable(exchange.take(one.body))) << one.body;
  }
}

TEST(openai_transcription, takes_no_page_for_a_text) {
  openai_exchange exchange(transcript_format::text);
  answer_head head;
  for (const auto& [type, fits] : std::vector<std::pair<std::string, bool>>{{"text/html; charset=utf-8", false},
                                                                            {"Text/HTML", false},
                                                                            {"text/plain", true},
                                                                            {"application/json", true},
                                                                            {"", true}}) {
    head.content_type = type;
    EXPECT_EQ(is_unusable(exchange.begin().take(head, "err")), !fits) << type;
  }
}

TEST(openai_transcription, makes_no_subtitles_without_a_time) {
  for (const auto format : {transcript_format::srt, transcript_format::vtt}) {
    openai_exchange exchange(format, {"json", "verbose_json"});
    EXPECT_TRUE(is_unusable(exchange.take(R"({"text":"A"})")));
    EXPECT_TRUE(is_unusable(exchange.take(R"({"text":"A","segments":[{"text":"A"}]})")));
    EXPECT_FALSE(is_unusable(exchange.take(R"({"text":"A","duration":1})")));
    EXPECT_FALSE(is_unusable(exchange.take(R"({"text":""})")));
  }
}

TEST(openai_transcription, renders_what_the_provider_does_not_write) {
  openai_exchange srt(transcript_format::srt, {"json", "verbose_json"});
  const answered cues = answer_of(srt, verbose);
  EXPECT_EQ(cues.body, "1\n00:00:00,000 --> 00:00:01,250\nJa.\n\n2\n00:00:01,250 --> 00:00:02,500\nNein.\n\n");
  EXPECT_EQ(cues.content_type, "text/plain; charset=utf-8");
  EXPECT_EQ(cues.usage.audio_milliseconds, 2500);

  openai_exchange text(transcript_format::text, {"json"});
  EXPECT_EQ(answer_of(text, R"({"text":"Ja."})").body, "Ja.\n");

  openai_exchange json(transcript_format::json, {"text"});
  const answered spoken = answer_of(json, "Er sagte \"Ja.\"\n");
  EXPECT_EQ(spoken.body, R"({"text":"Er sagte \"Ja.\""})");
  EXPECT_EQ(spoken.content_type, "application/json");
}

TEST(openai_transcription, a_format_that_no_route_can_give_is_a_bug) {
  openai_exchange exchange(transcript_format::srt, {"json"});
  EXPECT_THROW(exchange.begin(), std::logic_error);
}

TEST(openai_transcription, a_stream_is_asked_for_in_the_clients_own_format) {
  openai_exchange exchange(transcript_format::text, {"json", "verbose_json"});
  exchange.facts().required_features = {"stream"};
  const sent_form form = form_of(exchange);
  EXPECT_EQ(form.named.back(), (std::pair<std::string, std::string>("response_format", "text")));
}

TEST(openai_transcription, relays_an_event_stream_where_the_client_wants_one) {
  codec::client_request asked;
  asked.facts.modality = modality::stt;
  asked.facts.required_features = {"stream"};
  asked.media = codec::transcription_request{};
  std::get<codec::transcription_request>(asked.media).fields = {{"stream", "true"}};
  const core::endpoint endpoint;
  const core::hosted_model model;
  codec::response_reader responses;
  const auto talk = openai().begin({.asked = asked,
                                    .endpoint = endpoint,
                                    .model = model,
                                    .data_class = {},
                                    .content_type = {},
                                    .accept = {},
                                    .responses = responses});
  EXPECT_EQ(talk->how(), delivery::bytes);
  EXPECT_EQ(talk->media_type(), "text/event-stream");
  EXPECT_NE(talk->first().body.text().find("name=\"stream\"\r\n\r\ntrue\r\n"), std::string::npos);
  answer_head head;
  head.content_type = "text/event-stream; charset=utf-8";
  EXPECT_FALSE(talk->check(head).has_value());
  head.content_type = "application/json";
  EXPECT_TRUE(talk->check(head).has_value());
}

}  // namespace
}  // namespace phigate::upstream
