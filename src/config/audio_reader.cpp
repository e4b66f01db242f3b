// What a model that speaks or transcribes can do: voices, formats and locales (spec §11).
#include <algorithm>

#include "config/registry_reader.hpp"
#include "config/utf8.hpp"
#include "phigate/core/ascii.hpp"
#include "phigate/core/audio.hpp"

namespace phigate::config {
namespace {

using core::modality;
using name_table = std::vector<std::pair<std::string, std::string>>;

constexpr std::size_t longest_voice = 128;
constexpr std::size_t longest_locale = 35;
constexpr std::size_t longest_subtag = 8;

bool is_voice(std::string_view text) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  return !text.empty() && text.size() <= longest_voice && std::ranges::none_of(text, is_control) &&
         !first_invalid_utf8(text);
}

// ISO 639-1, or 639-3 for a language that has no code of two letters.
bool is_language(std::string_view text) {
  return (text.size() == 2 || text.size() == 3) && std::ranges::all_of(text, core::ascii::is_lower);
}

// The shape of BCP 47: subtags of up to eight letters and digits between hyphens, the first two or three letters.
bool is_locale(std::string_view text) {
  if (text.size() > longest_locale) return false;
  const std::string_view language = text.substr(0, text.find('-'));
  if ((language.size() != 2 && language.size() != 3) || !std::ranges::all_of(language, core::ascii::is_letter))
    return false;
  for (text.remove_prefix(language.size()); !text.empty();) {
    text.remove_prefix(1);  // the hyphen
    const std::string_view subtag = text.substr(0, text.find('-'));
    if (subtag.empty() || subtag.size() > longest_subtag || !std::ranges::all_of(subtag, core::ascii::is_alphanumeric))
      return false;
    text.remove_prefix(subtag.size());
  }
  return true;
}

// What the names of a table must be, on both sides.
struct table_rules {
  std::string_view entries;  // "must be a map of …"
  bool (*is_key)(std::string_view);
  std::string_view why_no_key;
  bool (*is_value)(std::string_view);
  std::string_view why_no_value;
};

constexpr table_rules voice_rules{
    .entries = "voices",
    .is_key = is_voice,
    .why_no_key = "a voice's name is text of 1 to 128 bytes without control characters",
    .is_value = is_voice,
    .why_no_value = "must be a voice's name: text of 128 bytes at most without control characters"};
constexpr table_rules locale_rules{.entries = "locales",
                                   .is_key = is_language,
                                   .why_no_key = "a language is two or three lower-case letters, such as de",
                                   .is_value = is_locale,
                                   .why_no_value = "must be a locale, such as de-CH"};

name_table read_table(const node& from, reading& in, const table_rules& rules) {
  name_table out;
  if (!expect_map(from, in, rules.entries)) return out;
  if (from.children.empty()) in.fault(from, "an empty map: leave the key out, or name at least one");
  for (const node& entry : from.children) {
    if (!rules.is_key(entry.key)) in.fault(entry, std::string(rules.why_no_key));
    auto value = read_text(entry, in);
    if (!value) continue;
    if (!rules.is_value(*value)) in.fault(entry, in_quotes(entry.scalar) + ' ' + std::string(rules.why_no_value));
    out.emplace_back(entry.key, *std::move(value));
  }
  std::ranges::sort(out);
  return out;
}

std::vector<std::string> read_formats(const node& from, reading& in, std::span<const std::string_view> known) {
  auto formats = read_list(from, in, "formats", [known](const node& item, reading& at) {
    auto word = read_text(item, at);
    if (!word || std::ranges::find(known, *word) != known.end()) return word;
    at.fault(item, in_quotes(item.scalar) + " is none of: " + joined({known.begin(), known.end()}));
    return std::optional<std::string>();
  });
  std::ranges::sort(formats);
  return formats;
}

class audio_reader {
 public:
  audio_reader(const node& model, reading& in, const core::protocol* protocol, core::hosted_model& into)
      : model_(model), in_(in), protocol_(protocol), into_(into) {}

  void read(map_reader& map) {
    const node* voices = map.take("voices");
    const node* formats = map.take("formats");
    const node* locales = map.take("locales");
    if (into_.modalities.empty()) return;  // a fault of its own: what is right is not known
    if (voices != nullptr) read_voices(*voices);
    if (voices == nullptr && speaks() && protocol_ != nullptr && protocol_->needs_voices) {
      in_.fault(model_, "voices is missing: the protocol " + std::string(protocol_->name) +
                            " has no voices but those that are named");
    }
    if (formats != nullptr) {
      read_format_list(*formats);
    } else if (speaks() && protocol_ != nullptr) {
      into_.formats.assign(protocol_->speech_formats.begin(), protocol_->speech_formats.end());
      std::ranges::sort(into_.formats);
    }
    if (locales != nullptr) read_locales(*locales);
  }

 private:
  [[nodiscard]] bool speaks() const { return into_.modalities.contains(modality::tts); }
  [[nodiscard]] bool transcribes() const { return into_.modalities.contains(modality::stt); }

  void read_voices(const node& from) {
    if (!speaks()) return in_.fault(from, "for a model that serves tts");
    into_.voices = read_table(from, in_, voice_rules);
  }

  void read_format_list(const node& from) {
    if (!speaks() && !transcribes()) return in_.fault(from, "for a model that serves tts or stt");
    if (speaks() && transcribes()) return in_.fault(from, "for a model that serves one of tts and stt, not both");
    if (transcribes()) {
      into_.formats = read_formats(from, in_, core::transcript_formats);
    } else if (protocol_ != nullptr && protocol_->modalities.contains(modality::tts)) {
      into_.formats = read_formats(from, in_, protocol_->speech_formats);
    }
  }

  void read_locales(const node& from) {
    if (!transcribes()) return in_.fault(from, "for a model that serves stt");
    if (protocol_ != nullptr && !protocol_->reads_locales) {
      return in_.fault(from, "the protocol " + std::string(protocol_->name) +
                                 " has no locales, a language goes as the client names it: leave it out");
    }
    into_.locales = read_table(from, in_, locale_rules);
  }

  const node& model_;
  reading& in_;
  const core::protocol* protocol_;
  core::hosted_model& into_;
};

}  // namespace

void read_audio(map_reader& map, const node& model, reading& in, const core::protocol* protocol,
                core::hosted_model& into) {
  audio_reader(model, in, protocol, into).read(map);
}

}  // namespace phigate::config
