#include "phigate/codec/json.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "codec/json_cursor.hpp"
#include "codec/json_validator.hpp"
#include "phigate/codec/splice.hpp"

namespace phigate::codec {

// The values that are read, in the text's order, each container before what it holds, so that one is passed over in one
// step.
struct json_document::tree {
  struct node {
    std::uint32_t begin = 0;  // in `text`: a string's content, unescaped; any other scalar as it was written
    std::uint32_t size = 0;
    std::uint32_t next = 0;  // of what stands behind this value; of a key, its value
    json_kind kind = json_kind::none;
  };
  static_assert(sizeof(node) == 16);

  // Each value but the last needs a byte and one more that parts it from the next: neither list ever grows.
  tree(std::string_view source, std::span<const std::string_view> names) : keeping(names) {
    text.reserve(source.size());
    nodes.reserve(std::min(source.size() / 2 + 1, most_values));
  }

  [[nodiscard]] std::string_view content(const node& of) const {
    return std::string_view(text).substr(of.begin, of.size);
  }
  [[nodiscard]] bool keeps(json_string key) const {
    return keeping.empty() || std::ranges::any_of(keeping, [&](std::string_view name) { return key == name; });
  }

  void add_value(json_cursor& cursor);
  void add_member(json_string key, json_cursor& cursor);
  void add_string(json_string string);
  void add_scalar(json_kind kind, std::string_view content);
  void add(node value);

