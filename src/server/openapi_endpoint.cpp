// GET /openapi.json: the interface in a form that programs read. It says nothing of this gateway's own set-up, so it
// needs no key.
#include "server/endpoints.hpp"
#include "server/web.hpp"

namespace phigate::server {

namespace asio = boost::asio;

asio::awaitable<void> serve_openapi(exchange& with) {
  const std::string_view document = web::openapi();
  co_await with.answers.send(200, "application/json", document);
}

}  // namespace phigate::server
