// Everything that a registry may not say: one fault each, at its line and key path (spec §11).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/config/config_files.hpp"

namespace phigate::config {
namespace {

using testing::config_files;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::small_registry;
using ::testing::StartsWith;
using testing::with_line;

struct fault_case {
  int line;              // of the small registry: replaced by …
  std::string text;      // … this
  std::string expected;  // "line: key path: beginning of the message"; `@` is the endpoint's path, `#` the model's
};

std::string full(const std::string& expected) {
  std::string out;
  for (const char c : expected) {
    if (c == '@') out += "providers.alpine.endpoints.alpine-ch";
    if (c == '#') out += "providers.alpine.endpoints.alpine-ch.models.big-1";
    if (c != '@' && c != '#') out += c;
  }
  return "providers.yaml:" + out;
}

void expect_one_fault_each(const std::vector<fault_case>& cases) {
  for (const fault_case& one : cases) {
    config_files files;
    files.write("providers.yaml", with_line(small_registry, one.line, one.text));
    EXPECT_THAT(files.faults({{"KEY", "k"}, {"WORLDWIDE", "global"}, {"SWISS", "CH"}}),
                ElementsAre(StartsWith(full(one.expected))))
        << one.text;
  }
}

std::string price(const std::string& inside) {
  return "            price: { " + inside + " }";
}
std::string url(const std::string& text) {
  return "        base_url: \"" + text + "\"";
}
std::string agreement(const std::string& text) {
  return "    agreements: [" + text + "]";
}

TEST(registry_faults, of_the_file_as_a_whole) {
  expect_one_fault_each({
      {1, "version: 2", "1: version: \"2\" is not known: this program reads version 1"},
      {1, "version: \"1\"", "1: version: \"1\" is text in quotes"},
      {1, "", "2: version is missing"},
      {1, "version: 1\nversion: 1", "2: version: repeated key, first on line 1"},
      {1, "version: 1\nextra: 1", "2: extra: unknown key; the keys here: version, fx, regions, providers, aliases"},
  });
  config_files files;
  files.write("providers.yaml", "");
  EXPECT_THAT(files.faults(), ElementsAre(HasSubstr("is empty: version, regions and providers are needed")));
  files.write("providers.yaml", "- 1\n");
  EXPECT_THAT(files.faults(), ElementsAre("providers.yaml:1: must be a map of sections, is a list"));
  files.write("providers.yaml", "version: 1\n");
  EXPECT_THAT(files.faults(),
              ElementsAre("providers.yaml:1: regions is missing", "providers.yaml:1: providers is missing"));
  files.write("providers.yaml", "version: 1\nregions:\nproviders: []\naliases: 1\nfx: x\n");
  EXPECT_THAT(files.faults(), ElementsAre(StartsWith("providers.yaml:2: regions: must be a map"),
                                          StartsWith("providers.yaml:3: providers: must be a map"),
                                          StartsWith("providers.yaml:4: aliases: must be a map"),
                                          StartsWith("providers.yaml:5: fx: must be a map")));
}

TEST(registry_faults, of_rates_and_regions) {
  expect_one_fault_each({
      {2, "fx: { USD: 1, CHF: 1.1, Euro: 1 }", "2: fx.Euro: must be a currency's three capital letters"},
      {2, "fx: { USD: 1.1, CHF: 1 }", "2: fx.USD: must be 1"},
      {2, "fx: { USD: 1, CHF: 0 }", "2: fx.CHF: must be more than 0"},
      {2, "fx: { USD: 1, CHF: -1 }", "2: fx.CHF: \"-1\" is negative"},
      {2, "fx: { USD: 1, CHF: 1.1234567 }", "2: fx.CHF: \"1.1234567\" has more than six decimals"},
      {2, "fx: { USD: 1, CHF: 1e3 }", "2: fx.CHF: \"1e3\" must be a decimal number"},
      {2, "fx: { USD: 1, CHF: 1234567890 }", "2: fx.CHF: \"1234567890\" is too large"},
      {2, "fx: { USD: 1, CHF: \"1\" }", "2: fx.CHF: \"1\" is text in quotes"},
      {2, "fx: { USD: 1 }", "33: #.price.currency: \"CHF\" has no rate under fx"},
      {4, "  CH: { resident: nobody, countries: [CH], strict: true }",
       "4: regions.CH.resident: \"nobody\" is no provider"},
      {4, "  CH: { resident: Alpine, countries: [CH], strict: true }",
       "4: regions.CH.resident: \"Alpine\" is no provider"},
      {5, "  EU: { countries: [DE, Germany], strict: true }", "5: regions.EU.countries[1]: \"Germany\" is no ISO 3166"},
      {5, "  EU: { countries: [DE, XX], strict: true }", "5: regions.EU.countries[1]: \"XX\" is no ISO 3166"},
      {5, "  EU: { countries: [DE, de] }", "5: regions.EU.countries[1]: \"de\" a second time"},
      {5, "  EU: { strict: true }", "5: regions.EU: strict, and without countries"},
      {5, "  EU: { countries: [DE], strict: yes }", "5: regions.EU.strict: \"yes\" must be true or false"},
      {5, "  EU: { countrys: [DE] }",
       "5: regions.EU.countrys: unknown key; the keys here: resident, countries, strict"},
      {5, "  EMEA: { countries: [DE] }", "5: regions.EMEA: no region; the regions: CH, EU"},
      {5, "  EU: { countries: [DE] }\n  EU: {}", "6: regions.EU: repeated key, first on line 5"},
      {5, "  EU: { countries: [DE] }\n  eu: {}", "6: regions.eu: repeated key: names of regions are read in any case"},
  });
}

TEST(registry_faults, of_providers_and_agreements) {
  const std::string rest = "modalities: [chat], valid_from: 2026-01-01, valid_until: 2027-12-31";
  const std::string path = "15: providers.alpine.agreements[0]";
  expect_one_fault_each({
      {11, "    titel: Alpine", "11: providers.alpine.titel: unknown key"},
      {12, "    headquarters: Geneva", "12: providers.alpine.headquarters: \"Geneva\" is no ISO 3166"},
      {13, "    retention_days: -1", "13: providers.alpine.retention_days: \"-1\" is out of range"},
      {13, "    retention_days: none", "13: providers.alpine.retention_days: \"none\" must be a whole number"},
      {14, "    trains_on_data: no", "14: providers.alpine.trains_on_data: \"no\" must be true or false"},
      {16, "    enabled: \"false\"", "16: providers.alpine.enabled: \"false\" is text in quotes"},
      {16, "    retention_days: 1", "16: providers.alpine.retention_days: repeated key, first on line 13"},
      {15, "    agreements: {}", "15: providers.alpine.agreements: must be a list of agreements, is a map"},
      {15, agreement("{ regions: [CH], " + rest + " }"), path + ": kind is missing"},
      {15, agreement("{ kind: nda, regions: [CH], " + rest + " }"), path + ".kind: \"nda\" is none of: dpa, baa"},
      {15, agreement("{ kind: dpa, " + rest + " }"), path + ": regions is missing"},
      {15, agreement("{ kind: dpa, regions: [US], " + rest + " }"),
       path + ".regions[0]: \"US\" has no entry under regions"},
      {15, agreement("{ kind: dpa, regions: [XX], " + rest + " }"), path + ".regions[0]: \"XX\" is no region"},
      {15, agreement("{ kind: dpa, regions: [], " + rest + " }"), path + ".regions: an empty list"},
      {15, agreement("{ kind: dpa, regions: CH, " + rest + " }"), path + ".regions: must be a list of regions"},
      {15,
       agreement("{ kind: dpa, regions: [CH], modalities: [text], valid_from: 2026-01-01, valid_until: 2027-01-01 }"),
       path + ".modalities[0]: \"text\" is no modality; the modalities: chat, vision, embeddings, ocr, stt, tts"},
      {15,
       agreement("{ kind: dpa, regions: [CH], modalities: [Chat], valid_from: 2026-01-01, valid_until: 2027-01-01 }"),
       path + ".modalities[0]: \"Chat\" is no modality"},
      {15, agreement("{ kind: dpa, regions: [CH], modalities: [chat], valid_until: 2027-01-01 }"),
       path + ": valid_from is missing"},
      {15, agreement("{ kind: dpa, regions: [CH], modalities: [chat], valid_from: 2026-01-01 }"),
       path + ": valid_until is missing"},
      {15,
       agreement("{ kind: dpa, regions: [CH], modalities: [chat], valid_from: 2026-13-01, valid_until: 2027-01-01 }"),
       path + ".valid_from: \"2026-13-01\" is no day of the calendar"},
      {15, agreement("{ kind: dpa, regions: [CH], modalities: [chat], valid_from: 2026-1-1, valid_until: 2027-01-01 }"),
       path + ".valid_from: \"2026-1-1\" must be a date"},
      {15,
       agreement("{ kind: dpa, regions: [CH], modalities: [chat], valid_from: 2026-01-01, valid_until: 2026-01-01 }"),
       path + ".valid_until: is not after valid_from"},
      {15,
       agreement("{ kind: dpa, regions: [CH], modalities: [chat], valid_from: 2026-01-01, valid_until: 2025-12-31 }"),
       path + ".valid_until: is not after valid_from"},
      {15, agreement("{ kind: dpa, regions: [CH], " + rest + ", until: 2028-01-01 }"), path + ".until: unknown key"},
  });
}

TEST(registry_faults, of_an_endpoint) {
  const std::string pin(43, 'A');
  expect_one_fault_each({
      {18, "      alpine ch:", "18: providers.alpine.endpoints.alpine?ch: an endpoint's id is letters"},
      {20, "        protocol: anthropic",
       "20: @.protocol: \"anthropic\" is no protocol that this version speaks: openai, azure_openai, "},
      {20, "        protocol: OpenAI", "20: @.protocol: \"OpenAI\" is no protocol"},
      {20, "        protocol:", "20: @.protocol: must be text, is empty"},
      {20, "        protocol: azure_openai\n        api_version: 2024/10/21",
       "21: @.api_version: \"2024/10/21\" must be a version: letters, digits, - and ., 32 at most"},
      {20, "        protocol: azure_openai\n        api_version: " + std::string(33, '1'), "21: @.api_version: \"1111"},
      {20, "        protocol: azure_openai\n        api_version: \"\"", "21: @.api_version: is empty"},
      {20, "        protocol: openai\n        api_version: 2024-10-21",
       "21: @.api_version: the protocol openai names no version: leave it out"},
      {20, "        protocol: openai\n        api_version: [x]", "21: @.api_version: the protocol openai names no"},
      {20, "        protocol: azure_openai\n        api_version: \"2024-10-21&x=1\"",
       "21: @.api_version: \"2024-10-21&x=1\""},
      {20, "", "18: @: protocol is missing"},
      {20, "        protocol: openai\n        proxy: x", "21: @.proxy: unknown key"},
      {21, "        country: Switzerland", "21: @.country: \"Switzerland\" is no ISO 3166"},
      {21, "        country: GLOBAL", "21: @.country: \"GLOBAL\" is no ISO 3166"},
      {21, "        country: [CH, global]", "21: @.country[1]: \"global\" is no ISO 3166"},
      {21, "        country: []", "21: @.country: an empty list"},
      {21, "", "18: @: country is missing"},
      {22, "", "18: @: regions is missing"},
      {22, "        regions: []", "22: @.regions: an empty list"},
      {22, "        regions: CH", "22: @.regions: must be a list of regions, is a single value"},
      {22, "        regions: [CH, US]", "22: @.regions[1]: \"US\" has no entry under regions"},
      {22, "        regions: [CH, CH]", "22: @.regions[1]: \"CH\" a second time"},
      // residency
      {21, "        country: global", "22: @.regions[0]: CH is strict: it takes no global endpoint"},
      {21, "        country: ${WORLDWIDE}", "22: @.regions[0]: CH is strict: it takes no global endpoint"},
      {21, "        country: DE", "22: @.regions[0]: CH is strict: DE is not all in its countries"},
      {21, "        country: [CH, DE]", "22: @.regions[0]: CH is strict: CH,DE is not all in its countries"},
      {22, "        regions: [EU]", "22: @.regions[0]: EU is strict: CH is not all in its countries"},
      {22, "        regions: [CH, UK]",
       "22: @.regions[1]: UK takes an endpoint in its own countries (GB) or a global one"},
      {21, "        country: [DE]\n        retention_days: 0", "23: @.regions[0]: CH is strict"},
      {22, "        regions: [WORLD, \"${SWISS}\", EU]", "22: @.regions[2]: EU is strict"},
      // time-outs, dialect, TLS
      {24, "        timeouts: { connect: 1 }", "24: @.timeouts.connect: \"1\" a duration needs a unit"},
      {24, "        timeouts: { client_idle: 1s }", "24: @.timeouts.client_idle: unknown key"},
      {25, "        request: { drop: [model] }", "25: @.request.drop[0]: \"model\" is the gateway's own"},
      {25, "        request: { drop: [file] }", "25: @.request.drop[0]: \"file\" is the gateway's own"},
      {25, "        request: { drop: [user, user] }", "25: @.request.drop[1]: \"user\" a second time"},
      {25, "        request: { drop: user }", "25: @.request.drop: must be a list of fields"},
      {25, "        request: { rename: { stream: streaming } }",
       "25: @.request.rename.stream: \"stream\" is the gateway's own"},
      {25, "        request: { rename: { user: provider } }",
       "25: @.request.rename.user: \"provider\" is the gateway's own"},
      {25, "        request: { rename: { a: a } }", "25: @.request.rename.a: renamed to itself"},
      {25, "        request: { rename: { a: c, b: c } }", "25: @.request.rename.b: another field is renamed to this"},
      {25, "        request: { rename: { a: b }, drop: [a] }", "25: @.request.drop[0]: \"a\" is renamed as well"},
      {25, "        request: { rename: [a] }", "25: @.request.rename: must be a map of names, is a list"},
      {25, "        request: { add: {} }", "25: @.request.add: unknown key; the keys here: rename, drop"},
      {26, "        tls: { ca_file: none.pem }", "26: @.tls.ca_file: \"none.pem\" cannot be read"},
      {26, "        tls: { pin_sha256: [\"" + pin + "\"] }",
       "26: @.tls.pin_sha256[0]: \"" + pin + "\" must be a SHA-256 in base64"},
      {26, "        tls: { pin_sha256: [\"" + pin + "==\"] }", "26: @.tls.pin_sha256[0]:"},
      {26, "        tls: { pin_sha256: [] }", "26: @.tls.pin_sha256: an empty list"},
      {26, "        tls: { verify: false }", "26: @.tls.verify: unknown key"},
  });
}

TEST(registry_faults, of_a_base_url) {
  expect_one_fault_each({
      {19, "", "18: @: base_url is missing"},
      {19, url("api.alpine.example/v1"), "19: @.base_url: must be a URL that begins with https://"},
      {19, url("ftp://api.alpine.example"), "19: @.base_url: must be a URL that begins with https://"},
      {19, url("HTTPS://api.alpine.example"), "19: @.base_url: must be a URL"},
      {19, url("http://api.alpine.example/v1"), "19: @.base_url: http:// is for a loopback address alone"},
      {19, url("http://localhost.example:8080"), "19: @.base_url: http:// is for a loopback address alone"},
      {19, url("http://127.0.0.1.evil.example"), "19: @.base_url: http:// is for a loopback address alone"},
      {19, url("http://10.0.0.1"), "19: @.base_url: http:// is for a loopback address alone"},
      {19, url("http://[::ffff:127.0.0.1]"), "19: @.base_url: http:// is for a loopback address alone"},
      {19, url("http://127.1"), "19: @.base_url: a URL whose host is no name or address"},
      {19, url("https://0x7f.1"), "19: @.base_url: a URL whose host is no name or address"},
      {19, url("https://user:pw@api.alpine.example"), "19: @.base_url: a URL with user information"},
      {19, url("https://api.alpine.example/v1?key=1"), "19: @.base_url: a base URL has no query"},
      {19, url("https://api.alpine.example/v1#top"), "19: @.base_url: a base URL has no fragment"},
      {19, url("https://"), "19: @.base_url: a URL without a host"},
      {19, url("https:///v1"), "19: @.base_url: a URL without a host"},
      {19, url("https://:443/v1"), "19: @.base_url: a URL without a host"},
      {19, url("https://api.alpine.example:0"), "19: @.base_url: a URL's port is 1 to 65535"},
      {19, url("https://api.alpine.example:65536"), "19: @.base_url: a URL's port is 1 to 65535"},
      {19, url("https://api.alpine.example:"), "19: @.base_url: a URL's port is 1 to 65535"},
      {19, url("https://api.alpine.example:+80"), "19: @.base_url: a URL's port is 1 to 65535"},
      {19, url("https://[::1"), "19: @.base_url: [ without ]"},
      {19, url("https://[::1]x"), "19: @.base_url: a URL's port is 1 to 65535"},
      {19, url("https://a b.example"), "19: @.base_url: a URL whose host is no name or address"},
      {19, url("https://-a.example"), "19: @.base_url: a URL whose host is no name or address"},
      {19, url("https://bücher.example"), "19: @.base_url: a URL whose host is no name or address"},
      {19, url("https://api.alpine.example/a/../b"), "19: @.base_url: a URL's path is plain ASCII"},
      {19, url("https://api.alpine.example/a/%2e%2E/b"), "19: @.base_url: a URL's path is plain ASCII"},
      {19, url("https://api.alpine.example//a"), "19: @.base_url: a URL's path is plain ASCII"},
      {19, url("https://api.alpine.example/a//"), "19: @.base_url: a URL's path is plain ASCII"},
      {19, url("https://api.alpine.example/a\\\\b"), "19: @.base_url: a URL's path is plain ASCII"},
      {19, url("https://api.alpine.example/a\\r\\nX: y"), "19: @.base_url: a URL's path is plain ASCII"},
      {19, url("https://api.alpine.example/${"), "19: @.base_url: ${ without }"},
      {19, url("http://api.alpine.example/${UNSET}/v1"), "19: @.base_url: http:// is for a loopback address alone"},
  });
}

TEST(registry_faults, of_models) {
  expect_one_fault_each({
      {34, "          vendor/big-1:", "34: @.models.vendor/big-1: a model's name has no / and no :"},
      {34, "          \"big-1:free\":", "34: @.models.big-1:free: a model's name has no / and no :"},
      {34, "          big 1:", "34: @.models.big?1: a model's name is letters"},
      {34, "          auto:", "34: @.models.auto: auto is taken"},
      {34, "          AUTO:", "34: @.models.AUTO: auto is taken"},
      {34, "          world:", "34: @.models.world: a region's name"},
      {34, "          big-1: {}\n          vec-1:", "34: #: repeated key, first on line 28"},
      {29, "            upstream:", "29: #.upstream: must be text, is empty"},
      {30, "", "28: #: modalities is missing"},
      {30, "            modalities: [sight]", "30: #.modalities[0]: \"sight\" is no modality"},
      {30, "            modalities: [chat, sight]", "30: #.modalities[1]: \"sight\" is no modality"},
      {30, "            modalities: [chat, chat]", "30: #.modalities[1]: \"chat\" a second time"},
      {31, "            context_length: 0", "31: #.context_length: \"0\" is out of range"},
      {31, "            context_length: 4294967296", "31: #.context_length: \"4294967296\" is out of range"},
      {31, "            context_length: 100k", "31: #.context_length: \"100k\" must be a whole number"},
      {32, "            features: [\"two words\"]", "32: #.features[0]: \"two words\" must be a plain word"},
      {32, "            features: [tools, tools]", "32: #.features[1]: \"tools\" a second time"},
      {32, "            features: [tools, annotations]",
       "32: #.features[1]: \"annotations\" can't be had over the protocol openai, which has diarization, file, "
       "instructions, logprobs, sse, stream: leave it out"},
      {32, "            dimensions: 100", "32: #.dimensions: for a model that serves embeddings"},
      {30, "            modalities: [chat, ocr]",
       "30: #.modalities[1]: \"ocr\" is not carried by the protocol openai: chat, vision, embeddings, stt, tts"},
      {32, "            context: 100", "32: #.context: unknown key"},
      {32, "            request: { drop: [messages] }", "32: #.request.drop[0]: \"messages\" is the gateway's own"},
  });
  const std::string vector = "@.models.vec-1.dimensions";
  expect_one_fault_each({
      {37, "            dimensions: { min: 0, max: 1 }", "37: " + vector + ".min: \"0\" is out of range"},
      {37, "            dimensions: { min: 9, max: 8 }", "37: " + vector + ": min is more than max"},
      {37, "            dimensions: { min: 9 }", "37: " + vector + ": max is missing"},
      {37, "            dimensions: 0", "37: " + vector + ": \"0\" is out of range"},
      {37, "            dimensions: [32]", "37: " + vector + ": must be a whole number, is a list"},
  });
}

TEST(registry_faults, of_prices) {
  expect_one_fault_each({
      {33, "", "28: #: price is missing"},
      {33, price("currency: GBP, input: 1, output: 1"), "33: #.price.currency: \"GBP\" has no rate under fx"},
      {33, price("currency: chf, input: 1, output: 1"), "33: #.price.currency: \"chf\" has no rate under fx"},
      {33, price("input: -0.1, output: 1"), "33: #.price.input: \"-0.1\" is negative"},
      {33, price("input: 0.1234567, output: 1"), "33: #.price.input: \"0.1234567\" has more than six decimals"},
      {33, price("input: free, output: 1"), "33: #.price.input: \"free\" must be a decimal number"},
      {33, price("input: 1, output: 1, cached_input: -1"), "33: #.price.cached_input: \"-1\" is negative"},
      {33, price("input: 1, output: 1, per_minute: 1"),
       "33: #.price.per_minute: no modality of this model has this unit"},
      {33, price("input: 1, output: 1, per_page: 1"), "33: #.price.per_page: no modality of this model has this unit"},
      {33, price("input: 1, output: 1, per_million_chars: 1"), "33: #.price.per_million_chars: no modality"},
      {33, price("input: 1, output: 1, per_image: 1"), "33: #.price.per_image: unknown key"},
      {33, "            price: 0.2", "33: #.price: must be a map of a price's settings"},
  });
  const std::string model = "providers.alpine.endpoints.alpine-ch.models.big-1";
  const auto with_modality = [](const std::string& modality, const std::string& inside) {
    config_files files;
    const std::string protocol = modality == "ocr" ? "mistral" : "openai";
    std::string text = with_line(small_registry, 20, "        protocol: " + protocol);
    text = with_line(text, 30, "            modalities: [" + modality + "]");
    files.write("providers.yaml", with_line(text, 33, price(inside)));
    return files.faults();
  };
  EXPECT_THAT(with_modality("chat", "input: 1"), ElementsAre(HasSubstr(":33: " + model + ".price: chat needs output")));
  EXPECT_THAT(with_modality("vision", "output: 1"),
              ElementsAre(HasSubstr(":33: " + model + ".price: vision needs input")));
  EXPECT_THAT(with_modality("embeddings", "output: 1"), ElementsAre(HasSubstr("price: embeddings needs input")));
  EXPECT_THAT(with_modality("embeddings", "cached_input: 1"), ElementsAre(HasSubstr("price: embeddings needs input")));
  EXPECT_THAT(with_modality("stt", "per_minute: 0.006"), IsEmpty());
  EXPECT_THAT(with_modality("stt", "per_minute: 0.006, per_million_chars: 1"),
              ElementsAre(HasSubstr("price.per_million_chars: no modality")));
  EXPECT_THAT(with_modality("stt", "per_page: 1"),
              ElementsAre(HasSubstr("stt needs per_minute"), HasSubstr("per_page: no modality")));
  EXPECT_THAT(with_modality("tts", "per_minute: 1"),
              ElementsAre(HasSubstr("tts needs per_million_chars"), HasSubstr("per_minute: no modality")));
  EXPECT_THAT(with_modality("ocr", "input: 1"),
              ElementsAre(HasSubstr("ocr needs per_page"), HasSubstr("input: no modality")));
  EXPECT_THAT(with_modality("chat, stt", "input: 1, output: 1, per_minute: 1"), IsEmpty());
  EXPECT_THAT(with_modality("chat, stt", "input: 1, output: 1"), ElementsAre(HasSubstr("stt needs per_minute")));
}

TEST(registry_faults, of_aliases_and_ids) {
  expect_one_fault_each({
      {40, "  big: [big-2]", "40: aliases.big[0]: \"big-2\" is no model of this file"},
      {40, "  big: [big-1, big-1]", "40: aliases.big[1]: \"big-1\" a second time"},
      {40, "  big: []", "40: aliases.big: an empty list"},
      {40, "  big: big-1", "40: aliases.big: must be a list of models, is a single value"},
      {40, "  big-1: [big-1]", "40: aliases.big-1: is a model's id as well"},
      {40, "  big: [big-1]\n  huge: [big]", "41: aliases.huge[0]: \"big\" is an alias: name its models"},
      {40, "  big: [big-1]\n  big: [vec-1]", "41: aliases.big: repeated key, first on line 40"},
      {40, "  auto: [big-1]", "40: aliases.auto: auto is taken"},
      {40, "  eu: [big-1]", "40: aliases.eu: a region's name"},
      {40, "  a/b: [big-1]", "40: aliases.a/b: a model's name has no /"},
      {40, "  a:floor: [big-1]", "40: aliases.a:floor: a model's name has no / and no :"},
      {39,
       "  other:\n    endpoints:\n      alpine-ch: { base_url: \"https://a.example\", protocol: openai, country: CH, "
       "regions: [CH], credential: \"${KEY}\", models: {} }\naliases:",
       "41: providers.other.endpoints.alpine-ch: another provider has an endpoint of this id"},
  });
}

TEST(registry_faults, many_come_at_once_in_file_order) {
  config_files files;
  std::string text = with_line(small_registry, 40, "  auto: [nothing]");
  text = with_line(text, 33, price("currency: CHF, input: -1, output: 1"));
  text = with_line(text, 19, url("http://api.alpine.example"));
  text = with_line(text, 4, "  CH: { resident: nobody, countries: [CH], strict: true }");
  files.write("providers.yaml", text);
  EXPECT_THAT(files.faults(),
              ElementsAre(HasSubstr(":4: regions.CH.resident"), HasSubstr(":19: "), HasSubstr(":33: "),
                          HasSubstr(":40: aliases.auto: auto is taken"), HasSubstr(":40: aliases.auto[0]:")));
}

}  // namespace
}  // namespace phigate::config
