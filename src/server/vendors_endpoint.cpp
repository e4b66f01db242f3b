// The registry for whoever must know where data may go (spec §10): JSON, or a page for a browser.
#include <openssl/evp.h>

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "phigate/codec/vendors.hpp"
#include "phigate/core/coverage.hpp"
#include "phigate/http/writer.hpp"
#include "phigate/server/key_ring.hpp"
#include "server/accept.hpp"
#include "server/endpoints.hpp"
#include "server/vendors_page.hpp"
#include "server/web.hpp"

namespace phigate::server {

namespace asio = boost::asio;

namespace {

std::string all_accepted(const http::request_head& head) {
  std::string list;
  for (const http::field& field : head.fields) {
    if (!http::equals_ignoring_case(field.name, "accept")) continue;
    if (!list.empty()) list += ',';
    list += field.value;
  }
  return list;
}

// The page has its own style and an empty icon (or browsers would ask for one), nothing else, and that from nowhere.
const std::string& page_policy() {
  static const std::string policy = [] {
    const config::sha256_digest digest = sha256(web::vendors_style());
    std::array<unsigned char, 4 * ((std::tuple_size_v<config::sha256_digest> + 2) / 3) + 1> base64{};
    const int size = EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(digest.size()));
    return "default-src 'none'; style-src 'sha256-" + std::string(base64.begin(), base64.begin() + size) +
           "'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
  }();
  return policy;
}

// Nobody needs a key to ask, so asking must cost little: agreements, and with them coverage, change with the day alone.
vendors_told& told_on(std::chrono::sys_days today, serving& by) {
  vendors_told& told = by.vendors;
  if (told.on != today) {
    told = vendors_told();
    told.on = today;
  }
  return told;
}

std::string vendors_json(serving& by, std::chrono::sys_seconds now) {
  const auto today = std::chrono::floor<std::chrono::days>(now);
  const core::registry& known = by.facts->registry();
  auto& object = told_on(today, by).object;
  if (!object) {
    object = std::make_shared<const std::string>(codec::vendors_object(known, core::coverage_of(known, today), now));
  }
  return codec::retold(*object, now);
}

std::shared_ptr<const std::string> vendors_html(serving& by, std::chrono::sys_days today) {
  const core::registry& known = by.facts->registry();
  auto& page = told_on(today, by).page;
  if (!page) page = std::make_shared<const std::string>(vendors_page(known, core::coverage_of(known, today), today));
  return page;
}

}  // namespace

asio::awaitable<void> serve_vendors(exchange& with) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  std::string headers;
  http::append_field(headers, "vary", "accept");
  http::append_field(headers, "cache-control", "no-cache");  // agreements lapse by the clock, and a reload changes all
  http::append_field(headers, "x-content-type-options", "nosniff");
  if (!prefers_page(all_accepted(with.head))) {
    const std::string body = vendors_json(*with.by, now);
    co_await with.answers.send(200, "application/json", body, headers);
    co_return;
  }
  http::append_field(headers, "content-security-policy", page_policy());
  const auto page = vendors_html(*with.by, std::chrono::floor<std::chrono::days>(now));
  const std::string_view body = *page;  // held here: the next day's may take its place meanwhile
  co_await with.answers.send(200, "text/html; charset=utf-8", body, headers);
}

}  // namespace phigate::server
