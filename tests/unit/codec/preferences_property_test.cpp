#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "json_text.hpp"
#include "padded.hpp"
#include "phigate/codec/preferences.hpp"
#include "phigate/codec/request.hpp"
#include "support/registry_builder.hpp"

namespace phigate::codec {
namespace {

using core::provider_id;

const std::vector<std::string> slugs = {"alpha", "beta", "gamma", "delta", "omega"};

const core::registry& providers() {
  static const auto known = [] {
    test::registry_builder builder;
    for (const std::string& slug : slugs) builder.provider(slug);
    return builder.build();
  }();
  return *known;
}

bool chance() {
  return *rc::gen::arbitrary<bool>();
}

template <typename Value>
std::vector<Value> shuffled(std::vector<Value> list) {
  for (std::size_t i = list.size(); i > 1; --i) std::swap(list[i - 1], list[*rc::gen::inRange<std::size_t>(0, i)]);
  return list;
}

// Between the quotes: some letters as escapes.
std::string spelt(std::string_view word) {
  static constexpr std::string_view hex = "0123456789abcdef";
  std::string text;
  for (const char c : word) {
    if (*rc::gen::inRange(0, 8) > 0) {
      text += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    text += "\\u00";
    text += hex[byte >> 4U];
    text += hex[byte & 0xFU];
  }
  return text;
}

std::string in_quotes(std::string_view word) {
  return "\"" + spelt(word) + "\"";
}

// Preferences as a client means them, and as it writes them.
struct written {
  core::preferences meant;
  std::vector<generated::raw_member> members;

  void add(std::string_view key, std::string value) { members.push_back({spelt(key), std::move(value)}); }
};

std::vector<provider_id> some_providers(std::size_t at_least) {
  std::vector<provider_id> all;
  for (std::size_t i = 0; i < slugs.size(); ++i) all.push_back(static_cast<provider_id>(i));
  all = shuffled(std::move(all));
  all.resize(*rc::gen::inRange(at_least, all.size() + 1));
  return all;
}

std::string list(const std::vector<provider_id>& ids) {
  std::string text = "[" + generated::space();
  for (std::size_t i = 0; i < ids.size(); ++i) {
    text += (i > 0 ? "," : "") + generated::space() + in_quotes(slugs[static_cast<std::size_t>(ids[i])]) +
            generated::space();
  }
  return text + "]";
}

void write_providers(written& out) {
  if (chance()) out.add("order", list(out.meant.order = some_providers(0)));
  if (chance()) out.add("ignore", list(out.meant.ignore = some_providers(0)));
  if (chance()) {
    out.meant.only = some_providers(1);
    out.add("only", list(*out.meant.only));
  }
}

void write_flag(written& out, std::string_view key, bool& meant) {
  if (!chance()) return;
  meant = chance();
  out.add(key, meant ? "true" : "false");
}

void write_terms(written& out) {
  bool zdr = false;
  write_flag(out, "zdr", zdr);
  if (chance()) {
    out.meant.max_retention_days = *rc::gen::inRange<std::int64_t>(0, 1'000'000);
    out.add("max_retention_days", std::to_string(*out.meant.max_retention_days));
  }
  if (chance()) {
    out.meant.denies_data_collection = chance();
    out.add("data_collection", in_quotes(out.meant.denies_data_collection ? "deny" : "allow"));
  }
  if (!zdr) return;
  out.meant.max_retention_days = 0;
  out.meant.denies_data_collection = true;
}

void write_words(written& out) {
  static const std::vector<std::string> metrics = {"price", "latency", "throughput"};
  static const std::vector<std::string> places = {"eu", "EEA", "de", "CH", "Us"};
  if (chance()) {
    const auto index = *rc::gen::inRange<std::size_t>(0, metrics.size());
    out.meant.sort = static_cast<core::sort_metric>(index);
    out.add("sort", in_quotes(metrics[index]));
  }
  if (chance()) {
    const auto index = *rc::gen::inRange<std::size_t>(0, places.size());
    core::residency where;
    if (index < 2) {
      const auto members = index == 0 ? core::eu_members() : core::eea_members();
      where.countries.assign(members.begin(), members.end());
    } else {
      where.countries = {core::country::parse(places[index]).value()};
    }
    out.meant.data_residency = std::move(where);
    out.add("data_residency", in_quotes(places[index]));
  }
}

void write_prices(written& out) {
  if (!chance()) return;
  std::vector<generated::raw_member> bounds;
  const auto bound = [&](std::string_view key, std::optional<core::int128>& meant) {
    if (!chance()) return;
    const auto micros = *rc::gen::inRange<std::int64_t>(0, 1'000'000'000);
    meant = core::int128{micros} * 1'000'000;
    const std::string text = chance() ? core::decimal::from_micros(micros).text() : std::to_string(micros) + "e-6";
    bounds.push_back({spelt(key), text});
  };
  bound("prompt", out.meant.max_price.prompt);
  bound("completion", out.meant.max_price.completion);
  out.add("max_price", generated::object(bounds));
}

written some_preferences() {
  written out;
  write_providers(out);
  write_terms(out);
  write_words(out);
  write_prices(out);
  write_flag(out, "allow_fallbacks", out.meant.allow_fallbacks);
  write_flag(out, "eu_owned", out.meant.eu_owned);
  write_flag(out, "require_parameters", out.meant.require_parameters);
  out.members = shuffled(std::move(out.members));
  return out;
}

void expect_same(const core::preferences& read, const core::preferences& meant) {
  RC_ASSERT(read.order == meant.order);
  RC_ASSERT(read.only == meant.only);
  RC_ASSERT(read.ignore == meant.ignore);
  RC_ASSERT(read.allow_fallbacks == meant.allow_fallbacks);
  RC_ASSERT(read.sort.has_value() == meant.sort.has_value());
  RC_ASSERT((!read.sort || *read.sort == *meant.sort));
  RC_ASSERT(read.data_residency.has_value() == meant.data_residency.has_value());
  RC_ASSERT((!read.data_residency || read.data_residency->countries == meant.data_residency->countries));
  RC_ASSERT(read.eu_owned == meant.eu_owned);
  RC_ASSERT(read.max_retention_days == meant.max_retention_days);
  RC_ASSERT(read.denies_data_collection == meant.denies_data_collection);
  RC_ASSERT((read.max_price.prompt == meant.max_price.prompt));
  RC_ASSERT((read.max_price.completion == meant.max_price.completion));
  RC_ASSERT(read.require_parameters == meant.require_parameters);
}

RC_GTEST_PROP(PreferencesProperty, ReadBackAsTheyAreMeantWhereverTheyStandInABody, ()) {
  const written client = some_preferences();
  std::vector<generated::raw_member> body = {{"model", R"("m")"}, {"messages", R"([{"role":"user"}])"}, {"n", "1"}};
  const auto place = *rc::gen::inRange<std::ptrdiff_t>(0, 4);
  body.insert(body.begin() + place, {spelt("provider"), generated::object(client.members)});
  const padded text(generated::object(body));
  request_reader reader;
  const auto facts = reader.read_chat(text.view());
  RC_ASSERT(facts.has_value());
  const auto read = read_preferences(facts->provider, providers());
  RC_ASSERT(read.has_value());
  expect_same(*read, client.meant);
}

RC_GTEST_PROP(PreferencesProperty, SurviveMutatedTexts, ()) {
  const std::string text = generated::mutated(generated::object(some_preferences().members));
  const auto read = read_preferences(text, providers());
  if (read) {
    RC_ASSERT((!read->only || !read->only->empty()));
    RC_ASSERT(read->max_retention_days.value_or(0) >= 0);
  } else {
    RC_ASSERT(read.error().param.starts_with("provider"));
    RC_ASSERT(!read.error().message.empty());
  }
}

RC_GTEST_PROP(PreferencesProperty, RefuseAnyValueThatIsNoneOfAFieldsOwn, ()) {
  static const std::vector<std::string> fields = {"order",
                                                  "only",
                                                  "ignore",
                                                  "allow_fallbacks",
                                                  "sort",
                                                  "data_residency",
                                                  "eu_owned",
                                                  "max_retention_days",
                                                  "data_collection",
                                                  "zdr",
                                                  "max_price",
                                                  "require_parameters"};
  const std::string field = *rc::gen::elementOf(fields);
  const bool is_list = field == "order" || field == "only" || field == "ignore";
  // Strings, numbers and objects of which none is a value of the field; an empty list or object is one of some.
  const std::string wrong = *rc::gen::element<std::string>("null", R"("")", R"("Price")", "-1", "0.5", R"({"x":1})",
                                                           R"(["nobody"])", "[null]", R"("alpha")");
  const auto read = read_preferences("{\"" + field + "\":" + wrong + "}", providers());
  RC_ASSERT(!read.has_value());
  RC_ASSERT(read.error().code == core::error_code::invalid_provider_preferences);
  const std::string path = "provider." + field;
  const bool inside = (is_list && wrong.front() == '[') || (field == "max_price" && wrong.front() == '{');
  const std::string& param = read.error().param;
  if (inside) {
    RC_ASSERT(param.starts_with(path));
    RC_ASSERT(param.size() > path.size());
  } else {
    RC_ASSERT(param == path);
  }
}

}  // namespace
}  // namespace phigate::codec
