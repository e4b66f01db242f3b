#include "server/cors.hpp"

#include <algorithm>

#include "phigate/http/writer.hpp"

namespace phigate::server {

std::string_view admitted_origin(const std::vector<std::string>& listed, std::string_view origin) {
  const auto found = std::find(listed.begin(), listed.end(), origin);
  return found == listed.end() ? std::string_view{} : std::string_view(*found);
}

void append_cors_headers(std::string& head, std::string_view origin) {
  if (origin.empty()) return;
  http::append_field(head, "access-control-allow-origin", origin);
  http::append_field(head, "vary", "origin");
  http::append_field(head, "access-control-expose-headers",
                     "x-request-id, x-client-request-id, x-phi-routed, x-phi-tier, x-phi-attempts, x-fallback-count, "
                     "x-phi-cost-micro, x-phi-usage, x-provider-slug, x-routing-strategy, x-model-variant, "
                     "x-phi-upstream-request-id, x-should-retry, retry-after");
}

void append_preflight_headers(std::string& head, std::string_view methods) {
  http::append_field(head, "access-control-allow-methods", methods);
  // A browser takes no pattern here, so the SDKs' own headers are listed one by one.
  http::append_field(head, "access-control-allow-headers",
                     "authorization, content-type, x-api-key, x-region, x-phi, x-request-id, x-stainless-lang, "
                     "x-stainless-package-version, x-stainless-os, x-stainless-arch, x-stainless-runtime, "
                     "x-stainless-runtime-version, x-stainless-async, x-stainless-retry-count, x-stainless-timeout, "
                     "x-stainless-read-timeout, x-stainless-helper-method, x-stainless-poll-helper, "
                     "x-stainless-custom-poll-interval");
  http::append_field(head, "access-control-max-age", "600");
}

}  // namespace phigate::server
