#include "phigate/codec/transcript.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>

#include "codec/language_name.hpp"

namespace phigate::codec {
namespace {

constexpr std::string_view blanks = " \t\r\n\v\f";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) + 1 - begin);
}

double in_seconds(std::int64_t milliseconds) {
  return static_cast<double>(milliseconds) / 1000.0;
}

// As far as anything was heard, where nobody says how long the recording is.
std::int64_t extent_ms(const transcript& heard) {
  if (heard.duration_ms) return std::max<std::int64_t>(*heard.duration_ms, 0);
  std::int64_t latest = 0;
  for (const spoken_segment& segment : heard.segments) latest = std::max(latest, segment.end_ms);
  for (const spoken_word& word : heard.words) latest = std::max(latest, word.end_ms);
  return latest;
}

// --- SubRip and WebVTT -----------------------------------------------------------------------------------------------

struct cue {
  std::int64_t begin_ms;
  std::int64_t end_ms;
  std::string text;
};

// A blank line would end the cue and an arrow begin another, so neither is left: arrows lose all hyphens but one.
std::string cue_text(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    if (!line.empty() && !out.empty()) out += '\n';
    for (const char c : line) {
      while (c == '>' && out.ends_with("--")) out.pop_back();
      out += c;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

void add_cue(std::vector<cue>& list, std::string_view text, std::int64_t begin_ms, std::int64_t end_ms) {
  std::string shown = cue_text(text);
  if (shown.empty()) return;
  const std::int64_t begin = std::max<std::int64_t>(begin_ms, 0);
  // WebVTT has no cue without a length.
  list.push_back({begin, std::max(end_ms, begin + 1), std::move(shown)});
}

std::vector<cue> cues_of(const transcript& heard) {
  std::vector<cue> list;
  for (const spoken_segment& segment : heard.segments) add_cue(list, segment.text, segment.begin_ms, segment.end_ms);
  if (list.empty()) add_cue(list, heard.text, 0, extent_ms(heard));
  return list;
}

void append_padded(std::string& out, std::int64_t value, std::size_t digits) {
  const std::string text = std::to_string(value);
  if (text.size() < digits) out.append(digits - text.size(), '0');
  out += text;
}

void append_time(std::string& out, std::int64_t milliseconds, char point) {
  append_padded(out, milliseconds / 3'600'000, 2);
  out += ':';
  append_padded(out, milliseconds / 60'000 % 60, 2);
  out += ':';
  append_padded(out, milliseconds / 1000 % 60, 2);
  out += point;
  append_padded(out, milliseconds % 1000, 3);
}

void append_times(std::string& out, const cue& one, char point) {
  append_time(out, one.begin_ms, point);
  out += " --> ";
  append_time(out, one.end_ms, point);
  out += '\n';
}

std::string subrip(const transcript& heard) {
  std::string out;
  std::size_t number = 0;
  for (const cue& one : cues_of(heard)) {
    out += std::to_string(++number) + '\n';
    append_times(out, one, ',');
    out += one.text + "\n\n";
  }
  return out;
}

std::string webvtt(const transcript& heard) {
  std::string out = "WEBVTT\n\n";
  for (const cue& one : cues_of(heard)) {
    append_times(out, one, '.');
    // Both would begin markup there.
    for (const char c : one.text) {
      if (c == '&') {
        out += "&amp;";
      } else if (c == '<') {
        out += "&lt;";
      } else {
        out += c;
      }
    }
    out += "\n\n";
  }
  return out;
}

// --- JSON ------------------------------------------------------------------------------------------------------------

void write_usage(json_writer& out, const transcript& heard) {
  if (!heard.duration_ms || *heard.duration_ms < 0) return;
  const std::int64_t whole = *heard.duration_ms / 1000;
  out.key("usage").begin_object();
  out.key("type").text("duration");
  out.key("seconds").integer(*heard.duration_ms % 1000 == 0 ? whole : whole + 1);
  out.end_object();
}

std::string plain_json(const transcript& heard) {
  json_writer out;
  out.begin_object();
  out.key("text").text(heard.text);
  write_usage(out, heard);
  out.end_object();
  return out.take();
}

double log_probability(const spoken_segment& segment) {
  constexpr double least = 1e-9;  // keeps the logarithm finite
  if (!segment.confidence) return 0;
  return *segment.confidence > least ? std::log(std::min(*segment.confidence, 1.0)) : std::log(least);
}

void write_segments(json_writer& out, const transcript& heard, const transcription_request& asked) {
  out.key("segments").begin_array();
  std::int64_t id = 0;
  for (const spoken_segment& segment : heard.segments) {
    out.begin_object();
    out.key("id").integer(id++);
    out.key("seek").integer(segment.begin_ms / 10);  // Whisper counts frames of 10 ms
    out.key("start").number(in_seconds(segment.begin_ms));
    out.key("end").number(in_seconds(segment.end_ms));
    out.key("text").text(segment.text);
    out.key("tokens").begin_array().end_array();
    out.key("temperature").number(asked.temperature.value_or(0));
    out.key("avg_logprob").number(log_probability(segment));
    out.key("compression_ratio").number(0);
    out.key("no_speech_prob").number(0);
    out.end_object();
  }
  out.end_array();
}

void write_words(json_writer& out, const transcript& heard) {
  out.key("words").begin_array();
  for (const spoken_word& word : heard.words) {
    out.begin_object();
    out.key("word").text(word.text);
    out.key("start").number(in_seconds(word.begin_ms));
    out.key("end").number(in_seconds(word.end_ms));
    out.end_object();
  }
  out.end_array();
}

std::string verbose_json(const transcript& heard, const transcription_request& asked) {
  const std::string& language = heard.language.empty() ? asked.language : heard.language;
  const std::string_view name = language_name(language);
  json_writer out;
  out.begin_object();
  out.key("task").text("transcribe");
  out.key("language").text(name.empty() ? std::string_view(language) : name);
  out.key("duration").number(in_seconds(extent_ms(heard)));
  out.key("text").text(heard.text);
  if (asked.wants_segments) write_segments(out, heard, asked);
  if (asked.wants_words) write_words(out, heard);
  write_usage(out, heard);
  out.end_object();
  return out.take();
}

// --- Reading verbose_json --------------------------------------------------------------------------------------------

// Some servers write a number of seconds as a string.
std::optional<double> seconds_of(json_value value) {
  if (const std::optional<double> number = value.number()) return number;
  const std::optional<std::string_view> text = value.text();
  if (!text) return std::nullopt;
  double number = 0;
  const auto [end, fault] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (fault != std::errc{} || end != text->data() + text->size() || !std::isfinite(number)) return std::nullopt;
  return number;
}

// mend_times brings the bounds into range; here they only have to fit.
std::int64_t rounded_ms(double seconds) {
  constexpr double most = static_cast<double>(longest_recording_ms) * 2;
  return std::llround(std::clamp(seconds * 1000.0, -most, most));
}

struct time_span {
  std::int64_t begin_ms;
  std::int64_t end_ms;
};

// A begin that nobody gives is the last end, an end its begin.
time_span times_of(json_value spoken, std::int64_t last_end_ms) {
  const std::optional<double> start = seconds_of(spoken["start"]);
  const std::optional<double> end = seconds_of(spoken["end"]);
  const std::int64_t begin_ms = start ? rounded_ms(*start) : last_end_ms;
  return {begin_ms, end ? rounded_ms(*end) : begin_ms};
}

void read_words(json_value list, std::vector<spoken_word>& out) {
  for (const json_value one : list.elements()) {
    std::optional<std::string_view> text = one["word"].text();
    if (!text) text = one["text"].text();
    if (!text) continue;
    const time_span times = times_of(one, out.empty() ? 0 : out.back().end_ms);
    out.push_back({std::string(trimmed(*text)), times.begin_ms, times.end_ms});
  }
}

void read_segments(json_value list, transcript& out) {
  const bool words_apart = !out.words.empty();
  for (const json_value one : list.elements()) {
    const std::optional<std::string_view> text = one["text"].text();
    if (!text) continue;
    const time_span times = times_of(one, out.segments.empty() ? 0 : out.segments.back().end_ms);
    spoken_segment segment{std::string(*text), times.begin_ms, times.end_ms, std::nullopt};
    if (const auto logarithm = one["avg_logprob"].number()) segment.confidence = std::exp(std::min(*logarithm, 0.0));
    out.segments.push_back(std::move(segment));
    // Whisper itself lists each segment's words inside it.
    if (!words_apart) read_words(one["words"], out.words);
  }
}

template <typename Spoken>
void mend(std::vector<Spoken>& list) {
  std::int64_t earliest = 0;
  for (Spoken& one : list) {
    one.begin_ms = std::clamp(one.begin_ms, earliest, longest_recording_ms);
    one.end_ms = std::clamp(one.end_ms, one.begin_ms, longest_recording_ms);
    earliest = one.begin_ms;
  }
}

}  // namespace

rendered render(const transcript& heard, const transcription_request& asked) {
  switch (asked.format) {
    case transcript_format::json:
      return {"application/json", plain_json(heard)};
    case transcript_format::text:
      return {"text/plain; charset=utf-8", heard.text + '\n'};
    case transcript_format::srt:
      return {"text/plain; charset=utf-8", subrip(heard)};
    case transcript_format::vtt:
      return {"text/vtt; charset=utf-8", webvtt(heard)};
    case transcript_format::verbose_json:
      break;
  }
  return {"application/json", verbose_json(heard, asked)};
}

std::optional<transcript> read_verbose_transcript(std::string_view body) {
  const auto document = json_document::parse(body);
  if (!document) return std::nullopt;
  return read_verbose_transcript(document->root());
}

std::optional<transcript> read_verbose_transcript(json_value body) {
  const std::optional<std::string_view> text = body["text"].text();
  if (!text) return std::nullopt;
  transcript heard;
  heard.text = *text;
  heard.language = body["language"].text().value_or("");
  std::optional<double> duration = seconds_of(body["duration"]);
  if (!duration) duration = seconds_of(body["usage"]["seconds"]);
  if (duration) heard.duration_ms = rounded_ms(*duration);
  read_words(body["words"], heard.words);
  read_segments(body["segments"], heard);
  mend_times(heard);
  return heard;
}

void mend_times(transcript& heard) {
  if (heard.duration_ms && (*heard.duration_ms < 0 || *heard.duration_ms > longest_recording_ms)) {
    heard.duration_ms.reset();
  }
  mend(heard.segments);
  mend(heard.words);
}

}  // namespace phigate::codec
