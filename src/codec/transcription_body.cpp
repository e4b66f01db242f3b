#include "codec/transcription_body.hpp"

#include <algorithm>
#include <string>

#include "codec/top_level.hpp"
#include "codec/transcription_fields.hpp"

namespace phigate::codec {
namespace {

// What tells an explain's body from a form.
constexpr std::string_view modality_key = "modality";

// The name that a form has for it: a list may go without its mark here. Empty when it has none.
std::string form_name(std::string_view key) {
  for (std::string name : {std::string(key), std::string(key) + "[]"}) {
    if (std::ranges::binary_search(transcription_fields::known(), std::string_view(name))) return name;
  }
  return {};
}

// Reports what a form is refused for while it arrives, before a value is looked at: the first such name.
void judge_names(json_cursor cursor, fault_keeper& faults) {
  cursor.members([&](json_string raw) {
    if (faults.gravest()) return;
    const std::string key = raw.text();
    if (key != modality_key && form_name(key).empty()) transcription_fields::judge_name(key, faults);
  });
}

void read_value(std::string_view name, json_cursor& cursor, transcription_fields& fields) {
  switch (cursor.kind()) {
    case json_kind::string:
      return fields.take(name, cursor.string().text());
    case json_kind::null:
      return;
    case json_kind::array:
      if (!transcription_fields::is_list(name)) break;
      return cursor.elements([&](std::size_t) {
        fields.take(name, cursor.kind() == json_kind::string ? cursor.string().text() : std::string(cursor.raw()));
      });
    default:
      break;
  }
  fields.take(name, cursor.raw());
}

}  // namespace

void read_transcription_members(json_cursor& cursor, std::string_view body, request_facts& facts,
                                fault_keeper& faults) {
  facts.modality = core::modality::stt;
  judge_names(cursor, faults);
  if (faults.gravest()) return cursor.skip();
  transcription_request asked;
  transcription_fields fields(facts, faults, asked);
  read_top_level(cursor, body, transcription_fields::known(), facts, faults, [&](std::string_view key) {
    if (key != modality_key) read_value(form_name(key), cursor, fields);
  });
  fields.finish();
  require_model(facts, faults);
}

}  // namespace phigate::codec
