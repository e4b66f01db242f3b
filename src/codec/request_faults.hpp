// What can be wrong with a request's body, or with the preferences in it, once it is JSON (spec §2): which fault the
// client is told of, and in which words.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "codec/json_cursor.hpp"
#include "codec/json_validator.hpp"
#include "phigate/core/error.hpp"

namespace phigate::codec {

core::api_error invalid_json(const json_fault& fault, std::string_view subject = "The request body");
core::api_error not_an_object(std::size_t offset);

struct fault_text {
  std::string param;
  std::string message;
};

// Keeps the one fault that answers: the gravest, and of equals the first in the body's order. Grave to light: a key
// that can be read in two ways, a misplaced preference, the model, any other field. So the order of a body's members
// never hides an ambiguity behind a lesser fault. `describe` makes a fault_text; it is called only for a fault that is
// kept, since a hostile body can hold millions.
class fault_keeper {
 public:
  template <typename Describe>
  void ambiguous(Describe&& describe) {
    keep(rank::ambiguous, core::error_code::ambiguous_body, describe);
  }
  template <typename Describe>
  void misplaced(Describe&& describe) {
    keep(rank::misplaced, core::error_code::misplaced_preference, describe);
  }
  void bad_model(core::error_code code, std::string_view message) {
    keep(rank::model, code, [&] { return fault_text{"model", std::string(message)}; });
  }
  template <typename Describe>
  void invalid(Describe&& describe) {
    keep(rank::field, core::error_code::invalid_request, describe);
  }
  template <typename Describe>
  void bad_preference(Describe&& describe) {
    keep(rank::field, core::error_code::invalid_provider_preferences, describe);
  }
  void invalid(std::string_view field, std::string_view message) {
    invalid([&] { return fault_text{std::string(field), std::string(message)}; });
  }

  [[nodiscard]] const std::optional<core::api_error>& gravest() const { return gravest_; }

 private:
  enum class rank : std::uint8_t { ambiguous, misplaced, model, field };

  template <typename Describe>
  void keep(rank of_this, core::error_code code, Describe&& describe) {
    if (gravest_ && rank_ <= of_this) return;
    rank_ = of_this;
    fault_text text = describe();
    gravest_ = core::api_error{.code = code, .message = std::move(text.message), .param = std::move(text.param)};
  }

  std::optional<core::api_error> gravest_;
  rank rank_ = rank::field;
};

// The keys of one object, compared unescaped.
class key_ledger {
 public:
  // More than an honest object has. One that has more is refused: it could make the gateway hold many times its size.
  static constexpr std::size_t most_keys = 1024;

  enum class verdict : std::uint8_t { fresh, repeated, too_many };
  struct entry {
    std::string_view name;  // unescaped, unless there are too many; valid while both the ledger and the body live
    std::string_view raw;   // as it stands in the body, between the quotes
    key_ledger::verdict verdict = key_ledger::verdict::fresh;
  };
  entry add(json_string key);

 private:
  bool insert(std::string_view name);  // false: it is there already

  // Room for the keys of any honest object without an allocation; more go to a tree: there is no hash to be flooded.
  std::array<std::string_view, 24> first_;
  std::size_t count_ = 0;
  std::set<std::string_view> others_;
  std::forward_list<std::string> unescaped_;
};

// Text of a client as it can be shown in a message: quoted, cut, and without control characters.
std::string shown(std::string_view text);
// "messages[2].role"; the key is cut and cleaned likewise.
std::string member_path(std::string_view object, std::string_view key);
std::string element_path(std::string_view array, std::size_t index);

fault_text repeated_key(std::string_view object, std::string_view key);
// For a key that is no known field, but looks like the field `meant`.
fault_text misspelt_key(std::string_view key, std::string_view meant);
fault_text too_many_keys(std::string_view object);

// Calls visit(key) for each member of the object at `cursor`, as json_cursor::members does, but reports a key that
// comes again instead. path() makes the object's path; it is called for a fault only.
template <typename Path, typename Visit>
void read_object(json_cursor& cursor, fault_keeper& faults, Path&& path, Visit&& visit) {
  key_ledger keys;
  cursor.members([&](json_string raw) {
    const key_ledger::entry key = keys.add(raw);
    switch (key.verdict) {
      case key_ledger::verdict::fresh:
        return visit(key);
      case key_ledger::verdict::repeated:
        return faults.ambiguous([&] { return repeated_key(path(), key.name); });
      case key_ledger::verdict::too_many:
        return faults.invalid([&] { return too_many_keys(path()); });
    }
  });
}

}  // namespace phigate::codec
