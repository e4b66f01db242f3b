// What the gateway reads in a provider's answers (spec §5, §7). Never trusted more than a client's bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "phigate/core/failover.hpp"
#include "phigate/core/metering.hpp"

namespace phigate::codec {

// A whole non-streamed answer.
struct completion_facts {
  std::optional<core::token_usage> usage;  // absent when there is none, or it is not sound
  std::int64_t relayed_bytes = 0;          // text, reasoning and arguments: the estimate's base
  bool is_error = false;                   // a 200 whose body is an error object without choices or data
  bool finishes_in_error = false;          // a choice's finish_reason is "error"
  bool float_embeddings = false;           // data[].embedding holds arrays
};

// One event of a stream, opened.
struct chunk_facts {
  bool has_content = false;        // commits the stream (spec §5)
  bool is_error = false;           // {"error": …}
  bool finishes_in_error = false;  // a choice's finish_reason is "error"
  bool only_usage = false;         // `usage` set and `choices` empty: hidden from a client that did not ask
  std::optional<core::token_usage> usage;
  std::int64_t relayed_bytes = 0;
  std::vector<std::uint32_t> started;   // indices of choices seen in it, each once; 128 at most
  std::vector<std::uint32_t> finished;  // of those with a non-null finish_reason
};

// Reusable parser: one per worker, not shared between threads. Texts have codec::padding readable bytes behind them.
class response_reader {
 public:
  response_reader();
  ~response_reader();
  response_reader(const response_reader&) = delete;
  response_reader& operator=(const response_reader&) = delete;

  // nullopt: not one JSON object. Of two members with one name, the last counts.
  std::optional<completion_facts> read_completion(std::string_view body);
  std::optional<completion_facts> read_embeddings(std::string_view body);
  // `data`: the event's data. False: not one JSON object. `out` is overwritten (its storage is reused).
  bool read_chunk(std::string_view data, chunk_facts& out);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

// A provider's error body of any of the known shapes, in OpenAI's terms: OpenAI's own, with a numeric code, Scaleway's
// flat one, Gemini's array, FastAPI's {"detail":[…]}, Infomaniak's {"code","description"}, Azure's with what its inner
// error says, plain text. Control characters are dropped (line ends and tabs become spaces), invalid UTF-8 is replaced,
// the message is cut at 4 KiB; an unreadable body gives a message that names the status. Needs no padding; never throws
// but for want of memory.
core::provider_error read_provider_error(int status, std::string_view body);

// data[].embedding arrays of numbers → base64 of little-endian float32, everything else byte for byte (spec §10), and
// the reverse. What has the wanted form already stays as it is. nullopt: there is no `data` array, or an embedding
// cannot be converted. `body` is one that read_embeddings took.
std::optional<std::string> embeddings_to_base64(std::string_view body);
std::optional<std::string> embeddings_to_floats(std::string_view body);

}  // namespace phigate::codec
