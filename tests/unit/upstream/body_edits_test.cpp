// What is changed in a request on its way to a route.
#include "upstream/protocols/body_edits.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "unit/upstream/json_call.hpp"
#include "upstream/protocols/protocols.hpp"

namespace phigate::upstream {
namespace {

using core::modality;
using renames = std::vector<std::pair<std::string, std::string>>;

struct dialects {
  core::request_dialect model;
  core::request_dialect endpoint;
  core::request_dialect protocol;
};

std::string edited(std::string_view body, const dialects& in, modality what = modality::chat) {
  json_call chat(openai(), what, body);
  chat.model.request = in.model;
  chat.endpoint.request = in.endpoint;
  codec::response_reader reader;
  const call request{.asked = chat.request,
                     .endpoint = chat.endpoint,
                     .model = chat.model,
                     .data_class = {},
                     .content_type = {},
                     .accept = {},
                     .responses = reader};
  return codec::splice(chat.request.body, chat.request.facts, edits_for(request, &in.protocol)).text();
}

core::request_dialect defaults(renames presets) {
  return {.rename = {}, .drop = {}, .defaults = std::move(presets)};
}
core::request_dialect rename(renames names) {
  return {.rename = std::move(names), .drop = {}, .defaults = {}};
}
core::request_dialect drop(std::vector<std::string> keys) {
  return {.rename = {}, .drop = std::move(keys), .defaults = {}};
}

TEST(edits_for, names_the_model_as_it_is_called_upstream_and_leaves_the_preferences_out) {
  EXPECT_EQ(edited(R"({"model": "m", "provider": {"sort": "price"}, "top_p": 1, "n": 1.0})", {}),
            R"({"model": "up/model", "top_p": 1, "n": 1.0})");
}

TEST(edits_for, asks_a_stream_for_usage_where_the_client_did_not) {
  EXPECT_EQ(edited(R"({"model":"m","top_p":1,"stream":true})", {}),
            R"({"model":"up/model","top_p":1,"stream":true,"stream_options":{"include_usage":true}})");
  const std::string asked = R"({"model":"up/model","top_p":1,"stream":true,"stream_options":{"include_usage":true}})";
  EXPECT_EQ(edited(asked, {}), asked);
  EXPECT_EQ(edited(R"({"model":"m","top_p":1,"stream":false})", {}),
            R"({"model":"up/model","top_p":1,"stream":false})");
}

TEST(edits_for, asks_no_model_for_usage_that_cannot_tell_it) {
  json_call chat(openai(), modality::chat, R"({"model":"m","top_p":1,"stream":true})");
  chat.model.features = {"no_stream_usage"};
  EXPECT_EQ(chat.sent(), R"({"model":"up/model","top_p":1,"stream":true})");
}

TEST(edits_for, asks_nothing_but_a_conversation_for_usage) {
  json_call call(openai(), modality::embeddings, R"({"model":"m","input":"x","stream":true})");
  call.request.facts.stream = true;
  EXPECT_EQ(call.sent(), R"({"model":"up/model","input":"x","stream":true})");
}

TEST(edits_for, a_default_is_sent_where_the_client_gave_none) {
  const dialects in{.model = defaults({{"max_tokens", "4096"}}), .endpoint = {}, .protocol = {}};
  struct row {
    std::string_view body;
    std::string_view sent;
  };
  for (const row& one : std::vector<row>{
           {R"({"model":"m","top_p":1})", R"({"model":"up/model","top_p":1,"max_tokens":4096})"},
           {R"({"model":"m","top_p":1,"max_tokens":1})", R"({"model":"up/model","top_p":1,"max_tokens":1})"},
           {R"({"model":"m","top_p":1,"max_tokens":0})", R"({"model":"up/model","top_p":1,"max_tokens":0})"},
           {R"({"model":"m","top_p":1,"max_tokens":null})", R"({"model":"up/model","top_p":1,"max_tokens":4096})"},
       }) {
    EXPECT_EQ(edited(one.body, in), one.sent);
  }
}

TEST(edits_for, a_default_counts_as_given_under_any_name_that_is_renamed_to_its_own) {
  const dialects in{.model = {},
                    .endpoint = {.rename = {{"max_completion_tokens", "max_tokens"}},
                                 .drop = {},
                                 .defaults = {{"max_tokens", "4096"}}},
                    .protocol = {}};
  EXPECT_EQ(edited(R"({"model":"m","top_p":1,"max_completion_tokens":9})", in),
            R"({"model":"up/model","top_p":1,"max_tokens":9})");
  EXPECT_EQ(edited(R"({"model":"m","top_p":1,"max_completion_tokens":null})", in),
            R"({"model":"up/model","top_p":1,"max_tokens":4096})");
  EXPECT_EQ(edited(R"({"model":"m","top_p":1})", in), R"({"model":"up/model","top_p":1,"max_tokens":4096})");
  EXPECT_EQ(edited(R"({"model":"m","top_p":1,"max_tokens":null,"max_completion_tokens":null})", in),
            R"({"model":"up/model","top_p":1,"max_tokens":4096})");
}

TEST(edits_for, a_default_goes_under_its_name_upstream) {
  const dialects in{.model = {},
                    .endpoint = {.rename = {{"max_tokens", "max_completion_tokens"}},
                                 .drop = {},
                                 .defaults = {{"max_tokens", "4096"}}},
                    .protocol = {}};
  EXPECT_EQ(edited(R"({"model":"m","top_p":1})", in), R"({"model":"up/model","top_p":1,"max_completion_tokens":4096})");
  EXPECT_EQ(edited(R"({"model":"m","top_p":1,"max_completion_tokens":7})", in),
            R"({"model":"up/model","top_p":1,"max_completion_tokens":7})");
  EXPECT_EQ(edited(R"({"model":"m","top_p":1,"max_completion_tokens":null})", in),
            R"({"model":"up/model","top_p":1,"max_completion_tokens":4096})");
}

TEST(edits_for, a_null_takes_no_name_from_a_value) {
  const dialects in{.model = rename({{"max_tokens", "max_completion_tokens"}}), .endpoint = {}, .protocol = {}};
  EXPECT_EQ(edited(R"({"model":"m","top_p":1,"max_completion_tokens":null,"max_tokens":5})", in),
            R"({"model":"up/model","top_p":1,"max_completion_tokens":5})");
  EXPECT_EQ(edited(R"({"model":"m","top_p":1,"max_completion_tokens":6,"max_tokens":null})", in),
            R"({"model":"up/model","top_p":1,"max_completion_tokens":6})");
}

TEST(edits_for, the_models_word_comes_before_its_endpoints) {
  const dialects in{.model = {.rename = {{"seed", "a"}}, .drop = {}, .defaults = {{"top_k", "1"}}},
                    .endpoint = {.rename = {{"seed", "b"}}, .drop = {"n"}, .defaults = {{"top_k", "2"}, {"m2", "[]"}}},
                    .protocol = {}};
  EXPECT_EQ(edited(R"({"model":"m","top_p":1,"seed":3,"n":1})", in),
            R"({"model":"up/model","top_p":1,"a":3,"top_k":1,"m2":[]})");
}

TEST(edits_for, no_default_changes_what_the_gateway_sets) {
  const dialects in{
      .model = defaults({{"model", "\"other\""}, {"stream_options", "{}"}}), .endpoint = {}, .protocol = {}};
  EXPECT_EQ(edited(R"({"model":"m","top_p":1,"stream":true})", in),
            R"({"model":"up/model","top_p":1,"stream":true,"stream_options":{"include_usage":true}})");
}

TEST(edits_for, the_protocols_own_dialect_holds_where_the_registry_says_nothing_of_a_key) {
  const core::request_dialect own{.rename = {{"seed", "random_seed"}}, .drop = {"user", "store"}, .defaults = {}};
  const std::string_view body = R"({"model":"m","top_p":1,"seed":3,"user":"u","store":false})";
  EXPECT_EQ(edited(body, {.model = {}, .endpoint = {}, .protocol = own}),
            R"({"model":"up/model","top_p":1,"random_seed":3})");
  EXPECT_EQ(edited(body, {.model = rename({{"seed", "s"}, {"user", "user"}}), .endpoint = {}, .protocol = own}),
            R"({"model":"up/model","top_p":1,"s":3,"user":"u"})");
  EXPECT_EQ(edited(body, {.model = {}, .endpoint = drop({"seed"}), .protocol = own}),
            R"({"model":"up/model","top_p":1})");
  EXPECT_EQ(edited(R"({"model":"m","top_p":1})",
                   {.model = {}, .endpoint = defaults({{"user", "\"gateway\""}}), .protocol = own}),
            R"({"model":"up/model","top_p":1,"user":"gateway"})");
}

// --- Forms -----------------------------------------------------------------------------------------------------------

using fields = std::vector<form_field>;

fields form_for(const fields& given, const dialects& in) {
  codec::client_request asked;
  core::endpoint endpoint;
  core::hosted_model model;
  model.upstream = "up/model";
  model.request = in.model;
  endpoint.request = in.endpoint;
  codec::response_reader reader;
  return fields_for({.asked = asked,
                     .endpoint = endpoint,
                     .model = model,
                     .data_class = {},
                     .content_type = {},
                     .accept = {},
                     .responses = reader},
                    given);
}

TEST(fields_for, puts_the_model_first_and_keeps_what_nobody_changes) {
  EXPECT_EQ(form_for({{"language", "de"}, {"x[]", "1"}, {"x[]", "2"}}, {}),
            (fields{{"model", "up/model"}, {"language", "de"}, {"x[]", "1"}, {"x[]", "2"}}));
}

TEST(fields_for, renames_and_drops) {
  const dialects in{.model = rename({{"prompt", "hint"}}), .endpoint = drop({"temperature"}), .protocol = {}};
  EXPECT_EQ(form_for({{"prompt", "p"}, {"temperature", "0"}, {"language", "de"}}, in),
            (fields{{"model", "up/model"}, {"hint", "p"}, {"language", "de"}}));
  EXPECT_EQ(form_for({{"prompt", "p"}, {"hint", "h"}}, in), (fields{{"model", "up/model"}, {"hint", "h"}}));
}

TEST(fields_for, a_dialect_names_a_list_with_its_mark_or_without) {
  const fields given{{"granularities[]", "word"}, {"granularities[]", "segment"}};
  for (const std::string name : {"granularities", "granularities[]"}) {
    EXPECT_EQ(form_for(given, {.model = drop({name}), .endpoint = {}, .protocol = {}}),
              (fields{{"model", "up/model"}}));
    EXPECT_EQ(form_for({{"granularities", "word"}}, {.model = drop({name}), .endpoint = {}, .protocol = {}}),
              (fields{{"model", "up/model"}}));
  }
  EXPECT_EQ(form_for(given, {.model = rename({{"granularities", "g"}}), .endpoint = {}, .protocol = {}}),
            (fields{{"model", "up/model"}, {"g[]", "word"}, {"g[]", "segment"}}));
  EXPECT_EQ(form_for(given, {.model = rename({{"granularities[]", "granularities"}}), .endpoint = {}, .protocol = {}}),
            (fields{{"model", "up/model"}, {"granularities", "word"}, {"granularities", "segment"}}));
}

TEST(fields_for, sends_defaults_as_text) {
  const dialects in{
      .model = defaults({{"language", "\"au\\u0074o\""}}),
      .endpoint = defaults({{"language", "\"en\""}, {"temperature", "0.2"}, {"vad", "true"}, {"o", "null"}}),
      .protocol = {}};
  EXPECT_EQ(form_for({}, in),
            (fields{{"model", "up/model"}, {"language", "auto"}, {"temperature", "0.2"}, {"vad", "true"}}));
  EXPECT_EQ(form_for({{"language", "de"}, {"vad", ""}}, in),
            (fields{{"model", "up/model"}, {"language", "de"}, {"vad", ""}, {"temperature", "0.2"}}));
}

TEST(fields_for, a_default_never_names_another_model) {
  EXPECT_EQ(form_for({}, {.model = defaults({{"model", "\"x\""}}), .endpoint = {}, .protocol = {}}),
            (fields{{"model", "up/model"}}));
}

TEST(fields_for, a_dropped_default_is_not_sent_and_a_renamed_one_goes_under_its_new_name) {
  const dialects in{
      .model = {.rename = {{"prompt", "hint"}}, .drop = {"vad"}, .defaults = {{"prompt", "\"p\""}, {"vad", "1"}}},
      .endpoint = {},
      .protocol = {}};
  EXPECT_EQ(form_for({}, in), (fields{{"model", "up/model"}, {"hint", "p"}}));
  EXPECT_EQ(form_for({{"prompt", "mine"}}, in), (fields{{"model", "up/model"}, {"hint", "mine"}}));
}

}  // namespace
}  // namespace phigate::upstream
