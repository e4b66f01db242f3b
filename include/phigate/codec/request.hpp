// What the gateway reads in a request's body, and where it stands (spec §2). The body is validated whole, once, and
// never re-serialised: see splice.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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
  core::modality modality = core::modality::chat;  // chat, vision or embeddings; any for an explain
  std::string model;                               // unescaped; empty when absent
  bool stream = false;
  bool asks_for_usage = false;                 // stream_options.include_usage is true
  std::string stream_options;                  // its raw text; empty when absent or null
  std::string provider;                        // the raw text of a top-level `provider`; empty when absent
  std::vector<std::string> required_features;  // part types that a route must declare: "input_audio", "file"
  std::string
      retained_field;  // first field that class phi does not admit (spec §2): "store", "tools[0].type"; or empty
  // For require_parameters: each entry is the features of which a route must declare one, for a parameter in use.
  std::vector<std::vector<std::string>> parameters;
  encoding_format encoding = encoding_format::absent;
  std::optional<std::uint32_t> dimensions;
  std::int64_t estimate_bytes = 0;  // of all strings in messages, input and tools, data URIs left out (spec §7)
  std::vector<member> members;      // in body order
  std::size_t body_end = 0;         // offset of the object's closing brace
};

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
  // without (embeddings), `document` (ocr); else chat. What only the provider needs (messages, input) may be missing.
  std::expected<request_facts, core::api_error> read_explain(std::string_view body);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace phigate::codec
