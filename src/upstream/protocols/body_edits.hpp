// What is changed in a client's request before it goes to a route: the dialects of its model, its endpoint and its
// protocol, the model's name there, the preferences left out, and usage asked for where a stream would not tell it
// (spec §6, §7).
#pragma once

#include <string_view>
#include <vector>

#include "phigate/codec/splice.hpp"
#include "phigate/core/registry.hpp"
#include "phigate/upstream/adapter.hpp"
#include "upstream/protocols/form_body.hpp"

namespace phigate::upstream {

// For a JSON body. The model's word comes before its endpoint's, and both before the protocol's own: what the registry
// says of a key stands in for what `protocols_own` says of it. A null counts as absent: a default is added, and another
// member takes the name, as if it were not there.
codec::body_edits edits_for(const call& request, const core::request_dialect* protocols_own = nullptr);

// For a form: `fields`, `model` first, under their names upstream, with the defaults that none of them gives. A dialect
// may name a list with or without its "[]".
std::vector<form_field> fields_for(const call& request, const std::vector<form_field>& fields);

}  // namespace phigate::upstream
