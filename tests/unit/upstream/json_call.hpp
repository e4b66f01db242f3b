// A request with a JSON body and the route that it takes, for tests that drive an adapter without any I/O.
#pragma once

#include <expected>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "phigate/codec/request.hpp"
#include "phigate/codec/response.hpp"
#include "phigate/upstream/adapter.hpp"
#include "support/padded_text.hpp"

namespace phigate::upstream {

class json_call {
 public:
  json_call(const adapter& speaks, core::modality modality, std::string_view body) : speaks_(speaks), body_(body) {
    if (modality == core::modality::ocr) {
      request = value_of(reader_.read_document(body_.view()));
    } else {
      request.facts = value_of(reader_.read_explain(body_.view()));  // takes any modality's body, and short ones
      request.facts.modality = modality;
      request.body = body_.view();
    }
    endpoint.url.prefix = "/v1";
    model.upstream = "up/model";
  }

  conversation& begin() {
    talk_ = speaks_.begin({.asked = request,
                           .endpoint = endpoint,
                           .model = model,
                           .data_class = core::data_class::general,
                           .content_type = "application/json",
                           .accept = accept,
                           .responses = responses_});
    return *talk_;
  }
  wire_request first() { return begin().first(); }
  std::string sent() { return first().body.text(); }

  reply_step take(std::string_view answer, std::string content_type = "application/json") {
    answer_head head;
    head.status = 200;
    head.content_type = std::move(content_type);
    const test::padded_text text(answer);
    return begin().take(head, text.view());
  }

  codec::client_request request;
  core::endpoint endpoint;
  core::hosted_model model;
  std::string accept;

 private:
  template <typename Value>
  static Value value_of(std::expected<Value, core::api_error> read) {
    if (!read) throw std::invalid_argument(read.error().message);
    return std::move(*read);
  }

  codec::request_reader reader_;
  const adapter& speaks_;
  test::padded_text body_;
  codec::response_reader responses_;
  std::unique_ptr<conversation> talk_;
};

// A failed attempt that was no one's mistake but the provider's, so that another route is tried.
inline bool is_unusable(const reply_step& step) {
  const auto* const failure = std::get_if<core::attempt_failure>(&step);
  return failure != nullptr && failure->kind == core::failure_kind::bad_response && failure->sent_whole &&
         failure->reach == core::reach::head_received && failure->said.message.empty() && !failure->note.empty();
}

inline core::attempt_failure classify(const adapter& by, int status, std::string_view body,
                                      std::string_view provider = "acme") {
  core::provider of;
  of.slug = provider;
  return by.classify(refusal{status, body}, of);
}

}  // namespace phigate::upstream
