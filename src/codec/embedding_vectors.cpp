// The two forms of an embedding, and the way from each to the other (spec §10).
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

#include "codec/base64.hpp"
#include "codec/json_cursor.hpp"
#include "phigate/codec/response.hpp"

namespace phigate::codec {
namespace {

static_assert(std::numeric_limits<float>::is_iec559 && sizeof(float) == 4);

void append_little_endian(std::vector<std::uint8_t>& bytes, float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  for (unsigned shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<std::uint8_t>(bits >> shift));
}

float from_little_endian(const std::uint8_t* bytes) {
  std::uint32_t bits = 0;
  for (unsigned i = 0; i < 4; ++i) bits |= std::uint32_t{bytes[i]} << (8 * i);
  return std::bit_cast<float>(bits);
}

// Takes the array at `cursor`. False: something in it is no number that a float can hold.
bool append_as_base64(json_cursor& cursor, std::string& out, std::vector<std::uint8_t>& bytes) {
  bytes.clear();
  bool sound = true;
  cursor.elements([&](std::size_t) {
    const auto number = cursor.real();
    sound &= number && std::abs(*number) <= std::numeric_limits<float>::max();
    if (sound) append_little_endian(bytes, static_cast<float>(*number));
  });
  out += '"';
  append_base64(out, bytes);
  out += '"';
  return sound;
}

// Takes the string at `cursor`. False: it is not base64 of finite floats.
bool append_as_floats(json_cursor& cursor, std::string& out) {
  const json_string text = cursor.string();
  const auto bytes = decode_base64(text.has_escapes() ? text.text() : text.raw());
  if (!bytes || bytes->size() % 4 != 0) return false;
  out += '[';
  for (std::size_t at = 0; at < bytes->size(); at += 4) {
    const float value = from_little_endian(bytes->data() + at);
    if (!std::isfinite(value)) return false;
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.begin(), digits.end(), value).ptr;
    if (at > 0) out += ',';
    out.append(digits.begin(), end);
  }
  out += ']';
  return true;
}

// Copies `body` with each data[].embedding of the kind `from` as convert(cursor, out) writes it.
template <typename Convert>
std::optional<std::string> convert_embeddings(std::string_view body, json_kind from, Convert&& convert) {
  std::string out;
  out.reserve(body.size());
  std::size_t copied = 0;
  bool has_data = false;
  bool sound = true;
  json_cursor cursor(body);
  const auto read_entry = [&](json_string key) {
    if (!sound || !(key == "embedding") || cursor.kind() != from) return;
    out += body.substr(copied, cursor.offset() - copied);
    sound = convert(cursor, out);
    copied = cursor.offset();
  };
  cursor.members([&](json_string key) {
    if (!(key == "data") || cursor.kind() != json_kind::array) return;
    has_data = true;
    cursor.elements([&](std::size_t) { cursor.members(read_entry); });
  });
  if (!has_data || !sound) return std::nullopt;
  out += body.substr(copied);
  return out;
}

}  // namespace

std::optional<std::string> embeddings_to_base64(std::string_view body) {
  std::vector<std::uint8_t> bytes;
  return convert_embeddings(body, json_kind::array, [&](json_cursor& cursor, std::string& out) {
    return append_as_base64(cursor, out, bytes);
  });
}

std::optional<std::string> embeddings_to_floats(std::string_view body) {
  return convert_embeddings(body, json_kind::string, append_as_floats);
}

}  // namespace phigate::codec
