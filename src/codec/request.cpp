#include "phigate/codec/request.hpp"

#include "codec/chat_body.hpp"
#include "codec/embeddings_body.hpp"
#include "codec/explain_body.hpp"
#include "codec/json_cursor.hpp"
#include "codec/json_validator.hpp"
#include "codec/request_faults.hpp"

namespace phigate::codec {
namespace {

using body_reader = void (*)(json_cursor&, std::string_view, request_facts&, fault_keeper&);

std::expected<request_facts, core::api_error> read(json_validator& validator, std::string_view body,
                                                   body_reader reader) {
  if (const auto verdict = validator.check(body); !verdict) return std::unexpected(invalid_json(verdict.error()));
  json_cursor cursor(body);
  if (cursor.kind() != json_kind::object) return std::unexpected(not_an_object(cursor.offset()));
  request_facts facts;
  fault_keeper faults;
  reader(cursor, body, facts, faults);
  // The validator lets an empty innermost level through; which byte it is, is only asked for when there is one.
  if (cursor.deepest() > max_depth) {
    const auto exact = check_bytewise(body);
    return std::unexpected(invalid_json(exact ? json_fault{json_fault::kind::depth, 0} : exact.error()));
  }
  if (faults.gravest()) return std::unexpected(*faults.gravest());
  return facts;
}

}  // namespace

struct request_reader::state {
  json_validator validator;
};

request_reader::request_reader() : state_(std::make_unique<state>()) {}
request_reader::~request_reader() = default;

std::expected<request_facts, core::api_error> request_reader::read_chat(std::string_view body) {
  return read(state_->validator, body, read_chat_body);
}

std::expected<request_facts, core::api_error> request_reader::read_embeddings(std::string_view body) {
  return read(state_->validator, body, read_embeddings_body);
}

std::expected<request_facts, core::api_error> request_reader::read_explain(std::string_view body) {
  return read(state_->validator, body, read_explain_body);
}

}  // namespace phigate::codec
