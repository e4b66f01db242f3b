#include "phigate/core/vocabulary.hpp"

#include "phigate/core/ascii.hpp"

namespace phigate::core {
namespace {

constexpr std::array<std::string_view, region_count> region_texts{"CH",  "EU",    "US",   "UK",    "ASIA",
                                                                  "ANZ", "LATAM", "MENA", "INDIA", "WORLD"};
constexpr std::array<std::string_view, modality_count> modality_texts{"chat", "vision", "embeddings",
                                                                      "ocr",  "stt",    "tts"};

constexpr std::array<region, region_count> regions{region::ch,    region::eu,   region::us,    region::uk,
                                                   region::asia,  region::anz,  region::latam, region::mena,
                                                   region::india, region::world};
constexpr std::array<modality, modality_count> modalities{modality::chat, modality::vision, modality::embeddings,
                                                          modality::ocr,  modality::stt,    modality::tts};

// ISO 3166-1 alpha-2, officially assigned codes.
constexpr std::string_view assigned_codes =
    "ADAEAFAGAIALAMAOAQARASATAUAWAXAZ"
    "BABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZ"
    "CACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZ"
    "DEDJDKDMDODZ"
    "ECEEEGEHERESET"
    "FIFJFKFMFOFR"
    "GAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGY"
    "HKHMHNHRHTHU"
    "IDIEILIMINIOIQIRISIT"
    "JEJMJOJP"
    "KEKGKHKIKMKNKPKRKWKYKZ"
    "LALBLCLILKLRLSLTLULVLY"
    "MAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZ"
    "NANCNENFNGNINLNONPNRNUNZ"
    "OM"
    "PAPEPFPGPHPKPLPMPNPRPSPTPWPY"
    "QA"
    "RERORSRURW"
    "SASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZ"
    "TCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZ"
    "UAUGUMUSUYUZ"
    "VAVCVEVGVIVNVU"
    "WFWS"
    "YEYT"
    "ZAZMZW";
static_assert(assigned_codes.size() == 2 * 249);

// One row a first letter, one bit a second letter.
constexpr auto assigned_table = [] {
  std::array<std::uint32_t, 26> table{};
  for (std::size_t i = 0; i < assigned_codes.size(); i += 2) {
    const auto row = static_cast<std::size_t>(assigned_codes[i] - 'A');
    table[row] |= std::uint32_t{1} << (assigned_codes[i + 1] - 'A');
  }
  return table;
}();

constexpr bool is_assigned(char first, char second) {
  if (!ascii::is_upper(first) || !ascii::is_upper(second)) return false;
  return ((assigned_table[static_cast<std::size_t>(first - 'A')] >> (second - 'A')) & 1U) != 0;
}

std::vector<country> countries_of(std::initializer_list<std::string_view> codes) {
  std::vector<country> countries;
  countries.reserve(codes.size());
  for (std::string_view code : codes) countries.push_back(country::parse(code).value());
  std::ranges::sort(countries);
  return countries;
}

}  // namespace

std::string_view to_string(region value) {
  return region_texts[static_cast<std::size_t>(value)];
}
std::string_view to_string(modality value) {
  return modality_texts[static_cast<std::size_t>(value)];
}
std::string_view to_string(data_class value) {
  return value == data_class::phi ? "phi" : "general";
}

std::optional<region> parse_region(std::string_view text) {
  const auto matches = [text](region candidate) { return ascii::equals_ignoring_case(text, to_string(candidate)); };
  const auto found = std::ranges::find_if(regions, matches);
  if (found == regions.end()) return std::nullopt;
  return *found;
}

std::optional<modality> parse_modality(std::string_view text) {
  const auto found = std::ranges::find(modality_texts, text);
  if (found == modality_texts.end()) return std::nullopt;
  return modalities[static_cast<std::size_t>(found - modality_texts.begin())];
}

std::span<const region> all_regions() {
  return regions;
}
std::span<const modality> all_modalities() {
  return modalities;
}

std::string region_names() {
  std::string names;
  for (std::string_view name : region_texts) {
    if (!names.empty()) names += ", ";
    names += name;
  }
  return names;
}

std::optional<country> country::parse(std::string_view text) {
  if (text.size() != 2) return std::nullopt;
  const std::array<char, 2> letters{ascii::to_upper(text[0]), ascii::to_upper(text[1])};
  if (letters == std::array<char, 2>{'U', 'K'}) return country({'G', 'B'});
  if (!is_assigned(letters[0], letters[1])) return std::nullopt;
  return country(letters);
}

bool country_list::within(std::span<const country> allowed) const {
  if (global || countries.empty()) return false;
  return std::ranges::all_of(
      countries, [allowed](const country& one) { return std::ranges::find(allowed, one) != allowed.end(); });
}

std::string country_list::text() const {
  if (global) return "global";
  std::string text;
  for (const country& one : countries) {
    if (!text.empty()) text += ',';
    text += one.text();
  }
  return text;
}

std::span<const country> eu_members() {
  static const std::vector<country> members =
      countries_of({"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU",
                    "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"});
  return members;
}

std::span<const country> eea_members() {
  static const std::vector<country> members = [] {
    std::vector<country> all = countries_of({"IS", "LI", "NO"});
    all.insert(all.end(), eu_members().begin(), eu_members().end());
    std::ranges::sort(all);
    return all;
  }();
  return members;
}

}  // namespace phigate::core
