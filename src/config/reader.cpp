#include "config/reader.hpp"

#include <algorithm>
#include <charconv>

#include "config/expansion.hpp"
#include "config/file.hpp"
#include "config/units.hpp"
#include "phigate/core/ascii.hpp"

namespace phigate::config {
namespace {

std::string_view name_of(shape found) {
  switch (found) {
    case shape::null:
      return "empty";
    case shape::scalar:
      return "a single value";
    case shape::list:
      return "a list";
    case shape::map:
      return "a map";
  }
  return "";
}

// A scalar that is no text: a number, a size, a boolean.
std::optional<std::string> read_plain(const node& from, reading& in, std::string_view what) {
  auto scalar = read_scalar(from, in, what);
  if (!scalar) return std::nullopt;
  if (!scalar->quoted) return std::move(scalar->text);
  in.fault(from, in_quotes(from.scalar) + " is text in quotes; must be " + std::string(what));
  return std::nullopt;
}

// What is wrong with a text that is no price.
std::string why_no_decimal(std::string_view text) {
  if (text.starts_with('-')) return "is negative";
  const std::size_t dot = text.find('.');
  const std::string_view whole = text.substr(0, dot);
  const std::string_view places = dot == std::string_view::npos ? "" : text.substr(dot + 1);
  const bool digits = !whole.empty() && std::ranges::all_of(whole, core::ascii::is_digit) &&
                      std::ranges::all_of(places, core::ascii::is_digit);
  if (digits && places.size() > 6) return "has more than six decimals";
  if (digits && whole.size() > 9) return "is too large: nine digits before the point at most";
  return "must be a decimal number, such as 0.25";
}

template <typename Value, typename Limit, typename Text>
std::optional<Value> within(const node& from, reading& in, Value value, Limit least, Limit most, Text text) {
  if (value >= least && value <= most) return value;
  in.fault(from, in_quotes(from.scalar) + " is out of range: " + text(least) + " to " + text(most));
  return std::nullopt;
}

}  // namespace

std::optional<scalar_value> read_scalar(const node& from, reading& in, std::string_view what) {
  if (from.shape != shape::scalar) {
    in.fault(from, "must be " + std::string(what) + ", is " + std::string(name_of(from.shape)));
    return std::nullopt;
  }
  auto expanded = expand(from.scalar, in.env);
  if (!expanded) {
    in.fault(from, expanded.error());
    return std::nullopt;
  }
  for (const std::string& why : expanded->missing) in.fault(from, why);
  if (!expanded->missing.empty()) return std::nullopt;
  // `port: "${PORT}"` needs its quotes in a flow map, so there they say nothing about the type.
  return scalar_value{std::move(expanded->text), from.quoted && !expanded->any_variable};
}

std::optional<std::string> read_text(const node& from, reading& in) {
  auto scalar = read_scalar(from, in, "text");
  if (!scalar) return std::nullopt;
  if (scalar->text.empty()) {
    in.fault(from, "is empty");
    return std::nullopt;
  }
  return std::move(scalar->text);
}

std::optional<bool> read_flag(const node& from, reading& in) {
  const auto text = read_plain(from, in, "true or false");
  if (!text) return std::nullopt;
  if (*text == "true") return true;
  if (*text == "false") return false;
  in.fault(from, in_quotes(from.scalar) + " must be true or false");
  return std::nullopt;
}

std::optional<std::int64_t> read_integer(const node& from, reading& in, std::int64_t least, std::int64_t most) {
  const auto text = read_plain(from, in, "a whole number");
  if (!text) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  // 010 is eight in YAML 1.1 and ten in 1.2: refused rather than guessed.
  const std::size_t first = text->starts_with('-') ? 1 : 0;
  const bool octal_like = text->size() > first + 1 && (*text)[first] == '0';
  if (end != text->data() + text->size() || error == std::errc::invalid_argument || octal_like) {
    in.fault(from, in_quotes(from.scalar) + " must be a whole number");
    return std::nullopt;
  }
  if (error != std::errc{}) value = first == 1 ? INT64_MIN : INT64_MAX;
  return within(from, in, value, least, most, [](std::int64_t limit) { return std::to_string(limit); });
}

std::optional<core::decimal> read_decimal(const node& from, reading& in) {
  const auto text = read_plain(from, in, "a decimal number");
  if (!text) return std::nullopt;
  const auto value = core::decimal::parse(*text);
  if (!value) in.fault(from, in_quotes(from.scalar) + ' ' + why_no_decimal(*text));
  return value;
}

std::optional<milliseconds> read_duration(const node& from, reading& in, milliseconds least, milliseconds most) {
  const auto text = read_text(from, in);
  if (!text) return std::nullopt;
  const auto value = parse_duration(*text);
  if (!value) {
    in.fault(from, in_quotes(from.scalar) + ' ' + value.error());
    return std::nullopt;
  }
  return within(from, in, *value, least, most, duration_text);
}

std::optional<std::size_t> read_size(const node& from, reading& in, std::uint64_t least, std::uint64_t most) {
  const auto text = read_text(from, in);
  if (!text) return std::nullopt;
  const auto value = parse_size(*text);
  if (!value) {
    in.fault(from, in_quotes(from.scalar) + ' ' + value.error());
    return std::nullopt;
  }
  return within(from, in, *value, least, most, size_text);
}

std::optional<std::chrono::sys_days> read_date(const node& from, reading& in) {
  const auto text = read_text(from, in);
  if (!text) return std::nullopt;
  const auto value = parse_date(*text);
  if (!value) {
    in.fault(from, in_quotes(from.scalar) + ' ' + value.error());
    return std::nullopt;
  }
  return *value;
}

std::optional<core::region> read_region(const node& from, reading& in) {
  const auto text = read_text(from, in);
  if (!text) return std::nullopt;
  const auto value = core::parse_region(*text);
  if (!value) in.fault(from, in_quotes(from.scalar) + " is no region; the regions: " + core::region_names());
  return value;
}

std::optional<core::country> read_country(const node& from, reading& in) {
  const auto text = read_text(from, in);
  if (!text) return std::nullopt;
  const auto value = core::country::parse(*text);
  if (!value) in.fault(from, in_quotes(from.scalar) + " is no ISO 3166 country code");
  return value;
}

std::optional<core::modality> read_modality(const node& from, reading& in) {
  const auto text = read_text(from, in);
  if (!text) return std::nullopt;
  const auto value = core::parse_modality(*text);
  if (value) return value;
  std::vector<std::string_view> names;
  for (const core::modality known : core::all_modalities()) names.push_back(core::to_string(known));
  in.fault(from, in_quotes(from.scalar) + " is no modality; the modalities: " + joined(names));
  return std::nullopt;
}

bool is_word(std::string_view text) {
  const auto allowed = [](char c) { return core::ascii::is_alphanumeric(c) || c == '.' || c == '_' || c == '-'; };
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, allowed);
}

