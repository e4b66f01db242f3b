#include "phigate/core/audit.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "phigate/core/ascii.hpp"

namespace phigate::core {
namespace {

constexpr std::string_view cost_name = "x-phi-cost-micro";
constexpr std::string_view usage_name = "x-phi-usage";
constexpr std::size_t longest_client_request_id = 128;

void append_number(std::string& out, std::int64_t value) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

void append_header(std::string& out, std::string_view name, std::int64_t value) {
  out.append(name).append(": ");
  append_number(out, value);
  out.append("\r\n");
}

bool is_id_character(char c) {
  return ascii::is_alphanumeric(c) || c == '.' || c == '_' || c == '-';
}

// The one value here that a client chose: checked where it is written, so that no path can inject a header.
bool fit_to_return(std::string_view client_request_id) {
  return !client_request_id.empty() && client_request_id.size() <= longest_client_request_id &&
         std::ranges::all_of(client_request_id, is_id_character);
}

std::string_view tier_of(data_class value) {
  return value == data_class::phi ? "phi" : "non_phi";
}

void append_routed(std::string& out, const audit_facts& facts) {
  out.append("x-phi-routed: ").append(facts.model).append("/").append(to_string(facts.region));
  out.append("/").append(to_string(*facts.data_class)).append("\r\n");
}

}  // namespace

void append_audit_headers(std::string& out, const audit_facts& facts) {
  const bool tried = facts.attempts > 0;
  append_header(out, "x-request-id", facts.request_id);
  if (fit_to_return(facts.client_request_id)) append_header(out, "x-client-request-id", facts.client_request_id);
  if (facts.success && facts.data_class) append_routed(out, facts);
  if (facts.data_class) append_header(out, "x-phi-tier", tier_of(*facts.data_class));
  if (tried) {
    append_header(out, "x-phi-attempts", facts.attempts);
    append_header(out, "x-fallback-count", facts.attempts - 1);
  }
  if (facts.success && facts.cost) append_stream_trailers(out, *facts.cost);
  if (tried) {
    if (!facts.provider.empty()) append_header(out, "x-provider-slug", facts.provider);
    append_header(out, "x-routing-strategy", facts.strategy);
    if (!facts.variant.empty()) append_header(out, "x-model-variant", facts.variant);
  }
}

std::string_view stream_trailer_names() {
  return "x-phi-cost-micro, x-phi-usage";
}

void append_stream_trailers(std::string& out, const metered& cost) {
  append_header(out, cost_name, cost.micro_usd);
  append_header(out, usage_name, to_string(cost.source));
}

void append_stream_comment(std::string& out, const metered& cost) {
  out.append(": ").append(cost_name).append("=");
  append_number(out, cost.micro_usd);
  out.append(" ").append(usage_name).append("=").append(to_string(cost.source)).append("\n");
}

}  // namespace phigate::core
