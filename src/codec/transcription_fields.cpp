#include "codec/transcription_fields.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

#include "phigate/core/ascii.hpp"

namespace phigate::codec {
namespace {

using namespace std::string_view_literals;

constexpr std::array names = {
    "chunking_strategy"sv,
    "file"sv,
    "include[]"sv,
    "known_speaker_names[]"sv,
    "known_speaker_references[]"sv,
    "language"sv,
    "model"sv,
    "prompt"sv,
    "provider"sv,
    "response_format"sv,
    "stream"sv,
    "temperature"sv,
    "timestamp_granularities"sv,
    "timestamp_granularities[]"sv,
};
static_assert(std::ranges::is_sorted(names));

constexpr std::string_view granularities = "timestamp_granularities";

// The first subtag in lower case of "de", "deu", "de-CH" or "zh-Hant-TW" (RFC 5646); empty for anything else.
std::string primary_language(std::string_view tag) {
  std::string_view rest = tag;
  for (bool first = true;; first = false) {
    const std::size_t end = std::min(rest.find('-'), rest.size());
    const std::string_view subtag = rest.substr(0, end);
    const bool sound = first ? (end == 2 || end == 3) && std::ranges::all_of(subtag, core::ascii::is_letter)
                             : end >= 1 && end <= 8 && std::ranges::all_of(subtag, core::ascii::is_alphanumeric);
    if (!sound) return {};
    if (end == rest.size()) break;
    rest.remove_prefix(end + 1);
  }
  return core::ascii::to_lower(tag.substr(0, tag.find('-')));
}

}  // namespace

field_names transcription_fields::known() {
  return names;
}

void transcription_fields::judge_name(std::string_view name, fault_keeper& faults) {
  judge_form_field(name, names, faults);
  if (std::ranges::binary_search(names, name)) return;
  faults.invalid([&] {
    return fault_text{member_path({}, name), "The form has a field that no transcription has: " + shown(name) + "."};
  });
}

bool transcription_fields::is_list(std::string_view name) {
  return name.ends_with("[]") || name == granularities;
}

void transcription_fields::take(std::string_view name, std::string_view value) {
  if (name == "language") {
    take_language(value);
  } else if (name == "prompt") {
    asked_.prompt = value;
  } else if (name == "response_format") {
    take_format(value);
  } else if (name == "temperature") {
    take_temperature(value);
  } else if (name.starts_with(granularities)) {
    take_granularity(name, value);
  } else if (name == "stream") {
    take_stream(value);
  } else if (name == "include[]") {
    need("logprobs", name);
  } else if (name.starts_with("known_speaker_")) {
    need("diarization", name);
  }
}

void transcription_fields::finish() {
  const bool any = asked_.wants_words || asked_.wants_segments;
  if (any && asked_.format != transcript_format::verbose_json) {
    faults_.invalid(granularities_, '"' + granularities_ + "\" goes with the response_format verbose_json only.");
  }
  if (!any) asked_.wants_segments = true;
  facts_.response_format = to_string(asked_.format);
}

void transcription_fields::take_language(std::string_view value) {
  asked_.language = primary_language(value);
  if (!asked_.language.empty()) return;
  faults_.invalid("language",
                  "\"language\" must be a code like \"de\" or \"de-CH\"; leave it out to have it detected.");
}

void transcription_fields::take_format(std::string_view value) {
  if (const auto format = parse_transcript_format(value)) {
    asked_.format = *format;
    return;
  }
  faults_.invalid("response_format", "\"response_format\" must be one of json, text, srt, vtt and verbose_json.");
}

void transcription_fields::take_temperature(std::string_view value) {
  double number = 0;
  const char* const end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, number);
  // Written so that what is no number fails it.
  if (error == std::errc() && stop == end && number >= 0 && number <= 1) {
    asked_.temperature = number;
    return;
  }
  faults_.invalid("temperature", "\"temperature\" must be a number from 0 to 1.");
}

void transcription_fields::take_granularity(std::string_view name, std::string_view value) {
  granularities_ = name;
  if (value == "word") {
    asked_.wants_words = true;
  } else if (value == "segment") {
    asked_.wants_segments = true;
  } else {
    faults_.invalid(name, "A timestamp granularity must be \"word\" or \"segment\".");
  }
}

void transcription_fields::take_stream(std::string_view value) {
  facts_.stream = value == "true";
  if (facts_.stream) return need("stream", "stream");
  if (value != "false") faults_.invalid("stream", "\"stream\" must be true or false.");
}

void transcription_fields::need(std::string_view feature, std::string_view name) {
  auto& features = facts_.required_features;
  if (std::ranges::find(features, feature) == features.end()) features.emplace_back(feature);
  std::pair<std::string, std::string> asked_by(feature, name);
  auto& fields = facts_.feature_fields;
  if (std::ranges::find(fields, asked_by) == fields.end()) fields.push_back(std::move(asked_by));
}

}  // namespace phigate::codec
