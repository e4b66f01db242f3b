// Who gets the page of GET /vendors, and who its JSON.
#include "server/accept.hpp"

#include <gtest/gtest.h>

#include <string>

namespace phigate::server {
namespace {

TEST(accept, browsers_prefer_the_page) {
  for (const std::string_view accept :
       {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,"
        "application/signed-exchange;v=b3;q=0.7",
        "text/html, */*", "text/html", "TEXT/HTML", "text/*", "text/html;charset=utf-8", "text/html, application/json",
        "application/json;q=0.9, text/html", "*/*;q=0.1, text/html;q=0.2", "text/*, application/json;q=0.5",
        "application/*;q=0.5, text/html;q=0.6", "text/html;q=0.001", "  text/html ;  q=1.000 ,", ",,text/html",
        "text/html;Q=0.5, application/json;q=0.25", "application/json;q=0, */*;q=0.5, text/html;q=0.5"}) {
    EXPECT_TRUE(prefers_page(accept)) << accept;
  }
}

TEST(accept, everybody_else_prefers_json) {
  for (const std::string_view accept : {"",
                                        "*/*",
                                        "application/json",
                                        "application/json, text/plain, */*",
                                        "application/json, text/html",
                                        "text/html;q=0.5, application/json",
                                        "text/html;q=0.8, */*",
                                        "text/html;q=0.9, application/*",
                                        "application/*",
                                        "text/html;q=0",
                                        "text/html;q=0.0, */*",
                                        "text/html;q=0, application/json;q=0",
                                        "text/plain",
                                        "image/png",
                                        "application/xhtml+xml",
                                        "text/html-ish",
                                        "xtext/html",
                                        "text/htm",
                                        "*",
                                        "html",
                                        "application/json; text/html"}) {
    EXPECT_FALSE(prefers_page(accept)) << accept;
  }
}

TEST(accept, a_more_precise_range_goes_before_a_wider_one_wherever_it_stands) {
  EXPECT_FALSE(prefers_page("text/html;q=0.1, text/*, application/json;q=0.5"));
  EXPECT_FALSE(prefers_page("text/*, text/html;q=0.1, application/json;q=0.5"));
  EXPECT_TRUE(prefers_page("*/*, application/json;q=0.1"));
}

TEST(accept, what_can_not_be_read_counts_for_nothing) {
  for (const std::string_view weight :
       {"", "2", "1.1", "1.0001", "0.1234", "-1", "+1", ".5", "0,5", "05", "1x", "0.x", "a", " 1", "\"1\""}) {
    EXPECT_FALSE(prefers_page("text/html;q=" + std::string(weight))) << weight;
  }
  EXPECT_TRUE(prefers_page("application/json;q=high, text/html;q=0.1"));
  for (const std::string_view accept : {";", ";;;", ",", "=", "\"", "text/html\"", "\"text/html\"", "\\", "/", "q=1"}) {
    EXPECT_FALSE(prefers_page(accept)) << accept;
  }
}

TEST(accept, a_mark_in_a_quoted_string_separates_nothing) {
  EXPECT_FALSE(prefers_page(R"(image/png;note="a,text/html")"));
  EXPECT_FALSE(prefers_page(R"(image/png;note="a\",text/html")"));
  EXPECT_FALSE(prefers_page(R"(text/html;note=";q=1";q=0)"));
  EXPECT_FALSE(prefers_page(R"(image/png;note="never ends, text/html)"));
  EXPECT_TRUE(prefers_page(R"(image/png;note="a", text/html)"));
  EXPECT_FALSE(prefers_page(R"(image/png;note="\)"));
}

}  // namespace
}  // namespace phigate::server
