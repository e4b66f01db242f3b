#include "phigate/codec/request.hpp"

#include <utility>

#include "codec/chat_body.hpp"
#include "codec/document_body.hpp"
#include "codec/embeddings_body.hpp"
#include "codec/explain_body.hpp"
#include "codec/json_cursor.hpp"
#include "codec/json_validator.hpp"
#include "codec/request_faults.hpp"
#include "codec/speech_body.hpp"
#include "codec/transcription_form.hpp"

namespace phigate::codec {
namespace {

// read(cursor, request, faults) takes the body's members; it is called when the body is a JSON object.
template <typename Read>
std::expected<client_request, core::api_error> read_whole(json_validator& validator, std::string_view body, Read read) {
  if (const auto verdict = validator.check(body); !verdict) return std::unexpected(invalid_json(verdict.error()));
  json_cursor cursor(body);
  if (cursor.kind() != json_kind::object) return std::unexpected(not_an_object(cursor.offset()));
  client_request request{.facts = {}, .body = body};
  fault_keeper faults;
  read(cursor, request, faults);
  // The validator lets an empty innermost level through; which byte it is, is only asked for when there is one.
  if (cursor.deepest() > max_depth) {
    const auto exact = check_bytewise(body);
    return std::unexpected(invalid_json(exact ? json_fault{json_fault::kind::depth, 0} : exact.error()));
  }
  if (faults.gravest()) return std::unexpected(*faults.gravest());
  return request;
}

using facts_reader = void (*)(json_cursor&, std::string_view, request_facts&, fault_keeper&);

std::expected<request_facts, core::api_error> read_facts(json_validator& validator, std::string_view body,
                                                         facts_reader reader) {
  auto whole = read_whole(validator, body, [&](json_cursor& cursor, client_request& request, fault_keeper& faults) {
    reader(cursor, body, request.facts, faults);
  });
  if (!whole) return std::unexpected(std::move(whole.error()));
  return std::move(whole->facts);
}

struct bytes_of_media {
  std::size_t operator()(const std::monostate& /*none*/) const { return 0; }
  std::size_t operator()(const speech_request& asked) const {
    return asked.input.size() + asked.voice.size() + asked.instructions.size();
  }
  std::size_t operator()(const document_request& asked) const {
    return asked.url.size() + (asked.unescaped ? asked.unescaped->capacity() : 0);
  }
  // The fields stand here and once more in the form that a route is sent.
  std::size_t operator()(const transcription_request& asked) const {
    std::size_t fields = 0;
    for (const auto& [name, value] : asked.fields) fields += name.size() + value.size();
    return asked.filename.size() + asked.prompt.size() + 2 * fields;
  }
};

}  // namespace

std::size_t bytes_beside_body(const client_request& request) {
  const request_facts& facts = request.facts;
  std::size_t sum = facts.model.size() + facts.provider.size() + facts.stream_options.size() + facts.voice.size();
  for (const member& each : facts.members) sum += each.key.size();
  return sum + std::visit(bytes_of_media{}, request.media);
}

struct request_reader::state {
  json_validator validator;
};

request_reader::request_reader() : state_(std::make_unique<state>()) {}
request_reader::~request_reader() = default;

std::expected<request_facts, core::api_error> request_reader::read_chat(std::string_view body) {
  return read_facts(state_->validator, body, read_chat_body);
}

std::expected<request_facts, core::api_error> request_reader::read_embeddings(std::string_view body) {
  return read_facts(state_->validator, body, read_embeddings_body);
}

std::expected<request_facts, core::api_error> request_reader::read_explain(std::string_view body) {
  return read_facts(state_->validator, body, read_explain_body);
}

std::expected<client_request, core::api_error> request_reader::read_speech(std::string_view body) {
  return read_whole(state_->validator, body, [&](json_cursor& cursor, client_request& request, fault_keeper& faults) {
    request.media = read_speech_body(cursor, body, request.facts, faults);
  });
}

std::expected<client_request, core::api_error> request_reader::read_document(std::string_view body) {
  return read_whole(state_->validator, body, [&](json_cursor& cursor, client_request& request, fault_keeper& faults) {
    request.media = read_document_body(cursor, body, request.facts, faults);
  });
}

std::expected<client_request, core::api_error> request_reader::read_transcription(std::span<const form_part> parts,
                                                                                  std::string_view body) {
  return read_transcription_form(parts, body);
}

}  // namespace phigate::codec
