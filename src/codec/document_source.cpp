#include "codec/document_source.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "codec/base64.hpp"
#include "codec/header_parameters.hpp"
#include "codec/top_level.hpp"
#include "phigate/core/ascii.hpp"

namespace phigate::codec {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t longest_url = std::size_t{8} << 10U;
constexpr std::size_t longest_data_head = 256;  // of a data URI, up to its comma

// Each `type` is also the name of the member that holds what it announces, but for "file".
enum class source : std::uint8_t { document_url, image_url, file };
constexpr std::array types = {"document_url"sv, "image_url"sv, "file"sv};
constexpr std::array members = {"document_url"sv, "image_url"sv, "file_id"sv};
constexpr std::array params = {"document.document_url"sv, "document.image_url"sv, "document.file_id"sv};

bool is_web_url(std::string_view text) {
  const bool has_host = (core::ascii::starts_with_ignoring_case(text, "http://") && text.size() > 7) ||
                        (core::ascii::starts_with_ignoring_case(text, "https://") && text.size() > 8);
  return has_host && text.size() <= longest_url &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7F'; });
}

// "application/pdf"; empty where the URI names none.
bool is_media_type(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return text.empty();
  return is_token(text.substr(0, slash)) && is_token(text.substr(slash + 1));
}

class source_reader {
 public:
  source_reader(json_cursor& cursor, request_facts& facts, fault_keeper& faults, document_request& asked)
      : cursor_(cursor), facts_(facts), faults_(faults), asked_(asked) {}

  void read();

 private:
  void read_type();
  void read_source(source which);
  void read_image();
  void note(source which);
  std::optional<source> settle();
  void take(source which);
  void take_data(std::string_view uri, std::string_view param);

  json_cursor& cursor_;
  request_facts& facts_;
  fault_keeper& faults_;
  document_request& asked_;
  bool has_type_ = false;
  std::optional<source> type_;
  std::array<std::optional<json_string>, types.size()> given_;
  std::size_t count_ = 0;  // of sources given, also of those that are no string
};

void source_reader::read() {
  if (cursor_.kind() != json_kind::object) {
    return faults_.invalid("document", "\"document\" must be an object with a document_url or an image_url.");
  }
  std::string_view gap;
  read_object(
      cursor_, faults_, [] { return "document"sv; },
      [&](const key_ledger::entry& key) {
        if (gap.data() == nullptr) gap = {key.raw.data() - 1, 0};  // before the quote
        if (cursor_.kind() == json_kind::null) {
          if (key.name == "type") gap = cursor_.raw();
          return;
        }
        if (key.name == "type") return read_type();
        const auto* const found = std::ranges::find(members, key.name);
        if (found != members.end()) read_source(static_cast<source>(found - members.begin()));
      });
  if (!has_type_) asked_.type_gap = gap;
  if (const auto which = settle()) take(*which);
}

void source_reader::read_type() {
  has_type_ = true;
  if (cursor_.kind() == json_kind::string) {
    const std::string word = cursor_.string().text();
    const auto* const found = std::ranges::find(types, word);
    if (found != types.end()) type_ = static_cast<source>(found - types.begin());
  }
  if (!type_) faults_.invalid("document.type", "\"type\" must be document_url, image_url or file.");
}

void source_reader::read_source(source which) {
  ++count_;
  if (which == source::file) note_retained(facts_, [] { return "document.file_id"; });
  if (which == source::image_url && cursor_.kind() == json_kind::object) return read_image();
  note(which);
}

void source_reader::read_image() {
  read_object(
      cursor_, faults_, [] { return "document.image_url"sv; },
      [&](const key_ledger::entry& key) {
        if (key.name == "url") note(source::image_url);
      });
}

void source_reader::note(source which) {
  if (cursor_.kind() == json_kind::string) given_[static_cast<std::size_t>(which)] = cursor_.string();
}

// Of two sources nobody can tell which the provider would take.
std::optional<source> source_reader::settle() {
  if (has_type_ && !type_) return std::nullopt;
  if (count_ != 1) {
    faults_.invalid("document", "\"document\" must hold one of document_url, image_url and file_id.");
    return std::nullopt;
  }
  for (std::size_t i = 0; i < given_.size(); ++i) {
    const auto which = static_cast<source>(i);
    if (given_[i] && type_.value_or(which) == which) return which;
  }
  const std::string_view param = type_ ? params[static_cast<std::size_t>(*type_)] : "document"sv;
  faults_.invalid(param, "What \"type\" announces is missing, or no string.");
  return std::nullopt;
}

void source_reader::take(source which) {
  const json_string& raw = *given_[static_cast<std::size_t>(which)];
  const std::string_view param = params[static_cast<std::size_t>(which)];
  asked_.what = which == source::image_url ? document_request::kind::image : document_request::kind::document;
  if (which == source::file) {
    if (raw.raw().empty()) return faults_.invalid(param, "\"file_id\" must not be empty.");
    facts_.required_features.emplace_back("file");
    return;
  }
  if (raw.has_escapes()) asked_.unescaped = std::make_unique<std::string>(raw.text());
  const std::string_view url = asked_.unescaped ? std::string_view(*asked_.unescaped) : raw.raw();
  if (core::ascii::starts_with_ignoring_case(url, "data:")) return take_data(url, param);
  if (!is_web_url(url)) {
    return faults_.invalid(param,
                           "This must be an http or https URL in ASCII, of at most 8 KiB, or a data: URI in base64.");
  }
  asked_.url = url;
}

void source_reader::take_data(std::string_view uri, std::string_view param) {
  constexpr std::string_view scheme = "data:";
  constexpr std::string_view marker = ";base64";
  const std::size_t comma = uri.substr(0, longest_data_head).find(',');
  const std::string_view head = uri.substr(0, std::min(comma, uri.size())).substr(scheme.size());
  const bool is_marked = head.size() >= marker.size() &&
                         core::ascii::equals_ignoring_case(head.substr(head.size() - marker.size()), marker);
  const std::string_view media_type = head.substr(0, head.find(';'));
  if (comma == std::string_view::npos || !is_marked || !is_media_type(media_type)) {
    return faults_.invalid(param, "A data: URI must begin like \"data:application/pdf;base64,\".");
  }
  asked_.base64 = uri.substr(comma + 1);
  asked_.media_type = core::ascii::to_lower(media_type);
  if (!is_base64(asked_.base64)) {
    faults_.invalid(param, "What follows the comma of the data: URI must be base64 with its padding, and not empty.");
  }
}

}  // namespace

void read_document_source(json_cursor& cursor, request_facts& facts, fault_keeper& faults, document_request& asked) {
  source_reader(cursor, facts, faults, asked).read();
}

}  // namespace phigate::codec
