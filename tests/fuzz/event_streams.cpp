// A provider's event stream: where events end, what they say, and what is read in a chunk. However the stream arrives,
// its events are the same.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/support/require.hpp"
#include "phigate/codec/response.hpp"
#include "phigate/http/sse.hpp"
#include "support/padded_text.hpp"

namespace phigate::fuzz {
namespace {

// `step`: bytes that arrive at a time.
std::vector<std::string> events_of(std::string_view stream, std::size_t step) {
  std::vector<std::string> events;
  std::string buffered;
  http::sse_scanner scanner;
  while (!stream.empty()) {
    const std::size_t arrived = std::min(step, stream.size());
    buffered += stream.substr(0, arrived);
    stream.remove_prefix(arrived);
    while (const std::size_t length = scanner.next(buffered, stream.empty())) {
      require(length <= buffered.size(), "an event is no longer than what arrived");
      events.push_back(buffered.substr(0, length));
      buffered.erase(0, length);
    }
  }
  return events;
}

void read_event(const std::string& event, codec::response_reader& reader) {
  std::string scratch;
  const http::sse_event said = http::parse_sse_event(event, scratch);
  require(said.has_data || said.data.empty(), "there is no data in comments");
  const test::padded_text data(said.data);
  codec::chunk_facts facts;
  if (!reader.read_chunk(data.view(), facts)) return;
  require(facts.relayed_bytes >= 0, "relayed bytes are not negative");
  require(!facts.usage || (facts.usage->prompt >= 0 && facts.usage->completion >= 0), "tokens are not negative");
  require(facts.started.size() <= 128 && facts.finished.size() <= 128, "no more choices are kept than promised");
}

void scan(std::string_view stream) {
  const auto whole = events_of(stream, stream.size());
  require(events_of(stream, 1) == whole, "a stream that comes byte by byte has the same events");
  require(events_of(stream, 7) == whole, "a stream that comes in pieces has the same events");
  codec::response_reader reader;
  for (const std::string& event : whole) read_event(event, reader);
}

}  // namespace
}  // namespace phigate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 0) phigate::fuzz::scan({reinterpret_cast<const char*>(data), size});
  return 0;
}
