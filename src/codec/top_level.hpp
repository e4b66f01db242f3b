// The top level of a body: what all kinds of request have in common there (spec §2).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "codec/json_cursor.hpp"
#include "codec/request_faults.hpp"
#include "phigate/codec/request.hpp"

namespace phigate::codec {

// Names of fields, sorted.
using field_names = std::span<const std::string_view>;

// Reports a key that differs only by case from one that chat and embeddings know or that is in `own`, or that is a
// preference out of its place.
void judge_top_level_key(std::string_view name, field_names own, fault_keeper& faults);
// The same of a form's field, where the names in `own` are all that are known.
void judge_form_field(std::string_view name, field_names own, fault_keeper& faults);

// Reads the member that `key` names if it means the same to every kind of request: model, provider, and the fields that
// make a provider keep data or send it on.
void read_shared_member(std::string_view key, json_cursor& cursor, request_facts& facts, fault_keeper& faults);

// Keeps the path of the first field that a class without retention does not admit.
template <typename Path>
void note_retained(request_facts& facts, Path&& path) {
  if (facts.retained_field.empty()) facts.retained_field = path();
}

// The value of `provider`. Its meaning is read later, when the registry is at hand; what could be read in two ways is
// refused with the body.
void read_provider(json_cursor& cursor, request_facts& facts, fault_keeper& faults);

// A missing or empty model is a fault of its own, found once all members are read.
void require_model(const request_facts& facts, fault_keeper& faults);

// The member of `text` at whose value `cursor` stands; value_end is not known yet. `raw_key` is the key as it stands in
// `text`.
member locate(std::string_view text, std::string key, std::string_view raw_key, const json_cursor& cursor);

// Collects the members of the object at `cursor`, which stands in `body`, and calls visit(name) for each as json_cursor
// does. `own`: the fields that this kind of request has beside those of chat and embeddings.
template <typename Visit>
void read_top_level(json_cursor& cursor, std::string_view body, field_names own, request_facts& facts,
                    fault_keeper& faults, Visit&& visit) {
  const auto no_path = [] { return std::string_view(); };
  read_object(cursor, faults, no_path, [&](const key_ledger::entry& key) {
    judge_top_level_key(key.name, own, faults);
    member found = locate(body, std::string(key.name), key.raw, cursor);
    read_shared_member(key.name, cursor, facts, faults);
    if (cursor.offset() == found.value_begin) visit(key.name);
    if (cursor.offset() == found.value_begin) cursor.skip();
    found.value_end = cursor.offset();
    facts.members.push_back(std::move(found));
  });
  facts.body_end = cursor.offset() - 1;
}

}  // namespace phigate::codec
