#include "codec/json_validator.hpp"

#include <simdjson.h>

#include <new>

#include "phigate/codec/request.hpp"

namespace phigate::codec {
namespace {

static_assert(padding >= simdjson::SIMDJSON_PADDING);

// simdjson reserves about thirteen bytes for each byte of text. Up to this size that is kept from call to call.
constexpr std::size_t kept_capacity = std::size_t{1} << 20U;
// Above this one, reserving is worse than reading slowly.
constexpr std::size_t largest_reserved = std::size_t{64} << 20U;

// simdjson counts a scalar as a level, so that one more has to be granted than may be nested.
constexpr std::size_t granted_depth = max_depth + 1;

simdjson::error_code parse(simdjson::dom::parser& parser, std::string_view text) {
  return parser.parse(text.data(), text.size(), false).error();
}

simdjson::error_code parse_alone(std::string_view text) {
  simdjson::dom::parser parser;
  if (const auto error = parser.allocate(text.size(), granted_depth); error != simdjson::SUCCESS) return error;
  return parse(parser, text);
}

}  // namespace

struct json_validator::state {
  simdjson::dom::parser parser;
};

json_validator::json_validator() : state_(std::make_unique<state>()) {
  // Without this, the depth would be simdjson's own default.
  if (state_->parser.allocate(kept_capacity, granted_depth) != simdjson::SUCCESS) throw std::bad_alloc();
}

json_validator::~json_validator() = default;

std::expected<void, json_fault> json_validator::check(std::string_view text) {
  if (text.empty()) return std::unexpected(json_fault{json_fault::kind::empty, 0});
  if (text.size() > largest_reserved) return check_bytewise(text);
  const auto error = text.size() <= kept_capacity ? parse(state_->parser, text) : parse_alone(text);
  if (error == simdjson::SUCCESS) return {};
  const auto verdict = check_bytewise(text);
  if (!verdict) return verdict;
  // simdjson refuses numbers that no 64-bit type holds. They are JSON, and pass through as they stand.
  if (error == simdjson::NUMBER_ERROR) return {};
  if (error == simdjson::MEMALLOC || error == simdjson::CAPACITY) return {};
  return std::unexpected(json_fault{json_fault::kind::grammar, 0});
}

}  // namespace phigate::codec
