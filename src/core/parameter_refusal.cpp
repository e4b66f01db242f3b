#include "parameter_refusal.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model_routes.hpp"
#include "parameter_rule.hpp"
#include "phigate/core/audio.hpp"
#include "refusal_advice.hpp"

namespace phigate::core {
namespace {

// A route that only the request's own parameters keep out, and which of them.
struct near_miss {
  const hosted_model* model;
  demand_set unmet;
};

std::vector<near_miss> near_misses(const policy& wanted, const registry& known, const rule_check& rules) {
  const parameter_rule parameters(wanted);
  std::vector<near_miss> found;
  for (const route_id id : routes_of_model(wanted.model, wanted.modality, known)) {
    const route& candidate = known.at(id);
    if (rules.first_failure(candidate, {exclusion_reason::parameters})) continue;
    const hosted_model& model = known.model_of(candidate);
    found.push_back({&model, parameters.unmet(model, known.endpoint_of(candidate))});
  }
  return found;
}

// Keeps those on which the blame was laid: their abilities are the ones that help. `other` where there are none.
demand take_blamed(std::vector<near_miss>& missed) {
  const auto blames = [&](auto is_to_blame) -> std::optional<demand> {
    for (const demand one : all_demands) {
      const auto blamed = [&](const near_miss& route) { return is_to_blame(route.unmet, one); };
      if (std::ranges::none_of(missed, blamed)) continue;
      std::erase_if(missed, [&](const near_miss& route) { return !blamed(route); });
      return one;
    }
    return std::nullopt;
  };
  if (const auto alone = blames([](demand_set unmet, demand one) { return unmet == demand_set{one}; })) return *alone;
  return blames([](demand_set unmet, demand one) { return unmet.contains(one); }).value_or(demand::other);
}

// What the routes have between them, each once, in the order of the first that has it.
template <typename List>
std::vector<std::string_view> united(std::span<const near_miss> routes, List list) {
  std::vector<std::string_view> all;
  for (const near_miss& route : routes) {
    for (const std::string_view one : list(*route.model)) {
      if (std::ranges::find(all, one) == all.end()) all.push_back(one);
    }
  }
  return all;
}

std::string formats_text(std::span<const near_miss> routes, modality what) {
  std::string text;
  for (const std::string_view format :
       united(routes, [what](const hosted_model& model) { return formats_given(model, what); })) {
    text += (text.empty() ? "" : ", ") + std::string(format);
  }
  return text;
}

std::string voices_text(std::span<const near_miss> routes) {
  return listed_voices(united(routes, [](const hosted_model& model) { return voice_names(model); }));
}

// Those that the client sent, by the names that they had; the usual one where they are not known.
std::vector<std::string_view> fields_that_ask_for(std::string_view feature, const policy& wanted,
                                                  std::string_view usual) {
  std::vector<std::string_view> fields;
  for (const auto& [word, field] : wanted.feature_fields) {
    if (word == feature) fields.push_back(field);
  }
  if (fields.empty()) fields.push_back(usual);
  return fields;
}

std::string quoted(std::span<const std::string_view> fields) {
  std::string text;
  for (const std::string_view field : fields) {
    text += (text.empty() ? "'" : " and '") + std::string(field) + "'";
  }
  return text;
}

struct remedy {
  std::string_view parameter;
  std::string text;  // goes on from "No route serves …"
};

remedy remedy_for(demand blamed, const policy& wanted, std::span<const near_miss> routes) {
  switch (blamed) {
    case demand::response_format:
      return {"response_format",
              " in the response_format asked for. Ask for one of: " + formats_text(routes, wanted.modality) + "."};
    case demand::voice:
      return {"voice", " with the voice asked for. Voices to be had: " + voices_text(routes) + "."};
    case demand::stream:
      return {"stream", " as a stream of events. Leave 'stream' out, or send false."};
    case demand::sse:
      return {"stream_format", " as a stream of events. Leave 'stream_format' out, or send 'audio'."};
    case demand::logprobs: {
      const auto fields = fields_that_ask_for("logprobs", wanted, "include[]");
      return {fields.front(), " with log probabilities. Leave " + quoted(fields) + " out."};
    }
    case demand::diarization: {
      const auto fields = fields_that_ask_for("diarization", wanted, "known_speaker_names[]");
      return {fields.front(), " with its speakers told apart. Leave " + quoted(fields) + " out."};
    }
    case demand::other:
      break;
  }
  std::unreachable();
}

}  // namespace

std::optional<api_error> parameter_refusal(const policy& wanted, const registry& known, const rule_check& rules,
                                           std::chrono::sys_days today) {
  if (wanted.modality != modality::stt && wanted.modality != modality::tts) return std::nullopt;
  std::vector<near_miss> missed = near_misses(wanted, known, rules);
  const demand blamed = take_blamed(missed);
  if (blamed == demand::other) return std::nullopt;
  const remedy offered = remedy_for(blamed, wanted, missed);
  const std::string elsewhere = advice_on_place(wanted, known, rules, today);
  return api_error{.code = error_code::unsupported_parameter,
                   .message = no_route_text(wanted) + offered.text + (elsewhere.empty() ? "" : " ") + elsewhere,
                   .param = std::string(offered.parameter)};
}

}  // namespace phigate::core