  std::string text;  // of all scalars, one behind the other
  std::vector<node> nodes;
  std::span<const std::string_view> keeping;  // while it is built
  bool is_overfull = false;
};

namespace {

std::uint32_t narrow(std::size_t offset) {
  return static_cast<std::uint32_t>(offset);
}

template <typename Number>
std::optional<Number> parsed(std::string_view digits) {
  Number value{};
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

}  // namespace

// As deep as the text is nested, which the validator has bounded. What the cursor is left at is passed over.
void json_document::tree::add_value(json_cursor& cursor) {
  if (is_overfull) return;
  const json_kind kind = cursor.kind();
  if (kind == json_kind::string) return add_string(cursor.string());
  if (kind != json_kind::object && kind != json_kind::array) return add_scalar(kind, cursor.raw());
  const std::size_t place = nodes.size();
  add({.kind = kind});
  if (is_overfull) return;
  if (kind == json_kind::array) {
    cursor.elements([&](std::size_t) { add_value(cursor); });
  } else {
    cursor.members([&](json_string key) { add_member(key, cursor); });
  }
  nodes[place].next = narrow(nodes.size());
}

void json_document::tree::add_member(json_string key, json_cursor& cursor) {
  if (is_overfull || !keeps(key)) return;
  add_string(key);
  add_value(cursor);
}

void json_document::tree::add_string(json_string string) {
  if (!string.has_escapes()) return add_scalar(json_kind::string, string.raw());
  const std::string plain = string.text();
  add_scalar(json_kind::string, plain);
}

void json_document::tree::add_scalar(json_kind kind, std::string_view content) {
  add({narrow(text.size()), narrow(content.size()), narrow(nodes.size() + 1), kind});
  if (!is_overfull) text += content;
}

void json_document::tree::add(node value) {
  is_overfull = nodes.size() == most_values;
  if (!is_overfull) nodes.push_back(value);
}

std::unique_ptr<const json_document> json_document::parse(std::string_view text,
                                                          std::span<const std::string_view> keeping) {
  if (text.size() >= std::numeric_limits<std::uint32_t>::max() || !check_bytewise(text)) return nullptr;
  auto parsed = std::make_unique<tree>(text, keeping);
  json_cursor cursor(text);
  parsed->add_value(cursor);
  if (parsed->is_overfull) return nullptr;
  parsed->keeping = {};
  return std::unique_ptr<const json_document>(new json_document(std::move(parsed)));
}

json_document::json_document(std::unique_ptr<tree> parsed) : tree_(std::move(parsed)) {}
json_document::~json_document() = default;

json_value json_document::root() const {
  return {*this, 0};
}

bool json_value::is_object() const {
  return exists() && owner_->tree_->nodes[place_].kind == json_kind::object;
}

bool json_value::is_array() const {
  return exists() && owner_->tree_->nodes[place_].kind == json_kind::array;
}

bool json_value::is_null() const {
  return exists() && owner_->tree_->nodes[place_].kind == json_kind::null;
}

json_value json_value::operator[](std::string_view key) const {
  if (!is_object()) return {};
  const json_document::tree& tree = *owner_->tree_;
  const std::size_t end = tree.nodes[place_].next;
  for (std::size_t at = place_ + 1; at < end; at = tree.nodes[at + 1].next) {
    if (tree.content(tree.nodes[at]) == key) return {*owner_, at + 1};
  }
  return {};
}

std::vector<json_value> json_value::elements() const {
  std::vector<json_value> found;
  if (!is_array()) return found;
  const json_document::tree& tree = *owner_->tree_;
  const std::size_t end = tree.nodes[place_].next;
  std::size_t count = 0;
  for (std::size_t at = place_ + 1; at < end; at = tree.nodes[at].next) ++count;
  found.reserve(count);
  for (std::size_t at = place_ + 1; at < end; at = tree.nodes[at].next) found.push_back({*owner_, at});
  return found;
}

std::optional<std::string_view> json_value::text() const {
  if (!exists()) return std::nullopt;
  const json_document::tree& tree = *owner_->tree_;
  if (tree.nodes[place_].kind != json_kind::string) return std::nullopt;
  return tree.content(tree.nodes[place_]);
}

std::optional<std::int64_t> json_value::integer() const {
  if (!exists()) return std::nullopt;
  const json_document::tree& tree = *owner_->tree_;
  if (tree.nodes[place_].kind != json_kind::number) return std::nullopt;
  return parsed<std::int64_t>(tree.content(tree.nodes[place_]));
}

std::optional<double> json_value::number() const {
  if (!exists()) return std::nullopt;
  const json_document::tree& tree = *owner_->tree_;
  if (tree.nodes[place_].kind != json_kind::number) return std::nullopt;
  return parsed<double>(tree.content(tree.nodes[place_]));
}

std::optional<bool> json_value::flag() const {
  if (!exists()) return std::nullopt;
  const json_document::tree& tree = *owner_->tree_;
  if (tree.nodes[place_].kind != json_kind::boolean) return std::nullopt;
  return tree.content(tree.nodes[place_]) == "true";
}

json_writer& json_writer::begin_object() {
  return raw("{");
}

json_writer& json_writer::end_object() {
  out_ += '}';
  return *this;
}

json_writer& json_writer::begin_array() {
  return raw("[");
}

json_writer& json_writer::end_array() {
  out_ += ']';
  return *this;
}

json_writer& json_writer::key(std::string_view name) {
  text(name);
  out_ += ':';
  return *this;
}

json_writer& json_writer::text(std::string_view value) {
  return raw(quote(value));
}

json_writer& json_writer::integer(std::int64_t value) {
  return raw(std::to_string(value));
}

json_writer& json_writer::number(double value) {
  if (!std::isfinite(value)) return null();
  std::array<char, 32> digits{};  // "-2.2250738585072014e-308" is as long as it gets
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  return raw({digits.data(), end});
}

json_writer& json_writer::flag(bool value) {
  return raw(value ? "true" : "false");
}

json_writer& json_writer::null() {
  return raw("null");
}

json_writer& json_writer::raw(std::string_view json) {
  separate();
  out_ += json;
  return *this;
}

std::string json_writer::take() {
  return std::exchange(out_, {});
}

// The last byte tells: no value ends in one of these.
void json_writer::separate() {
  if (!out_.empty() && !std::string_view("{[:").contains(out_.back())) out_ += ',';
}

}  // namespace phigate::codec
