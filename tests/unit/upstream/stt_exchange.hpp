// One speech to text route and what a client asks of it, for tests that drive an adapter without any I/O.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "phigate/codec/response.hpp"
#include "phigate/upstream/adapter.hpp"

namespace phigate::upstream {

class stt_exchange {
 public:
  explicit stt_exchange(const adapter& speaks) : speaks_(speaks) {
    codec::transcription_request asked;
    asked.filename = "talk.mp3";
    asked.media_type = "audio/mpeg";
    asked.audio = "ID3-audio-bytes";
    asked.wants_segments = true;
    request_.media = std::move(asked);
    request_.facts.modality = core::modality::stt;
    model.upstream = "whisper";
  }

  [[nodiscard]] codec::request_facts& facts() { return request_.facts; }
  [[nodiscard]] codec::transcription_request& asked() { return std::get<codec::transcription_request>(request_.media); }

  // A new attempt; what `first` says is kept.
  conversation& begin() {
    talk_ = speaks_.begin(
        call{request_, endpoint, model, core::data_class::general, "multipart/form-data", "", responses_});
    first_ = talk_->first();
    return *talk_;
  }

  [[nodiscard]] const wire_request& sent() {
    if (!talk_) begin();
    return first_;
  }
  [[nodiscard]] std::string body() { return sent().body.text(); }

  reply_step take(std::string_view answer, std::optional<std::chrono::seconds> retry_after = std::nullopt) {
    if (!talk_) begin();
    return talk_->take(head_of(200, retry_after), answer);
  }

  std::optional<reply_step> excuse(int status, std::string_view said,
                                   std::optional<std::chrono::seconds> retry_after = std::nullopt) {
    if (!talk_) begin();
    return talk_->excuse(refusal{status, said}, head_of(status, retry_after));
  }

  core::endpoint endpoint;
  core::hosted_model model;

 private:
  static answer_head head_of(int status, std::optional<std::chrono::seconds> retry_after) {
    answer_head head;
    head.status = status;
    head.retry_after = retry_after;
    return head;
  }

  const adapter& speaks_;
  codec::client_request request_;
  codec::response_reader responses_;
  std::unique_ptr<conversation> talk_;
  wire_request first_;
};

inline core::attempt_failure classified(const adapter& by, int status, std::string_view body) {
  return by.classify(refusal{status, body}, core::provider{});
}

}  // namespace phigate::upstream
