// The registry for whoever must know where data may go (spec §10): JSON, or a page for a browser.
#include <chrono>
#include <string>
#include <string_view>

#include "phigate/codec/vendors.hpp"
#include "phigate/core/coverage.hpp"
#include "phigate/http/writer.hpp"
#include "server/endpoints.hpp"
#include "server/vendors_page.hpp"

namespace phigate::server {

namespace asio = boost::asio;

namespace {

// A browser names text/html, and before or instead of JSON; what takes anything gets JSON.
bool wants_page(std::string_view accept) {
  const std::size_t page = accept.find("text/html");
  const std::size_t json = accept.find("application/json");
  return page != std::string_view::npos && page < json;
}

}  // namespace

asio::awaitable<void> serve_vendors(exchange& with) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto today = std::chrono::floor<std::chrono::days>(now);
  const core::registry& known = with.facts().registry();
  const core::coverage_matrix matrix = core::coverage_of(known, today);
  std::string headers;
  http::append_field(headers, "vary", "accept");
  if (!wants_page(with.context.accept)) {
    const std::string body = codec::vendors_object(known, matrix, now);
    co_await with.answers.send(200, "application/json", body, headers);
    co_return;
  }
  // The page needs its own style and nothing else, from nowhere.
  http::append_field(headers, "content-security-policy",
                     "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'");
  http::append_field(headers, "x-content-type-options", "nosniff");
  const std::string body = vendors_page(known, matrix, today);
  co_await with.answers.send(200, "text/html; charset=utf-8", body, headers);
}

}  // namespace phigate::server
