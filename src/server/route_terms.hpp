// What holds for a request at one route: the model's own word first, then its endpoint's, then the gateway's (spec
// §11).
#pragma once

#include "phigate/codec/request.hpp"
#include "phigate/codec/splice.hpp"
#include "phigate/config/settings.hpp"
#include "phigate/core/eligibility.hpp"

namespace phigate::server {

// `usual`, the gateway's, with what the route overrides.
config::timeouts timeouts_for(const core::eligible_route& route, config::timeouts usual);

// What is changed in the client's body before it goes there: the model's name upstream, the dialect, the preferences
// left out, and usage asked for where a stream would not tell it.
codec::body_edits edits_for(const core::eligible_route& route, const codec::request_facts& facts);

}  // namespace phigate::server
