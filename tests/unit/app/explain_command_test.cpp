// `phigate explain`: a decision as a person reads it, and the same faults as a request's.
#include "app/explain_command.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/app/sample_files.hpp"

namespace phigate::app {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr core::moment sample_moment{std::chrono::year(2026) / 6 / 1, {}};

class explain_test : public ::testing::Test {
 protected:
  std::string explained(const explain_query& query, core::moment when = sample_moment) {
    const auto loaded = files_.load({});
    if (!loaded) throw std::runtime_error(loaded.error().front().text());
    return explain_text(*loaded->snapshot, query, when);
  }
  std::string explained(std::string prefer) {
    explain_query query;
    query.prefer = std::move(prefer);
    return explained(query);
  }

  const test::sample_files files_;
};

TEST_F(explain_test, tells_the_decision_the_candidates_in_order_and_why_the_rest_is_out) {
  EXPECT_EQ(explained(explain_query{}),
            "route: region EU, class general, modality chat, strategy default\n"
            "\n"
            "candidates, in this order:\n"
            "  #  provider  model    endpoint    country  price (USD)  score\n"
            "  1  donau     big-1    donau-eu    DE,FR    0.3          11.1111\n"
            "  2  donau     small-1  donau-eu    DE,FR    0.1          100\n"
            "  3  gratis    big-1    gratis-any  global   0            free\n"
            "\n"
            "excluded by region (1):\n"
            "  alpine  big-1  alpine-ch  chat  the endpoint does not serve EU\n"
            "\n"
            "excluded by modality (1):\n"
            "  donau  vec-1  donau-eu  embeddings  serves embeddings, not chat\n");
}

TEST_F(explain_test, ends_a_refusal_with_the_error_that_the_request_would_have_got) {
  explain_query query;
  query.region = "uk";
  const std::string text = explained(query);
  EXPECT_THAT(text, StartsWith("refuse: region UK, class general, modality chat, strategy default\n"));
  EXPECT_THAT(text, Not(HasSubstr("candidates")));
  EXPECT_THAT(text, HasSubstr("\nexcluded by region (4):\n"));
  EXPECT_THAT(text, HasSubstr("\nerror: No route"));
  EXPECT_THAT(text, EndsWith("\ncode:  no_route, status 422\n"));
}

TEST_F(explain_test, settles_the_region_as_a_request_without_a_key_has_it) {
  struct row {
    std::optional<std::string> region, prefer;
    std::string_view settled;
  };
  for (const auto& [region, prefer, settled] :
       std::vector<row>{{std::nullopt, std::nullopt, "region EU"},
                        {"cH", std::nullopt, "region CH"},
                        {std::nullopt, R"({"data_residency":"ch"})", "region CH"},
                        {"EU", R"({"data_residency":"ch"})", "region EU"},
                        {std::nullopt, R"({"data_residency":"eea"})", "region EU"}}) {
    explain_query query;
    query.region = region;
    query.prefer = prefer;
    EXPECT_THAT(explained(query), HasSubstr(settled)) << prefer.value_or("");
  }
}

TEST_F(explain_test, has_the_configurations_default_region_and_class) {
  files_.write("phigate.yaml", "defaults: { region: CH, phi: true }\n");
  EXPECT_THAT(explained(explain_query{}), StartsWith("route: region CH, class phi, "));
}

TEST_F(explain_test, of_class_phi_follows_the_day) {
  explain_query query;
  query.region = "CH";
  query.phi = true;
  EXPECT_THAT(explained(query), StartsWith("route: region CH, class phi, "));
  const core::moment later{std::chrono::year(2028) / 1 / 1, {}};
  EXPECT_THAT(explained(query, later),
              AllOf(StartsWith("refuse: region CH, class phi, "), EndsWith("\ncode:  phi_blocked, status 403\n")));
}

TEST_F(explain_test, takes_variants_modalities_and_preferences) {
  explain_query query;
  query.model = "big:floor";
  EXPECT_THAT(explained(query),
              AllOf(HasSubstr("strategy sorted"), HasSubstr("\nexcluded by model (1):\n  donau  small-1 ")));
  query = {};
  query.modality = "embeddings";
  EXPECT_THAT(explained(query), HasSubstr("  1  donau     vec-1  "));
  EXPECT_THAT(explained(R"( {"order":["gratis"],"allow_fallbacks":false} )"),
              AllOf(HasSubstr("strategy ordered"), HasSubstr("\n  1  gratis    big-1"), Not(HasSubstr("\n  2  ")),
                    HasSubstr("\nexcluded by allow_fallbacks (2):\n")));
}

struct fault_case {
  explain_query query;
  std::string_view code;  // the last line, behind "code:  "
};

explain_query asking(std::string model, std::string modality = "chat", std::optional<std::string> region = {}) {
  explain_query out;
  out.model = std::move(model);
  out.modality = std::move(modality);
  out.region = std::move(region);
  return out;
}

explain_query preferring(std::string prefer) {
  explain_query out;
  out.prefer = std::move(prefer);
  return out;
}

TEST_F(explain_test, shows_every_fault_of_a_request_as_a_refusal) {
  const std::vector<fault_case> cases{
      {asking(""), "missing_model, status 400, at model"},
      {asking("nope"), "model_not_found, status 404, at model"},
      {asking("big:fast"), "invalid_variant, status 400, at model"},
      {asking("auto\",\"stream\",\""), "model_not_found, status 404, at model"},
      {asking("auto", "smell"), "invalid_request, status 400, at modality"},
      {asking("auto", ""), "invalid_request, status 400, at modality"},
      {asking("auto", "chat", "MARS"), "invalid_region, status 400, at X-Region"},
      {asking("auto", "chat", ""), "invalid_region, status 400, at X-Region"},
      {asking("auto", "chat", " EU"), "invalid_region, status 400, at X-Region"},
      {preferring(R"({"only":["nobody"]})"), "invalid_provider_preferences, status 400, at provider.only[0]"},
      {preferring(R"({"onyl":["donau"]})"), "invalid_provider_preferences, status 400, at provider.onyl"},
      {preferring(R"({"ignore":["donau","donau"]})"),
       "invalid_provider_preferences, status 400, at provider.ignore[1]"},
      {preferring("null"), "invalid_provider_preferences, status 400, at provider"},
      {preferring("[]"), "invalid_provider_preferences, status 400, at provider"},
      {preferring("3"), "invalid_provider_preferences, status 400, at provider"},
      {preferring(R"({"data_residency":"br"})"), "invalid_region, status 400, at X-Region"},
      {preferring(R"({"zdr":true,"zdr":true})"), "ambiguous_body, status 400, at provider.zdr"},
      // no JSON, or more than one value of it
      {preferring(""), "invalid_json, status 400, at provider"},
      {preferring(" \n"), "invalid_json, status 400, at provider"},
      {preferring("{"), "invalid_json, status 400, at provider"},
      {preferring("{}}"), "invalid_json, status 400, at provider"},
      {preferring("{only:[]}"), "invalid_json, status 400, at provider"},
      {preferring("{\"only\":[\"\xff\"]}"), "invalid_json, status 400, at provider"},
      {preferring("{} {}"), "invalid_json, status 400, at provider"},
      {preferring(R"({},"stream":true)"), "invalid_json, status 400, at provider"},
      {preferring(R"({},"phi":true)"), "misplaced_preference, status 400, at phi"},
      {preferring(R"({},"provider":{})"), "ambiguous_body, status 400, at provider"},
      {preferring(R"({},"model":"big")"), "ambiguous_body, status 400, at model"},
  };
  for (const auto& [query, code] : cases) {
    const std::string text = explained(query);
    const std::string what = query.model + ' ' + query.modality + ' ' + query.prefer.value_or("");
    EXPECT_THAT(text, StartsWith("refuse: class general")) << what;
    EXPECT_THAT(text, EndsWith("\ncode:  " + std::string(code) + "\n")) << what;
    EXPECT_THAT(text, Not(HasSubstr("excluded by"))) << what;
  }
}

TEST_F(explain_test, finds_a_bad_region_before_a_bad_body) {
  explain_query query = asking("nope", "chat", "MARS");
  query.prefer = "{";
  EXPECT_THAT(explained(query), HasSubstr("code:  invalid_region,"));
}

TEST_F(explain_test, as_json_is_what_the_gateway_answers) {
  explain_query query;
  query.region = "CH";
  query.json = true;
  EXPECT_EQ(explained(query),
            R"({"decision":"route","region":"CH","class":"general","modality":"chat","strategy":"default",)"
            R"("candidates":[{"provider":"alpine","model":"big-1","endpoint":"alpine-ch","country":"CH",)"
            R"("score":4.0,"health":1.0,"cooling":false,"price":0.5}],)"
            R"("excluded":[{"provider":"donau","model":"big-1","endpoint":"donau-eu","reason":"region",)"
            R"("detail":"the endpoint does not serve CH"},)"
            R"({"provider":"donau","model":"small-1","endpoint":"donau-eu","reason":"region",)"
            R"("detail":"the endpoint does not serve CH"},)"
            R"({"provider":"donau","model":"vec-1","endpoint":"donau-eu","reason":"modality",)"
            R"("detail":"serves embeddings, not chat"},)"
            R"({"provider":"gratis","model":"big-1","endpoint":"gratis-any","reason":"region",)"
            R"("detail":"the endpoint does not serve CH"}],"error":null})"
            "\n");
}

TEST_F(explain_test, as_json_leaves_open_what_a_fault_left_open) {
  explain_query query = preferring("{");
  query.json = true;
  EXPECT_THAT(explained(query), StartsWith(R"({"decision":"refuse","region":null,"class":"general","modality":null,)"
                                           R"("strategy":null,"candidates":[],"excluded":[],"error":{"message":)"));
  query = asking("nope", "chat", "ch");
  query.json = true;
  EXPECT_THAT(explained(query), AllOf(StartsWith(R"({"decision":"refuse","region":"CH","class":"general",)"
                                                 R"("modality":"chat","strategy":null,"candidates":[],"excluded":[],)"),
                                      HasSubstr(R"("code":"model_not_found"})")));
}

}  // namespace
}  // namespace phigate::app
