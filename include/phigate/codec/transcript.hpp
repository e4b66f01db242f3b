// What was said in an audio file, and the forms in which a client may want it (spec §10).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "phigate/codec/json.hpp"
#include "phigate/codec/media_request.hpp"

namespace phigate::codec {

struct spoken_word {
  std::string text;
  std::int64_t begin_ms = 0;
  std::int64_t end_ms = 0;
};

struct spoken_segment {
  std::string text;
  std::int64_t begin_ms = 0;
  std::int64_t end_ms = 0;
  std::optional<double> confidence;  // 0 to 1
};

struct transcript {
  std::string text;
  std::string language;  // as the provider names it; empty: unknown
  std::optional<std::int64_t> duration_ms;
  std::vector<spoken_segment> segments;
  std::vector<spoken_word> words;
};

// What a client is told that a transcript in that form is. Static storage.
std::string_view media_type_of(transcript_format format);

struct rendered {
  std::string_view content_type;  // static storage
  std::string body;
};

// OpenAI's forms. verbose_json has every field that its SDKs require of a segment; words and segments as asked for.
// Nothing: subtitles are wanted of words whose times nobody knows, nor how long the recording is.
std::optional<rendered> render(const transcript& heard, const transcription_request& asked);

// Whether what a provider wrote may be a transcript in that form: of JSON an object, else a text in UTF-8 that is
// neither JSON nor a page of markup, and that has the marks of subtitles where it is to be some.
bool is_written_in(transcript_format format, std::string_view body);

// OpenAI's verbose_json, as providers that speak it write it; nothing unless it is an object with a `text`. Seconds
// that are no number, negative or out of order are mended to the nearest time that makes sense.
std::optional<transcript> read_verbose_transcript(std::string_view body);
std::optional<transcript> read_verbose_transcript(json_value body);

// More than any file that can be sent holds.
inline constexpr std::int64_t longest_recording_ms = 10'000LL * 3'600'000;

// Brings every time between 0 and the longest, no begin before the one in front of it, no end before its begin. A
// duration outside those bounds becomes unknown, and so does one of 0 where something was heard.
void mend_times(transcript& heard);

}  // namespace phigate::codec
