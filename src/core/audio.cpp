#include "phigate/core/audio.hpp"

#include <algorithm>
#include <iterator>
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
  if (!limits_transcripts(model) || lists(model, format) || lists(model, "verbose_json")) return true;
  if (format == "text") return lists(model, "json");
  return format == "json" && lists(model, "text");
}

}  // namespace

bool gives_format(const hosted_model& model, modality what, std::string_view format) {
  if (what == modality::stt) return gives_transcript(model, format);
  return what != modality::tts || model.formats.empty() || lists(model, format);
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
