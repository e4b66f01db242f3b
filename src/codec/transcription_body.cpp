#include "codec/transcription_body.hpp"

#include <algorithm>
#include <string>

#include "codec/top_level.hpp"
#include "codec/transcription_fields.hpp"

namespace phigate::codec {
namespace {

// The name that a form has for it; empty when it has none.
std::string form_name(std::string_view key) {
  for (std::string name : {std::string(key), std::string(key) + "[]"}) {
    if (std::ranges::binary_search(transcription_fields::known(), std::string_view(name))) return name;
  }
  return {};
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
  transcription_request asked;
  transcription_fields fields(facts, faults, asked);
  read_top_level(cursor, body, transcription_fields::known(), facts, faults, [&](std::string_view key) {
    if (const std::string name = form_name(key); !name.empty()) read_value(name, cursor, fields);
  });
  fields.finish();
  require_model(facts, faults);
}

}  // namespace phigate::codec
