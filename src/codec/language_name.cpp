#include "codec/language_name.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <utility>

#include "phigate/core/ascii.hpp"

namespace phigate::codec {
namespace {

using entry = std::pair<std::string_view, std::string_view>;

// Sorted by code. Whisper's languages, which OpenAI names so, and a few more that other providers hear.
constexpr auto languages = std::to_array<entry>({
    {"af", "afrikaans"},      {"am", "amharic"},       {"ar", "arabic"},    {"as", "assamese"},   {"az", "azerbaijani"},
    {"ba", "bashkir"},        {"be", "belarusian"},    {"bg", "bulgarian"}, {"bn", "bengali"},    {"bo", "tibetan"},
    {"br", "breton"},         {"bs", "bosnian"},       {"ca", "catalan"},   {"cs", "czech"},      {"cy", "welsh"},
    {"da", "danish"},         {"de", "german"},        {"el", "greek"},     {"en", "english"},    {"es", "spanish"},
    {"et", "estonian"},       {"eu", "basque"},        {"fa", "persian"},   {"fi", "finnish"},    {"fil", "filipino"},
    {"fo", "faroese"},        {"fr", "french"},        {"ga", "irish"},     {"gl", "galician"},   {"gu", "gujarati"},
    {"ha", "hausa"},          {"haw", "hawaiian"},     {"he", "hebrew"},    {"hi", "hindi"},      {"hr", "croatian"},
    {"ht", "haitian creole"}, {"hu", "hungarian"},     {"hy", "armenian"},  {"id", "indonesian"}, {"is", "icelandic"},
    {"it", "italian"},        {"ja", "japanese"},      {"jv", "javanese"},  {"jw", "javanese"},   {"ka", "georgian"},
    {"kk", "kazakh"},         {"km", "khmer"},         {"kn", "kannada"},   {"ko", "korean"},     {"ky", "kyrgyz"},
    {"la", "latin"},          {"lb", "luxembourgish"}, {"ln", "lingala"},   {"lo", "lao"},        {"lt", "lithuanian"},
    {"lv", "latvian"},        {"mg", "malagasy"},      {"mi", "maori"},     {"mk", "macedonian"}, {"ml", "malayalam"},
    {"mn", "mongolian"},      {"mr", "marathi"},       {"ms", "malay"},     {"mt", "maltese"},    {"my", "myanmar"},
    {"nb", "norwegian"},      {"ne", "nepali"},        {"nl", "dutch"},     {"nn", "nynorsk"},    {"no", "norwegian"},
    {"oc", "occitan"},        {"pa", "punjabi"},       {"pl", "polish"},    {"ps", "pashto"},     {"pt", "portuguese"},
    {"ro", "romanian"},       {"ru", "russian"},       {"sa", "sanskrit"},  {"sd", "sindhi"},     {"si", "sinhala"},
    {"sk", "slovak"},         {"sl", "slovenian"},     {"sn", "shona"},     {"so", "somali"},     {"sq", "albanian"},
    {"sr", "serbian"},        {"su", "sundanese"},     {"sv", "swedish"},   {"sw", "swahili"},    {"ta", "tamil"},
    {"te", "telugu"},         {"tg", "tajik"},         {"th", "thai"},      {"tk", "turkmen"},    {"tl", "tagalog"},
    {"tr", "turkish"},        {"tt", "tatar"},         {"ug", "uyghur"},    {"uk", "ukrainian"},  {"ur", "urdu"},
    {"uz", "uzbek"},          {"vi", "vietnamese"},    {"xh", "xhosa"},     {"yi", "yiddish"},    {"yo", "yoruba"},
    {"yue", "cantonese"},     {"zh", "chinese"},       {"zu", "zulu"},
});
static_assert(std::ranges::is_sorted(languages, {}, &entry::first));

constexpr std::size_t longest_code = 3;

}  // namespace

std::string_view language_name(std::string_view code) {
  code = code.substr(0, code.find_first_of("-_"));
  if (code.size() > longest_code) return {};
  const std::string lower = core::ascii::to_lower(code);
  const auto* const found = std::ranges::lower_bound(languages, std::string_view(lower), {}, &entry::first);
  return found != languages.end() && found->first == lower ? found->second : std::string_view();
}

}  // namespace phigate::codec
