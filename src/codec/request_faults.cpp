#include "codec/request_faults.hpp"

#include <algorithm>

#include "codec/utf8.hpp"

namespace phigate::codec {
namespace {

std::string_view reason(json_fault::kind what) {
  switch (what) {
    case json_fault::kind::empty:
      return "it is empty";
    case json_fault::kind::grammar:
      return "it breaks JSON's grammar";
    case json_fault::kind::encoding:
      return "it is not UTF-8";
    case json_fault::kind::depth:
      return "it is nested deeper than 64 levels";
  }
  return {};
}

constexpr std::size_t longest_excerpt = 64;

// A terminal that shows the message must not obey it: C0, DEL and C1 (two bytes in UTF-8) are blotted out.
std::string excerpt(std::string_view text) {
  std::string out(utf8_prefix(text, longest_excerpt));
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto byte = static_cast<unsigned char>(out[i]);
    const auto next = i + 1 < out.size() ? static_cast<unsigned char>(out[i + 1]) : 0U;
    if (byte < 0x20 || byte == 0x7F) {
      out[i] = '?';
    } else if (byte == 0xC2 && next >= 0x80 && next < 0xA0) {
      out.replace(i, 2, "?");
    }
  }
  return out;
}

}  // namespace

core::api_error invalid_json(const json_fault& fault, std::string_view subject) {
  core::api_error error{.code = core::error_code::invalid_json};
  error.message = std::string(subject) + " is not valid JSON: " + std::string(reason(fault.what)) + " (at byte " +
                  std::to_string(fault.offset) + ").";
  return error;
}

core::api_error not_an_object(std::size_t offset) {
  core::api_error error{.code = core::error_code::invalid_json};
  error.message = "The request body must be a JSON object (at byte " + std::to_string(offset) + ").";
  return error;
}

key_ledger::entry key_ledger::add(json_string key) {
  const std::string_view raw = key.raw();
  if (count_ + others_.size() == most_keys) return {raw, raw, verdict::too_many};
  const std::string_view name = key.has_escapes() ? unescaped_.emplace_front(key.text()) : raw;
  return {name, raw, insert(name) ? verdict::fresh : verdict::repeated};
}

bool key_ledger::insert(std::string_view name) {
  const auto end = first_.begin() + static_cast<std::ptrdiff_t>(count_);
  if (std::find(first_.begin(), end, name) != end) return false;
  if (count_ == first_.size()) return others_.insert(name).second;
  first_[count_++] = name;
  return true;
}

fault_text repeated_key(std::string_view object, std::string_view key) {
  return {member_path(object, key), "The key " + shown(key) + " stands twice in one object."};
}

fault_text misspelt_key(std::string_view key, std::string_view meant) {
  return {member_path({}, key),
          "The key " + shown(key) + " is no known field. Did you mean \"" + std::string(meant) + "\"?"};
}

fault_text too_many_keys(std::string_view object) {
  return {std::string(object), "An object has more than " + std::to_string(key_ledger::most_keys) + " keys."};
}

std::string shown(std::string_view text) {
  return "\"" + excerpt(text) + (text.size() > longest_excerpt ? "…\"" : "\"");
}

std::string member_path(std::string_view object, std::string_view key) {
  std::string path(object);
  if (!path.empty()) path += '.';
  return path + excerpt(key);
}

std::string element_path(std::string_view array, std::size_t index) {
  return std::string(array) + '[' + std::to_string(index) + ']';
}

}  // namespace phigate::codec
