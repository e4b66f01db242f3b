#include "upstream/protocols/azure_locales.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include "phigate/core/ascii.hpp"

namespace phigate::upstream {
namespace {

// ISO 639 → the locale that Azure knows and most speakers mean. Sorted.
using locale_entry = std::pair<std::string_view, std::string_view>;
constexpr auto usual_locales = std::to_array<locale_entry>({
    {"af", "af-ZA"},   {"am", "am-ET"}, {"ar", "ar-SA"},   {"as", "as-IN"}, {"az", "az-AZ"}, {"bg", "bg-BG"},
    {"bn", "bn-IN"},   {"bs", "bs-BA"}, {"ca", "ca-ES"},   {"cs", "cs-CZ"}, {"cy", "cy-GB"}, {"da", "da-DK"},
    {"de", "de-DE"},   {"el", "el-GR"}, {"en", "en-US"},   {"es", "es-ES"}, {"et", "et-EE"}, {"eu", "eu-ES"},
    {"fa", "fa-IR"},   {"fi", "fi-FI"}, {"fil", "fil-PH"}, {"fr", "fr-FR"}, {"ga", "ga-IE"}, {"gl", "gl-ES"},
    {"gu", "gu-IN"},   {"he", "he-IL"}, {"hi", "hi-IN"},   {"hr", "hr-HR"}, {"hu", "hu-HU"}, {"hy", "hy-AM"},
    {"id", "id-ID"},   {"is", "is-IS"}, {"it", "it-IT"},   {"ja", "ja-JP"}, {"jv", "jv-ID"}, {"ka", "ka-GE"},
    {"kk", "kk-KZ"},   {"km", "km-KH"}, {"kn", "kn-IN"},   {"ko", "ko-KR"}, {"lo", "lo-LA"}, {"lt", "lt-LT"},
    {"lv", "lv-LV"},   {"mk", "mk-MK"}, {"ml", "ml-IN"},   {"mn", "mn-MN"}, {"mr", "mr-IN"}, {"ms", "ms-MY"},
    {"mt", "mt-MT"},   {"my", "my-MM"}, {"nb", "nb-NO"},   {"ne", "ne-NP"}, {"nl", "nl-NL"}, {"no", "nb-NO"},
    {"or", "or-IN"},   {"pa", "pa-IN"}, {"pl", "pl-PL"},   {"ps", "ps-AF"}, {"pt", "pt-BR"}, {"ro", "ro-RO"},
    {"ru", "ru-RU"},   {"si", "si-LK"}, {"sk", "sk-SK"},   {"sl", "sl-SI"}, {"so", "so-SO"}, {"sq", "sq-AL"},
    {"sr", "sr-RS"},   {"sv", "sv-SE"}, {"sw", "sw-KE"},   {"ta", "ta-IN"}, {"te", "te-IN"}, {"th", "th-TH"},
    {"tl", "fil-PH"},  {"tr", "tr-TR"}, {"uk", "uk-UA"},   {"ur", "ur-IN"}, {"uz", "uz-UZ"}, {"vi", "vi-VN"},
    {"yue", "yue-CN"}, {"zh", "zh-CN"}, {"zu", "zu-ZA"},
});
static_assert(std::ranges::is_sorted(usual_locales, {}, &locale_entry::first));

// A language of two or three letters and at least one subtag: "de-CH", "zh-Hans-CN", "es-419".
bool is_full_tag(std::string_view text) {
  constexpr std::size_t longest = 35;
  if (text.size() > longest) return false;
  const std::size_t language = std::min(text.find('-'), text.size());
  if (language < 2 || language > 3 || !std::ranges::all_of(text.substr(0, language), core::ascii::is_letter))
    return false;
  text.remove_prefix(language);
  if (text.empty()) return false;
  while (!text.empty()) {
    text.remove_prefix(1);  // the hyphen
    const std::string_view subtag = text.substr(0, text.find('-'));
    if (subtag.size() < 2 || subtag.size() > 8) return false;
    if (!std::ranges::all_of(subtag, core::ascii::is_alphanumeric)) return false;
    text.remove_prefix(subtag.size());
  }
  return true;
}

// As Azure lists its locales: "de-ch" is de-CH, "ZH-hans-cn" zh-Hans-CN (RFC 5646 §2.1.1). Of a full tag.
std::string in_usual_case(std::string_view tag) {
  constexpr std::size_t script = 4;
  constexpr std::size_t country = 2;
  std::string out(tag);
  for (std::size_t begin = 0; begin < out.size();) {
    const std::size_t end = std::min(out.find('-', begin), out.size());
    const std::size_t capitals = begin == 0 ? 0 : end - begin == country ? country : end - begin == script ? 1 : 0;
    for (std::size_t at = begin; at < end; ++at) {
      out[at] = at - begin < capitals ? core::ascii::to_upper(out[at]) : core::ascii::to_lower(out[at]);
    }
    begin = end + 1;
  }
  return out;
}

}  // namespace

std::string azure_locale(const codec::transcription_request& asked, const core::hosted_model& model) {
  for (const auto& [name, value] : asked.fields) {
    if (name == "language" && is_full_tag(value)) return in_usual_case(value);
  }
  using own_locale = std::pair<std::string, std::string>;
  const auto own = std::ranges::find(model.locales, asked.language, &own_locale::first);
  if (own != model.locales.end()) return own->second;
  const auto* const usual = std::ranges::lower_bound(usual_locales, asked.language, {}, &locale_entry::first);
  if (usual != usual_locales.end() && usual->first == asked.language) return std::string(usual->second);
  return asked.language;
}

}  // namespace phigate::upstream