std::optional<std::string> read_word(const node& from, reading& in) {
  auto text = read_text(from, in);
  if (!text || is_word(*text)) return text;
  in.fault(from, in_quotes(from.scalar) + " must be a plain word: letters, digits, . _ -, 64 at most");
  return std::nullopt;
}

std::optional<std::string> read_path(const node& from, reading& in) {
  const auto text = read_text(from, in);
  if (!text) return std::nullopt;
  return (in.folder / *text).lexically_normal().string();
}

std::optional<std::string> read_readable_path(const node& from, reading& in) {
  auto path = read_path(from, in);
  if (!path) return std::nullopt;
  const std::string why = why_unreadable(*path);
  if (why.empty()) return path;
  in.fault(from, in_quotes(from.scalar) + " cannot be read: " + why);
  return std::nullopt;
}

bool expect_list(const node& from, reading& in, std::string_view what) {
  if (from.shape == shape::list) return true;
  in.fault(from, "must be a list of " + std::string(what) + ", is " + std::string(name_of(from.shape)));
  return false;
}

bool expect_map(const node& from, reading& in, std::string_view what) {
  if (from.shape == shape::map) return true;
  in.fault(from, "must be a map of " + std::string(what) + ", is " + std::string(name_of(from.shape)));
  return false;
}

core::modality_set read_modalities(const node& from, reading& in) {
  core::modality_set out;
  for (const core::modality modality : read_list(from, in, "modalities", read_modality)) out.insert(modality);
  return out;
}

const node* map_reader::take(std::string_view key) {
  known_.push_back(key);
  return map_.find(key);
}

const node* map_reader::require(std::string_view key) {
  const node* found = take(key);
  if (found == nullptr) in_.fault(map_, std::string(key) + " is missing");
  return found;
}

void map_reader::finish() const {
  for (const node& member : map_.children) {
    if (std::ranges::find(known_, member.key) != known_.end()) continue;
    in_.fault(member, member.key == "<<" ? "YAML merge keys are not read: write the keys out"
                                         : "unknown key; the keys here: " + joined(known_));
  }
}

}  // namespace phigate::config
