// Faults and warnings of one file, collected while it is read and handed over in file order.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "phigate/config/loader.hpp"

namespace phigate::config {

class report {
 public:
  explicit report(std::string file) : file_(std::move(file)) {}

  void add_fault(int line, std::string_view key_path, std::string message);
  void add_warning(int line, std::string_view key_path, std::string message);

  [[nodiscard]] const std::string& file() const { return file_; }
  [[nodiscard]] bool clean() const { return faults_.empty(); }
  [[nodiscard]] std::vector<fault> faults() const;    // by line; the order of discovery within a line
  [[nodiscard]] std::vector<fault> warnings() const;  // likewise

 private:
  std::string file_;
  std::multimap<int, fault> faults_;  // by line; equal ones in the order they came
  std::multimap<int, fault> warnings_;
};

// Text of the file in quotes, fit for a terminal and a log: cut at 60 bytes, everything but printable ASCII as `?`.
// For text as the file has it, never for what a variable expanded to, and never for a credential.
std::string in_quotes(std::string_view text);

// "a, b, c"
std::string joined(const std::vector<std::string_view>& words);

}  // namespace phigate::config
