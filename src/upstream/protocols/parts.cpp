#include "upstream/protocols/parts.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <system_error>
#include <utility>

#include "phigate/codec/response.hpp"
#include "phigate/core/ascii.hpp"

namespace phigate::upstream {
namespace {

using core::failure_kind;

bool contains(std::string_view text, std::string_view word) {
  const auto same = [](char a, char b) { return core::ascii::to_lower(a) == core::ascii::to_lower(b); };
  return std::search(text.begin(), text.end(), word.begin(), word.end(), same) != text.end();
}

bool is_unreserved(char c) {
  return core::ascii::is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

// host[:port], without brackets' or names' aliases: what isn't spelt as the registry spells it is another host.
bool is_authority(std::string_view text, const core::base_url& origin) {
  const bool is_ipv6 = origin.host.find(':') != std::string::npos;
  if (is_ipv6 && !skip(text, "[")) return false;
  if (!skip(text, origin.host)) return false;
  if (is_ipv6 && !skip(text, "]")) return false;
  if (text.empty()) return origin.port == (origin.tls ? 443 : 80);
  if (!skip(text, ":")) return false;
  std::uint16_t port = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), port);
  return fault == std::errc{} && end == text.data() + text.size() && port == origin.port;
}

}  // namespace

failure_kind kind_of(int status) {
  switch (status) {
    case 401:
    case 402:
    case 403:
      return failure_kind::auth_failed;
    case 404:
      return failure_kind::misconfigured;
    case 408:
      return failure_kind::request_timeout;
    case 429:
      return failure_kind::rate_limited;
    default:
      break;
  }
  return status >= 400 && status < 500 ? failure_kind::client_mistake : failure_kind::server_error;
}

core::attempt_failure classify_by_status(const refusal& refused) {
  core::attempt_failure failure;
  failure.status = refused.status;
  failure.kind = kind_of(refused.status);
  failure.reach = core::reach::head_received;
  if (failure.kind == failure_kind::client_mistake || failure.kind == failure_kind::auth_failed ||
      failure.kind == failure_kind::misconfigured) {
    failure.said = codec::read_provider_error(refused.status, refused.body);
  }
  return failure;
}

bool says_any(const core::provider_error& said, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(words, [&](std::string_view word) {
    return contains(said.message, word) || contains(said.code, word) || contains(said.type, word);
  });
}

bool opens_with_any(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(
      words, [text](std::string_view word) { return core::ascii::starts_with_ignoring_case(text, word); });
}

bool skip(std::string_view& text, std::string_view word) {
  if (!core::ascii::starts_with_ignoring_case(text, word)) return false;
  text.remove_prefix(word.size());
  return true;
}

core::attempt_failure unusable(std::string note) {
  return core::unusable_answer(failure_kind::bad_response, std::move(note));
}

std::string content_lines(std::string_view content_type, std::string_view accept) {
  std::string lines;
  for (const auto& [name, value] : {std::pair{"content-type: ", content_type}, std::pair{"accept: ", accept}}) {
    if (value.empty()) continue;
    lines += name;
    lines += value;
    lines += "\r\n";
  }
  return lines;
}

bool is_media_type(std::string_view content_type, std::string_view wanted) {
  if (!skip(content_type, wanted)) return false;
  return content_type.empty() || content_type.front() == ';' || content_type.front() == ' ' ||
         content_type.front() == '\t';
}

std::optional<core::attempt_failure> check_events(const answer_head& head) {
  if (is_media_type(head.content_type, event_stream)) return std::nullopt;
  return unusable("no event stream");
}

bool needs_feature(const call& request, std::string_view feature) {
  const auto& features = request.asked.facts.required_features;
  return std::ranges::find(features, feature) != features.end();
}

bool is_audio_type(std::string_view content_type) {
  std::string_view rest = content_type;
  return skip(rest, "audio/") || is_media_type(content_type, "application/octet-stream") ||
         is_media_type(content_type, "binary/octet-stream") || is_media_type(content_type, "application/ogg");
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4U];
    out += digits[byte & 0xFU];
  }
  return out;
}

std::optional<std::string> target_at_origin(std::string_view url, const core::base_url& origin) {
  // A backslash is visible ASCII, but some parsers read it as a slash.
  const bool is_plain = std::ranges::all_of(url, [](char c) { return c > 0x20 && c < 0x7f && c != '\\'; });
  if (!is_plain || !skip(url, origin.tls ? "https://" : "http://")) return std::nullopt;
  url = url.substr(0, url.find('#'));
  const std::size_t end = std::min(url.find_first_of("/?"), url.size());
  if (!is_authority(url.substr(0, end), origin)) return std::nullopt;
  std::string target(url.substr(end));
  if (!target.starts_with('/')) target.insert(target.begin(), '/');
  return target;
}

}  // namespace phigate::upstream
