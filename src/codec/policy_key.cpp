#include "codec/policy_key.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

#include "phigate/core/ascii.hpp"

namespace phigate::codec {
namespace {

constexpr std::string_view provider = "provider";
constexpr std::size_t most_slips = 2;
// A longer name was not meant as any of these: no need to look at all of it.
constexpr std::size_t longest_name = 64;

std::string letters_of(std::string_view name) {
  std::string letters;
  for (const char c : name.substr(0, longest_name)) {
    if (core::ascii::is_letter(c)) letters += core::ascii::to_lower(c);
  }
  return letters;
}

// The fewest letters to add, drop, replace or swap with their neighbour (optimal string alignment) that make "provider"
// of `word`.
std::size_t slips_from_provider(std::string_view word) {
  constexpr std::size_t width = provider.size() + 1;
  std::array<std::size_t, width> before{};  // rows of the table: two letters back, one letter back, this letter
  std::array<std::size_t, width> above{};
  std::array<std::size_t, width> row{};
  for (std::size_t column = 0; column < width; ++column) row[column] = column;
  for (std::size_t i = 1; i <= word.size(); ++i) {
    before = above;
    above = row;
    row[0] = i;
    for (std::size_t column = 1; column < width; ++column) {
      const bool same = word[i - 1] == provider[column - 1];
      row[column] = std::min({above[column] + 1, row[column - 1] + 1, above[column - 1] + (same ? 0 : 1)});
      const bool swapped =
          i > 1 && column > 1 && word[i - 1] == provider[column - 2] && word[i - 2] == provider[column - 1];
      if (swapped) row[column] = std::min(row[column], before[column - 2] + 1);
    }
  }
  return row.back();
}

bool is_near_provider(std::string_view letters) {
  if (letters.starts_with(provider)) return true;
  if (letters.size() + most_slips < provider.size() || letters.size() > provider.size() + most_slips) return false;
  return slips_from_provider(letters) <= most_slips;
}

}  // namespace

policy_key meant_as(std::string_view name) {
  const std::string letters = letters_of(name);
  if (letters == "xphi" || letters == "xregion" || letters == "phi" || letters == "region") return policy_key::header;
  return is_near_provider(letters) ? policy_key::provider : policy_key::none;
}

}  // namespace phigate::codec
