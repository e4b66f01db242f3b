// The endpoints that reach a provider: the checks of spec §2 in their order, then the routing.
#include <expected>
#include <memory>
#include <string_view>
#include <utility>

#include "phigate/codec/multipart.hpp"
#include "phigate/core/routing.hpp"
#include "phigate/server/request_policy.hpp"
#include "server/admission.hpp"
#include "server/body_reader.hpp"
#include "server/endpoints.hpp"
#include "server/routed_request.hpp"

namespace phigate::server {

namespace asio = boost::asio;

namespace {

using core::api_error;
using asked_for = std::expected<codec::client_request, api_error>;

// How an endpoint's body is told apart from others, judged while it arrives, and read.
class body_format {
 public:
  body_format() = default;
  body_format(const body_format&) = delete;
  body_format& operator=(const body_format&) = delete;
  virtual ~body_format() = default;
  virtual admitted check_type(const http::request_head& head) = 0;
  virtual body_reader::inspection inspection() { return {}; }
  virtual asked_for read(codec::request_reader& reader, std::string_view body) = 0;
};

class json_format final : public body_format {
 public:
  using reading = asked_for (*)(codec::request_reader&, std::string_view);
  explicit json_format(reading how) : how_(how) {}
  admitted check_type(const http::request_head& head) override { return check_content_type(head); }
  asked_for read(codec::request_reader& reader, std::string_view body) override { return how_(reader, body); }

 private:
  reading how_;
};

class transcription_form final : public body_format {
 public:
  admitted check_type(const http::request_head& head) override {
    auto boundary = check_form_type(head);
    if (!boundary) return std::unexpected(std::move(boundary.error()));
    parts_.emplace(*std::move(boundary), [this](const codec::part_head& part) { return judge(part); });
    return {};
  }

  body_reader::inspection inspection() override {
    return [this](std::string_view so_far) -> std::optional<api_error> {
      const auto sound = parts_->advance(so_far);
      return sound ? std::nullopt : std::optional(sound.error());
    };
  }

  asked_for read(codec::request_reader& reader, std::string_view body) override {
    if (!parts_->is_complete()) {
      return std::unexpected(
          api_error{.code = core::error_code::bad_request,
                    .message = "The form ends before its closing boundary. Send it whole, and the boundary of its "
                               "Content-Type behind the last part."});
    }
    return reader.read_transcription(parts_->parts(body), body);
  }

 private:
  std::optional<api_error> judge(const codec::part_head& part) {
    auto refused = codec::admit_transcription_part(part, has_file_);
    has_file_ = has_file_ || part.name == "file";
    return refused;
  }

  std::optional<codec::multipart_reader> parts_;
  bool has_file_ = false;
};

admitted admit(exchange& with, body_format& format) {
  const config::settings& settings = with.settings();
  if (admitted known = check_key(with.facts(), with.head, with.context); !known) return known;
  if (admitted policy = check_policy_headers(settings, with.head, with.context); !policy) return policy;
  if (admitted type = format.check_type(with.head); !type) return type;
  return check_length(settings, with.head);
}

// From the body's facts to the routes in their order.
std::expected<core::route_order, api_error> route(exchange& with, const codec::request_facts& facts) {
  const auto policy = settle_permitted_policy(with.facts(), facts, with.context);
  if (!policy) return std::unexpected(policy.error());
  return core::route_request(*policy, with.facts().registry(), *with.facts().health, this_moment());
}

struct routable {
  codec::client_request asked;
  core::route_order order;
};

// What the whole body asks for, and where it may go. `copies` grows by what was copied of the body: that counts as the
// body itself does (threats §5).
std::expected<routable, api_error> prepare(exchange& with, body_format& format, std::string_view body, permit& copies) {
  asked_for asked = format.read(with.on().request_reader(), body);
  if (!asked) return std::unexpected(std::move(asked.error()));
  auto order = route(with, asked->facts);
  if (!order) return std::unexpected(std::move(order.error()));
  if (!copies.grow(codec::bytes_beside_body(*asked))) {
    return std::unexpected(too_many_bodies());
  }
  return routable{*std::move(asked), *std::move(order)};
}

api_error shut_down() {
  return {.code = core::error_code::shutting_down,
          .message = "The gateway shut down before the request was sent on. Send it again."};
}

class in_flight_gauge {
 public:
  explicit in_flight_gauge(observe::worker_metrics& metrics) : metrics_(metrics) { metrics_.add_in_flight(1); }
  ~in_flight_gauge() { metrics_.add_in_flight(-1); }
  in_flight_gauge(const in_flight_gauge&) = delete;
  in_flight_gauge& operator=(const in_flight_gauge&) = delete;

 private:
  observe::worker_metrics& metrics_;
};

asio::awaitable<void> serve_inference(exchange& with, std::unique_ptr<body_format> format) {
  permit in_flight(with.on().shared.gate.in_flight);
  admitted admission = admit(with, *format);
  if (admission) admission = check_load(with.on().shared, in_flight);
  if (!admission) {
    co_await with.answers.send_error(admission.error());
    co_return;
  }
  const in_flight_gauge gauge(with.on().metrics());

  body_reader reader(with);
  body_reader::inspection inspection = format->inspection();
  const bool whole = co_await reader.read(std::move(inspection));
  if (!whole) {
    if (reader.fault()) co_await with.answers.send_error(std::move(*reader.fault()));
    co_return;
  }
  if (with.connection.interrupt().why() != net::interruption::none) {
    co_await with.answers.send_error(shut_down());
    co_return;
  }
  permit copies(with.on().shared.gate.memory);
  auto ready = prepare(with, *format, reader.body(), copies);
  if (!ready) {
    co_await with.answers.send_error(std::move(ready.error()));
    co_return;
  }
  net::interrupt& interrupt = with.connection.interrupt();
  with.connection.client().watch([&interrupt] { interrupt.fire(net::interruption::client_gone); });
  routed_request request(with, reader, ready->asked, copies);
  co_await request.serve(std::move(ready->order));
  with.connection.client().unwatch();
}

asked_for whole_request(std::expected<codec::request_facts, api_error> facts, std::string_view body) {
  if (!facts) return std::unexpected(std::move(facts.error()));
  return codec::client_request{.facts = *std::move(facts), .body = body};
}

asked_for read_chat(codec::request_reader& reader, std::string_view body) {
  return whole_request(reader.read_chat(body), body);
}

asked_for read_embeddings(codec::request_reader& reader, std::string_view body) {
  return whole_request(reader.read_embeddings(body), body);
}

asked_for read_speech(codec::request_reader& reader, std::string_view body) {
  return reader.read_speech(body);
}

asked_for read_document(codec::request_reader& reader, std::string_view body) {
  return reader.read_document(body);
}

}  // namespace

asio::awaitable<void> serve_chat(exchange& with) {
  return serve_inference(with, std::make_unique<json_format>(read_chat));
}

asio::awaitable<void> serve_embeddings(exchange& with) {
  return serve_inference(with, std::make_unique<json_format>(read_embeddings));
}

asio::awaitable<void> serve_speech(exchange& with) {
  return serve_inference(with, std::make_unique<json_format>(read_speech));
}

asio::awaitable<void> serve_ocr(exchange& with) {
  return serve_inference(with, std::make_unique<json_format>(read_document));
}

asio::awaitable<void> serve_transcription(exchange& with) {
  return serve_inference(with, std::make_unique<transcription_form>());
}

}  // namespace phigate::server
