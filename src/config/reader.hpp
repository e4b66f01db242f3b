// Typed reading of a tree: each function gives the value, or nothing after it has added a fault at the value's place.
// Nothing is guessed: a quoted number is text, `yes` is no boolean, an empty value is never a default.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/document.hpp"
#include "config/report.hpp"
#include "phigate/config/loader.hpp"
#include "phigate/core/money.hpp"
#include "phigate/core/protocol.hpp"
#include "phigate/core/vocabulary.hpp"

namespace phigate::config {

using std::chrono::milliseconds;

// What every reader of one file needs.
struct reading {
  report& out;
  const environment& env;
  std::filesystem::path folder;               // relative paths in the file begin here
  std::span<const core::protocol> protocols;  // that the registry's endpoints may speak

  void fault(const node& at, std::string message) const { out.add_fault(at.line, at.path, std::move(message)); }
  void warn(const node& at, std::string message) const { out.add_warning(at.line, at.path, std::move(message)); }
};

// A scalar of any type, as text.
struct scalar_value {
  std::string text;
  bool quoted = false;  // text by its quotes, and no number
};
// Nothing, after a fault that names `what` was expected, for another shape.
std::optional<scalar_value> read_scalar(const node& from, reading& in, std::string_view what);

// Variables are expanded in each of these, and in read_scalar; a missing one is a fault.
std::optional<std::string> read_text(const node& from, reading& in);  // never empty
std::optional<bool> read_flag(const node& from, reading& in);
std::optional<std::int64_t> read_integer(const node& from, reading& in, std::int64_t least, std::int64_t most);
std::optional<core::decimal> read_decimal(const node& from, reading& in);
std::optional<milliseconds> read_duration(const node& from, reading& in, milliseconds least, milliseconds most);
std::optional<std::size_t> read_size(const node& from, reading& in, std::uint64_t least, std::uint64_t most);
std::optional<std::chrono::sys_days> read_date(const node& from, reading& in);
std::optional<core::region> read_region(const node& from, reading& in);
std::optional<core::country> read_country(const node& from, reading& in);
std::optional<core::modality> read_modality(const node& from, reading& in);

// Letters, digits and `. _ -`, 64 at most: ids and words, which are shown in headers, messages and logs.
bool is_word(std::string_view text);
std::optional<std::string> read_word(const node& from, reading& in);

// A path, relative ones resolved against the file's folder; nothing is opened.
std::optional<std::string> read_path(const node& from, reading& in);
// The same for a file that must be there and readable.
std::optional<std::string> read_readable_path(const node& from, reading& in);

// One of the words of `choices`.
template <typename Value>
std::optional<Value> read_choice(const node& from, reading& in,
                                 std::span<const std::pair<std::string_view, Value>> choices) {
  const auto text = read_text(from, in);
  if (!text) return std::nullopt;
  std::vector<std::string_view> words;
  for (const auto& [word, value] : choices) {
    if (word == *text) return value;
    words.push_back(word);
  }
  in.fault(from, in_quotes(from.scalar) + " is none of: " + joined(words));
  return std::nullopt;
}

// The shape, or a fault that names `what` was expected.
bool expect_list(const node& from, reading& in, std::string_view what);
bool expect_map(const node& from, reading& in, std::string_view what);

inline constexpr std::size_t longest_list = 1000;

// The items of a list that has at least one, none twice.
template <typename Parse>
auto read_list(const node& from, reading& in, std::string_view what, Parse parse) {
  std::vector<typename decltype(parse(from, in))::value_type> out;
  if (!expect_list(from, in, what)) return out;
  if (from.children.empty()) in.fault(from, "an empty list: leave the key out, or name at least one");
  if (from.children.size() > longest_list) {
    in.fault(from, "more than " + std::to_string(longest_list) + " items");
    return out;
  }
  for (const node& item : from.children) {
    auto value = parse(item, in);
    if (!value) continue;
    if (std::ranges::find(out, *value) != out.end()) {
      in.fault(item, in_quotes(item.scalar) + " a second time");
    } else {
      out.push_back(*std::move(value));
    }
  }
  return out;
}

// `check(item, region)` sees each valid one and may add a fault of its own.
template <typename Check>
core::region_set read_regions(const node& from, reading& in, Check check) {
  core::region_set out;
  const auto checked = [&](const node& item, reading& at) {
    const auto region = read_region(item, at);
    if (region) check(item, *region);
    return region;
  };
  for (const core::region region : read_list(from, in, "regions", checked)) out.insert(region);
  return out;
}
core::modality_set read_modalities(const node& from, reading& in);

// A map whose keys are known: each is taken by name, and what nobody took is an unknown key.
class map_reader {
 public:
  map_reader(const node& map, reading& in) : map_(map), in_(in) {}

  const node* take(std::string_view key);
  const node* require(std::string_view key);  // a fault when it is missing

  // Reads the key into `into` where it is given and valid.
  template <typename Value, typename Parse>
  void set(std::string_view key, Value& into, Parse parse) {
    read_from(take(key), into, parse);
  }
  template <typename Value, typename Parse>
  void must_set(std::string_view key, Value& into, Parse parse) {
    read_from(require(key), into, parse);
  }

  // A fault for each key that was not taken, with the known ones.
  void finish() const;

 private:
  template <typename Value, typename Parse>
  void read_from(const node* from, Value& into, Parse& parse) {
    if (from == nullptr) return;
    if (auto value = parse(*from, in_)) into = *std::move(value);
  }

  const node& map_;
  reading& in_;
  std::vector<std::string_view> known_;
};

// Runs `read(map_reader&)` over a map and reports its unknown keys; a fault when `from` is no map.
template <typename Read>
void read_map(const node& from, reading& in, std::string_view what, Read read) {
  if (!expect_map(from, in, what)) return;
  map_reader map(from, in);
  read(map);
  map.finish();
}

}  // namespace phigate::config
