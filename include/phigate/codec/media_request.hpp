// What the documents and voice endpoints are asked for (spec §10), as values: an adapter turns them into a provider's
// own request.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace phigate::codec {

// POST /v1/audio/speech.
struct speech_request {
  std::string input;  // the text, 1 to 4096 code points
  std::string voice;  // the client's name for it; of {"id": …} the id
  std::string instructions;
  std::string response_format = "mp3";  // mp3, opus, aac, flac, wav or pcm
  double speed = 1.0;                   // 0.25 to 4
};

// core::transcript_formats, in their order.
enum class transcript_format : std::uint8_t { json, text, srt, vtt, verbose_json };
std::string_view to_string(transcript_format format);  // "json"
std::optional<transcript_format> parse_transcript_format(std::string_view word);

// POST /v1/audio/transcriptions.
struct transcription_request {
  std::string filename;
  std::string media_type;  // of the file's part; empty: none given
  std::string_view audio;  // the file's bytes, in the body
  std::string language;    // two or three letters (ISO 639), lower case; empty: to be detected
  std::string prompt;
  transcript_format format = transcript_format::json;
  bool wants_words = false;     // verbose_json: timestamp_granularities[]
  bool wants_segments = false;  // true when neither was asked for
  std::optional<double> temperature;
  // Every field as it came, in order, but file, model and provider: for a provider that speaks the same.
  std::vector<std::pair<std::string, std::string>> fields;
};

// POST /v1/ocr, Mistral's shape. With neither a URL nor base64 it is a file that the provider keeps (file_id): only a
// route that declares the feature "file" is asked.
struct document_request {
  enum class kind : std::uint8_t { document, image };
  kind what = kind::document;
  std::string url;          // an http or https URL, sent on as text and never fetched; empty: the document is here
  std::string media_type;   // of a data URI: type and subtype, lower case; empty: none given
  std::string_view base64;  // of a data URI: sound, with its padding; in the body, or in `unescaped`
  std::unique_ptr<std::string> unescaped;  // where the body's string had escapes
  // Pages asked for, counted from 0, in the order given, each once and below 2000; empty: all.
  std::vector<std::uint32_t> pages;
  // Where the body leaves out the document's `type`, for a provider that insists on it: its null, or nothing in front
  // of the first member. Without data where the type is given.
  std::string_view type_gap;
};

}  // namespace phigate::codec
