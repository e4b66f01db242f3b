// Which call goes where (spec §10). One file per family of endpoints implements them.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "phigate/http/head.hpp"
#include "phigate/server/worker.hpp"
#include "server/request_context.hpp"
#include "server/responder.hpp"
#include "server/session.hpp"

namespace phigate::server {

// One request as an endpoint gets it. `head`'s views end with the first byte of the body that is awaited.
struct exchange {
  session& connection;
  request_context& context;
  const http::request_head& head;
  const std::shared_ptr<serving>& by;  // held by the session until the request is recorded
  responder answers;
  [[nodiscard]] worker& on() { return connection.on(); }
  [[nodiscard]] const generation& facts() const { return *by->facts; }
  [[nodiscard]] const config::settings& settings() const { return by->facts->settings(); }
  // For the metrics: how the attempt at the context's route ended ("ok", "503", "timeout", "cut", …).
  void count_attempt(std::string_view ended) {
    on().metrics().count_attempt(context.provider, context.endpoint, ended);
  }
};

// Path and method, then the endpoint. Answers in every case.
boost::asio::awaitable<void> dispatch(exchange& with, listener_role role);

boost::asio::awaitable<void> serve_chat(exchange& with);            // inference_endpoint.cpp
boost::asio::awaitable<void> serve_embeddings(exchange& with);      // inference_endpoint.cpp
boost::asio::awaitable<void> serve_transcription(exchange& with);   // inference_endpoint.cpp
boost::asio::awaitable<void> serve_speech(exchange& with);          // inference_endpoint.cpp
boost::asio::awaitable<void> serve_ocr(exchange& with);             // inference_endpoint.cpp
boost::asio::awaitable<void> serve_explain(exchange& with);         // explain_endpoint.cpp
boost::asio::awaitable<void> serve_model_list(exchange& with);      // models_endpoint.cpp
boost::asio::awaitable<void> serve_model(exchange& with);           // models_endpoint.cpp
boost::asio::awaitable<void> serve_vendors(exchange& with);         // vendors_endpoint.cpp
boost::asio::awaitable<void> serve_openapi(exchange& with);         // openapi_endpoint.cpp
boost::asio::awaitable<void> serve_healthz(exchange& with);         // status_endpoint.cpp
boost::asio::awaitable<void> serve_readyz(exchange& with);          // status_endpoint.cpp
boost::asio::awaitable<void> serve_metrics(exchange& with);         // status_endpoint.cpp: open, for the admin listener
boost::asio::awaitable<void> serve_metrics_to_key(exchange& with);  // status_endpoint.cpp

}  // namespace phigate::server
