#include "app/explain_command.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>
#include <utility>
#include <vector>

#include "app/commands.hpp"
#include "app/table.hpp"
#include "phigate/codec/request.hpp"
#include "phigate/codec/splice.hpp"
#include "phigate/codec/writers.hpp"
#include "phigate/core/health.hpp"
#include "phigate/server/request_policy.hpp"

namespace phigate::app {

namespace {

using codec::explained_request;
using core::api_error;

std::string_view without_outer_space(std::string_view json) {
  constexpr std::string_view space = " \t\r\n";
  const std::size_t first = json.find_first_not_of(space);
  return first == std::string_view::npos ? "" : json.substr(first, json.find_last_not_of(space) - first + 1);
}

api_error invalid_json(std::string message) {
  return {.code = core::error_code::invalid_json, .message = std::move(message), .param = "provider"};
}

api_error invalid_region() {
  return {.code = core::error_code::invalid_region,
          .message = "--region names no region. Give one of " + core::region_names() + ".",
          .param = "X-Region"};
}

// The request's body as a client would write it, read as the gateway reads it: every check is that of a request.
std::expected<codec::request_facts, api_error> read_body(const explain_query& query) {
  const std::string_view prefer = query.prefer ? without_outer_space(*query.prefer) : "";
  std::string body = "{";
  if (query.prefer) body.append("\"provider\":").append(prefer).append(",");
  body += "\"model\":" + codec::quote(query.model) + ",\"modality\":" + codec::quote(query.modality) + "}";
  const std::size_t length = body.size();
  body.append(codec::padding, ' ');

  auto facts = codec::request_reader().read_explain(std::string_view(body).substr(0, length));
  if (!facts && facts.error().code == core::error_code::invalid_json) {
    body.resize(length);
    return std::unexpected(invalid_json(facts.error().message + " The body is " + body));
  }
  // What closes the object early could bring members of its own.
  if (facts && facts->provider != prefer)
    return std::unexpected(invalid_json("--prefer holds more than one JSON object."));
  return facts;
}

explained_request refused(explained_request so_far, api_error error) {
  so_far.result.error = std::move(error);
  return so_far;
}

explained_request explain_request(const config::snapshot& configuration, const explain_query& query,
                                  core::moment when) {
  const core::registry& registry = *configuration.registry;
  explained_request explained;
  const bool phi = query.phi || configuration.settings.default_phi;
  explained.data_class = phi ? core::data_class::phi : core::data_class::general;
  if (query.region) explained.region = core::parse_region(*query.region);
  const auto facts = read_body(query);
  if (facts) explained.modality = facts->modality;
  if (query.region && !explained.region) return refused(std::move(explained), invalid_region());
  if (!facts) return refused(std::move(explained), facts.error());

  const server::policy_inputs inputs{.named_region = explained.region,
                                     .data_class = *explained.data_class,
                                     .default_region = configuration.settings.default_region};
  const auto policy = server::settle_policy(inputs, *facts, registry);
  if (!policy) return refused(std::move(explained), policy.error());
  explained.region = policy->region;
  explained.strategy = core::strategy_of(*policy);
  explained.result = core::explain(*policy, registry, core::health_board(registry, {}), when);
  return explained;
}

std::string number_text(double value) {
  std::array<char, 32> text{};
  const int length = std::snprintf(text.data(), text.size(), "%.6g", value);
  return {text.data(), static_cast<std::size_t>(length)};
}

std::string decision_line(const explained_request& explained) {
  std::string line = explained.result.order ? "route:" : "refuse:";
  const char* separator = " ";
  const auto add = [&](std::string_view name, std::string_view value) {
    line.append(separator).append(name).append(" ").append(value);
    separator = ", ";
  };
  if (explained.region) add("region", core::to_string(*explained.region));
  if (explained.data_class) add("class", core::to_string(*explained.data_class));
  if (explained.modality) add("modality", core::to_string(*explained.modality));
  if (!explained.strategy.empty()) add("strategy", explained.strategy);
  return line + "\n";
}

std::string candidate_table(const core::route_order& order) {
  std::vector<table_row> rows{{"#", "provider", "model", "endpoint", "country", "price (USD)", "score"}};
  for (const core::ranked_route& ranked : order.routes()) {
    const core::endpoint& endpoint = ranked.route.endpoint();
    rows.push_back({std::to_string(rows.size()), ranked.route.provider().slug, ranked.route.model().id, endpoint.id,
                    endpoint.location.text(), number_text(core::ordering_price_in_usd(ranked.price)),
                    ranked.score ? number_text(*ranked.score) : "free"});
  }
  return "\ncandidates, in this order:\n" + aligned(rows, 2);
}

// One table for each reason, in the order in which the registry brings them up.
std::string exclusion_tables(const std::vector<core::explained_exclusion>& excluded, const core::registry& known) {
  std::vector<std::pair<std::string_view, std::vector<table_row>>> by_reason;
  for (const core::explained_exclusion& one : excluded) {
    auto group = std::ranges::find(by_reason, one.reason, [](const auto& each) { return each.first; });
    if (group == by_reason.end()) group = by_reason.insert(group, {one.reason, {}});
    const core::route& route = known.at(one.route);
    group->second.push_back({known.provider_of(route).slug, known.model_of(route).id, known.endpoint_of(route).id,
                             std::string(core::to_string(route.modality)), one.detail});
  }
  std::string out;
  for (const auto& [reason, rows] : by_reason) {
    out += "\nexcluded by " + std::string(reason) + " (" + std::to_string(rows.size()) + "):\n" + aligned(rows, 2);
  }
  return out;
}

std::string error_lines(const api_error& error) {
  const core::error_traits traits = core::traits_of(error.code);
  std::string out = "\nerror: " + error.message + "\n";
  out += "code:  " + std::string(traits.code) + ", status " + std::to_string(error.http_status());
  if (!error.param.empty()) out += ", at " + error.param;
  return out + "\n";
}

}  // namespace

std::string explain_text(const config::snapshot& configuration, const explain_query& query, core::moment when) {
  const core::registry& registry = *configuration.registry;
  const explained_request explained = explain_request(configuration, query, when);
  if (query.json) return codec::explanation_object(explained, registry) + "\n";
  const core::explanation& result = explained.result;
  std::string out = decision_line(explained);
  if (result.order) out += candidate_table(*result.order);
  out += exclusion_tables(result.excluded, registry);
  if (result.error) out += error_lines(*result.error);
  return out;
}

int run_explain(const std::string& config_file, const explain_query& query) {
  const auto loaded = load_or_print_faults(config_file);
  if (!loaded) return 1;
  const std::string text = explain_text(*loaded->snapshot, query, server::this_moment());
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
  std::fputs(
      "note: every route counts as healthy here; the running gateway's POST /v1/route/explain knows how each does\n",
      stderr);
  return 0;
}

}  // namespace phigate::app
