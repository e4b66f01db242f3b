#include "config/utf8.hpp"

namespace phigate::config {
namespace {

// The length of the sequence that begins with `lead` and the range of its second byte; 0 for a byte that begins none.
struct lead_rule {
  std::size_t length = 0;
  unsigned char lowest = 0x80;
  unsigned char highest = 0xbf;
};

lead_rule rule_of(unsigned char lead) {
  if (lead < 0x80) return {1};
  if (lead < 0xc2) return {};  // continuation, or an overlong form
  if (lead < 0xe0) return {2};
  if (lead == 0xe0) return {3, 0xa0, 0xbf};  // overlong below
  if (lead == 0xed) return {3, 0x80, 0x9f};  // surrogates above
  if (lead < 0xf0) return {3};
  if (lead == 0xf0) return {4, 0x90, 0xbf};  // overlong below
  if (lead < 0xf4) return {4};
  if (lead == 0xf4) return {4, 0x80, 0x8f};  // beyond U+10FFFF above
  return {};
}

}  // namespace

std::optional<std::size_t> first_invalid_utf8(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  for (std::size_t at = 0; at < text.size();) {
    const lead_rule rule = rule_of(byte(at));
    if (rule.length == 0 || rule.length > text.size() - at) return at;
    if (rule.length > 1 && (byte(at + 1) < rule.lowest || byte(at + 1) > rule.highest)) return at;
    for (std::size_t i = 2; i < rule.length; ++i) {
      if ((byte(at + i) & 0xc0) != 0x80) return at;
    }
    at += rule.length;
  }
  return std::nullopt;
}

}  // namespace phigate::config
