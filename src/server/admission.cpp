#include "server/admission.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "phigate/codec/content_type.hpp"
#include "phigate/codec/multipart.hpp"
#include "phigate/core/ascii.hpp"

namespace phigate::server {

namespace {

using core::api_error;
using core::error_code;

std::unexpected<api_error> refuse(error_code code, std::string message, std::string param = {}) {
  api_error error;
  error.code = code;
  error.message = std::move(message);
  error.param = std::move(param);
  return std::unexpected(std::move(error));
}

// The text behind "Bearer ", or nothing for another scheme.
std::optional<std::string_view> bearer_of(std::string_view authorization) {
  constexpr std::string_view scheme = "bearer ";
  if (authorization.size() <= scheme.size()) return std::nullopt;
  if (!http::equals_ignoring_case(authorization.substr(0, scheme.size()), scheme)) return std::nullopt;
  std::string_view token = authorization.substr(scheme.size());
  while (!token.empty() && token.front() == ' ') token.remove_prefix(1);
  return token;
}

// A header that a person meant as a policy header, but that is none: dropping it would loosen the request.
bool resembles_policy_header(std::string_view name) {
  std::string plain = core::ascii::to_lower(name);
  if (plain == "x-region" || plain == "x-phi") return false;
  // Whatever stands between the letters: X_PHI, X--PHI, X.Region.
  std::erase_if(plain, [](char c) { return c == '-' || c == '_' || c == '.'; });
  return plain.starts_with("xphi") || plain.starts_with("xregion");
}

admitted read_region(const http::request_head& head, request_context& context) {
  const std::size_t count = head.count("x-region");
  if (count == 0) return {};
  const std::string_view value = *head.find("x-region");
  context.named_region = count == 1 ? core::parse_region(value) : std::nullopt;
  if (context.named_region) return {};
  const std::string fault = count > 1 ? "X-Region was given twice" : "X-Region names no region";
  return std::unexpected(invalid_region(fault));
}

admitted read_class(const config::settings& settings, const http::request_head& head, request_context& context) {
  const std::size_t count = head.count("x-phi");
  const bool required = context.key != nullptr && context.key->phi == config::phi_permission::required;
  if (count == 0) {
    const bool phi = required || settings.default_phi;
    context.data_class = phi ? core::data_class::phi : core::data_class::general;
    return {};
  }
  const std::string_view value = *head.find("x-phi");
  if (count == 1 && http::equals_ignoring_case(value, "true")) {
    context.data_class = core::data_class::phi;
  } else if (count == 1 && http::equals_ignoring_case(value, "false")) {
    context.data_class = core::data_class::general;
  } else {
    const std::string fault = count > 1 ? "X-PHI was given twice" : "X-PHI is neither true nor false";
    return std::unexpected(invalid_phi(fault));
  }
  return {};
}

std::size_t keys_given(const http::request_head& head) {
  return head.count("authorization") + head.count("x-api-key");
}

// The key that the head holds, if it is one, valid and the only one.
const config::api_key* key_in(const generation& by, const http::request_head& head) {
  if (keys_given(head) != 1) return nullptr;
  const auto authorization = head.find("authorization");
  const auto presented = authorization ? bearer_of(*authorization) : head.find("x-api-key");
  const auto today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  return presented ? by.keys.find(*presented, today) : nullptr;
}

admitted check_coding(const http::request_head& head) {
  const std::string_view coding = head.find("content-encoding").value_or("identity");
  if (head.count("content-encoding") <= 1 && http::equals_ignoring_case(coding, "identity")) return {};
  return refuse(error_code::unsupported_media_type, "Send the body without a Content-Encoding.");
}

bool is_api_path(const http::request_head& head) {
  return head.path.starts_with("/v1/");
}

// Without the key that may tighten it, class general is not known to be in force.
void note_class(const config::settings& settings, const http::request_head& head, request_context& context) {
  if (!is_api_path(head)) return;
  const admitted parsed = check_policy_headers(settings, head, context);
  const bool may_be_tighter = settings.auth == config::auth_mode::keys && context.key == nullptr &&
                              context.data_class == core::data_class::general;
  if (!parsed || may_be_tighter) context.data_class.reset();
}

}  // namespace

core::api_error invalid_region(std::string fault) {
  return refuse(error_code::invalid_region,
                std::move(fault) + ". Send one X-Region header with one of " + core::region_names() + ".", "X-Region")
      .error();
}

core::api_error invalid_phi(std::string fault) {
  return refuse(error_code::invalid_phi, std::move(fault) + ". Send one X-PHI header with the value true or false.",
                "X-PHI")
      .error();
}

void note_policy(const generation& by, const http::request_head& head, request_context& context) {
  if (is_api_path(head) && by.settings().auth == config::auth_mode::keys) context.key = key_in(by, head);
  note_class(by.settings(), head, context);
}

admitted check_key(const generation& by, const http::request_head& head, request_context& context) {
  if (by.settings().auth != config::auth_mode::keys) return {};
  if (context.key == nullptr) context.key = key_in(by, head);
  if (context.key != nullptr) return {};
  note_class(by.settings(), head, context);
  if (keys_given(head) > 1) {
    return refuse(error_code::bad_request, "Send the key once: as Authorization: Bearer or as x-api-key, not both.");
  }
  return refuse(
      error_code::invalid_api_key,
      "No valid API key was given. Send yours as Authorization: Bearer <key>; the gateway's operator issues them.");
}

admitted check_policy_headers(const config::settings& settings, const http::request_head& head,
                              request_context& context) {
  for (const http::field& field : head.fields) {
    if (!resembles_policy_header(field.name)) continue;
    return refuse(
        error_code::unknown_policy_header,
        "A header that resembles X-Region or X-PHI is neither. Send X-Region and X-PHI, spelt so, or leave it out.");
  }
  if (auto region = read_region(head, context); !region) return region;
  return read_class(settings, head, context);
}

admitted check_content_type(const http::request_head& head) {
  if (admitted plain = check_coding(head); !plain) return plain;
  if (head.count("content-type") != 1 || !codec::is_json_type(*head.find("content-type"))) {
    return refuse(error_code::unsupported_media_type, "Send the body as Content-Type: application/json.");
  }
  return {};
}

std::expected<std::string, api_error> check_form_type(const http::request_head& head) {
  if (admitted plain = check_coding(head); !plain) return std::unexpected(std::move(plain.error()));
  // Two of them name two boundaries: none can be believed.
  const bool once = head.count("content-type") == 1;
  return codec::boundary_of(once ? *head.find("content-type") : std::string_view());
}

admitted check_length(const config::settings& settings, const http::request_head& head) {
  if (head.framing != http::framing::length || head.content_length <= settings.limits.body) return {};
  return refuse(error_code::payload_too_large,
                "The body is larger than this gateway takes: " + std::to_string(settings.limits.body) + " bytes.");
}

admitted check_load(const process& shared, permit& in_flight) {
  std::unexpected<api_error> refused = refuse(error_code::overloaded, {});
  if (shared.stage.load(std::memory_order_relaxed) >= drain_stage::closing) {
    refused = refuse(error_code::draining, "The gateway is shutting down. Send the request to another instance.");
  } else if (in_flight.grow(1)) {
    return {};
  } else {
    refused = refuse(error_code::overloaded, "The gateway is at its limit of requests. Try again shortly.");
  }
  refused.error().retry_after_seconds = 1;
  return refused;
}

std::expected<core::policy, api_error> settle_permitted_policy(const generation& by, const codec::request_facts& facts,
                                                               request_context& context) {
  const policy_inputs inputs{.named_region = context.named_region,
                             .data_class = *context.data_class,
                             .key = context.key,
                             .default_region = by.settings().default_region};
  auto policy = settle_policy(inputs, facts, by.registry());
  if (!policy) return policy;
  context.region = policy->region;
  context.strategy = core::strategy_of(*policy);
  if (policy->model.variant) context.variant = core::to_string(*policy->model.variant);
  if (admitted region = check_key_region(context); !region) return std::unexpected(std::move(region.error()));
  if (admitted permitted = check_key_class(context); !permitted) return std::unexpected(std::move(permitted.error()));
  return policy;
}

admitted check_key_region(const request_context& context) {
  if (context.key == nullptr || context.key->regions.contains(*context.region)) return {};
  return refuse(error_code::region_not_allowed,
                "This key may not use the region " + std::string(core::to_string(*context.region)) +
                    ". Name one of the key's regions in X-Region.",
                "X-Region");
}

admitted check_key_class(const request_context& context) {
  if (context.key == nullptr) return {};
  const bool phi = context.data_class == core::data_class::phi;
  if (context.key->phi == config::phi_permission::required && !phi) {
    return refuse(error_code::phi_required, "This key is for class phi alone. Leave X-PHI out or send true.", "X-PHI");
  }
  if (context.key->phi == config::phi_permission::forbidden && phi) {
    return refuse(error_code::phi_not_allowed, "This key may not send class phi. Use a key that permits it.", "X-PHI");
  }
  return {};
}

}  // namespace phigate::server
