#include "codec/form_part_head.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "codec/header_parameters.hpp"
#include "codec/request_faults.hpp"
#include "codec/utf8.hpp"

namespace phigate::codec {
namespace {

using outcome = std::expected<void, core::api_error>;

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '\x7F';
}

std::unexpected<core::api_error> malformed(std::string what) {
  return std::unexpected(malformed_form(std::move(what)));
}

// Browsers write a quote and line ends as %22, %0D and %0A and leave all else alone (HTML's multipart encoding); other
// clients escape a quote or a backslash with a backslash, as mail does. A backslash before anything else is one of a
// path.
std::string unescaped(const header_parameter& parameter) {
  if (!parameter.quoted) return std::string(parameter.value);
  std::string out;
  std::string_view rest = parameter.value;
  while (!rest.empty()) {
    if (rest.starts_with("\\\"") || rest.starts_with("\\\\")) {
      out += rest[1];
      rest.remove_prefix(2);
      continue;
    }
    const std::string_view triple = rest.substr(0, 3);
    const bool known = triple == "%22" || same_but_for_case(triple, "%0d") || same_but_for_case(triple, "%0a");
    if (!known) {
      out += rest.front();
      rest.remove_prefix(1);
      continue;
    }
    out += triple == "%22" ? '"' : same_but_for_case(triple, "%0d") ? '\r' : '\n';
    rest.remove_prefix(3);
  }
  return out;
}

class head_reader {
 public:
  outcome read_line(std::string_view line);
  std::expected<part_head, core::api_error> finish() &&;

 private:
  outcome read_disposition(std::string_view value);
  outcome read_content_type(std::string_view value);
  outcome read_transfer_encoding(std::string_view value);

  part_head head_;
  bool has_disposition_ = false;
  bool has_content_type_ = false;
  bool has_transfer_encoding_ = false;
};

outcome head_reader::read_line(std::string_view line) {
  if (std::ranges::any_of(line, [](char c) { return is_control(c) && c != '\t'; })) {
    return malformed("a part's head holds a control character or a line end other than CRLF.");
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
    return malformed("a part's head has a line that is no header field.");
  }
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = without_outer_space(line.substr(colon + 1));
  if (same_but_for_case(name, "content-disposition")) return read_disposition(value);
  if (same_but_for_case(name, "content-type")) return read_content_type(value);
  if (same_but_for_case(name, "content-transfer-encoding")) return read_transfer_encoding(value);
  return {};
}

outcome head_reader::read_disposition(std::string_view value) {
  if (std::exchange(has_disposition_, true)) return malformed("a part has two Content-Disposition fields.");
  const auto disposition = read_header_value(value);
  if (!disposition || !same_but_for_case(disposition->value, "form-data")) {
    return malformed("a part's Content-Disposition must be form-data with a name.");
  }
  std::optional<std::string> name;
  for (const header_parameter& parameter : disposition->parameters) {
    const bool is_name = same_but_for_case(parameter.name, "name");
    if (!is_name && !same_but_for_case(parameter.name, "filename")) continue;
    auto& kept = is_name ? name : head_.filename;
    if (kept) return malformed("a part has two names or two filenames.");
    kept = unescaped(parameter);
    if (!is_utf8(*kept)) return malformed("the name of a part or of its file is not UTF-8.");
  }
  if (!name || name->empty()) return malformed("a part has no name.");
  if (holds_control(*name)) return malformed("the name of a part holds a control character.");
  head_.name = *std::move(name);
  return {};
}

outcome head_reader::read_content_type(std::string_view value) {
  if (std::exchange(has_content_type_, true)) return malformed("a part has two Content-Type fields.");
  if (std::ranges::any_of(value, [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) {
    return malformed("a part's Content-Type is not ASCII.");
  }
  head_.content_type = value;
  return {};
}

// What is encoded would reach the provider encoded: nobody decodes it (RFC 7578 §4.7 deprecates the field).
outcome head_reader::read_transfer_encoding(std::string_view value) {
  if (std::exchange(has_transfer_encoding_, true)) return malformed("a part has two Content-Transfer-Encoding fields.");
  for (const std::string_view plain : {"7bit", "8bit", "binary"}) {
    if (same_but_for_case(value, plain)) return {};
  }
  return malformed("a part's Content-Transfer-Encoding must be 7bit, 8bit or binary, not " + shown(value) + ".");
}

std::expected<part_head, core::api_error> head_reader::finish() && {
  if (!has_disposition_) return malformed("a part has no Content-Disposition.");
  return std::move(head_);
}

}  // namespace

core::api_error malformed_form(std::string what) {
  return {.code = core::error_code::bad_request, .message = "The form is malformed: " + std::move(what)};
}

std::expected<part_head, core::api_error> read_part_head(std::string_view text) {
  head_reader reader;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find("\r\n"), text.size());
    if (const auto line = reader.read_line(text.substr(0, end)); !line) return std::unexpected(line.error());
    text.remove_prefix(std::min(end + 2, text.size()));
  }
  return std::move(reader).finish();
}

}  // namespace phigate::codec
