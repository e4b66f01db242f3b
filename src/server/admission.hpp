// The checks on a head, before a byte of the body is believed (spec §2): key, policy headers, content type, length.
// Each reads the head once, when it is complete; nothing that comes later can loosen what they found.
#pragma once

#include <expected>
#include <string>

#include "phigate/core/error.hpp"
#include "phigate/http/head.hpp"
#include "phigate/server/request_policy.hpp"
#include "phigate/server/worker.hpp"
#include "server/request_context.hpp"

namespace phigate::server {

using admitted = std::expected<void, core::api_error>;

// What the policy headers come to, for the answer to a request that is refused before they are due (spec §6). Class
// general only where nothing about the key could still tighten it.
void note_policy(const generation& by, const http::request_head& head, request_context& context);
// Fills `context.key` when keys are on.
admitted check_key(const generation& by, const http::request_head& head, request_context& context);
// X-Region and X-PHI, and what looks like them; the class in force, tightened by the key's rule. What the key forbids
// is told later in the order of checks.
admitted check_policy_headers(const config::settings& settings, const http::request_head& head,
                              request_context& context);
// What is said of a policy header that can't be used; `fault` is a sentence without its full stop.
core::api_error invalid_region(std::string fault);
core::api_error invalid_phi(std::string fault);
// For a JSON endpoint.
admitted check_content_type(const http::request_head& head);
// For an endpoint that takes a form: its boundary.
std::expected<std::string, core::api_error> check_form_type(const http::request_head& head);
admitted check_length(const config::settings& settings, const http::request_head& head);
// Whether there is room for one more request, and time: takes one of `in_flight`, the permit of the process's gate.
admitted check_load(const process& shared, permit& in_flight);
// The policy that the body and the head's findings come to, when the key permits it; what is known of it goes into
// `context` even where it does not.
std::expected<core::policy, core::api_error> settle_permitted_policy(const generation& by,
                                                                     const codec::request_facts& facts,
                                                                     request_context& context);
// What the key permits of `context.region` and `context.data_class`.
admitted check_key_region(const request_context& context);
admitted check_key_class(const request_context& context);

}  // namespace phigate::server
