#include "codec/json_validator.hpp"

#include <simdjson.h>

#include <new>

#include "phigate/codec/request.hpp"

namespace phigate::codec {
namespace {

static_assert(padding >= simdjson::SIMDJSON_PADDING);

// simdjson reserves about thirteen bytes for each byte of text, and keeps them. A larger text is read without it: one
// 25 MiB body would take a third of a gigabyte beside it, and touching that costs more than the parser saves.
constexpr std::size_t largest_parsed = std::size_t{1} << 20U;

// simdjson counts a scalar as a level, so that one more has to be granted than may be nested.
constexpr std::size_t granted_depth = max_depth + 1;

}  // namespace

struct json_validator::state {
  simdjson::dom::parser parser;
};

json_validator::json_validator() : state_(std::make_unique<state>()) {
  if (state_->parser.allocate(largest_parsed, granted_depth) != simdjson::SUCCESS) throw std::bad_alloc();
}

json_validator::~json_validator() = default;

std::expected<void, json_fault> json_validator::check(std::string_view text) {
  if (text.empty()) return std::unexpected(json_fault{json_fault::kind::empty, 0});
  if (text.size() > largest_parsed) return check_bytewise(text);
  const auto error = state_->parser.parse(text.data(), text.size(), false).error();
  if (error == simdjson::SUCCESS) return {};
  const auto exact = check_bytewise(text);
  // simdjson refuses numbers that no 64-bit type holds. They are JSON, and pass through as they stand.
  if (!exact || error == simdjson::NUMBER_ERROR) return exact;
  return std::unexpected(json_fault{json_fault::kind::grammar, 0});
}

}  // namespace phigate::codec
