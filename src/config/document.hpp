// A YAML file as a plain tree. The only place that knows yaml-cpp, which is laxer than these files may be read: it
// keeps repeated keys, ignores every document after the first and ends a file quietly at a 0x04 byte. All of that is a
// fault here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/report.hpp"

namespace phigate::config {

enum class shape : std::uint8_t { null, scalar, list, map };

struct node {
  config::shape shape = config::shape::null;
  int line = 0;                // of the key for a map's member, else of the value
  std::string path;            // "auth.keys[0].sha256"
  std::string key;             // a map's member: its key
  std::string scalar;          // as written, nothing expanded
  bool quoted = false;         // a quoted scalar is text, whatever it looks like
  std::vector<node> children;  // a list's items, or a map's members: each key once

  [[nodiscard]] const node* find(std::string_view member) const;
};

inline constexpr std::size_t largest_file = std::size_t{2} << 20;

// The file's tree: a null node for a file without content, nothing when it cannot be read or is no YAML (a fault then).
// Repeated keys, keys that are no text and tags are faults too, and leave the rest of the tree to be checked.
std::optional<node> read_document(const std::string& file, report& out);

// The same for text already read; `out` names the file.
std::optional<node> parse_document(std::string_view text, report& out);

}  // namespace phigate::config
