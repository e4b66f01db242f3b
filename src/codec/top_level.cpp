#include "codec/top_level.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "codec/policy_key.hpp"
#include "phigate/core/ascii.hpp"

namespace phigate::codec {
namespace {

using namespace std::string_view_literals;

constexpr std::array preference_names = {
    "allow_fallbacks"sv,
    "data_collection"sv,
    "data_residency"sv,
    "eu_owned"sv,
    "ignore"sv,
    "max_price"sv,
    "max_retention_days"sv,
    "only"sv,
    "order"sv,
    "phi"sv,
    "providers"sv,
    "region"sv,
    "require_parameters"sv,
    "sort"sv,
    "x_phi"sv,
    "zdr"sv,
};

// Fields of OpenAI's chat and embeddings requests, and of the APIs modelled on them.
constexpr std::array text_fields = {
    "audio"sv,
    "background"sv,
    "container"sv,
    "conversation"sv,
    "dimensions"sv,
    "encoding_format"sv,
    "extra_body"sv,
    "file_ids"sv,
    "frequency_penalty"sv,
    "function_call"sv,
    "functions"sv,
    "input"sv,
    "logit_bias"sv,
    "logprobs"sv,
    "max_completion_tokens"sv,
    "max_tokens"sv,
    "messages"sv,
    "metadata"sv,
    "min_p"sv,
    "modalities"sv,
    "model"sv,
    "models"sv,
    "n"sv,
    "parallel_tool_calls"sv,
    "plugins"sv,
    "prediction"sv,
    "presence_penalty"sv,
    "previous_response_id"sv,
    "prompt_cache_key"sv,
    "prompt_cache_retention"sv,
    "provider"sv,
    "reasoning"sv,
    "reasoning_effort"sv,
    "repetition_penalty"sv,
    "response_format"sv,
    "route"sv,
    "safety_identifier"sv,
    "search_parameters"sv,
    "seed"sv,
    "service_tier"sv,
    "stop"sv,
    "store"sv,
    "stream"sv,
    "stream_options"sv,
    "temperature"sv,
    "tool_choice"sv,
    "tools"sv,
    "top_a"sv,
    "top_k"sv,
    "top_logprobs"sv,
    "top_p"sv,
    "user"sv,
    "verbosity"sv,
    "web_search_options"sv,
};

static_assert(std::ranges::is_sorted(preference_names) && std::ranges::is_sorted(text_fields));

constexpr std::size_t longest_known = 32;

bool is_preference(std::string_view name) {
  return std::ranges::binary_search(preference_names, name);
}

// Two lists, so that neither has to be copied.
struct known_fields {
  field_names own;
  field_names shared;
  [[nodiscard]] bool contain(std::string_view name) const {
    return std::ranges::binary_search(shared, name) || std::ranges::binary_search(own, name);
  }
};

// The known name that `name` equals but for the case of its letters; empty when there is none.
std::string case_twin(std::string_view name, const known_fields& known) {
  if (name.size() > longest_known || std::ranges::none_of(name, core::ascii::is_upper)) return {};
  std::string lower = core::ascii::to_lower(name);
  return is_preference(lower) || known.contain(lower) ? lower : std::string();
}

// What is kept at the provider is referred to by these, or they send the prompt on to a search.
constexpr std::array retaining_names = {
    "container"sv,         "conversation"sv,       "file_ids"sv, "previous_response_id"sv,
    "search_parameters"sv, "web_search_options"sv,
};

// A cache in memory alone is gone by itself (OpenAI's default); any other kind is kept.
bool outlasts_the_request(json_cursor& cursor) {
  const std::string_view value = cursor.raw();
  return value != "null" && value != R"("in_memory")" && value != R"("in-memory")";
}

// `store: false` keeps nothing. Any other value that is not null might be read as true.
bool is_asked_for(json_cursor& cursor) {
  const std::string_view value = cursor.raw();
  return value != "false" && value != "null";
}

constexpr std::string_view use_headers = " has no place in the body: use the headers X-Region and X-PHI.";

fault_text out_of_place(std::string_view name) {
  std::string message = shown(name);
  if (meant_as(name) == policy_key::header) {
    message += use_headers;
  } else {
    message += " has no place at the top level of the body: it belongs in \"provider\".";
  }
  return {std::string(name), std::move(message)};
}

// The SDKs' name for fields that they merge into the body. Somebody who sends it as a field means them too, so a
// preference in it must not be dropped without a word.
void read_extra_body(json_cursor& cursor, fault_keeper& faults) {
  read_object(
      cursor, faults, [] { return "extra_body"sv; },
      [&](const key_ledger::entry& key) {
        if (key.name != "provider" && !is_preference(key.name)) return;
        faults.misplaced([&] {
          return fault_text{member_path("extra_body", key.name),
                            shown(key.name) +
                                " has no place in \"extra_body\": that is an argument of the SDKs, which put "
                                "what it holds into the body itself."};
        });
      });
}

void read_model(json_cursor& cursor, request_facts& facts, fault_keeper& faults) {
  if (cursor.kind() == json_kind::string) {
    facts.model = cursor.string().text();
    return;
  }
  faults.bad_model(core::error_code::invalid_request, "\"model\" must be a string.");
}

void judge(std::string_view name, const known_fields& known, fault_keeper& faults) {
  if (const std::string twin = case_twin(name, known); !twin.empty()) {
    faults.ambiguous([&] { return misspelt_key(name, twin); });
  }
  if (is_preference(name)) return faults.misplaced([&] { return out_of_place(name); });
  if (known.contain(name)) return;
  switch (meant_as(name)) {
    case policy_key::none:
      return;
    case policy_key::header:
      return faults.misplaced(
          [&] { return fault_text{member_path({}, name), shown(name) + std::string(use_headers)}; });
    case policy_key::provider:
      return faults.ambiguous([&] { return misspelt_key(name, "provider"); });
  }
}

}  // namespace

void judge_top_level_key(std::string_view name, field_names own, fault_keeper& faults) {
  judge(name, {.own = own, .shared = text_fields}, faults);
}

void judge_form_field(std::string_view name, field_names own, fault_keeper& faults) {
  // What OpenAI's SDKs make of an object in extra_body.
  if (name.starts_with("provider[")) {
    return faults.ambiguous([&] {
      return fault_text{member_path({}, name), "The form has the preferences in several fields, " + shown(name) +
                                                   " among them. Send one field \"provider\" that holds them as JSON "
                                                   "text, say {\"only\": [\"…\"]}."};
    });
  }
  judge(name, {.own = own, .shared = {}}, faults);
}

void read_provider(json_cursor& cursor, request_facts& facts, fault_keeper& faults) {
  json_cursor whole = cursor;
  read_object(
      cursor, faults, [] { return "provider"sv; },
      [&](const key_ledger::entry& key) {
        if (key.name != "max_price") return;
        read_object(cursor, faults, [] { return "provider.max_price"sv; }, [](const key_ledger::entry&) {});
      });
  facts.provider = whole.raw();
}

void read_shared_member(std::string_view key, json_cursor& cursor, request_facts& facts, fault_keeper& faults) {
  const auto retained = [&] { note_retained(facts, [&] { return key; }); };
  if (key == "model") {
    read_model(cursor, facts, faults);
  } else if (key == "provider") {
    read_provider(cursor, facts, faults);
  } else if (key == "store" || key == "background") {
    if (is_asked_for(cursor)) retained();
  } else if (key == "prompt_cache_retention") {
    if (outlasts_the_request(cursor)) retained();
  } else if (std::ranges::find(retaining_names, key) != retaining_names.end()) {
    if (cursor.kind() != json_kind::null) retained();
  } else if (key == "extra_body") {
    retained();
    read_extra_body(cursor, faults);
  } else if (key == "plugins" || key == "models" || key == "route") {
    retained();
  }
}

void require_model(const request_facts& facts, fault_keeper& faults) {
  if (facts.model.empty()) {
    faults.bad_model(core::error_code::missing_model, "\"model\" is missing: name a model, an alias or \"auto\".");
  }
}

member locate(std::string_view text, std::string key, std::string_view raw_key, const json_cursor& cursor) {
  const auto begin = static_cast<std::size_t>(raw_key.data() - text.data());
  return {.key = std::move(key),
          .key_begin = begin - 1,
          .key_end = begin + raw_key.size() + 1,
          .value_begin = cursor.offset(),
          .is_null = cursor.kind() == json_kind::null};
}

}  // namespace phigate::codec
