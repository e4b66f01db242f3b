// JSON for the protocol adapters: answers of a provider's own shape as a tree, and bodies written member by member.
// Nothing read is trusted to be what it should: a value that is missing or of another kind reads as absent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace phigate::codec {

class json_document;

// One value of a document, which must outlive it. Cheap to copy.
class json_value {
 public:
  json_value() = default;  // absent

  [[nodiscard]] bool exists() const { return owner_ != nullptr; }
  [[nodiscard]] bool is_object() const;
  [[nodiscard]] bool is_array() const;
  [[nodiscard]] bool is_null() const;

  // Of an object: the member, absent when there is none. Of two with one name, the first.
  [[nodiscard]] json_value operator[](std::string_view key) const;
  // Of an array: its elements; of anything else none. 16 bytes for each.
  [[nodiscard]] std::vector<json_value> elements() const;

  [[nodiscard]] std::optional<std::string_view> text() const;  // a string's, unescaped; as long-lived as the document
  [[nodiscard]] std::optional<std::int64_t> integer() const;   // an integer in range; 3.0 is none
  [[nodiscard]] std::optional<double> number() const;          // any number in a double's range
  [[nodiscard]] std::optional<bool> flag() const;

 private:
  friend class json_document;
  json_value(const json_document& owner, std::size_t place) : owner_(&owner), place_(place) {}
  const json_document* owner_ = nullptr;
  std::size_t place_ = 0;
};

class json_document {
 public:
  static constexpr std::size_t most_values = std::size_t{1} << 20U;  // a member's name counts as one

  // Nothing unless `text` is one JSON value, in UTF-8, at most 64 levels deep, with no more than most_values values to
  // be read; its numbers may be of any size. Needs no padding and keeps a copy. `keeping`: only members of these names
  // are read, at any depth; the others are passed over, read as absent and cost nothing. Empty: all are.
  //
  // A value takes 16 bytes and a copy of its text: nine times `text` at most, and of a large one never more than twice
  // its size and 16 MiB.
  static std::unique_ptr<const json_document> parse(std::string_view text,
                                                    std::span<const std::string_view> keeping = {});
  ~json_document();
  json_document(const json_document&) = delete;
  json_document& operator=(const json_document&) = delete;

  [[nodiscard]] json_value root() const;

 private:
  friend class json_value;
  struct tree;
  explicit json_document(std::unique_ptr<tree> parsed);
  std::unique_ptr<tree> tree_;
};

// Writes one JSON text. The caller keeps the nesting right.
class json_writer {
 public:
  json_writer& begin_object();
  json_writer& end_object();
  json_writer& begin_array();
  json_writer& end_array();
  json_writer& key(std::string_view name);
  json_writer& text(std::string_view value);  // invalid UTF-8 is replaced
  json_writer& integer(std::int64_t value);
  json_writer& number(double value);  // the shortest text that reads back the same; null for what is not finite
  json_writer& flag(bool value);
  json_writer& null();
  json_writer& raw(std::string_view json);  // a value's text as it stands
  [[nodiscard]] std::string take();

 private:
  void separate();
  std::string out_;
};

}  // namespace phigate::codec
