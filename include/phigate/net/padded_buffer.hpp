// Bytes in one contiguous block: appended at the back, consumed at the front, with readable bytes behind the end so
// that the JSON parser can work in place.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace phigate::net {

class padded_buffer {
 public:
  static constexpr std::size_t padding = 64;

  [[nodiscard]] std::string_view view() const { return {data_.get() + begin_, end_ - begin_}; }
  [[nodiscard]] std::size_t size() const { return end_ - begin_; }
  [[nodiscard]] bool empty() const { return begin_ == end_; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

  void consume(std::size_t size) { begin_ += size; }
  // Forgets everything; keeps the block. Views and room given out stay readable, but are reused.
  void clear() { begin_ = end_ = 0; }

  // The room behind the end. `commit` makes its first bytes part of the view.
  [[nodiscard]] char* room() { return data_.get() + end_; }
  [[nodiscard]] std::size_t room_size() const { return capacity_ - end_; }
  void commit(std::size_t size) { end_ += size; }

  // Makes the block hold `size` bytes counted from the front of the view; moves what is there. Invalidates views.
  void reserve(std::size_t size) {
    if (capacity_ - begin_ >= size) return;
    if (capacity_ >= size) {
      std::memmove(data_.get(), data_.get() + begin_, end_ - begin_);
    } else {
      auto larger = std::make_unique_for_overwrite<char[]>(size + padding);
      if (!empty()) std::memcpy(larger.get(), data_.get() + begin_, end_ - begin_);
      data_ = std::move(larger);
      capacity_ = size;
    }
    end_ -= begin_;
    begin_ = 0;
  }

  // Copies behind the end, growing by half at least.
  void append(std::string_view bytes) {
    if (bytes.empty()) return;
    if (room_size() < bytes.size()) {
      const std::size_t wanted = size() + bytes.size();
      reserve(wanted <= capacity_ ? wanted : std::max(wanted, capacity_ + capacity_ / 2));
    }
    std::memcpy(room(), bytes.data(), bytes.size());
    commit(bytes.size());
  }

 private:
  std::unique_ptr<char[]> data_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace phigate::net
