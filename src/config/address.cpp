#include "config/address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "phigate/core/ascii.hpp"

namespace phigate::config {
namespace {

std::optional<in_addr> ipv4(std::string_view text) {
  in_addr out{};
  return inet_pton(AF_INET, std::string(text).c_str(), &out) == 1 ? std::optional(out) : std::nullopt;
}

std::optional<in6_addr> ipv6(std::string_view text) {
  in6_addr out{};
  return inet_pton(AF_INET6, std::string(text).c_str(), &out) == 1 ? std::optional(out) : std::nullopt;
}

bool is_label(std::string_view text) {
  return !text.empty() && text.size() <= 63 && text.front() != '-' && text.back() != '-' &&
         std::ranges::all_of(text, [](char c) { return core::ascii::is_alphanumeric(c) || c == '-' || c == '_'; });
}

// A name whose last label is a number is an address in some old notation (127.1, 0x7f.1): resolvers differ on those.
bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  std::string_view label;
  for (std::string_view rest = text;;) {
    const std::size_t dot = rest.find('.');
    label = rest.substr(0, dot);
    if (!is_label(label)) return false;
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  return !core::ascii::is_digit(label.front());
}

bool is_path(std::string_view text) {
  static constexpr std::string_view marks = "-._~!$&'()*+,;=:@%/";
  if (!std::ranges::all_of(text, [](char c) { return core::ascii::is_alphanumeric(c) || marks.contains(c); }))
    return false;
  for (const std::string_view trap : {"//", "/./", "/../", "%2e", "%2E", "%2f", "%2F", "%5c", "%5C"}) {
    if (text.contains(trap)) return false;
  }
  return !text.ends_with("/") && !text.ends_with("/.") && !text.ends_with("/..");
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

// host[:port], the host in brackets when it is IPv6.
std::expected<void, std::string> parse_authority(std::string_view text, core::base_url& url) {
  if (text.contains('@')) return std::unexpected("a URL with user information: a credential has a key of its own");
  const bool bracketed = text.starts_with('[');
  const std::size_t host_end = bracketed ? text.find(']') : text.find(':');
  if (bracketed && host_end == std::string_view::npos) return std::unexpected("[ without ] in the URL's host");
  const std::string_view host = bracketed ? text.substr(1, host_end - 1) : text.substr(0, host_end);
  std::string_view rest = bracketed ? text.substr(host_end + 1) : text.substr(std::min(host_end, text.size()));
  if (host.empty()) return std::unexpected("a URL without a host");
  if (bracketed ? !ipv6(host) : !(ipv4(host) || is_host_name(host)))
    return std::unexpected("a URL whose host is no name or address");
  url.host = core::ascii::to_lower(host);
  if (rest.empty()) return {};
  const auto port = rest.starts_with(':') ? parse_port(rest.substr(1)) : std::nullopt;
  if (!port) return std::unexpected("a URL's port is 1 to 65535");
  url.port = *port;
  return {};
}

}  // namespace

bool is_ip_address(std::string_view text) {
  return ipv4(text) || ipv6(text);
}

bool is_loopback(std::string_view text) {
  if (const auto four = ipv4(text)) return (ntohl(four->s_addr) >> 24) == 127;
  const auto six = ipv6(text);
  return six && IN6_IS_ADDR_LOOPBACK(&*six);
}

std::expected<core::base_url, std::string> parse_base_url(std::string_view text) {
  core::base_url url;
  const std::size_t scheme_end = text.find("://");
  const std::string_view scheme = text.substr(0, scheme_end);
  if (scheme_end == std::string_view::npos || (scheme != "https" && scheme != "http")) {
    return std::unexpected("must be a URL that begins with https://");
  }
  url.tls = scheme == "https";
  url.port = url.tls ? 443 : 80;
  std::string_view rest = text.substr(scheme_end + 3);
  if (rest.contains('?')) return std::unexpected("a base URL has no query");
  if (rest.contains('#')) return std::unexpected("a base URL has no fragment");
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  if (const auto parsed = parse_authority(rest.substr(0, slash), url); !parsed) return std::unexpected(parsed.error());
  // The dialer takes only the loopback addresses of the name localhost (RFC 6761 §6.3 promises no others).
  if (!url.tls && url.host != "localhost" && !is_loopback(url.host)) {
    return std::unexpected("http:// is for a loopback address alone (127.0.0.1, [::1] or localhost): write https://");
  }
  rest.remove_prefix(slash);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (!is_path(rest)) return std::unexpected("a URL's path is plain ASCII, without empty or dot segments");
  url.prefix = std::string(rest);
  return url;
}

std::expected<std::string, std::string> parse_origin(std::string_view text) {
  const std::string_view expected = "must be an origin, written https://app.example.org";
  const std::size_t scheme_end = text.find("://");
  const std::string_view scheme = text.substr(0, scheme_end);
  if (scheme_end == std::string_view::npos || (scheme != "https" && scheme != "http")) {
    return std::unexpected(std::string(expected));
  }
  const std::string_view authority = text.substr(scheme_end + 3);
  if (authority.contains('/') || authority.contains('?') || authority.contains('#')) {
    return std::unexpected(std::string(expected) + ", without a path");
  }
  core::base_url url;
  url.tls = scheme == "https";
  url.port = 0;
  if (const auto parsed = parse_authority(authority, url); !parsed) return std::unexpected(std::string(expected));
  std::string origin = std::string(scheme) + "://" + (url.host.contains(':') ? '[' + url.host + ']' : url.host);
  const std::uint16_t implied = url.tls ? 443 : 80;
  if (url.port != 0 && url.port != implied) origin += ':' + std::to_string(url.port);
  return origin;
}

}  // namespace phigate::config
