// A text with exactly the padding that the readers ask for, so that a sanitizer sees any byte read beyond it.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "phigate/codec/request.hpp"

namespace phigate::codec {

class padded {
 public:
  explicit padded(std::string_view text, char filler = '\0')
      : bytes_(text.size() + padding, filler), size_(text.size()) {
    std::ranges::copy(text, bytes_.begin());
  }
  [[nodiscard]] std::string_view view() const { return {bytes_.data(), size_}; }

 private:
  std::vector<char> bytes_;
  std::size_t size_;
};

}  // namespace phigate::codec
