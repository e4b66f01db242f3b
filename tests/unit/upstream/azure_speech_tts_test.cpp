// Azure's text to speech: what goes out as SSML, what may come back as audio.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "upstream/protocols/protocols.hpp"

namespace phigate::upstream {
namespace {

using core::failure_kind;

// A speech request and the route that it takes.
struct speech_call {
  codec::client_request asked;
  core::endpoint endpoint;
  core::hosted_model model;
  codec::response_reader responses;

  explicit speech_call(std::string input, std::string voice = "de-CH-LeniNeural") {
    codec::speech_request& speech = asked.media.emplace<codec::speech_request>();
    speech.input = std::move(input);
    speech.voice = std::move(voice);
    endpoint.url.host = "switzerlandnorth.tts.speech.microsoft.com";
    model.upstream = "neural";
  }
  codec::speech_request& speech() { return std::get<codec::speech_request>(asked.media); }
  std::unique_ptr<conversation> begin() {
    return azure_speech_tts().begin({.asked = asked,
                                     .endpoint = endpoint,
                                     .model = model,
                                     .content_type = "",
                                     .accept = "",
                                     .responses = responses});
  }
  std::string ssml() { return begin()->first().body.text(); }
};

constexpr std::string_view opening =
    "<speak version='1.0' xmlns='http://www.w3.org/2001/10/synthesis' xml:lang='de-CH'><voice name='de-CH-LeniNeural'>";
constexpr std::string_view closing = "</voice></speak>";

TEST(azure_speech_tts, says_what_it_can_make) {
  const core::protocol& facts = azure_speech_tts().facts();
  EXPECT_EQ(facts.name, "azure_speech_tts");
  EXPECT_EQ(facts.modalities, core::modality_set{core::modality::tts});
  const std::vector<std::string_view> formats(facts.speech_formats.begin(), facts.speech_formats.end());
  EXPECT_EQ(formats, (std::vector<std::string_view>{"mp3", "opus", "wav", "pcm"}));
  EXPECT_TRUE(facts.needs_voices);
}

TEST(azure_speech_tts, carries_its_key_in_azures_header) {
  core::endpoint endpoint;
  endpoint.credential = core::secret("k-1");
  EXPECT_EQ(azure_speech_tts().credential_lines(endpoint), "ocp-apim-subscription-key: k-1\r\n");
}

TEST(azure_speech_tts, posts_ssml_beneath_the_endpoints_prefix) {
  speech_call call("Grüezi");
  call.endpoint.url.prefix = "/front";
  const auto talk = call.begin();
  const wire_request sent = talk->first();
  EXPECT_EQ(sent.method, "POST");
  EXPECT_EQ(sent.target, "/front/cognitiveservices/v1");
  EXPECT_EQ(sent.header_lines,
            "content-type: application/ssml+xml\r\naccept: */*\r\n"
            "x-microsoft-outputformat: audio-24khz-48kbitrate-mono-mp3\r\n");
  EXPECT_EQ(sent.body.text(), std::string(opening) + "Grüezi" + std::string(closing));
  EXPECT_EQ(sent.body.size, sent.body.text().size());
  EXPECT_EQ(talk->first().body.text(), sent.body.text()) << "asked again after a stale connection";
}

TEST(azure_speech_tts, asks_for_each_format_and_names_what_comes) {
  struct row {
    std::string_view format, asked, media_type;
  };
  for (const row& one : std::vector<row>{{"mp3", "audio-24khz-48kbitrate-mono-mp3", "audio/mpeg"},
                                         {"opus", "ogg-24khz-16bit-mono-opus", "audio/ogg"},
                                         {"wav", "riff-24khz-16bit-mono-pcm", "audio/wav"},
                                         {"pcm", "raw-24khz-16bit-mono-pcm", "audio/pcm"}}) {
    speech_call call("x");
    call.speech().response_format = one.format;
    const auto talk = call.begin();
    const std::string line = "x-microsoft-outputformat: " + std::string(one.asked) + "\r\n";
    EXPECT_NE(talk->first().header_lines.find(line), std::string::npos) << one.format;
    EXPECT_EQ(talk->media_type(), one.media_type);
    EXPECT_EQ(talk->how(), delivery::bytes);
  }
}

TEST(azure_speech_tts, a_format_that_no_route_has_is_a_bug) {
  speech_call call("x");
  call.speech().response_format = "flac";
  EXPECT_THROW(call.begin(), std::logic_error);
}

TEST(azure_speech_tts, writes_the_speed_as_a_signed_percentage_within_what_the_service_can) {
  struct row {
    double speed;
    std::string_view rate;  // empty: none is written
  };
  for (const row& one : std::vector<row>{{1.0, ""},
                                         {1.004, ""},
                                         {0.996, ""},
                                         {1.005001, "+1%"},
                                         {1.1, "+10%"},
                                         {1.25, "+25%"},
                                         {1.99, "+99%"},
                                         {2.0, "+100%"},
                                         {2.01, "+100%"},
                                         {4.0, "+100%"},
                                         {0.9, "-10%"},
                                         {0.51, "-49%"},
                                         {0.5, "-50%"},
                                         {0.49, "-50%"},
                                         {0.25, "-50%"}}) {
    speech_call call("x");
    call.speech().speed = one.speed;
    const std::string inner = one.rate.empty() ? "x" : "<prosody rate='" + std::string(one.rate) + "'>x</prosody>";
    EXPECT_EQ(call.ssml(), std::string(opening) + inner + std::string(closing)) << one.speed;
  }
}

TEST(azure_speech_tts, takes_the_locale_from_the_voices_short_name) {
  struct row {
    std::string_view voice, locale;
  };
  for (const row& one : std::vector<row>{{"de-CH-LeniNeural", "de-CH"},
                                         {"en-US-AvaMultilingualNeural", "en-US"},
                                         {"zh-CN-liaoning-XiaobeiNeural", "zh-CN"},
                                         {"wuu-CN-XiaotongNeural", "wuu-CN"},
                                         {"fil-PH-AngeloNeural", "fil-PH"},
                                         {"es-419-SomeNeural", "es-419"},
                                         {"iu-Latn-CA-TaqqiqNeural", "iu-Latn-CA"},
                                         {"de-CH-Leni:DragonHDLatestNeural", "de-CH"},
                                         {"de-CH", "en-US"},
                                         {"de-", "en-US"},
                                         {"-CH-LeniNeural", "en-US"},
                                         {"DE-ch-LeniNeural", "en-US"},
                                         {"toolong-CH-Leni", "en-US"},
                                         {"d-CH-Leni", "en-US"},
                                         {"de-CHE-Leni", "en-US"},
                                         {"de-'x-Leni", "en-US"},
                                         {"MyClinicNeural", "en-US"},
                                         {"", "en-US"}}) {
    const std::string sent = speech_call("x", std::string(one.voice)).ssml();
    EXPECT_NE(sent.find(" xml:lang='" + std::string(one.locale) + "'><voice "), std::string::npos) << one.voice << "\n"
                                                                                                   << sent;
  }
}

TEST(azure_speech_tts, looks_a_voice_up_in_the_models_table) {
  const std::vector<std::pair<std::string, std::string>> table{{"alloy", "en-US-AvaMultilingualNeural"},
                                                               {"nova", "de-CH-LeniNeural"}};
  struct row {
    std::string_view asked, native;
  };
  for (const row& one : std::vector<row>{{"alloy", "en-US-AvaMultilingualNeural"},
                                         {"nova", "de-CH-LeniNeural"},
                                         {"de-CH-LeniNeural", "de-CH-LeniNeural"}}) {
    speech_call call("x", std::string(one.asked));
    call.model.voices = table;
    EXPECT_NE(call.ssml().find("<voice name='" + std::string(one.native) + "'>"), std::string::npos) << one.asked;
  }
  EXPECT_NE(speech_call("x", "fr-CH-ArianeNeural").ssml().find("<voice name='fr-CH-ArianeNeural'>"), std::string::npos)
      << "without a table any name is sent on";
}

TEST(azure_speech_tts, a_voice_that_no_route_has_is_a_bug) {
  speech_call call("x", "nobody");
  call.model.voices = {{"alloy", "en-US-AvaMultilingualNeural"}};
  EXPECT_THROW(call.begin()->first(), std::logic_error);
}

TEST(azure_speech_tts, nothing_in_a_text_is_markup) {
  struct row {
    std::string_view input, sent;
  };
  using namespace std::string_view_literals;
  for (const row& one : std::vector<row>{
           {"a & b", "a &amp; b"},
           {"&lt;", "&amp;lt;"},
           {"&#60;", "&amp;#60;"},
           {"<speak>x</speak>", "&lt;speak&gt;x&lt;/speak&gt;"},
           {"</voice></speak><speak>", "&lt;/voice&gt;&lt;/speak&gt;&lt;speak&gt;"},
           {"<audio src='http://10.0.0.1/'/>", "&lt;audio src=&apos;http://10.0.0.1/&apos;/&gt;"},
           {"<![CDATA[x]]>", "&lt;![CDATA[x]]&gt;"},
           {"]]>", "]]&gt;"},
           {"<!--", "&lt;!--"},
           {"<?xml?>", "&lt;?xml?&gt;"},
           {"<!DOCTYPE x [<!ENTITY y SYSTEM \"file:///etc/passwd\">]>",
            "&lt;!DOCTYPE x [&lt;!ENTITY y SYSTEM &quot;file:///etc/passwd&quot;&gt;]&gt;"},
           {"tab\tline\nreturn\r", "tab\tline\nreturn\r"},
           {"a\0b"sv, "a b"},
           {"\x01\x08\x0B\x0C\x0E\x1F", "      "},
           {"\x7F", "\x7F"},
           {"\uFFFD", "\uFFFD"},
           {"a\xEF\xBF\xBE"
            "b\xEF\xBF\xBF",
            "a b "},
           {"\uD7FF\uE000", "\uD7FF\uE000"},
           {"Zürich 🏥 ﷽", "Zürich 🏥 ﷽"},
       }) {
    EXPECT_EQ(speech_call(std::string(one.input)).ssml(),
              std::string(opening) + std::string(one.sent) + std::string(closing))
        << one.input;
  }
}

TEST(azure_speech_tts, a_voices_name_cannot_leave_its_attribute) {
  const std::string sent = speech_call("x", "de-CH-L'/><audio src=\"//evil\"/>&\x01").ssml();
  EXPECT_NE(sent.find("<voice name='de-CH-L&apos;/&gt;&lt;audio src=&quot;//evil&quot;/&gt;&amp; '>x</voice>"),
            std::string::npos)
      << sent;
}

TEST(azure_speech_tts, relays_audio_and_nothing_else) {
  speech_call call("x");
  const auto talk = call.begin();
  const auto checked = [&](std::string_view type) {
    answer_head head;
    head.status = 200;
    head.content_type = type;
    return talk->check(head);
  };
  for (const std::string_view type : {"audio/mpeg", "audio/mp3", "Audio/MPEG; codecs=x", "application/octet-stream",
                                      "application/octet-stream;x=y", "APPLICATION/OCTET-STREAM"}) {
    EXPECT_FALSE(checked(type)) << type;
  }
  for (const std::string_view type :
       {"", "audio", "audio/x-wav", "audio/ogg; codecs=opus", "audio/basic", "text/html", "application/json",
        "application/ssml+xml", "x/audio/", "application/octet-streams", "multipart/mixed; x=audio/mpeg"}) {
    const auto failure = checked(type);
    ASSERT_TRUE(failure) << type;
    EXPECT_EQ(failure->kind, failure_kind::bad_response);
  }
}

TEST(azure_speech_tts, is_never_asked_for_a_whole_answer) {
  speech_call call("x");
  const auto talk = call.begin();
  EXPECT_THROW(talk->take({}, "audio"), std::logic_error);
  EXPECT_FALSE(azure_speech_tts().takes_leave(core::data_class::phi));
}

core::attempt_failure classify(int status, std::string_view body = "") {
  return azure_speech_tts().classify({status, body}, {});
}

TEST(azure_speech_tts, classes_each_status) {
  struct row {
    int status;
    failure_kind kind;
  };
  for (const row& one : std::vector<row>{{302, failure_kind::server_error},
                                         {400, failure_kind::client_mistake},
                                         {401, failure_kind::auth_failed},
                                         {403, failure_kind::auth_failed},
                                         {404, failure_kind::misconfigured},
                                         {405, failure_kind::misconfigured},
                                         {408, failure_kind::request_timeout},
                                         {413, failure_kind::client_mistake},
                                         {415, failure_kind::misconfigured},
                                         {429, failure_kind::rate_limited},
                                         {500, failure_kind::server_error},
                                         {502, failure_kind::server_error},
                                         {503, failure_kind::server_error}}) {
    const core::attempt_failure failure = classify(one.status, "no");
    EXPECT_EQ(failure.kind, one.kind) << one.status;
    EXPECT_EQ(failure.status, one.status);
  }
}

TEST(azure_speech_tts, says_what_to_check_where_the_provider_says_nothing) {
  for (const std::string_view body : {"", " \r\n", "<html>Bad Request</html>"}) {
    const core::attempt_failure failure = classify(400, body);
    EXPECT_NE(failure.said.message.find("voice"), std::string::npos) << body;
    EXPECT_EQ(failure.said.type, "invalid_request_error");
  }
  EXPECT_EQ(classify(400, "Unsupported voice de-XX-NobodyNeural.").said.message,
            "Unsupported voice de-XX-NobodyNeural.");
  EXPECT_EQ(classify(415, "secret").said.message, "") << "not the client's affair";
}

}  // namespace
}  // namespace phigate::upstream
