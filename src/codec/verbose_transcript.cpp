// Reading a transcript as OpenAI's verbose_json has it, from whoever writes it, and mending what makes no sense in one.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>
#include <utility>

#include "phigate/codec/blanks.hpp"
#include "phigate/codec/transcript.hpp"

namespace phigate::codec {
namespace {

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
  // Where something was heard, a length of 0 is one that the provider doesn't know: not one to bill by.
  const std::int64_t least = trimmed(heard.text).empty() && heard.segments.empty() ? 0 : 1;
  if (heard.duration_ms && (*heard.duration_ms < least || *heard.duration_ms > longest_recording_ms)) {
    heard.duration_ms.reset();
  }
  mend(heard.segments);
  mend(heard.words);
}

}  // namespace phigate::codec
