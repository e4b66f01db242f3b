#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "phigate/http/writer.hpp"
#include "server/admission.hpp"
#include "server/cors.hpp"
#include "server/endpoints.hpp"

namespace phigate::server {

namespace asio = boost::asio;

namespace {

constexpr std::string_view get_methods = "GET, HEAD, OPTIONS";
constexpr std::string_view post_methods = "POST, OPTIONS";

struct endpoint {
  std::string_view path;
  bool is_prefix = false;  // more must follow
  std::string_view methods;
  std::string_view name;  // for metrics and the record
  asio::awaitable<void> (*serve)(exchange&);
  bool is_open = false;  // needs no key (spec §10)
  [[nodiscard]] bool matches(std::string_view asked) const {
    return is_prefix ? asked.starts_with(path) && asked.size() > path.size() : asked == path;
  }
};

constexpr std::array main_endpoints{
    endpoint{"/v1/chat/completions", false, post_methods, "chat_completions", serve_chat},
    endpoint{"/v1/embeddings", false, post_methods, "embeddings", serve_embeddings},
    endpoint{"/v1/audio/transcriptions", false, post_methods, "audio_transcriptions", serve_transcription},
    endpoint{"/v1/audio/speech", false, post_methods, "audio_speech", serve_speech},
    endpoint{"/v1/ocr", false, post_methods, "ocr", serve_ocr},
    endpoint{"/v1/route/explain", false, post_methods, "route_explain", serve_explain},
    endpoint{"/v1/models", false, get_methods, "models", serve_model_list},
    endpoint{"/v1/models/", true, get_methods, "model", serve_model},
    endpoint{"/vendors", false, get_methods, "vendors", serve_vendors, true},
    endpoint{"/openapi.json", false, get_methods, "openapi", serve_openapi, true},
    endpoint{"/healthz", false, get_methods, "healthz", serve_healthz, true},
    endpoint{"/readyz", false, get_methods, "readyz", serve_readyz, true},
    endpoint{"/metrics", false, get_methods, "metrics", serve_metrics_to_key},
};

constexpr std::array admin_endpoints{
    endpoint{"/healthz", false, get_methods, "healthz", serve_healthz, true},
    endpoint{"/readyz", false, get_methods, "readyz", serve_readyz, true},
    endpoint{"/metrics", false, get_methods, "metrics", serve_metrics, true},
};

// OpenAI's endpoints that this gateway lacks, and the nearest that it has.
struct lacking {
  std::string_view path;
  std::string_view nearest;
};
constexpr std::array lacking_endpoints{
    lacking{"/v1/responses", "POST /v1/chat/completions"},
    lacking{"/v1/completions", "POST /v1/chat/completions"},
    lacking{"/v1/messages", "POST /v1/chat/completions"},
    lacking{"/v1/assistants", "POST /v1/chat/completions"},
    lacking{"/v1/threads", "POST /v1/chat/completions"},
    lacking{"/v1/audio/translations", "POST /v1/audio/transcriptions"},
    lacking{"/v1/audio/voices", "GET /vendors"},
    lacking{"/v1/audio", "POST /v1/audio/transcriptions"},
    lacking{"/v1/images", "POST /v1/chat/completions"},
    lacking{"/v1/moderations", "POST /v1/chat/completions"},
    lacking{"/v1/batches", "POST /v1/chat/completions"},
    lacking{"/v1/files", "POST /v1/ocr"},
    lacking{"/v1/vector_stores", "POST /v1/embeddings"},
    lacking{"/v1/engines", "GET /v1/models"},
    lacking{"/chat/completions", "POST /v1/chat/completions"},
    lacking{"/embeddings", "POST /v1/embeddings"},
    lacking{"/audio/transcriptions", "POST /v1/audio/transcriptions"},
    lacking{"/audio/speech", "POST /v1/audio/speech"},
    lacking{"/ocr", "POST /v1/ocr"},
    lacking{"/models", "GET /v1/models"},
};

asio::awaitable<void> answer_not_found(exchange& with, std::string_view path, listener_role role) {
  core::api_error error;
  error.code = core::error_code::not_found;
  error.message = "There is no such path here.";
  const auto near = std::find_if(lacking_endpoints.begin(), lacking_endpoints.end(), [&](const lacking& entry) {
    return path == entry.path || (path.starts_with(entry.path) && path[entry.path.size()] == '/');
  });
  if (role == listener_role::admin) {
    error.message += " This listener has /healthz, /readyz and /metrics.";
  } else if (near != lacking_endpoints.end()) {
    error.message =
        "This gateway does not have this endpoint; the nearest that it has is " + std::string(near->nearest) + ".";
  } else {
    error.message +=
        " The endpoints are POST /v1/chat/completions, /v1/embeddings, /v1/audio/transcriptions, /v1/audio/speech, "
        "/v1/ocr and /v1/route/explain, and GET /v1/models, /vendors and /openapi.json.";
  }
  co_await with.answers.send_error(std::move(error));
}

asio::awaitable<void> answer_options(exchange& with, const endpoint& about) {
  // A browser sends its preflight without the key.
  const bool is_preflight = with.head.find("origin") && with.head.find("access-control-request-method");
  admitted known;
  if (!is_preflight && !about.is_open) known = check_key(with.facts(), with.head, with.context);
  if (!known) {
    co_await with.answers.send_error(known.error());
    co_return;
  }
  std::string headers;
  http::append_field(headers, "allow", about.methods);
  if (!with.context.origin.empty()) append_preflight_headers(headers, about.methods);
  constexpr std::string_view none;
  co_await with.answers.send(204, none, none, headers);
}

// "GET, HEAD, OPTIONS" as a list.
bool lists(std::string_view methods, std::string_view method) {
  while (!methods.empty()) {
    const std::size_t comma = methods.find(", ");
    if (methods.substr(0, comma) == method) return true;
    if (comma == std::string_view::npos) break;
    methods.remove_prefix(comma + 2);
  }
  return false;
}

}  // namespace

asio::awaitable<void> dispatch(exchange& with, listener_role role) {
  const std::string_view path = with.head.path;
  const endpoint* found = nullptr;
  const auto look_in = [&](const auto& table) {
    const auto match = std::find_if(table.begin(), table.end(), [&](const endpoint& e) { return e.matches(path); });
    if (match != table.end()) found = &*match;
  };
  if (role == listener_role::admin) {
    look_in(admin_endpoints);
  } else {
    look_in(main_endpoints);
  }
  const bool metrics_elsewhere = role == listener_role::main && with.settings().admin.has_value();
  if (found != nullptr && metrics_elsewhere && found->path == "/metrics") found = nullptr;
  if (found == nullptr) {
    note_policy(with.facts(), with.head, with.context);
    co_await answer_not_found(with, path, role);
    co_return;
  }
  with.context.route = found->name;
  if (!lists(found->methods, with.head.method)) {
    note_policy(with.facts(), with.head, with.context);
    core::api_error error;
    error.code = core::error_code::method_not_allowed;
    error.message = "This path takes " + std::string(found->methods) + ".";
    std::string allow;
    http::append_field(allow, "allow", found->methods);
    co_await with.answers.send_error(std::move(error), allow);
    co_return;
  }
  if (with.head.method == "OPTIONS") {
    note_policy(with.facts(), with.head, with.context);
    co_await answer_options(with, *found);
    co_return;
  }
  co_await found->serve(with);
}

}  // namespace phigate::server
