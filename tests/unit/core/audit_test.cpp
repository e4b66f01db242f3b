#include "phigate/core/audit.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace phigate::core {
namespace {

std::string headers(const audit_facts& facts) {
  std::string out;
  append_audit_headers(out, facts);
  return out;
}

audit_facts served() {
  audit_facts facts;
  facts.request_id = "0192";
  facts.data_class = data_class::general;
  facts.attempts = 2;
  facts.provider = "infomaniak";
  facts.success = true;
  facts.model = "gemma-4-31b";
  facts.region = region::ch;
  facts.cost = metered{.micro_usd = 4'200, .source = usage_source::provider};
  return facts;
}

TEST(audit_headers, of_a_served_request_say_all_in_order) {
  audit_facts facts = served();
  facts.client_request_id = "my-id";
  EXPECT_EQ(headers(facts),
            "x-request-id: 0192\r\n"
            "x-client-request-id: my-id\r\n"
            "x-phi-routed: gemma-4-31b/CH/general\r\n"
            "x-phi-tier: non_phi\r\n"
            "x-phi-attempts: 2\r\n"
            "x-fallback-count: 1\r\n"
            "x-phi-cost-micro: 4200\r\n"
            "x-phi-usage: provider\r\n"
            "x-provider-slug: infomaniak\r\n"
            "x-routing-strategy: default\r\n");
}

TEST(audit_headers, of_a_request_refused_before_its_policy_was_read_hold_the_id_alone) {
  audit_facts facts;
  facts.request_id = "0192";
  EXPECT_EQ(headers(facts), "x-request-id: 0192\r\n");
}

TEST(audit_headers, of_a_refusal_hold_the_tier_and_nothing_of_a_route) {
  audit_facts facts;
  facts.request_id = "0192";
  facts.data_class = data_class::phi;
  EXPECT_EQ(headers(facts), "x-request-id: 0192\r\nx-phi-tier: phi\r\n");
}

TEST(audit_headers, of_a_failed_request_name_what_was_tried_and_no_cost) {
  audit_facts facts = served();
  facts.success = false;
  EXPECT_EQ(headers(facts),
            "x-request-id: 0192\r\n"
            "x-phi-tier: non_phi\r\n"
            "x-phi-attempts: 2\r\n"
            "x-fallback-count: 1\r\n"
            "x-provider-slug: infomaniak\r\n"
            "x-routing-strategy: default\r\n");
}

TEST(audit_headers, of_a_streams_head_leave_the_cost_to_its_trailers) {
  audit_facts facts = served();
  facts.data_class = data_class::phi;
  facts.cost.reset();
  EXPECT_EQ(headers(facts),
            "x-request-id: 0192\r\n"
            "x-phi-routed: gemma-4-31b/CH/phi\r\n"
            "x-phi-tier: phi\r\n"
            "x-phi-attempts: 2\r\n"
            "x-fallback-count: 1\r\n"
            "x-provider-slug: infomaniak\r\n"
            "x-routing-strategy: default\r\n");
}

TEST(audit_headers, name_the_strategy_and_the_variant_of_a_tried_request) {
  audit_facts facts = served();
  facts.strategy = "sorted";
  facts.variant = "nitro";
  for (bool success : {true, false}) {
    facts.success = success;
    EXPECT_TRUE(headers(facts).ends_with("x-routing-strategy: sorted\r\nx-model-variant: nitro\r\n"));
  }
  facts.attempts = 0;
  EXPECT_EQ(headers(facts).find("x-model-variant"), std::string::npos);
}

TEST(audit_headers, are_appended_to_what_is_there) {
  std::string out = "HTTP/1.1 200 OK\r\n";
  audit_facts facts;
  facts.request_id = "1";
  append_audit_headers(out, facts);
  EXPECT_EQ(out, "HTTP/1.1 200 OK\r\nx-request-id: 1\r\n");
}

TEST(audit_headers, return_a_clients_id_only_when_it_can_do_no_harm) {
  audit_facts facts;
  facts.request_id = "1";
  const std::string longest(128, 'a');
  const std::string too_long(129, 'a');
  for (std::string_view id : {std::string_view("A-z.0_9"), std::string_view(longest)}) {
    facts.client_request_id = id;
    EXPECT_NE(headers(facts).find("x-client-request-id: " + std::string(id) + "\r\n"), std::string::npos);
  }
  for (std::string_view id :
       {std::string_view("a\r\nx-phi-tier: phi"), std::string_view("a b"), std::string_view("a,b"),
        std::string_view("\xc3\xa9"), std::string_view("a\0", 2), std::string_view(too_long)}) {
    facts.client_request_id = id;
    EXPECT_EQ(headers(facts), "x-request-id: 1\r\n");
  }
}

TEST(stream_audit, gives_cost_and_usage_as_trailers_and_as_a_comment) {
  const metered cost{.micro_usd = 4'200, .source = usage_source::estimated};
  std::string trailers;
  append_stream_trailers(trailers, cost);
  EXPECT_EQ(trailers, "x-phi-cost-micro: 4200\r\nx-phi-usage: estimated\r\n");
  std::string comment;
  append_stream_comment(comment, cost);
  EXPECT_EQ(comment, ": x-phi-cost-micro=4200 x-phi-usage=estimated\n");
  EXPECT_EQ(stream_trailer_names(), "x-phi-cost-micro, x-phi-usage");
}

TEST(stream_audit, writes_the_largest_cost) {
  std::string out;
  append_stream_comment(out, {.micro_usd = std::numeric_limits<std::int64_t>::max(), .source = usage_source::provider});
  EXPECT_EQ(out, ": x-phi-cost-micro=9223372036854775807 x-phi-usage=provider\n");
}

}  // namespace
}  // namespace phigate::core
