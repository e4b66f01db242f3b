#include "config/report.hpp"

#include <utility>

namespace phigate::config {
namespace {

constexpr std::size_t longest_quote = 60;

std::vector<fault> in_file_order(const std::multimap<int, fault>& found) {
  std::vector<fault> out;
  out.reserve(found.size());
  for (const auto& [line, one] : found) out.push_back(one);
  return out;
}

}  // namespace

std::string fault::text() const {
  std::string out = file;
  if (line > 0) out += ':' + std::to_string(line);
  out += ": ";
  if (!key_path.empty()) out += key_path + ": ";
  return out + message;
}

void report::add_fault(int line, std::string_view key_path, std::string message) {
  faults_.emplace(line, fault{file_, line, std::string(key_path), std::move(message)});
}

void report::add_warning(int line, std::string_view key_path, std::string message) {
  warnings_.emplace(line, fault{file_, line, std::string(key_path), std::move(message)});
}

std::vector<fault> report::faults() const {
  return in_file_order(faults_);
}
std::vector<fault> report::warnings() const {
  return in_file_order(warnings_);
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text.substr(0, longest_quote)) out += (c >= ' ' && c <= '~') ? c : '?';
  if (text.size() > longest_quote) out += "…";
  return out + '"';
}

std::string joined(const std::vector<std::string_view>& words) {
  std::string out;
  for (const std::string_view word : words) {
    if (!out.empty()) out += ", ";
    out += word;
  }
  return out;
}

}  // namespace phigate::config
