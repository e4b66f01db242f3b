// One log line: `event key=value …` or a JSON object. Values can't break out of their line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace phigate::observe {

class line {
 public:
  // `level`: "info". The time is now, UTC.
  line(std::string& out, bool json, std::string_view level, std::string_view event);
  void text(std::string_view key, std::string_view value);
  void number(std::string_view key, std::string_view digits);
  void number(std::string_view key, std::int64_t value);
  void end();  // with a newline

 private:
  void key(std::string_view name);
  std::string& out_;
  bool json_;
};

}  // namespace phigate::observe
