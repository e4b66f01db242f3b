// Chat, vision and embeddings: the client's bytes with little changed, and the provider's answer as it stands.
#include <optional>
#include <utility>

#include "phigate/codec/response.hpp"
#include "upstream/protocols/body_edits.hpp"
#include "upstream/protocols/openai_conversations.hpp"
#include "upstream/protocols/parts.hpp"

namespace phigate::upstream {
namespace {

class text_conversation : public conversation {
 public:
  text_conversation(const call& request, std::string target, text_customs own)
      : call_(request), target_(std::move(target)), own_(own) {}

  wire_request first() override {
    wire_request request;
    request.target = target_;
    request.header_lines = content_lines(call_.content_type, call_.accept);
    request.body = codec::splice(call_.asked.body, call_.asked.facts, edits_for(call_, own_.dialect));
    return request;
  }

 protected:
  [[nodiscard]] const call& asked() const { return call_; }
  [[nodiscard]] const text_customs& own() const { return own_; }

 private:
  call call_;
  std::string target_;
  text_customs own_;
};

// What is wrong with an answer of either kind; nothing when it is sound.
std::optional<core::attempt_failure> fault_of(const std::optional<codec::completion_facts>& read) {
  if (!read) return unusable("no JSON object");
  if (read->is_error) return unusable("an error with a 2xx");
  return std::nullopt;
}

answered passed_on(const answer_head& head, const codec::completion_facts& read) {
  return {.content_type = head.content_type,
          .body = std::nullopt,
          .usage = {.tokens = read.usage},
          .relayed_bytes = read.relayed_bytes};
}

class completion final : public text_conversation {
 public:
  using text_conversation::text_conversation;

  [[nodiscard]] delivery how() const override {
    return asked().asked.facts.stream ? delivery::events : delivery::whole;
  }

  [[nodiscard]] bool finishes_in_error() const override { return own().finishes_in_error; }

  std::optional<core::attempt_failure> check(const answer_head& head) override { return check_events(head); }

  reply_step take(const answer_head& head, std::string_view body) override {
    const auto read = asked().responses.read_completion(body);
    if (auto fault = fault_of(read)) return std::move(*fault);
    if (read->finishes_in_error && finishes_in_error()) return unusable("the provider gave up on its answer");
    return passed_on(head, *read);
  }
};

class embedding final : public text_conversation {
 public:
  using text_conversation::text_conversation;

  reply_step take(const answer_head& head, std::string_view body) override {
    const auto read = asked().responses.read_embeddings(body);
    if (auto fault = fault_of(read)) return std::move(*fault);
    answered answer = passed_on(head, *read);
    // The client gets the encoding it asked for (OpenAI's default is floats), whichever the provider speaks.
    const bool wants_base64 = asked().asked.facts.encoding == codec::encoding_format::base64;
    if (wants_base64 != read->float_embeddings) return answer;
    answer.body = wants_base64 ? codec::embeddings_to_base64(body) : codec::embeddings_to_floats(body);
    if (!answer.body) return unusable("no embeddings");
    return answer;
  }
};

}  // namespace

std::unique_ptr<conversation> openai_text(const call& request, std::string target, text_customs own) {
  if (request.asked.facts.modality == core::modality::embeddings) {
    return std::make_unique<embedding>(request, std::move(target), own);
  }
  return std::make_unique<completion>(request, std::move(target), own);
}

}  // namespace phigate::upstream
