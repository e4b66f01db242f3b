#include "config/credential.hpp"

#include <algorithm>

#include "config/address.hpp"
#include "config/expansion.hpp"
#include "config/file.hpp"

namespace phigate::config {
namespace {

constexpr std::size_t largest_credential = 16 * 1024;

// The expanded text, or nothing after a fault: not text, empty, or a `${` that does not read.
std::optional<expanded_text> read_expanded(const node& from, reading& in) {
  if (from.shape != shape::scalar || from.scalar.empty()) {
    in.fault(from, from.shape == shape::scalar ? "is empty" : "must be text");
    return std::nullopt;
  }
  auto expanded = expand(from.scalar, in.env);
  if (expanded) return *std::move(expanded);
  in.fault(from, expanded.error());
  return std::nullopt;
}

// It becomes a header's value: anything but visible ASCII could end that header, or begin another.
bool check_visible(const node& from, reading& in, std::string_view secret) {
  if (std::ranges::all_of(secret, [](char c) { return c > ' ' && c <= '~'; })) return true;
  in.fault(from, "a credential with a space, a line break, or another character that is no visible ASCII");
  return false;
}

// Whether the variables of a URL are all in its path, so that the host is known without them.
bool host_is_literal(std::string_view text) {
  const std::size_t scheme_end = text.find("://");
  return scheme_end != std::string_view::npos && text.find('/', scheme_end + 3) < text.find("${");
}

}  // namespace

credential_read read_credential(const node& from, reading& in) {
  credential_read out;
  auto expanded = read_expanded(from, in);
  if (!expanded) return out;
  out.missing = std::move(expanded->missing);
  out.literal = !expanded->any_variable;
  if (out.missing.empty() && check_visible(from, in, expanded->text))
    out.value = core::secret(std::move(expanded->text));
  return out;
}

credential_read read_credential_file(const node* from, reading& in, bool in_use) {
  credential_read out;
  const auto path = from != nullptr ? read_expanded(*from, in) : std::nullopt;
  if (!path) return out;
  out.missing = path->missing;
  if (!out.missing.empty()) return out;
  const auto without = [&](const std::string& why) {
    if (in_use) {
      in.fault(*from, why);
    } else {
      out.missing.push_back("credential_file " + why);
    }
    return out;
  };
  auto bytes = read_file(in.folder / path->text, largest_credential);
  if (!bytes) return without("cannot be read: " + bytes.error());
  bytes->resize(bytes->find_last_not_of("\r\n") + 1);  // npos + 1 is 0
  if (bytes->empty()) return without("is empty");
  if (check_visible(*from, in, *bytes)) out.value = core::secret(*std::move(bytes));
  return out;
}

std::vector<std::string> read_base_url(const node& from, reading& in, core::base_url& url) {
  auto expanded = read_expanded(from, in);
  if (!expanded) return {};
  if (!expanded->missing.empty() && !host_is_literal(from.scalar)) return expanded->missing;
  // A missing variable leaves an empty segment, which says nothing about the rest.
  const std::string text = expanded->missing.empty() ? expanded->text : from.scalar.substr(0, from.scalar.find("${"));
  const auto parsed = parse_base_url(text);
  if (!parsed) in.fault(from, parsed.error());
  if (parsed) url = *parsed;
  if (!expanded->missing.empty()) url.prefix.clear();
  return expanded->missing;
}

}  // namespace phigate::config
