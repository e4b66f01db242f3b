// A client's JSON, for each endpoint: the first byte says which. What is accepted goes on as the same JSON with one
// member changed.
#include <array>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include "fuzz/support/require.hpp"
#include "phigate/codec/json.hpp"
#include "phigate/codec/request.hpp"
#include "phigate/codec/splice.hpp"
#include "support/padded_text.hpp"

namespace phigate::fuzz {
namespace {

using facts_or_error = std::expected<codec::request_facts, core::api_error>;

facts_or_error facts_of(std::expected<codec::client_request, core::api_error> read) {
  if (!read) return std::unexpected(std::move(read.error()));
  return std::move(read->facts);
}

facts_or_error read(codec::request_reader& reader, unsigned endpoint, std::string_view body) {
  switch (endpoint) {
    case 0:
      return reader.read_chat(body);
    case 1:
      return reader.read_embeddings(body);
    case 2:
      return reader.read_explain(body);
    case 3:
      return facts_of(reader.read_speech(body));
    default:
      return facts_of(reader.read_document(body));
  }
}

void check(unsigned endpoint, std::string_view text) {
  constexpr unsigned endpoints = 5;
  const test::padded_text body(text);
  codec::request_reader reader;
  const auto facts = read(reader, endpoint % endpoints, body.view());
  const auto document = codec::json_document::parse(text);
  if (!facts) return require(!facts.error().message.empty(), "a refusal says why");
  require(document != nullptr && document->root().is_object(), "what is accepted is one JSON object");
  require(facts->estimate_bytes >= 0 && facts->characters >= 0 && facts->pages >= 0, "no count is negative");

  codec::body_edits edits;
  edits.replace.emplace_back("model", codec::quote("another/model"));
  const codec::spliced_body sent = codec::splice(body.view(), *facts, edits);
  const auto changed = codec::json_document::parse(sent.text());
  require(changed != nullptr, "what is sent on is JSON");
  require(changed->root()["model"].text() == "another/model", "the model is replaced");
}

}  // namespace
}  // namespace phigate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 0) phigate::fuzz::check(data[0], {reinterpret_cast<const char*>(data) + 1, size - 1});
  return 0;
}
