// For every protocol in the table and every modality that it serves: requests that a client may send there, each with a
// route that takes it. A new protocol is among them without a further line.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "phigate/codec/request.hpp"
#include "phigate/codec/response.hpp"
#include "phigate/upstream/adapter.hpp"
#include "support/padded_text.hpp"

namespace phigate::fuzz {

class sample_call {
 public:
  // `what`: protocol, modality and kind of request, as a line of a corpus names it: "mistral ocr url".
  sample_call(const upstream::adapter& speaks, core::modality modality, std::string_view kind, std::string_view body);

  [[nodiscard]] const std::string& what() const { return what_; }
  [[nodiscard]] const upstream::adapter& speaks() const { return speaks_; }
  [[nodiscard]] const core::endpoint& endpoint() const { return endpoint_; }
  // A conversation for class phi.
  [[nodiscard]] std::unique_ptr<upstream::conversation> begin(codec::response_reader& responses) const;

 private:
  const upstream::adapter& speaks_;
  std::string what_;
  std::string content_type_;
  test::padded_text body_;
  codec::client_request asked_;
  core::endpoint endpoint_;
  core::hosted_model model_;
};

// Made once, at the first call. Never empty.
const std::vector<std::unique_ptr<sample_call>>& sample_calls();

}  // namespace phigate::fuzz
