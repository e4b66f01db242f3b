#include "codec/explain_body.hpp"

#include <optional>
#include <string>

#include "codec/chat_body.hpp"
#include "codec/document_body.hpp"
#include "codec/embeddings_body.hpp"
#include "codec/speech_body.hpp"
#include "codec/transcription_body.hpp"
#include "phigate/core/ascii.hpp"

namespace phigate::codec {
namespace {

using core::modality;

// What tells how the rest of a body is to be read.
struct outline {
  std::optional<modality> named;
  bool has_messages = false;
  bool has_input = false;
  bool has_voice = false;
  bool has_document = false;
};

std::string modality_names() {
  std::string names;
  for (const modality each : core::all_modalities()) {
    if (!names.empty()) names += ", ";
    names += core::to_string(each);
  }
  return names;
}

bool is_modality_in_another_case(std::string_view name) {
  return name != "modality" && core::ascii::equals_ignoring_case(name, "modality");
}

std::optional<modality> read_modality(json_cursor& cursor, fault_keeper& faults) {
  if (cursor.kind() == json_kind::null) return std::nullopt;
  std::optional<modality> named;
  if (cursor.kind() == json_kind::string) named = core::parse_modality(cursor.string().text());
  if (!named) {
    faults.invalid(
        [] { return fault_text{"modality", "\"modality\" must be one of " + modality_names() + ", or be left out."}; });
  }
  return named;
}

outline read_outline(json_cursor cursor, fault_keeper& faults) {
  outline found;
  cursor.members([&](json_string key) {
    found.has_messages |= key == "messages";
    found.has_input |= key == "input";
    found.has_voice |= key == "voice";
    found.has_document |= key == "document";
    if (key == "modality") found.named = read_modality(cursor, faults);
    if (const std::string name = key.text(); is_modality_in_another_case(name)) {
      faults.ambiguous([&] { return misspelt_key(name, "modality"); });
    }
  });
  return found;
}

modality modality_of(const outline& body) {
  if (body.named) return *body.named;
  if (body.has_messages) return modality::chat;
  if (body.has_input) return body.has_voice ? modality::tts : modality::embeddings;
  return body.has_document ? modality::ocr : modality::chat;
}

}  // namespace

// Read twice: which reader is the right one can depend on the last member.
void read_explain_body(json_cursor& cursor, std::string_view body, request_facts& facts, fault_keeper& faults) {
  const modality wanted = modality_of(read_outline(cursor, faults));
  switch (wanted) {
    case modality::chat:
      read_chat_members(cursor, body, facts, faults);  // images make it vision
      return;
    case modality::vision:
      read_chat_members(cursor, body, facts, faults);
      break;
    case modality::embeddings:
      read_embeddings_members(cursor, body, facts, faults);
      break;
    case modality::ocr:
      read_document_members(cursor, body, facts, faults);
      break;
    case modality::stt:
      read_transcription_members(cursor, body, facts, faults);
      break;
    case modality::tts:
      read_speech_members(cursor, body, facts, faults);
      break;
  }
  facts.modality = wanted;
}

}  // namespace phigate::codec
