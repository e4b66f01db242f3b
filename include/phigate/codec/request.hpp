// What the gateway reads in a request's body, and where it stands (spec §2). The body is validated whole, once, and
// never re-serialised: see splice.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "phigate/codec/media_request.hpp"
#include "phigate/codec/multipart.hpp"
#include "phigate/core/error.hpp"
#include "phigate/core/vocabulary.hpp"

namespace phigate::codec {

// Bytes that must be readable (any value) behind a text given to this module.
inline constexpr std::size_t padding = 64;

// One top-level member `"key": value`, as byte offsets into the body.
struct member {
  std::string key;            // unescaped
  std::size_t key_begin = 0;  // of the opening quote
  std::size_t key_end = 0;    // behind the closing quote
  std::size_t value_begin = 0;
  std::size_t value_end = 0;  // exclusive
  bool is_null = false;
};

enum class encoding_format : std::uint8_t { absent, floats, base64 };

struct request_facts {
  core::modality modality = core::modality::chat;
  std::string model;  // unescaped; empty when absent
  bool stream = false;
  bool asks_for_usage = false;                 // stream_options.include_usage is true
  std::string stream_options;                  // its raw text; empty when absent or null
  std::string provider;                        // the raw text of a top-level `provider`; empty when absent
  std::vector<std::string> required_features;  // words that a route must declare: "input_audio", "sse"
  // stt: each of those with a field that asks for it, as a form names it: {"logprobs", "include[]"}.
  std::vector<std::pair<std::string, std::string>> feature_fields;
  std::string
      retained_field;  // first field that class phi does not admit (spec §2): "store", "tools[0].type"; or empty
  // For require_parameters: each entry is the features of which a route must declare one, for a parameter in use.
  std::vector<std::vector<std::string>> parameters;
  encoding_format encoding = encoding_format::absent;
  std::optional<std::uint32_t> dimensions;
  std::string response_format;          // tts, stt: what is asked for, the default filled in; else empty
  std::string voice;                    // tts
  std::int64_t estimate_bytes = 0;      // of all strings in messages, input and tools, data URIs left out (spec §7)
  std::int64_t characters = 0;          // tts: code points of the input
  std::int64_t audio_milliseconds = 0;  // stt: as a WAV head says, else guessed from the size
  std::int64_t pages = 0;               // ocr: those asked for, 1 when all are
  std::vector<member> members;          // in body order
  std::size_t body_end = 0;             // offset of the object's closing brace
};

// A request as an adapter gets it. `body` and what points into it outlive it.
struct client_request {
  request_facts facts;
  std::string_view body;  // as it came
  std::variant<std::monostate, speech_request, transcription_request, document_request> media{};
};

// What a request takes of memory beside its body, in bytes: the copies of what stands there, and those that one route's
// own body will hold. For a bound on all that the process holds.
std::size_t bytes_beside_body(const client_request& request);

// The parts that a transcription's form may have: `file` with a filename, once, and OpenAI's fields and `provider`
// without one. For multipart_reader: anything else is refused at its head.
std::optional<core::api_error> admit_transcription_part(const part_head& part, bool has_file);

// A reusable parser: one per worker, not shared between threads.
class request_reader {
 public:
  request_reader();
  ~request_reader();
  request_reader(const request_reader&) = delete;
  request_reader& operator=(const request_reader&) = delete;

  // Chat and vision: POST /v1/chat/completions. Embeddings: POST /v1/embeddings. `body` has `padding` readable bytes
  // behind it. Errors, of several the first in this list: invalid_json (with the byte offset), ambiguous_body,
  // misplaced_preference, a missing or wrong model, invalid_request (also for more than 1024 keys in an object that is
  // read).
  std::expected<request_facts, core::api_error> read_chat(std::string_view body);
  std::expected<request_facts, core::api_error> read_embeddings(std::string_view body);
  // POST /v1/route/explain: any of the bodies above, or one for another modality. Its modality is the one that the body
  // names in `modality` (images make chat vision), else that of its fields: `messages`, `input` with `voice` (tts) or
  // without (embeddings), `document` (ocr); else chat. What only the provider needs (messages, input, voice, document,
  // file) may be missing; a transcription's fields are members of the same names, its lists arrays.
  std::expected<request_facts, core::api_error> read_explain(std::string_view body);
  // POST /v1/audio/speech and POST /v1/ocr. The same errors.
  std::expected<client_request, core::api_error> read_speech(std::string_view body);
  std::expected<client_request, core::api_error> read_document(std::string_view body);
  // POST /v1/audio/transcriptions: the parts of its form, and the body that they stand in. A field given twice, or
  // that differs from a known one only by case: ambiguous_body. `members` has the fields' names alone.
  std::expected<client_request, core::api_error> read_transcription(std::span<const form_part> parts,
                                                                    std::string_view body);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace phigate::codec
