#include "phigate/codec/transcript.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "codec/language_name.hpp"
#include "phigate/codec/blanks.hpp"

namespace phigate::codec {
namespace {

double in_seconds(std::int64_t milliseconds) {
  return static_cast<double>(milliseconds) / 1000.0;
}

template <typename Spoken>
std::int64_t latest_end_ms(const std::vector<Spoken>& list) {
  std::int64_t latest = 0;
  for (const Spoken& one : list) latest = std::max(latest, one.end_ms);
  return latest;
}

// As far as anything was heard, where nobody says how long the recording is; 0 where nothing has a time.
std::int64_t extent_ms(const transcript& heard) {
  if (heard.duration_ms && *heard.duration_ms > 0) return *heard.duration_ms;
  return std::max(latest_end_ms(heard.segments), latest_end_ms(heard.words));
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

// Nothing: there are words to show, and no time at which.
std::optional<std::vector<cue>> cues_of(const transcript& heard) {
  std::vector<cue> list;
  const bool has_times = latest_end_ms(heard.segments) > 0;  // of segments without any, all would be shown at once
  if (has_times) {
    for (const spoken_segment& one : heard.segments) add_cue(list, one.text, one.begin_ms, one.end_ms);
  }
  const std::int64_t extent = extent_ms(heard);
  if (list.empty()) add_cue(list, heard.text, 0, extent);
  if (!list.empty() && extent == 0) return std::nullopt;
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

std::string subrip(const std::vector<cue>& cues) {
  std::string out;
  std::size_t number = 0;
  for (const cue& one : cues) {
    out += std::to_string(++number) + '\n';
    append_times(out, one, ',');
    out += one.text + "\n\n";
  }
  return out;
}

std::string webvtt(const std::vector<cue>& cues) {
  std::string out = "WEBVTT\n\n";
  for (const cue& one : cues) {
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

std::optional<std::string> render_body(const transcript& heard, const transcription_request& asked) {
  switch (asked.format) {
    case transcript_format::json:
      return plain_json(heard);
    case transcript_format::text:
      return heard.text + '\n';
    case transcript_format::srt:
      return cues_of(heard).transform(subrip);
    case transcript_format::vtt:
      return cues_of(heard).transform(webvtt);
    case transcript_format::verbose_json:
      return verbose_json(heard, asked);
  }
  std::unreachable();
}

}  // namespace

std::string_view media_type_of(transcript_format format) {
  switch (format) {
    case transcript_format::json:
    case transcript_format::verbose_json:
      return "application/json";
    case transcript_format::text:
    case transcript_format::srt:
      return "text/plain; charset=utf-8";
    case transcript_format::vtt:
      return "text/vtt; charset=utf-8";
  }
  std::unreachable();
}

std::optional<rendered> render(const transcript& heard, const transcription_request& asked) {
  std::optional<std::string> body = render_body(heard, asked);
  if (!body) return std::nullopt;
  return rendered{media_type_of(asked.format), *std::move(body)};
}

}  // namespace phigate::codec
