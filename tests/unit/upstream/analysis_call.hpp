// A document to be read by Azure Document Intelligence, the route that it takes, and the answers that it may get.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "upstream/protocols/protocols.hpp"

namespace phigate::upstream::testing {

inline constexpr std::string_view origin = "https://clinic.cognitiveservices.azure.com";
inline constexpr std::string_view operation =
    "/documentintelligence/documentModels/prebuilt-layout/analyzeResults/3b1e-42?api-version=2024-11-30";

struct analysis_call {
  codec::client_request asked;
  core::endpoint endpoint;
  core::hosted_model model;
  core::data_class data_class = core::data_class::phi;
  codec::response_reader responses;

  explicit analysis_call(std::string url = "https://files.example/a.pdf") {
    asked.media.emplace<codec::document_request>().url = std::move(url);
    endpoint.url.host = origin.substr(8);
    model.upstream = "prebuilt-layout";
  }
  // A document that came in a data URI.
  analysis_call(std::string_view media_type, std::string_view base64) : analysis_call(std::string()) {
    document().media_type = media_type;
    document().base64 = base64;
  }
  codec::document_request& document() { return std::get<codec::document_request>(asked.media); }
  std::unique_ptr<conversation> begin() {
    return azure_document_intelligence().begin({.asked = asked,
                                                .endpoint = endpoint,
                                                .model = model,
                                                .data_class = data_class,
                                                .content_type = "application/json",
                                                .accept = "",
                                                .responses = responses});
  }
  [[nodiscard]] std::optional<wire_request> farewell(const answer_head& began) const {
    return azure_document_intelligence().farewell(endpoint, began);
  }
};

inline answer_head accepted(std::string location = std::string(origin) + std::string(operation)) {
  answer_head head;
  head.status = 202;
  head.operation_location = std::move(location);
  return head;
}

inline answer_head polled(std::optional<std::chrono::seconds> retry_after = std::nullopt) {
  answer_head head;
  head.status = 200;
  head.content_type = "application/json";
  head.retry_after = retry_after;
  return head;
}

inline std::string succeeded(std::string_view result) {
  return R"({"status":"succeeded","analyzeResult":)" + std::string(result) + "}";
}

// What the client gets of a result; empty when the answer is no success.
inline std::string answer_to(analysis_call& call, std::string_view result) {
  const auto talk = call.begin();
  talk->first();
  const reply_step step = talk->take(polled(), succeeded(result));
  const auto* const done = std::get_if<answered>(&step);
  return done == nullptr ? std::string() : done->body.value_or("");
}

}  // namespace phigate::upstream::testing
