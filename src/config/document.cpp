#include "config/document.hpp"

#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "config/file.hpp"
#include "config/utf8.hpp"

namespace phigate::config {
namespace {

// Deeper than any setting, and far from the end of the stack. Anchors can make a tree endless: an alias inside its own
// value.
constexpr int deepest = 32;
// More values than the largest file can usefully hold; a few anchors of anchors reach it at once.
constexpr std::size_t most_values = 300'000;
constexpr std::size_t longest_key_shown = 64;

int line_of(const YAML::Mark& mark) {
  return mark.is_null() ? 0 : mark.line + 1;
}

int line_at(std::string_view text, std::size_t offset) {
  return 1 + static_cast<int>(std::ranges::count(text.substr(0, offset), '\n'));
}

std::string key_shown(std::string_view key) {
  std::string out;
  for (const char c : key.substr(0, longest_key_shown)) out += (c > ' ' && c <= '~') ? c : '?';
  return key.size() > longest_key_shown ? out + "…" : out;
}

class tree_builder {
 public:
  explicit tree_builder(report& out) : out_(out) {}

  node build(const YAML::Node& source, std::string path, int line, int depth) {
    node made;
    made.path = std::move(path);
    made.line = std::max(line, 1);
    if (!affordable(made, depth)) return made;
    check_tag(source, made);
    switch (source.Type()) {
      case YAML::NodeType::Scalar:
        made.shape = shape::scalar;
        made.scalar = source.Scalar();
        made.quoted = source.Tag() == "!";
        break;
      case YAML::NodeType::Sequence:
        made.shape = shape::list;
        add_items(source, made, depth);
        break;
      case YAML::NodeType::Map:
        made.shape = shape::map;
        add_members(source, made, depth);
        break;
      case YAML::NodeType::Null:
      case YAML::NodeType::Undefined:
        break;
    }
    return made;
  }

 private:
  bool affordable(const node& at, int depth) {
    if (exhausted_) return false;
    if (depth <= deepest && ++values_ <= most_values) return true;
    exhausted_ = true;
    out_.add_fault(at.line, at.path, depth > deepest ? "nested too deeply" : "too many values in one file");
    return false;
  }

  void check_tag(const YAML::Node& source, const node& at) {
    const std::string& tag = source.Tag();
    if (tag.empty() || tag == "?" || tag == "!") return;
    out_.add_fault(at.line, at.path, "YAML tags are not read: remove the tag");
  }

  void add_items(const YAML::Node& source, node& list, int depth) {
    std::size_t index = 0;
    for (const YAML::Node& item : source) {
      if (exhausted_) return;
      // An alias carries the line of its anchor, which may be above the list.
      const int line = std::max(list.line, line_of(item.Mark()));
      list.children.push_back(build(item, list.path + '[' + std::to_string(index) + ']', line, depth + 1));
      ++index;
    }
  }

  void add_members(const YAML::Node& source, node& map, int depth) {
    std::unordered_map<std::string, int> seen;
    for (const auto& member : source) {
      if (exhausted_) return;
      const int line = std::max(map.line, line_of(member.first.Mark()));
      if (!member.first.IsScalar()) {
        out_.add_fault(line, map.path, "a key must be text");
        continue;
      }
      const std::string& key = member.first.Scalar();
      const std::string path = map.path.empty() ? key_shown(key) : map.path + '.' + key_shown(key);
      if (const auto [first, inserted] = seen.try_emplace(key, line); !inserted) {
        out_.add_fault(line, path, "repeated key, first on line " + std::to_string(first->second));
        continue;
      }
      node value = build(member.second, path, line, depth + 1);
      value.key = key;
      map.children.push_back(std::move(value));
    }
  }

  report& out_;
  std::size_t values_ = 0;
  bool exhausted_ = false;
};

// yaml-cpp appends text of the file to some messages ("unknown escape character: q"); a credential could be in it.
std::string reason_of(const YAML::Exception& error) {
  return error.msg.substr(0, error.msg.find(": "));
}

// Bytes that yaml-cpp reads as something else than they are, or that no message could show.
bool check_bytes(std::string_view text, report& out) {
  const auto control = std::ranges::find_if(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\n' && c != '\r' && c != '\t') || byte == 0x7f;
  });
  if (control != text.end()) {
    out.add_fault(line_at(text, static_cast<std::size_t>(control - text.begin())), "", "a control character");
    return false;
  }
  if (const auto offset = first_invalid_utf8(text)) {
    out.add_fault(line_at(text, *offset), "", "not UTF-8");
    return false;
  }
  return true;
}

}  // namespace

const node* node::find(std::string_view member) const {
  const auto found = std::ranges::find(children, member, &node::key);
  return shape == config::shape::map && found != children.end() ? &*found : nullptr;
}

std::optional<node> parse_document(std::string_view text, report& out) {
  if (!check_bytes(text, out)) return std::nullopt;
  // An open quote at the end of a file is an error to yaml-cpp only where no line break follows it.
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  text = text.substr(0, last == std::string_view::npos ? 0 : last + 1);
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(std::string(text));
    if (documents.empty()) return node{};
    if (documents.size() > 1) {
      out.add_fault(line_of(documents[1].Mark()), "", "a second YAML document: a file holds one");
      return std::nullopt;
    }
    return tree_builder(out).build(documents[0], "", line_of(documents[0].Mark()), 0);
  } catch (const YAML::DeepRecursion& error) {
    out.add_fault(line_of(error.mark), "", "nested too deeply");
  } catch (const YAML::Exception& error) {
    out.add_fault(line_of(error.mark), "", "not YAML: " + reason_of(error));
  }
  return std::nullopt;
}

std::optional<node> read_document(const std::string& file, report& out) {
  const auto text = read_file(file, largest_file);
  if (!text) {
    out.add_fault(0, "", "cannot be read: " + text.error());
    return std::nullopt;
  }
  return parse_document(*text, out);
}

}  // namespace phigate::config
