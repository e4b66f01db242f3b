#include "codec/form_part_head.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "codec/header_parameters.hpp"
#include "codec/request_faults.hpp"
#include "codec/utf8.hpp"
#include "phigate/core/ascii.hpp"

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
    const bool known = triple == "%22" || core::ascii::equals_ignoring_case(triple, "%0d") ||
                       core::ascii::equals_ignoring_case(triple, "%0a");
    if (!known) {
      out += rest.front();
      rest.remove_prefix(1);
      continue;
    }
    out += triple == "%22" ? '"' : core::ascii::equals_ignoring_case(triple, "%0d") ? '\r' : '\n';
    rest.remove_prefix(3);
  }
  return out;
}

// To some its extended or continued form is the part's name (RFC 2231), and some read a quote behind a backslash as the
// end of the value: what follows is a parameter to them.
bool could_be_another_name(const header_parameter& parameter) {
  return core::ascii::starts_with_ignoring_case(parameter.name, "name*") || parameter.value.contains('\\');
}

// A parser at the provider may descend into it.
bool holds_parts(std::string_view media_type) {
  const std::string_view type = media_type.substr(0, media_type.find_first_of("/; \t"));
  return core::ascii::equals_ignoring_case(type, "multipart") || core::ascii::equals_ignoring_case(type, "message");
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
  if (core::ascii::equals_ignoring_case(name, "content-disposition")) return read_disposition(value);
  if (core::ascii::equals_ignoring_case(name, "content-type")) return read_content_type(value);
  if (core::ascii::equals_ignoring_case(name, "content-transfer-encoding")) return read_transfer_encoding(value);
  return {};
}

outcome head_reader::read_disposition(std::string_view value) {
  if (std::exchange(has_disposition_, true)) return malformed("a part has two Content-Disposition fields.");
  const auto disposition = read_header_value(value);
  if (!disposition || !core::ascii::equals_ignoring_case(disposition->value, "form-data")) {
    return malformed("a part's Content-Disposition must be form-data with a name.");
  }
  std::optional<std::string> name;
  for (const header_parameter& parameter : disposition->parameters) {
    const bool is_name = core::ascii::equals_ignoring_case(parameter.name, "name");
    const bool is_filename = core::ascii::equals_ignoring_case(parameter.name, "filename");
    if (!is_filename && could_be_another_name(parameter)) {
      return malformed("a part's Content-Disposition could be read as having another name: send name=\"…\" as it is.");
    }
    if (!is_name && !is_filename) continue;
    auto& kept = is_name ? name : head_.filename;
    if (kept) return malformed("a part has two names or two filenames.");
    kept = unescaped(parameter);
    if (!is_utf8(*kept)) return malformed("the name of a part or of its file is not UTF-8.");
  }
  if (!name || name->empty()) return malformed("a part has no name.");
  if (holds_control(*name)) return malformed("the name of a part holds a control character.");
  // A provider that knows only the escapes of mail would take the quote behind it for a part of the name.
  if (head_.filename && head_.filename->ends_with('\\')) return malformed("the name of a file ends in a backslash.");
  head_.name = *std::move(name);
  return {};
}

outcome head_reader::read_content_type(std::string_view value) {
  if (std::exchange(has_content_type_, true)) return malformed("a part has two Content-Type fields.");
  if (std::ranges::any_of(value, [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) {
    return malformed("a part's Content-Type is not ASCII.");
  }
  if (holds_parts(value))
    return malformed("a part has parts of its own: its Content-Type can't be multipart or message.");
  head_.content_type = value;
  return {};
}

// What is encoded would reach the provider encoded: nobody decodes it (RFC 7578 §4.7 deprecates the field).
outcome head_reader::read_transfer_encoding(std::string_view value) {
  if (std::exchange(has_transfer_encoding_, true)) return malformed("a part has two Content-Transfer-Encoding fields.");
  for (const std::string_view plain : {"7bit", "8bit", "binary"}) {
    if (core::ascii::equals_ignoring_case(value, plain)) return {};
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
