// How one provider protocol is spoken: the only place where providers differ (design §2.4). An adapter is stateless and
// shared by all workers; for each attempt it begins a conversation, which is told what the provider answered and says
// what comes next. Neither does any I/O: docs/adding-a-provider.md shows how to write one.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "phigate/codec/request.hpp"
#include "phigate/codec/response.hpp"
#include "phigate/codec/splice.hpp"
#include "phigate/core/failover.hpp"
#include "phigate/core/metering.hpp"
#include "phigate/core/protocol.hpp"
#include "phigate/core/registry.hpp"

namespace phigate::upstream {

// What a provider answered instead of a success: its status, and its body as far as it was read.
struct refusal {
  int status = 0;
  std::string_view body;
};

// What of a provider's head is of use; copies, since the head's bytes go.
struct answer_head {
  int status = 0;
  std::string content_type;
  std::string request_id;
  std::string operation_location;  // where a long-running operation is asked about
  std::optional<std::chrono::seconds> retry_after;
};

// One route's part in a request. Everything referred to outlives the conversation.
struct call {
  const codec::client_request& asked;
  const core::endpoint& endpoint;
  const core::hosted_model& model;
  core::data_class data_class{};
  std::string_view content_type;  // the client's
  std::string_view accept;        // the client's; empty: none
  codec::response_reader& responses;
};

struct wire_request {
  std::string_view method = "POST";  // static storage
  std::string target;                // origin-form, the endpoint's prefix included: "/v1/chat/completions"
  // Complete lines, content-type and accept among them; host, credential, length and what else every request to the
  // endpoint has are added where it is sent.
  std::string header_lines;
  codec::spliced_body body;  // its pieces live as long as the conversation or the call
};

// The client's answer.
struct answered {
  std::string content_type;
  std::optional<std::string> body;  // absent: the provider's, byte for byte
  core::usage usage;
  // What the answer holds, where usage must be estimated.
  std::int64_t relayed_bytes = 0;  // of text
  std::int64_t relayed_pages = 0;  // of a document; 0: as many as were asked for
};

// One more request, after a wait.
struct ask_again {
  wire_request request;
  std::chrono::milliseconds after{};
};

using reply_step = std::variant<answered, ask_again, core::attempt_failure>;

enum class delivery : std::uint8_t {
  whole,   // read to its end, then taken
  events,  // OpenAI's event stream: relayed event by event
  bytes,   // relayed as it comes, from its first byte on
};

class conversation {
 public:
  conversation() = default;
  conversation(const conversation&) = delete;
  conversation& operator=(const conversation&) = delete;
  virtual ~conversation() = default;

  // How the first request's answer goes to the client.
  [[nodiscard]] virtual delivery how() const { return delivery::whole; }
  // For bytes: the media type that the client is told, whatever the provider calls it. Static storage.
  [[nodiscard]] virtual std::string_view media_type() const { return "application/octet-stream"; }

  // The first request. Asked for once: where its connection turns out stale, a new conversation begins.
  virtual wire_request first() = 0;
  // For events and bytes: the head of a 2xx answer to the first request, before anything is relayed. Nothing: it fits.
  virtual std::optional<core::attempt_failure> check(const answer_head& /*head*/) { return std::nullopt; }
  // For events: whether a choice that ends for the reason "error" is the provider's failure, as an error event is.
  [[nodiscard]] virtual bool finishes_in_error() const { return false; }
  // A 2xx answer to the last request, whole. `body` has codec::padding readable bytes behind it. Not asked for events
  // or bytes.
  virtual reply_step take(const answer_head& head, std::string_view body) = 0;
  // A refusal of any request but the first. Nothing: it stands, as the adapter classes it.
  virtual std::optional<reply_step> excuse(const refusal& refused, const answer_head& head);
};

class adapter {
 public:
  virtual ~adapter() = default;

  [[nodiscard]] virtual const core::protocol& facts() const = 0;
  // The header lines that carry the endpoint's credential, each with its CRLF.
  [[nodiscard]] virtual std::string credential_lines(const core::endpoint& endpoint) const = 0;
  [[nodiscard]] virtual std::unique_ptr<conversation> begin(const call& request) const = 0;
  // Whose fault it is, before any retry rule is asked (spec §5). Fills kind, status and, for a client's mistake, what
  // the provider said.
  [[nodiscard]] virtual core::attempt_failure classify(const refusal& refused, const core::provider& by) const = 0;

  // Whether a provider that took on a request of the class keeps something that must be deleted when all is over. The
  // head of its first answer is then awaited for a while even where nobody waits for the answer any more.
  [[nodiscard]] virtual bool takes_leave(core::data_class /*of*/) const { return false; }
  // That deletion, whose answer nobody needs: sent when all is over, however it ended, and only where `takes_leave`.
  // `began`: the head of the 2xx answer to the first request. It outlives the request and its conversation, so it owns
  // all its pieces. Nothing: the head names nothing that could be deleted.
  [[nodiscard]] virtual std::optional<wire_request> farewell(const core::endpoint& /*at*/,
                                                             const answer_head& /*began*/) const {
    return std::nullopt;
  }
};

// The adapter of a protocol that the registry may name. The loader has checked the name; an unknown one is a bug and
// throws.
const adapter& adapter_for(std::string_view protocol);

// Every protocol that has an adapter: what a registry may name.
std::span<const core::protocol> known_protocols();

}  // namespace phigate::upstream
