#include "phigate/core/audio.hpp"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>

namespace phigate::core {
namespace {

bool lists(const hosted_model& model, std::string_view format) {
  return std::ranges::find(model.formats, format) != model.formats.end();
}

// The formats of a model that also speaks are those of its speech: they say nothing about transcriptions.
bool limits_transcripts(const hosted_model& model) {
  return std::ranges::any_of(transcript_formats, [&](std::string_view one) { return lists(model, one); });
}

bool gives_transcript(const hosted_model& model, std::string_view format) {
  return transcript_format_to_ask(model, format).has_value();
}

}  // namespace

std::string_view speech_media_type(std::string_view format) {
  const auto* const found = std::ranges::find(speech_formats, format, &speech_format::name);
  if (found == speech_formats.end()) throw std::logic_error("a speech format that no reader admits");
  return found->media_type;
}

bool gives_format(const hosted_model& model, modality what, std::string_view format) {
  if (what == modality::stt) return gives_transcript(model, format);
  return what != modality::tts || model.formats.empty() || lists(model, format);
}

// A text is nearer to json than to verbose_json, which has to find its times first; json has more from verbose_json, a
// recording's length, than from a text.
std::optional<std::string_view> transcript_format_to_ask(const hosted_model& model, std::string_view format) {
  const auto* const known = std::ranges::find(transcript_formats, format);
  if (known == transcript_formats.end()) return std::nullopt;
  if (!limits_transcripts(model) || lists(model, format)) return *known;
  if (format == "text" && lists(model, "json")) return "json";
  if (lists(model, "verbose_json")) return "verbose_json";
  if (format == "json" && lists(model, "text")) return "text";
  return std::nullopt;
}

std::vector<std::string_view> formats_given(const hosted_model& model, modality what) {
  if (what != modality::stt) return {model.formats.begin(), model.formats.end()};
  std::vector<std::string_view> given;
  std::ranges::copy_if(transcript_formats, std::back_inserter(given),
                       [&](std::string_view format) { return gives_transcript(model, format); });
  return given;
}

std::optional<std::string_view> provider_voice(const hosted_model& model, std::string_view name) {
  using entry = std::pair<std::string, std::string>;
  if (model.voices.empty()) return name;
  if (const auto own = std::ranges::find(model.voices, name, &entry::first); own != model.voices.end()) {
    return own->second;
  }
  if (std::ranges::find(model.voices, name, &entry::second) != model.voices.end()) return name;
  return std::nullopt;
}

}  // namespace phigate::core
