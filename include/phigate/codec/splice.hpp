// The upstream body: the client's bytes with only named top-level members changed (spec §6, design §3). What is not
// named stays byte for byte: number precision, key order, escapes and spacing.
#pragma once

#include <list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "phigate/codec/request.hpp"

namespace phigate::codec {

// Every edit names keys as the client does, unescaped; one edit's outcome is never another's input. Of two entries for
// one key in a list, the first counts.
struct body_edits {
  using pairs = std::vector<std::pair<std::string, std::string>>;

  pairs replace{};                  // key → JSON text of its new value; added at the end when absent
  pairs rename{};                   // key → new name; where another member has that name already, that one stays and
                                    // the renamed one is left out
  std::vector<std::string> drop{};  // wins over the other two
};

// A gather list. Pieces point into the client's body, which must outlive it, or into `owned`.
struct spliced_body {
  spliced_body() = default;
  spliced_body(spliced_body&&) = default;
  spliced_body& operator=(spliced_body&&) = default;
  spliced_body(const spliced_body&) = delete;  // a copy's pieces would point into the original
  spliced_body& operator=(const spliced_body&) = delete;

  std::vector<std::string_view> pieces;
  std::list<std::string> owned;  // a list: its elements do not move, and an empty one costs nothing
  std::size_t size = 0;          // sum of the pieces
  [[nodiscard]] std::string text() const;
};

// `facts` are those read from `body`.
spliced_body splice(std::string_view body, const request_facts& facts, const body_edits& edits);

// `value` as a JSON string, quotes included. Invalid UTF-8 is replaced.
std::string quote(std::string_view value);

// The stream_options to send so that the provider reports usage: the client's object with include_usage set to true,
// its other members kept; `{"include_usage":true}` when it gave none. `stream_options` is a validated object's text, or
// empty.
std::string with_usage(std::string_view stream_options);

}  // namespace phigate::codec
