// Beast's parser as a second opinion: what we accept, it accepts, with the same fields and the same framing.
// (Not the other way round: docs/adr/0002-strict-http-parser.md.) Header-only here, so that nothing else has to build
// it.
#define BOOST_BEAST_HEADER_ONLY 1
#include <gtest/gtest.h>

#include <boost/beast/http/basic_parser.hpp>

#include "feeding.hpp"
#include "hostile_heads.hpp"

namespace phigate::http {
namespace {

namespace beast = boost::beast;
using testing::check_often;
using testing::find_whole;
using testing::hostile_head;
using testing::parsed_request;

class second_opinion : public beast::http::basic_parser<true> {
 public:
  std::string method;
  std::string target;
  int version = 0;
  std::vector<std::pair<std::string, std::string>> fields;

 private:
  using error_code = beast::error_code;
  using view = beast::string_view;
  void on_request_impl(beast::http::verb, view method_text, view target_text, int number, error_code&) override {
    method = std::string(method_text);
    target = std::string(target_text);
    version = number;
  }
  void on_response_impl(int, view, int, error_code&) override {}
  void on_field_impl(beast::http::field, view name, view value, error_code&) override {
    fields.emplace_back(std::string(name), std::string(value));
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(view body, error_code&) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t, view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, view body, error_code&) override { return body.size(); }
  void on_finish_impl(error_code&) override {}
};

void compare(const parsed_request& ours) {
  second_opinion theirs;
  beast::error_code error;
  theirs.put(boost::asio::buffer(ours.bytes), error);
  RC_ASSERT(!error || error == beast::http::error::need_more);
  RC_ASSERT(theirs.is_header_done());
  RC_ASSERT(theirs.method == ours.head.method);
  RC_ASSERT(theirs.target == ours.head.target);
  RC_ASSERT(theirs.version == 10 + ours.head.minor_version);
  RC_ASSERT(theirs.keep_alive() || !ours.head.keep_alive);  // on 1.0, to Beast keep-alive beats close
  RC_ASSERT(theirs.chunked() == (ours.head.framing == framing::chunked));
  RC_ASSERT(theirs.content_length().value_or(0) == ours.head.content_length);
  RC_ASSERT(theirs.fields.size() == ours.head.fields.size());
  for (std::size_t i = 0; i < theirs.fields.size(); ++i) {
    RC_ASSERT(theirs.fields[i].first == ours.head.fields[i].name);
    RC_ASSERT(theirs.fields[i].second == ours.head.fields[i].value);
  }
}

TEST(BeastAgreement, BeastAcceptsWhatWeAcceptAndReadsTheSame) {
  int compared = 0;
  check_often([&compared] {
    const auto bytes = hostile_head();
    const auto found = find_whole(bytes);
    if (found.fault || found.size == 0) return;
    const parsed_request ours(std::string_view(bytes).substr(found.skip, found.size));
    if (ours.fault) return;
    compare(ours);
    ++compared;
  });
  EXPECT_GT(compared, 300) << "too few to say anything";
}

}  // namespace
}  // namespace phigate::http
