// The checks on a head, before a byte of the body is believed (spec §2): key, policy headers, content type, length.
// Each reads the head once, when it is complete; nothing that comes later can loosen what they found.
#pragma once

#include <expected>
#include <string>

#include "phigate/core/error.hpp"
#include "phigate/http/head.hpp"
#include "phigate/server/generation.hpp"
#include "phigate/server/request_policy.hpp"
#include "server/request_context.hpp"

namespace phigate::server {

using admitted = std::expected<void, core::api_error>;

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
admitted check_length(const config::settings& settings, const http::request_head& head);
// What the head said, for settle_policy.
policy_inputs inputs_of(const request_context& context, const config::settings& settings);
// What the key permits of `context.region` and `context.data_class`.
admitted check_key_region(const request_context& context);
admitted check_key_class(const request_context& context);

}  // namespace phigate::server
