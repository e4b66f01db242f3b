#include "server/session.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "phigate/observe/log.hpp"
#include "server/admission.hpp"
#include "server/cors.hpp"
#include "server/endpoints.hpp"
#include "server/request_id.hpp"
#include "server/responder.hpp"

namespace phigate::server {

namespace asio = boost::asio;

namespace {

// What a cut request may still take to tell its client so. A client that does not read, or is still sending, is not
// waited for.
constexpr std::chrono::seconds last_words{1};

// After the last answer the rest of what the client sends is read and dropped for a while: closing at once would reset
// the connection and could take the answer with it. Many clients read it only once they have sent their whole body.
constexpr std::chrono::seconds longest_silence{2};
constexpr std::chrono::seconds longest_linger{30};
constexpr std::uint64_t most_lingering_bytes = 1u << 20;
constexpr std::uint64_t most_over_limit = 64u << 20;  // of a body that is refused for its size

http::head_limits head_limits_of(const config::limits& limits) {
  http::head_limits out;
  out.header = limits.header;
  out.fields = limits.header_fields;
  return out;
}

core::error_code code_of(int head_status) {
  switch (head_status) {
    case 405:
      return core::error_code::method_not_allowed;
    case 408:
      return core::error_code::request_timeout;
    case 414:
      return core::error_code::uri_too_long;
    case 417:
      return core::error_code::expectation_failed;
    case 431:
      return core::error_code::header_too_large;
    case 501:
      return core::error_code::not_implemented;
    case 505:
      return core::error_code::http_version_unsupported;
    default:
      return core::error_code::bad_request;
  }
}

// A policy header that can't be read has the code of one that can't be understood: the client sees one kind of mistake.
core::api_error error_of(http::head_fault fault) {
  constexpr std::string_view unreadable = " holds a byte that is not plain ASCII";
  if (http::equals_ignoring_case(fault.field, "x-phi")) return invalid_phi("X-PHI" + std::string(unreadable));
  if (http::equals_ignoring_case(fault.field, "x-region")) return invalid_region("X-Region" + std::string(unreadable));
  core::api_error error;
  error.code = code_of(fault.status);
  error.message = std::move(fault.message);
  return error;
}

void read_head_into(request_context& context, const http::request_head& head, const config::settings& settings) {
  context.is_head_method = head.method == "HEAD";
  context.http_1_0 = head.minor_version == 0;
  context.keep_alive = head.keep_alive;
  context.expects_continue = head.expects_continue;
  context.framing = head.framing;
  context.content_length = head.content_length;
  context.content_type = head.find("content-type").value_or("");
  context.accept = head.find("accept").value_or("");
  context.traceparent = head.find("traceparent").value_or("");
  context.origin = admitted_origin(settings.cors_origins, head.find("origin").value_or(""));
  const std::string_view client_id = head.find("x-request-id").value_or("");
  if (head.count("x-request-id") == 1 && is_client_request_id(client_id)) context.client_id = client_id;
}

}  // namespace

session::session(worker& on, std::shared_ptr<net::channel> client, listener_role role, permit connection)
    : worker_(on),
      client_(std::move(client)),
      role_(role),
      connection_permit_(std::move(connection)),
      end_(on.deadlines(), [this] { cut_off(); }) {
  worker_.add(*this);
  worker_.metrics().add_connections(1);
}

session::~session() {
  client_->unwatch();
  client_->close();
  worker_.metrics().add_connections(-1);
  worker_.remove(*this);
}

void session::close_if_idle() {
  if (idle_) client_->close();
}

void session::cut() {
  if (idle_) {
    client_->close();
    return;
  }
  worker_.shared.cut_requests.fetch_add(1, std::memory_order_relaxed);
  interrupt_.fire(net::interruption::shutting_down);
  end_.arm_in(last_words);
}

// An answer that is still under way ends in a reset: some have nothing else that tells a cut from an end.
void session::cut_off() {
  if (!idle_) client_->stream().reset_on_close();
  client_->close();
}

asio::awaitable<void> session::run() {
  while (true) {
    const bool goes_on = co_await serve_one();
    if (!goes_on) break;
    first_request_ = false;
  }
  if (is_cut_short_) {
    cut_off();
  } else if (!client_->is_closed()) {
    co_await linger();
  }
}

asio::awaitable<bool> session::serve_one() {
  request_context context;
  idle_ = true;
  const auto size = co_await await_head(context);
  if (!size) co_return false;
  idle_ = false;
  context.started = std::chrono::steady_clock::now();

  http::request_head head;
  const std::string_view bytes = client_->received().substr(0, *size);
  // From here to its record the request is served by one configuration, whatever is reloaded meanwhile.
  const std::shared_ptr<serving> by = worker_.current();
  const config::settings& settings = by->facts->settings();
  const auto parsed = http::parse_request_head(bytes, head_limits_of(settings.limits), head);
  client_->consume(*size);  // its bytes stay readable until the next read is awaited
  context.id = make_request_id();
  if (!parsed) {
    if (!parsed.error().close) read_head_into(context, head, settings);
    co_await refuse_head(context, parsed.error());
    note_rest(context, settings);
    co_return context.keep_alive && !client_->is_closed();
  }
  read_head_into(context, head, settings);

  bool thrown = false;
  try {
    co_await serve(context, head, by);
  } catch (const std::exception& bug) {
    observe::log(observe::level::error, "exception in a request", {{"id", context.id}, {"what", bug.what()}});
    thrown = true;
  }
  client_->unwatch();
  if (thrown) {
    context.keep_alive = false;
    responder answers(worker_, *client_, context);
    core::api_error error;
    error.message = "The gateway failed on this request. Quote its x-request-id to the operator.";
    context.cut_short = context.status != 0 && context.http_1_0;
    if (context.status == 0) co_await answers.send_error(std::move(error));
  }
  record(context);
  is_cut_short_ = context.cut_short;
  note_rest(context, settings);
  // The answer's head may be older than the order to drain.
  const bool is_serving = worker_.shared.stage.load(std::memory_order_relaxed) == drain_stage::serving;
  co_return is_serving&& context.keep_alive && !context.client_gone && !client_->is_closed();
}

// The size of the next head, its leading blank lines taken off. Nothing: the connection is over, and what had to be
// said is said.
asio::awaitable<std::optional<std::size_t>> session::await_head(request_context& context) {
  const config::timeouts timeouts = worker_.settings().timeouts;
  const http::head_limits limits = head_limits_of(worker_.settings().limits);
  bool late = false;
  net::deadline timer(worker_.deadlines(), [&] {
    late = true;
    client_->nudge();
  });
  bool begun = first_request_ || !client_->received().empty();
  timer.arm_in(begun ? timeouts.client_header : timeouts.client_idle);

  http::head_progress progress;
  while (true) {
    const auto found = http::find_request_head(client_->received(), limits, progress);
    std::optional<http::head_fault> fault;
    if (!found) fault = found.error();
    if (late && begun) fault = http::head_fault{408, true, "The request's head did not arrive in time.", {}};
    if (late && !begun) co_return std::nullopt;
    if (fault) {
      context.id = make_request_id();
      co_await refuse_head(context, std::move(*fault));
      co_return std::nullopt;
    }
    if (found->size > 0) {
      client_->consume(found->skip);
      co_return found->size;
    }
    const auto woken = co_await client_->more();
    if (woken == net::channel::wake::closed) co_return std::nullopt;
    if (woken == net::channel::wake::data && !begun) {
      begun = true;
      timer.arm_in(timeouts.client_header);
    }
  }
}

asio::awaitable<void> session::refuse_head(request_context& context, http::head_fault fault) {
  idle_ = false;
  if (fault.close) {
    context.keep_alive = false;
    context.body_consumed = true;  // what follows can't be told apart from a body
  }
  const std::string_view allow = fault.status == 405 ? "allow: GET, HEAD, POST, OPTIONS\r\n" : "";
  core::api_error error = error_of(std::move(fault));
  responder answers(worker_, *client_, context);
  co_await answers.send_error(std::move(error), allow);
  record(context);
}

asio::awaitable<void> session::serve(request_context& context, const http::request_head& head,
                                     const std::shared_ptr<serving>& by) {
  exchange with{*this, context, head, by, responder(worker_, *client_, context)};
  co_await dispatch(with, role_);
}

// Many clients read nothing before they have sent everything, also more than the limit: the answer must not be lost.
void session::note_rest(const request_context& context, const config::settings& settings) {
  rest_to_drop_ = context.gave_up_body ? settings.limits.body + most_over_limit : 0;
}

asio::awaitable<void> session::linger() {
  idle_ = true;
  client_->stream().shutdown_send();
  net::deadline timer(worker_.deadlines(), [this] { client_->close(); });
  const auto until = std::chrono::steady_clock::now() + (rest_to_drop_ > 0 ? longest_linger : longest_silence);
  const std::uint64_t most = std::max(most_lingering_bytes, rest_to_drop_);
  std::uint64_t dropped = 0;
  while (dropped < most) {
    dropped += client_->received().size();
    client_->consume(client_->received().size());
    timer.arm(std::min(std::chrono::steady_clock::now() + longest_silence, until));
    const auto woken = co_await client_->more();
    if (woken == net::channel::wake::closed) break;
  }
}

void session::record(const request_context& context) {
  const std::string_view region = context.region ? core::to_string(*context.region) : std::string_view{};
  const std::string_view data_class = context.data_class ? core::to_string(*context.data_class) : std::string_view{};
  // 499, as nginx has it: the client went before any answer.
  const int status = context.status == 0 ? 499 : context.status;
  worker_.metrics().count_request(context.route, status, data_class, region);

  observe::access_record line;
  line.request_id = context.id;
  if (context.data_class == core::data_class::general) line.client_request_id = context.client_id;
  if (context.key != nullptr) line.key_id = context.key->id;
  line.route = context.route;
  line.status = status;
  line.error_code = context.error_code;
  line.region = region;
  line.data_class = data_class;
  line.provider = context.provider;
  line.endpoint = context.endpoint;
  line.model = context.model;
  line.attempts = context.attempts;
  if (context.cost) line.cost_micro_usd = context.cost->micro_usd;
  line.milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - context.started).count();
  line.client_gone = context.client_gone;
  worker_.shared.access_log.write(line);
}

}  // namespace phigate::server
