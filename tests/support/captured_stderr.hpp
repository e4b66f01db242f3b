// What the process writes to its standard error, through a pipe that nobody reads until the test does.
#pragma once

#include <poll.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>

namespace phigate::test {

class captured_stderr {
 public:
  captured_stderr() {
    if (::pipe(ends_.data()) != 0) throw std::runtime_error("no pipe to be had");
    saved_ = ::dup(STDERR_FILENO);
    ::dup2(ends_[1], STDERR_FILENO);
    ::close(ends_[1]);
  }
  ~captured_stderr() {
    ::dup2(saved_, STDERR_FILENO);
    ::close(saved_);
    ::close(ends_[0]);
  }
  captured_stderr(const captured_stderr&) = delete;
  captured_stderr& operator=(const captured_stderr&) = delete;

  // Everything until `enough(text)` is true, or nothing more has come for five seconds.
  template <typename Condition>
  std::string read_until(Condition enough) {
    std::string text;
    std::array<char, 65'536> part{};
    while (!enough(text)) {
      pollfd waiting{ends_[0], POLLIN, 0};
      if (::poll(&waiting, 1, 5'000) <= 0) break;
      const auto size = ::read(ends_[0], part.data(), part.size());
      if (size <= 0) break;
      text.append(part.data(), static_cast<std::size_t>(size));
    }
    return text;
  }
  // Everything up to the end of the line that holds `marker`.
  std::string read_through(std::string_view marker) {
    return read_until([marker](const std::string& text) {
      const std::size_t at = text.find(marker);
      return at != std::string::npos && text.find('\n', at) != std::string::npos;
    });
  }

 private:
  std::array<int, 2> ends_{};
  int saved_ = -1;
};

}  // namespace phigate::test
