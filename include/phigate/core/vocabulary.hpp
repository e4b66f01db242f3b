// The words of the product (spec §1) as types. Everything here is a value; nothing allocates but `country_list`.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace phigate::core {

enum class region : std::uint8_t { ch, eu, us, uk, asia, anz, latam, mena, india, world };
enum class modality : std::uint8_t { chat, vision, embeddings, ocr, stt, tts };
enum class data_class : std::uint8_t { general, phi };
enum class agreement_kind : std::uint8_t { dpa, baa };

inline constexpr std::size_t region_count = 10;
inline constexpr std::size_t modality_count = 6;

// "CH", "WORLD": the form in headers, messages and the registry.
std::string_view to_string(region value);
std::string_view to_string(modality value);    // "chat"
std::string_view to_string(data_class value);  // "general", "phi": the third part of x-phi-routed

// Region names are taken in any case, modalities exactly.
std::optional<region> parse_region(std::string_view text);
std::optional<modality> parse_modality(std::string_view text);

std::span<const region> all_regions();
std::span<const modality> all_modalities();

// "CH, EU, US, …": for messages that name the valid ones.
std::string region_names();

// A set of one of the enums above.
template <typename Enum, std::size_t Size>
class enum_set {
 public:
  constexpr enum_set() = default;
  constexpr enum_set(std::initializer_list<Enum> members) {
    for (Enum member : members) insert(member);
  }
  constexpr void insert(Enum member) { bits_ |= bit(member); }
  constexpr void erase(Enum member) { bits_ &= ~bit(member); }
  [[nodiscard]] constexpr bool contains(Enum member) const { return (bits_ & bit(member)) != 0; }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  constexpr bool operator==(const enum_set&) const = default;

 private:
  static constexpr std::uint32_t bit(Enum member) { return std::uint32_t{1} << static_cast<std::size_t>(member); }
  static_assert(Size <= 32);
  std::uint32_t bits_ = 0;
};

using region_set = enum_set<region, region_count>;
using modality_set = enum_set<modality, modality_count>;

// An ISO 3166-1 alpha-2 code, upper case. Only codes that the standard assigns parse; `uk` reads as GB (spec §2).
class country {
 public:
  static std::optional<country> parse(std::string_view text);  // any case
  [[nodiscard]] std::string_view text() const { return {letters_.data(), letters_.size()}; }
  auto operator<=>(const country&) const = default;

 private:
  explicit country(std::array<char, 2> letters) : letters_(letters) {}
  std::array<char, 2> letters_;
};

// Where an endpoint processes and stores prompts: a list of countries, or anywhere.
struct country_list {
  bool global = false;
  std::vector<country> countries;  // sorted, unique; empty when global
  // Every country is in `allowed`; false for a global one, and for an empty one (unknown is never inside).
  [[nodiscard]] bool within(std::span<const country> allowed) const;
  [[nodiscard]] std::string text() const;  // "CH", "DE,FR", "global"
};

std::span<const country> eu_members();   // the 27
std::span<const country> eea_members();  // those and IS, LI, NO

}  // namespace phigate::core
