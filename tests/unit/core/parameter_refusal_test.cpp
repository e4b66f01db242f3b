// A voice request that one of its parameters alone keeps from every route is told which, and what there is (spec §10).
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "phigate/core/eligibility.hpp"
#include "phigate/core/health.hpp"
#include "phigate/core/routing.hpp"
#include "support/generated_registry.hpp"
#include "support/registry_builder.hpp"

namespace phigate::core {
namespace {

using test::day;
using test::registry_builder;

const std::chrono::sys_days today = day(2026, 6, 1);

// In the EU "v" speaks at two hosts, each with formats and voices of its own, and "t" transcribes.
registry_builder voices_of_eu() {
  registry_builder builder;
  builder.region(region::eu, "DE").region(region::us, "US");
  builder.provider("alpha").endpoint("alpha-eu", "DE", {region::eu}).model("v", {modality::tts});
  builder.model_now().formats = {"mp3", "wav"};
  builder.model_now().voices = {{"alloy", "Ava"}, {"nova", "Emma"}};
  builder.model("t", {modality::stt});
  builder.model_now().formats = {"json"};
  builder.provider("beta").endpoint("beta-eu", "DE", {region::eu}).model("v", {modality::tts});
  builder.model_now().formats = {"mp3", "pcm"};
  builder.model_now().voices = {{"alloy", "Brian"}, {"onyx", "Guy"}};
  return builder;
}

policy asking(modality what) {
  return {.region = region::eu,
          .data_class = data_class::general,
          .modality = what,
          .model = {.kind = model_kind::automatic, .name = "auto"}};
}

api_error refused(const policy& wanted, const registry_builder& builder) {
  const auto known = builder.build();
  const auto selected = select(wanted, *known, today);
  EXPECT_FALSE(selected);
  return selected ? api_error{} : selected.error();
}

struct refusal_case {
  std::string name;
  modality what;
  std::function<void(policy&)> change;
  std::string param;
  std::string message;
};

TEST(parameter_refusal, names_the_parameter_and_what_can_be_had) {
  const std::string speech = "No route serves any model for tts in EU (class general)";
  const std::string transcription = "No route serves any model for stt in EU (class general)";
  const auto feature = [](std::string word) { return [word](policy& p) { p.required_features = {word}; }; };
  for (const refusal_case& one : std::vector<refusal_case>{
           {"format", modality::tts, [](policy& p) { p.response_format = "flac"; }, "response_format",
            speech + " in the response_format asked for. Ask for one of: mp3, wav, pcm."},
           {"voice", modality::tts, [](policy& p) { p.voice = "shimmer"; }, "voice",
            speech + " with the voice asked for. Voices to be had: alloy, nova, onyx."},
           {"transcript", modality::stt, [](policy& p) { p.response_format = "srt"; }, "response_format",
            transcription + " in the response_format asked for. Ask for one of: json, text."},
           {"sse", modality::tts, feature("sse"), "stream_format",
            speech + " as a stream of events. Leave 'stream_format' out, or send 'audio'."},
           {"stream", modality::stt, feature("stream"), "stream",
            transcription + " as a stream of events. Leave 'stream' out, or send false."},
           {"logprobs", modality::stt, feature("logprobs"), "include[]",
            transcription + " with log probabilities. Leave 'include[]' out."},
           {"speakers", modality::stt, feature("diarization"), "known_speaker_names[]",
            transcription + " with its speakers told apart. Leave 'known_speaker_names[]' out."}}) {
    policy wanted = asking(one.what);
    one.change(wanted);
    const api_error error = refused(wanted, voices_of_eu());
    EXPECT_EQ(error.code, error_code::unsupported_parameter) << one.name;
    EXPECT_EQ(error.http_status(), 400) << one.name;
    EXPECT_EQ(error.param, one.param) << one.name;
    EXPECT_EQ(error.message, one.message) << one.name;
    EXPECT_TRUE(error.excluded.empty()) << one.name;
  }
}

TEST(parameter_refusal, blames_the_first_parameter_without_which_a_route_would_be_left) {
  policy wanted = asking(modality::tts);
  wanted.response_format = "wav";  // alpha's
  wanted.voice = "onyx";           // beta's
  const api_error either = refused(wanted, voices_of_eu());
  EXPECT_EQ(either.param, "response_format");
  EXPECT_NE(either.message.find("Ask for one of: mp3, pcm."), std::string::npos)
      << "what beta gives, whose voice it is";

  wanted.response_format = "flac";  // nobody's
  wanted.voice = "nova";            // alpha's
  EXPECT_EQ(refused(wanted, voices_of_eu()).param, "response_format");
  wanted.response_format = "pcm";  // beta's
  wanted.voice = "shimmer";        // nobody's
  const api_error voice = refused(wanted, voices_of_eu());
  EXPECT_EQ(voice.param, "voice") << "no format would help alone";
  EXPECT_NE(voice.message.find("Voices to be had: alloy, onyx."), std::string::npos) << voice.message;
}

TEST(parameter_refusal, blames_the_first_in_its_order_where_no_single_one_would_do) {
  policy wanted = asking(modality::tts);
  wanted.voice = "shimmer";
  wanted.response_format = "flac";
  wanted.required_features = {"sse"};
  EXPECT_EQ(refused(wanted, voices_of_eu()).param, "response_format");
  wanted.response_format = "mp3";
  EXPECT_EQ(refused(wanted, voices_of_eu()).param, "voice");
  wanted.voice = "Guy";
  EXPECT_EQ(refused(wanted, voices_of_eu()).param, "stream_format");

  policy transcription = asking(modality::stt);
  transcription.required_features = {"diarization", "logprobs", "stream"};
  EXPECT_EQ(refused(transcription, voices_of_eu()).param, "stream");
  transcription.required_features = {"diarization", "logprobs"};
  EXPECT_EQ(refused(transcription, voices_of_eu()).param, "include[]");
}

TEST(parameter_refusal, names_the_fields_as_the_client_wrote_them) {
  policy wanted = asking(modality::stt);
  wanted.required_features = {"logprobs"};
  wanted.feature_fields = {{"logprobs", "include"}};
  const api_error logprobs = refused(wanted, voices_of_eu());
  EXPECT_EQ(logprobs.param, "include");
  EXPECT_TRUE(logprobs.message.ends_with("Leave 'include' out.")) << logprobs.message;

  wanted.required_features = {"diarization"};
  wanted.feature_fields = {{"diarization", "known_speaker_references[]"}};
  const api_error references = refused(wanted, voices_of_eu());
  EXPECT_EQ(references.param, "known_speaker_references[]");
  EXPECT_TRUE(references.message.ends_with("Leave 'known_speaker_references[]' out.")) << references.message;

  wanted.required_features = {"diarization", "logprobs"};
  wanted.feature_fields = {{"diarization", "known_speaker_references[]"},
                           {"logprobs", "include[]"},
                           {"diarization", "known_speaker_names[]"}};
  EXPECT_EQ(refused(wanted, voices_of_eu()).param, "include[]") << "the first in the order of demands";
  wanted.required_features = {"diarization"};
  const api_error both = refused(wanted, voices_of_eu());
  EXPECT_EQ(both.param, "known_speaker_references[]");
  EXPECT_TRUE(both.message.ends_with("Leave 'known_speaker_references[]' and 'known_speaker_names[]' out."))
      << both.message;
}

TEST(parameter_refusal, takes_a_providers_own_name_for_a_voice_and_any_where_there_is_no_table) {
  policy wanted = asking(modality::tts);
  wanted.voice = "Guy";
  const auto known = voices_of_eu().build();
  EXPECT_TRUE(select(wanted, *known, today));
  registry_builder builder = voices_of_eu();
  builder.model_now().voices.clear();
  wanted.voice = "shimmer";
  EXPECT_TRUE(select(wanted, *builder.build(), today));
}

TEST(parameter_refusal, is_no_route_where_another_rule_stands_in_the_way_as_well) {
  policy wanted = asking(modality::tts);
  wanted.response_format = "flac";
  wanted.region = region::us;
  EXPECT_EQ(refused(wanted, voices_of_eu()).code, error_code::no_route);
  wanted.region = region::eu;
  wanted.preferences.ignore = {provider_id{0}, provider_id{1}};
  EXPECT_EQ(refused(wanted, voices_of_eu()).code, error_code::no_route);
  wanted.preferences.ignore.clear();
  wanted.model = {.kind = model_kind::concrete, .name = "t"};
  EXPECT_EQ(refused(wanted, voices_of_eu()).code, error_code::no_route) << "t speaks nowhere";
}

TEST(parameter_refusal, names_the_routes_that_only_a_parameter_keeps_out) {
  policy wanted = asking(modality::tts);
  wanted.response_format = "flac";
  wanted.preferences.ignore = {provider_id{0}};
  EXPECT_NE(refused(wanted, voices_of_eu()).message.find("Ask for one of: mp3, pcm."), std::string::npos);
}

TEST(parameter_refusal, is_no_route_where_what_is_missing_has_no_parameter_of_its_own) {
  policy wanted = asking(modality::tts);
  wanted.required_features = {"whisper-quietly"};
  EXPECT_EQ(refused(wanted, voices_of_eu()).code, error_code::no_route);
  wanted.required_features.clear();
  wanted.preferences.require_parameters = true;
  wanted.parameters = {{"speed"}};
  const api_error error = refused(wanted, voices_of_eu());
  EXPECT_EQ(error.code, error_code::no_route);
  EXPECT_NE(error.message.find("(provider.require_parameters, speed)"), std::string::npos) << error.message;
}

TEST(parameter_refusal, is_of_speech_and_transcriptions_alone) {
  registry_builder builder;
  builder.region(region::eu, "DE").provider("alpha").endpoint("alpha-eu", "DE", {region::eu});
  builder.model("m", {modality::chat, modality::ocr});
  for (const modality what : {modality::chat, modality::ocr}) {
    policy wanted = asking(what);
    wanted.required_features = {"stream"};
    EXPECT_EQ(refused(wanted, builder).code, error_code::no_route);
    wanted.required_features.clear();
    wanted.response_format = "flac";
    EXPECT_TRUE(select(wanted, *builder.build(), today));
  }
}

TEST(parameter_refusal, comes_after_404_and_403) {
  policy wanted = asking(modality::tts);
  wanted.response_format = "flac";
  wanted.model = {.kind = model_kind::concrete, .name = "unknown"};
  EXPECT_EQ(refused(wanted, voices_of_eu()).code, error_code::model_not_found);

  wanted.model = {.kind = model_kind::automatic, .name = "auto"};
  wanted.data_class = data_class::phi;
  EXPECT_EQ(refused(wanted, voices_of_eu()).code, error_code::phi_blocked) << "nobody is verified";

  registry_builder builder = voices_of_eu();
  builder.agreement({region::eu}, {modality::tts});
  const api_error verified = refused(wanted, builder);
  EXPECT_EQ(verified.param, "response_format");
  EXPECT_NE(verified.message.find("Ask for one of: mp3, pcm."), std::string::npos)
      << "the formats of the verified host alone: " << verified.message;
  wanted.response_format = "wav";
  EXPECT_EQ(refused(wanted, builder).code, error_code::phi_blocked) << "the unverified host has it";
}

TEST(parameter_refusal, names_the_regions_that_could_serve_the_request_as_it_is) {
  registry_builder builder = voices_of_eu();
  builder.endpoint("beta-us", "US", {region::us}).model("v", {modality::tts});
  builder.model_now().formats = {"flac"};
  policy wanted = asking(modality::tts);
  wanted.response_format = "flac";
  const api_error error = refused(wanted, builder);
  EXPECT_TRUE(error.message.ends_with("mp3, wav, pcm. Regions that can serve it: US; name one in X-Region."))
      << error.message;
}

TEST(parameter_refusal, lists_twenty_voices_at_most) {
  for (const int count : {20, 21}) {
    registry_builder builder;
    builder.region(region::eu, "DE").provider("alpha").endpoint("alpha-eu", "DE", {region::eu});
    builder.model("v", {modality::tts});
    for (int i = 0; i < count; ++i) builder.model_now().voices.emplace_back("voice-" + std::to_string(10 + i), "x");
    policy wanted = asking(modality::tts);
    wanted.voice = "shimmer";
    const std::string message = refused(wanted, builder).message;
    EXPECT_TRUE(message.ends_with(count == 20 ? "voice-28, voice-29." : "voice-28, voice-29, ….")) << message;
    const auto known = builder.build();
    const auto excluded = exclude(known->at(route_id{0}), wanted, *known, today);
    ASSERT_TRUE(excluded);
    EXPECT_TRUE(excluded->detail.ends_with(count == 20 ? "voice-29" : "voice-29, …")) << excluded->detail;
  }
}

TEST(parameter_refusal, repeats_nothing_of_what_the_client_sent) {
  policy wanted = asking(modality::tts);
  wanted.voice = "canary\nvoice";
  EXPECT_EQ(refused(wanted, voices_of_eu()).message.find("canary"), std::string::npos);
  wanted.voice.clear();
  wanted.response_format = "canary";
  EXPECT_EQ(refused(wanted, voices_of_eu()).message.find("canary"), std::string::npos);
}

TEST(parameter_rule, tells_what_a_route_gives_instead) {
  const auto known = voices_of_eu().build();
  policy wanted = asking(modality::tts);
  const auto detail = [&] { return exclude(known->at(route_id{0}), wanted, *known, today).value().detail; };
  wanted.response_format = "flac";
  EXPECT_EQ(detail(), "gives mp3, wav only");
  wanted.response_format.clear();
  wanted.voice = "shimmer";
  EXPECT_EQ(detail(), "has the voices alloy, nova");
  wanted.response_format = "flac";
  EXPECT_EQ(detail(), "gives mp3, wav only");
}

// A default that the gateway itself adds is no field of the client's, and takes none away.
TEST(parameter_rule, does_not_hold_a_dialects_defaults_against_a_route) {
  registry_builder builder = voices_of_eu();
  builder.model_now().request.defaults = {{"speed", "1.1"}};
  policy wanted = asking(modality::tts);
  wanted.preferences.only = {provider_id{1}};
  wanted.preferences.require_parameters = true;
  wanted.fields = {"input", "model", "speed", "voice"};
  EXPECT_TRUE(select(wanted, *builder.build(), today));
  builder.model_now().request.drop = {"speed"};
  EXPECT_FALSE(select(wanted, *builder.build(), today));
}

TEST(explain, of_a_voice_request_shows_the_error_that_it_would_get) {
  const auto known = voices_of_eu().build();
  policy wanted = asking(modality::tts);
  wanted.response_format = "flac";
  const explanation told = explain(wanted, *known, health_board(*known, {}), {.today = today, .now = {}});
  ASSERT_TRUE(told.error);
  EXPECT_EQ(told.error->code, error_code::unsupported_parameter);
  EXPECT_EQ(told.error->message, refused(wanted, voices_of_eu()).message);
  EXPECT_EQ(told.excluded.size(), known->routes().size());
}

// Nothing but the rule `parameters` stood in the way, and giving up all that it asks for helps.
RC_GTEST_PROP(parameter_refusal, comes_only_where_the_parameters_alone_left_no_route, ()) {
  const registry known(*test::registry_tables());
  policy wanted = *test::policies();
  wanted.modality = *rc::gen::element(modality::tts, modality::stt);
  wanted.response_format = test::generated::any_of(test::generated::formats);
  if (wanted.modality == modality::tts) wanted.voice = test::generated::any_of(test::generated::voices);
  wanted.preferences.require_parameters = false;
  wanted.dimensions.reset();
  wanted.required_features.clear();
  const auto selected = select(wanted, known, test::generated_today);
  RC_PRE(!selected && selected.error().code != error_code::model_not_found &&
         selected.error().code != error_code::phi_blocked);
  policy without = wanted;
  without.response_format.clear();
  without.voice.clear();
  const bool is_named = selected.error().code == error_code::unsupported_parameter;
  RC_ASSERT(is_named == select(without, known, test::generated_today).has_value());
  RC_ASSERT(is_named != (selected.error().code == error_code::no_route));
}

}  // namespace
}  // namespace phigate::core
