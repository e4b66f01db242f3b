// A copy of a text with the padding that codec's readers ask for.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include "phigate/codec/request.hpp"

namespace phigate::test {

class padded_text {
 public:
  explicit padded_text(std::string_view text) : bytes_(text.size() + codec::padding, '\0'), size_(text.size()) {
    std::ranges::copy(text, bytes_.begin());
  }
  [[nodiscard]] std::string_view view() const { return {bytes_.data(), size_}; }

 private:
  std::vector<char> bytes_;
  std::size_t size_;
};

}  // namespace phigate::test
