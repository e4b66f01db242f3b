// Providers' error bodies. A cold path over hostile text: one tree of bounded size, and no key taken for granted.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "codec/utf8.hpp"
#include "phigate/codec/response.hpp"
#include "phigate/core/ascii.hpp"

namespace phigate::codec {
namespace {

using nlohmann::json;

constexpr std::size_t largest_read = std::size_t{256} << 10U;
constexpr std::size_t longest_message = std::size_t{4} << 10U;
constexpr std::size_t longest_word = 256;  // a type, code or param

constexpr std::string_view replacement = "\xEF\xBF\xBD";

bool is_control(std::string_view sequence) {
  const auto lead = static_cast<unsigned char>(sequence[0]);
  if (sequence.size() == 1) return lead < 0x20 || lead == 0x7F;
  return lead == 0xC2 && static_cast<unsigned char>(sequence[1]) < 0xA0;  // U+0080 to U+009F
}

// At most `limit` bytes of `text` as well-formed UTF-8 on one line.
std::string clean(std::string_view text, std::size_t limit) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = utf8_sequence(text);
    std::string_view sequence = length == 0 ? replacement : text.substr(0, length);
    if (length > 0 && is_control(sequence)) {
      sequence = sequence == "\n" || sequence == "\r" || sequence == "\t" ? " " : "";
    }
    if (out.size() + sequence.size() > limit) break;
    out += sequence;
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  const std::size_t end = out.find_last_not_of(' ');
  out.resize(end == std::string::npos ? 0 : end + 1);
  return out.erase(0, out.find_first_not_of(' '));
}

const json* member_of(const json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

// A string or a number as text; empty for anything else.
std::string word(const json* value) {
  if (value == nullptr) return {};
  if (value->is_string()) return value->get_ref<const std::string&>();
  return value->is_number() ? value->dump() : std::string();
}

std::string first_word(const json& object, std::initializer_list<const char*> keys) {
  for (const char* key : keys) {
    if (std::string text = word(member_of(object, key)); !text.empty()) return text;
  }
  return {};
}

// FastAPI's place of a fault, ["body", "messages", 0, "role"], as OpenAI writes one: messages[0].role.
std::string location(const json* parts) {
  std::string path;
  if (parts == nullptr || !parts->is_array()) return path;
  for (const json& part : *parts) {
    const std::string text = word(&part);
    if (text.empty() || (path.empty() && text == "body")) continue;
    if (part.is_number()) {
      path += '[' + text + ']';
    } else {
      path += (path.empty() ? "" : ".") + text;
    }
  }
  return path;
}

// {"detail": "…"}, {"detail": {"msg"}} or {"detail": [{"loc", "msg", "type"}, …]}
void read_detail(const json& detail, core::provider_error& out) {
  if (detail.is_string() || detail.is_object()) {
    out.message = detail.is_string() ? word(&detail) : first_word(detail, {"msg", "message"});
    return;
  }
  if (!detail.is_array()) return;
  for (const json& entry : detail) {
    const std::string place = location(member_of(entry, "loc"));
    const std::string text = first_word(entry, {"msg", "message"});
    if (text.empty()) continue;
    if (out.message.empty()) out.param = place;
    if (!out.message.empty()) out.message += "; ";
    out.message += place.empty() ? text : place + ": " + text;
    if (out.message.size() > longest_message) return;
  }
}

// A number here is an HTTP status in another place, not a kind of error.
std::string first_name(const json& object, std::initializer_list<const char*> keys) {
  for (const char* key : keys) {
    const json* value = member_of(object, key);
    if (value != nullptr && value->is_string() && !word(value).empty()) return word(value);
  }
  return {};
}

// Microsoft's services say in general what is wrong ("Invalid request."), and inside it in particular, to any depth.
void read_inner(const json& object, core::provider_error& out) {
  const json* at = &object;
  for (int depth = 0; depth < 8; ++depth) {
    const json* inner = member_of(*at, "innererror");
    if (inner == nullptr) inner = member_of(*at, "innerError");
    if (inner == nullptr) return;
    at = inner;
    // A code without words changes nothing of an error that has some, and stands for one that has none.
    std::string message = first_word(*at, {"message"});
    if (message.empty() && !out.message.empty()) continue;
    out.message = std::move(message);
    if (std::string code = first_word(*at, {"code"}); !code.empty()) out.code = std::move(code);
  }
}

bool is_shallow(const json& value, int levels) {
  if (!value.is_structured()) return true;
  return levels > 0 && std::ranges::all_of(value, [levels](const json& one) { return is_shallow(one, levels - 1); });
}

// Which category of Azure's content filter held a prompt back; its clients' code reads it here.
std::string filter_verdict(const json& object) {
  constexpr std::size_t longest = std::size_t{8} << 10U;
  constexpr int deepest = 8;  // writing it out recurses
  const json* inner = member_of(object, "innererror");
  const json* result = inner == nullptr ? nullptr : member_of(*inner, "content_filter_result");
  if (result == nullptr || !result->is_object() || !is_shallow(*inner, deepest)) return {};
  std::string text = inner->dump();
  return text.size() > longest ? std::string() : text;
}

// "Validation failed" of the code "validation_failed".
bool repeats_code(std::string_view message, std::string_view code) {
  constexpr auto is_same = [](char said, char in_code) {
    return said == in_code || core::ascii::to_lower(said) == in_code || (said == ' ' && in_code == '_');
  };
  if (message.ends_with('.')) message.remove_suffix(1);
  return std::ranges::equal(message, code, is_same);
}

// Infomaniak lists what is wrong in particular beside a description that only repeats the code:
// {"code": "validation_failed", "description": "Validation failed", "errors": [{"description"}, …]}
void read_list(const json& object, core::provider_error& out) {
  const json* list = member_of(object, "errors");
  if (list == nullptr || !list->is_array()) return;
  if (!out.message.empty() && !repeats_code(out.message, out.code)) return;
  std::string joined;
  for (const json& entry : *list) {
    const std::string text = entry.is_string() ? word(&entry) : first_word(entry, {"description", "message"});
    if (text.empty()) continue;
    if (!joined.empty()) joined += "; ";
    joined += text;
    if (joined.size() > longest_message) break;
  }
  if (!joined.empty()) out.message = std::move(joined);
}

// OpenAI's error object, Azure's, Gemini's inner one, or a flat body.
void read_object(const json& object, core::provider_error& out) {
  out.message = first_word(object, {"message", "description", "msg"});
  out.type = first_name(object, {"type", "error_type", "status"});
  out.code = first_word(object, {"code", "statusCode"});
  out.param = first_word(object, {"param", "target"});
  out.innererror = filter_verdict(object);
  read_inner(object, out);
  read_list(object, out);
  if (!out.message.empty()) return;
  const json* message = member_of(object, "message");
  for (const json* holder : {message, &object}) {
    if (holder == nullptr) continue;
    if (const json* detail = member_of(*holder, "detail")) read_detail(*detail, out);
  }
}

core::provider_error read_tree(const json& body) {
  core::provider_error out;
  const json& outer = body.is_array() && !body.empty() ? body.front() : body;
  if (outer.is_string()) out.message = word(&outer);
  if (!outer.is_object()) return out;
  const json* inner = member_of(outer, "error");
  if (inner != nullptr && inner->is_object()) {
    read_object(*inner, out);
    if (out.type.empty()) out.type = first_name(outer, {"error_type"});
    return out;
  }
  read_object(outer, out);
  // {"error": "…"}, beside a message or alone
  if (out.message.empty()) out.message = word(inner);
  return out;
}

core::provider_error read_body(std::string_view body) {
  const std::string_view head = utf8_prefix(body, largest_read);
  const std::size_t begin = head.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  const json tree = json::parse(head, nullptr, false);
  if (!tree.is_discarded()) return read_tree(tree);
  // A page of markup tells a client nothing.
  if (head[begin] == '<') return {};
  core::provider_error plain;
  plain.message = head;
  return plain;
}

}  // namespace

core::provider_error read_provider_error(int status, std::string_view body) {
  core::provider_error said = read_body(body);
  said.message = clean(said.message, longest_message);
  said.type = clean(said.type, longest_word);
  said.code = clean(said.code, longest_word);
  said.param = clean(said.param, longest_word);
  if (said.message.empty()) said.message = "The provider answered with status " + std::to_string(status) + ".";
  return said;
}

}  // namespace phigate::codec
