#include "codec/transcription_form.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "codec/audio_length.hpp"
#include "codec/json_cursor.hpp"
#include "codec/json_validator.hpp"
#include "codec/request_faults.hpp"
#include "codec/top_level.hpp"
#include "codec/transcription_fields.hpp"
#include "codec/utf8.hpp"

namespace phigate::codec {
namespace {

using core::error_code;

core::api_error repeated_field(std::string_view name) {
  return {.code = error_code::ambiguous_body,
          .message = "The form has the field " + shown(name) + " twice.",
          .param = std::string(name)};
}

core::api_error invalid_field(std::string_view name, std::string message) {
  return {.code = error_code::invalid_request, .message = std::move(message), .param = member_path({}, name)};
}

class form_reader {
 public:
  explicit form_reader(std::string_view body) { request_.body = body; }
  form_reader(const form_reader&) = delete;  // its members refer to each other
  form_reader& operator=(const form_reader&) = delete;

  std::expected<void, core::api_error> read_part(const form_part& part);
  std::expected<client_request, core::api_error> finish() &&;

 private:
  void read_file(const form_part& part);
  std::expected<void, core::api_error> read_preferences_field(std::string_view value);

  client_request request_;
  request_facts& facts_ = request_.facts;
  transcription_request asked_;
  fault_keeper faults_;
  transcription_fields fields_{facts_, faults_, asked_};
  bool has_file_ = false;
};

std::expected<void, core::api_error> form_reader::read_part(const form_part& part) {
  const std::string& name = part.head.name;
  if (auto refused = admit_transcription_part(part.head, has_file_)) return std::unexpected(*std::move(refused));
  const bool repeated = std::ranges::find(facts_.members, name, &member::key) != facts_.members.end();
  if (repeated && !transcription_fields::is_list(name)) return std::unexpected(repeated_field(name));
  if (!repeated) facts_.members.push_back({.key = name});
  if (name == "provider") return read_preferences_field(part.value);
  if (name == "file") {
    read_file(part);
  } else if (!is_utf8(part.value)) {
    faults_.invalid(name, "The field's value is not UTF-8.");
  } else if (name == "model") {
    facts_.model = part.value;
  } else {
    fields_.take(name, part.value);
    asked_.fields.emplace_back(name, part.value);
  }
  return {};
}

void form_reader::read_file(const form_part& part) {
  has_file_ = true;
  asked_.filename = *part.head.filename;
  asked_.media_type = part.head.content_type;
  asked_.audio = part.value;
  facts_.audio_milliseconds = audio_milliseconds(part.value);
  if (part.value.empty()) faults_.invalid("file", "The file is empty.");
}

std::expected<void, core::api_error> form_reader::read_preferences_field(std::string_view value) {
  if (const auto verdict = check_bytewise(value); !verdict) {
    core::api_error error = invalid_json(verdict.error(), "The field \"provider\"");
    error.param = "provider";
    return std::unexpected(std::move(error));
  }
  json_cursor cursor(value);
  read_provider(cursor, facts_, faults_);
  return {};
}

std::expected<client_request, core::api_error> form_reader::finish() && {
  facts_.modality = core::modality::stt;
  fields_.finish();
  require_model(facts_, faults_);
  if (!has_file_) faults_.invalid("file", "\"file\" is missing: the recording, sent with a filename.");
  if (faults_.gravest()) return std::unexpected(*faults_.gravest());
  request_.media = std::move(asked_);
  return std::move(request_);
}

}  // namespace

std::optional<core::api_error> admit_transcription_part(const part_head& part, bool has_file) {
  fault_keeper faults;
  transcription_fields::judge_name(part.name, faults);
  if (faults.gravest()) return faults.gravest();
  if (part.name != "file") {
    if (!part.filename) return std::nullopt;
    return invalid_field(part.name, "The field " + shown(part.name) + " can't be a file: send it without a filename.");
  }
  if (has_file) return repeated_field(part.name);
  if (part.filename && !part.filename->empty()) return std::nullopt;
  return invalid_field(part.name, "The field \"file\" must be sent as a file: its part lacks a filename.");
}

std::expected<client_request, core::api_error> read_transcription_form(std::span<const form_part> parts,
                                                                       std::string_view body) {
  form_reader reader(body);
  for (const form_part& part : parts) {
    if (auto read = reader.read_part(part); !read) return std::unexpected(std::move(read.error()));
  }
  return std::move(reader).finish();
}

}  // namespace phigate::codec
