#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <optional>

#include "phigate/http/body.hpp"
#include "phigate/http/sse.hpp"
#include "phigate/http/writer.hpp"

namespace phigate::http {
namespace {

struct decoded_body {
  std::string data;
  std::string left;
  std::optional<body_fault> fault;
  bool operator==(const decoded_body&) const = default;
};

// In pieces of up to `piece` bytes.
decoded_body decode(std::string_view body, std::size_t piece) {
  body_decoder decoder(framing::chunked, 0, 1u << 20);
  decoded_body result;
  std::string pending;
  while (!decoder.done() && !body.empty()) {
    pending += body.substr(0, piece);
    body.remove_prefix(std::min(piece, body.size()));
    while (const auto step = decoder.step(pending)) {
      if (step->consumed == 0) break;
      result.data += step->data;
      pending.erase(0, step->consumed);
    }
    if (const auto fault = decoder.step({}); !fault) {
      result.fault = fault.error();
      return result;
    }
  }
  result.left = pending + std::string(body);
  return result;
}

RC_GTEST_PROP(ChunkedBodies, WhatTheWriterFramesComesBack, (const std::vector<std::string>& chunks, bool trailers)) {
  std::string body;
  std::string data;
  for (const auto& chunk : chunks) {
    if (chunk.empty()) continue;
    append_chunk_header(body, chunk.size());
    body.append(chunk).append(chunk_end);
    data += chunk;
  }
  if (trailers) {
    append_last_chunk(body);
    append_field(body, "x-phi-usage", "provider");
    append_blank_line(body);
  } else {
    body += last_chunk();
  }
  const auto piece = *rc::gen::inRange<std::size_t>(1, 40);
  RC_ASSERT(decode(body + "GET /", piece) == (decoded_body{data, "GET /", std::nullopt}));
}

RC_GTEST_PROP(ChunkedBodies, HostileOnesEndTheSameHoweverTheyAreSplit, ()) {
  const auto parts = *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(
      std::vector<std::string>{"1", "2", "0", "a", "F", "ffffffff", "\r\n", "\r\n", "\r", "\n", ";", "x", "\"", " ",
                               "0\r\n\r\n", "1\r\nz\r\n", "A: b\r\n", std::string(1, '\0'), "\xff"}));
  std::string body;
  for (const auto& part : parts) body += part;
  const auto whole = decode(body, body.size() + 1);
  RC_ASSERT(decode(body, 1) == whole);
  RC_ASSERT(decode(body, *rc::gen::inRange<std::size_t>(1, 8)) == whole);
}

std::vector<std::string> frame(std::string_view stream, std::size_t piece) {
  sse_scanner scanner;
  std::vector<std::string> events;
  std::string buffered;
  do {
    buffered += stream.substr(0, piece);
    stream.remove_prefix(std::min(piece, stream.size()));
    while (const auto length = scanner.next(buffered, stream.empty())) {
      events.push_back(buffered.substr(0, length));
      buffered.erase(0, length);
    }
  } while (!stream.empty());
  events.push_back(buffered);
  return events;
}

RC_GTEST_PROP(EventStreams, AreFramedTheSameHoweverTheyAreSplitAndLoseNoByte, ()) {
  const auto parts = *rc::gen::container<std::vector<std::string>>(
      rc::gen::element<std::string>("\r", "\n", "\r\n", "\n\n", "data: a", "data", ":", " ", "event: b", "x"));
  std::string stream;
  for (const auto& part : parts) stream += part;
  const auto whole = frame(stream, stream.size() + 1);
  RC_ASSERT(frame(stream, 1) == whole);
  RC_ASSERT(frame(stream, *rc::gen::inRange<std::size_t>(1, 8)) == whole);
  std::string joined;
  std::string scratch;
  for (const auto& event : whole) {
    joined += event;
    parse_sse_event(event, scratch);
  }
  RC_ASSERT(joined == stream);
}

}  // namespace
}  // namespace phigate::http
