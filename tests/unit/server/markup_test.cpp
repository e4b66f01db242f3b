#include "server/markup.hpp"

#include <gtest/gtest.h>

#include <string>

namespace phigate::server {
namespace {

TEST(markup, escapes_all_text_that_is_put_into_it) {
  EXPECT_EQ(markup("<b>&\"'").html(), "&lt;b&gt;&amp;&quot;&#39;");
  EXPECT_EQ(markup(std::string("&amp;")).html(), "&amp;amp;");
  EXPECT_EQ(("<" + element("b", ">") + "&").html(), "&lt;<b>&gt;</b>&amp;");
  markup grown;
  EXPECT_TRUE(grown.empty());
  grown += "<";
  EXPECT_EQ(grown.html(), "&lt;");
}

TEST(markup, escapes_the_values_of_attributes) {
  EXPECT_EQ(element("a", {{"id", "\"><script>"}, {"class", "x"}}, "y").html(),
            "<a id=\"&quot;&gt;&lt;script&gt;\" class=\"x\">y</a>");
}

TEST(markup, takes_what_is_trusted_and_what_is_markup_as_it_is) {
  EXPECT_EQ(element("p", markup::trusted("<br>") + element("i", "ü")).html(), "<p><br><i>ü</i></p>");
}

}  // namespace
}  // namespace phigate::server
